"""What publishing knows and the apps below it want to show. Importing this file fills their hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from approvals.hooks import review_checks
from approvals.models import Version
from connectors import hooks as connector_hooks
from connectors.hooks import Window
from connectors.models import Connector
from publishing.limits import WINDOW, cap, figure_is_old
from publishing.models import Post
from publishing.preflight import Check, Level, preflight

AFTER_REVIEW = {"not_approved", "sealed"}  # true of everything in review, and no news to the reviewer


def windows(connectors: Iterable[Connector]) -> Mapping[UUID, Window]:
    """How full each account's window is, in one query (`limits.used`, for many)."""
    linked = list(connectors)
    taken = Post.objects.filter(connector__in=linked, reserved_at__gt=timezone.now() - WINDOW)
    used = dict(taken.order_by().values_list("connector").annotate(n=Count("pk")))
    return {c.pk: Window(_most(c, used.get(c.pk, 0)), cap(c), WINDOW) for c in linked}


def _most(connector: Connector, ours: int) -> int:
    """Our count or the platform's own, whichever is more: other tools may post there, too."""
    return ours if figure_is_old(connector) else max(ours, connector.quota_used or 0)


def before_review(version: Version) -> list[Check]:
    """What the reviewer should know of the way out: the preflight for the slot's account at the slot's moment."""
    slot = version.asset.slot
    if slot is None or slot.connector is None:
        return [Check(Level.WARN, "no_account", "No account is chosen yet, so its rules are not checked")]
    at = max(slot.starts_at, timezone.now())
    return [check for check in preflight(version, slot.connector, at=at) if check.code not in AFTER_REVIEW]


connector_hooks.windows = windows
if before_review not in review_checks:
    review_checks.append(before_review)
