"""How an account stands: its status, and why nothing can go out through it, in sentences that say what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from connectors.models import Connector


class ConnectorStatus(models.TextChoices):
    ACTIVE = "active", gettext_lazy("Active")
    NEEDS_RELINK = "needs_relink", gettext_lazy("Needs re-link")
    PAUSED = "paused", gettext_lazy("Paused")
    DISABLED = "disabled", gettext_lazy("Disabled")
    DISCONNECTED = "disconnected", gettext_lazy("Disconnected")


def problem(account: Connector, at: datetime) -> str:
    """Why nothing can go out through it at that moment; "" when it can."""
    if account.status == ConnectorStatus.PAUSED and account.paused_until and account.paused_until <= at:
        return _expiry_problem(account, at)
    if account.status == ConnectorStatus.ACTIVE:
        return _expiry_problem(account, at)
    return _state_problem(account)


def _state_problem(account: Connector) -> str:
    reason = f" {account.status_reason}" if account.status_reason else ""
    if account.status == ConnectorStatus.NEEDS_RELINK:
        return _("%(account)s needs to be linked again.%(reason)s Open Connections and link it; its posts wait.") % {
            "account": account,
            "reason": reason,
        }
    if account.status == ConnectorStatus.PAUSED:
        return _("%(account)s is paused%(until)s.%(reason)s Resume it on the Connections page.") % {
            "account": account,
            "until": _until(account),
            "reason": reason,
        }
    if account.status == ConnectorStatus.DISCONNECTED:
        return _("%(account)s is disconnected.%(reason)s Open Connections and link it again; its posts wait.") % {
            "account": account,
            "reason": reason,
        }
    return _("%(account)s is switched off.%(reason)s Switch it on in Connections.") % {
        "account": account,
        "reason": reason,
    }


def _until(account: Connector) -> str:
    if account.paused_until is None:
        return ""
    return _(" until %(when)s (%(time_zone)s)") % {
        "when": date_format(timezone.localtime(account.paused_until, account.zone), "d M Y H:i"),
        "time_zone": account.time_zone,
    }


def _expiry_problem(account: Connector, at: datetime) -> str:
    ends = account.ends_at
    if ends and ends <= at:
        when = date_format(timezone.localtime(ends, account.zone), "d M Y H:i")
        if ends <= timezone.now():
            return _("The link to %(account)s ended %(when)s. Link the account again; its posts wait.") % {
                "account": account,
                "when": when,
            }
        return _("The link to %(account)s ends %(when)s. Link the account again before then.") % {
            "account": account,
            "when": when,
        }
    return ""
