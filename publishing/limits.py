"""Rolling windows per account: how many posts it may still take, and when the next place is free."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from connectors.models import Connector
from publishing.models import Post

WINDOW = timedelta(hours=24)


def cap(connector: Connector) -> int | None:
    """How many posts this account may make in `WINDOW`; None: no limit is known."""
    from_rules = [limit.count for limit in connector.spec.rules.limits if limit.what == "posts"]
    known = [*from_rules, *([connector.daily_cap] if connector.daily_cap else [])]
    return min(known) if known else None


def used(connector: Connector, *, excluding: Post | None = None) -> list[datetime]:
    """The moments in the present window at which a place was taken, oldest first."""
    taken = Post.objects.filter(connector=connector, reserved_at__gt=timezone.now() - WINDOW)
    if excluding:
        taken = taken.exclude(pk=excluding.pk)
    return [at for at in taken.order_by("reserved_at").values_list("reserved_at", flat=True) if at]


def free_at(connector: Connector, *, excluding: Post | None = None) -> datetime | None:
    """None when there is room now; else the moment when the window opens again."""
    most = cap(connector)
    if most is None:
        return None
    moments = used(connector, excluding=excluding)
    if len(moments) < most:
        return None
    return moments[len(moments) - most] + WINDOW
