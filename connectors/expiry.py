"""Telling managers that a link ends: 14, 7 and 1 days ahead, with the posts that are planned for later than that."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext

from collavo.accounts.models import Ability, Membership, User, Workspace
from collavo.timeline.notices import Message, tell
from connectors import hooks
from connectors.hooks import Planned
from connectors.models import WARN_AHEAD, Connector

DAYS_AHEAD = (14, 7, 1)
MOMENT = "d M Y H:i"


def stage(ends: datetime | None, now: datetime) -> int | None:
    """The warning that is due: 14, 7 or 1; None while there is time, and when it is over."""
    if ends is None or ends <= now:
        return None
    return min((days for days in DAYS_AHEAD if ends - now <= timedelta(days=days)), default=None)


def warn() -> int:
    """Tell each manager once per stage. How many links end."""
    now = timezone.now()
    soon = now + WARN_AHEAD
    ending = Connector.objects.active().filter(Q(token_expires_at__lte=soon) | Q(refresh_expires_at__lte=soon))
    linked = ending.without_tokens().select_related("workspace")
    due = [(connector, days) for connector in linked if (days := stage(connector.ends_at, now))]
    planned = hooks.planned({connector.pk: connector.ends_at for connector, _ in due})
    for connector, days in due:
        tell(managers(connector.workspace), message(connector, days, planned.get(connector.pk, Planned())))
    return len(due)


def managers(workspace: Workspace) -> list[User]:
    """Those who may link accounts here."""
    members = Membership.objects.filter(workspace=workspace, user__is_active=True).select_related("user")
    return [member.user for member in members if member.can(Ability.CONNECT)]


def message(connector: Connector, days: int, planned: Planned) -> Message:
    ends = connector.ends_at or timezone.now()
    when = f"{date_format(timezone.localtime(ends, connector.zone), MOMENT)} ({connector.time_zone})"
    return Message(
        key=f"link ends:{connector.pk}:{ends:%Y-%m-%d}:{days}", workspace_id=connector.workspace_id,
        subject_type="connector", subject_id=connector.pk, icon="link", kind="wait", topic="account",
        title=gettext("The link to %(account)s ends %(when)s") % {"account": connector, "when": when},
        sentences=[beyond(planned), _trouble(connector), gettext(ADVICE)],
        path=reverse("connectors:connections", args=[connector.workspace.slug]),
    )  # fmt: skip


def tell_of_app(connector: Connector, reason: str) -> None:
    """The platform refuses the app, so the link cannot be renewed: once, until it can be again."""
    now = timezone.now()
    ends = connector.token_expires_at
    over = (
        gettext("What it has now lasts until %(when)s.")
        % {"when": date_format(timezone.localtime(ends, connector.zone), MOMENT)}
        if ends
        else ""
    )
    tell(managers(connector.workspace), Message(
        key=f"app refused:{connector.pk}:{now:%Y-%m-%d}", workspace_id=connector.workspace_id,
        subject_type="connector", subject_id=connector.pk, icon="link", kind="bad", topic="account",
        title=gettext("The link to %(account)s cannot be renewed") % {"account": connector},
        sentences=[reason, over, gettext("Then its posts wait.")],
        path=reverse("connectors:connections", args=[connector.workspace.slug]),
    ))  # fmt: skip


ADVICE = gettext_noop("Link the account again on the Connections page: its posts and its history stay.")


def beyond(planned: Planned) -> str:
    """ "" when nothing is planned for later than the link's end."""
    if not planned.beyond:
        return ""
    return ngettext(
        "%(count)d post is scheduled for later than that and would wait.",
        "%(count)d posts are scheduled for later than that and would wait.",
        planned.beyond,
    ) % {"count": planned.beyond}


def _trouble(connector: Connector) -> str:
    return (
        gettext("It should have renewed itself, but: %(renew_error)s") % {"renew_error": connector.renew_error}
        if connector.renew_error
        else ""
    )
