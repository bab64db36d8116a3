"""What publishing knows and the apps below it want to show. Importing this file fills their hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Count, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import hooks as approvals_hooks
from approvals.hooks import followers, review_checks
from approvals.models import Version
from connectors import hooks as connector_hooks
from connectors.hooks import Planned, Window
from connectors.models import Connector
from publishing.calls import calls
from publishing.limits import WINDOW, cap, figure_is_old
from publishing.mending import with_fix
from publishing.models import Attempt, Hold, Post, Status
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
        return [Check(Level.WARN, "no_account", _("No account is chosen yet, so its rules are not checked"))]
    at = max(slot.starts_at, timezone.now())
    found = [check for check in preflight(version, slot.connector, at=at) if check.code not in AFTER_REVIEW]
    return with_fix(found, version, slot.connector)


NOT_OUT = (Status.SCHEDULED, Status.QUEUED, Status.PUBLISHING, Status.UNCONFIRMED)


def planned(ends: Mapping[UUID, datetime | None]) -> Mapping[UUID, Planned]:
    """How many posts of each account have not gone out, and how many of them are planned for after its link ends."""
    posts = Post.objects.filter(connector__in=ends, status__in=NOT_OUT)
    after = [Q(connector=pk, scheduled_at__gt=at) for pk, at in ends.items() if at]
    beyond = Count("pk", filter=reduce(or_, after)) if after else Value(0)
    rows = posts.order_by().values_list("connector").annotate(total=Count("pk"), beyond=beyond)
    return {pk: Planned(total, late) for pk, total, late in rows}


def attempts(connector: Connector, most: int) -> list[Attempt]:
    """The last calls made for this account's posts, newest first."""
    made = Attempt.objects.filter(post__connector=connector).select_related("post__version__asset")
    return list(made.defer("request", "answer").order_by("-started_at")[:most])


def waiting() -> list[UUID]:
    """The accounts that some post waits for."""
    held = Post.objects.filter(hold=Hold.CONNECTOR).order_by()
    return list(held.values_list("connector_id", flat=True).distinct())


def has_post(version: Version) -> str:
    """Why a decision about it cannot be undone any more."""
    if Post.objects.filter(version=version).exclude(status=Status.CANCELED).exists():
        return _("It is on its way already: cancel its post on the board first.")
    return ""


approvals_hooks.calls = calls
connector_hooks.windows = windows
connector_hooks.planned = planned
connector_hooks.attempts = attempts
connector_hooks.waiting = waiting
if before_review not in review_checks:
    review_checks.append(before_review)
if has_post not in followers:
    followers.append(has_post)
