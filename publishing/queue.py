"""The weekly times of an account, and which of them is free next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Version
from approvals.states import IllegalMove
from collavo.accounts.models import Membership
from connectors.composing import known_only, look
from connectors.models import Connector, QueueTime
from connectors.platforms.base import Json
from publishing import verbs
from publishing.models import Post, Status
from publishing.moments import NoSuchTime, moment

WEEKS = 26  # further ahead nobody looks
MARGIN = timedelta(minutes=2)  # a time that is all but here is not promised to anybody


def schedule_next(
    version: Version, connector: Connector, *, by: Membership, options: Mapping[str, Json] | None = None,
    by_hand: bool = False,
) -> Post:  # fmt: skip
    """Plan `version` at the account's next free weekly time. Of two people at once each gets a time of their own.

    Raises as `verbs.schedule` does, and IllegalMove when the account has no times or none is free.
    """
    look(connector)  # what the platform says now, which the verb goes by: while the account's row is locked nobody asks
    with transaction.atomic(), known_only():
        Connector.objects.without_tokens().select_for_update(no_key=True).get(pk=connector.pk)
        at = next_free(connector)
        if at is None:
            raise IllegalMove(_none_free(connector))
        return verbs.schedule(version, connector, at=at, by=by, options=options, by_hand=by_hand)


def next_free(connector: Connector, times: Sequence[QueueTime] | None = None) -> datetime | None:
    """The first weekly time from now on in whose minute nothing else of the account is planned. Two queries."""
    times = list(connector.queue_times.all()) if times is None else times
    if not times:
        return None
    now = timezone.now()
    planned = Post.objects.filter(connector=connector, scheduled_at__gte=now).exclude(status=Status.CANCELED)
    taken = {at.replace(second=0, microsecond=0) for at in planned.values_list("scheduled_at", flat=True) if at}
    return next((at for at in coming(connector, times, now + MARGIN) if at not in taken), None)


def coming(connector: Connector, times: Sequence[QueueTime], since: datetime) -> Iterator[datetime]:
    """The moments of these weekly times after `since`, in order, for half a year.

    A time that the clocks skip on a day is left out there; of one that comes twice the first is meant.
    """
    zone = connector.zone
    today = timezone.localtime(since, zone).date()
    for number in range(WEEKS * 7):
        day = today + timedelta(days=number)
        for time in sorted(t.time for t in times if t.weekday == day.weekday()):
            try:
                at = moment(day, time, zone, which="first").astimezone(UTC)  # others never equal in a doubled hour
            except NoSuchTime:
                continue
            if at > since:
                yield at


def _none_free(connector: Connector) -> str:
    if not connector.queue_times.exists():
        return _("%(account)s has no weekly times yet. Add some on its page in Connections.") % {"account": connector}
    return _("Every weekly time of %(account)s is taken for half a year. Add more on its page in Connections.") % {
        "account": connector
    }
