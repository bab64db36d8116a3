"""The weekly times at which an account likes to post: what people add and take away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability, Membership
from collavo.timeline.models import record
from connectors.models import Connector, QueueTime

MOST = 100  # per account


class TooMany(Exception):
    """str(error) is a sentence."""


def add(connector: Connector, weekdays: Iterable[int], at: time, *, by: Membership) -> list[QueueTime]:
    """Add this time on these days (0 is Monday); what is there already stays. Those that are new."""
    by.require(Ability.CONNECT, at=connector.workspace_id)
    at = at.replace(second=0, microsecond=0)
    with transaction.atomic():
        Connector.objects.without_tokens().select_for_update(no_key=True).get(pk=connector.pk)
        there = set(connector.queue_times.values_list("weekday", "time"))
        fresh = [
            QueueTime(connector=connector, weekday=d, time=at) for d in sorted(set(weekdays)) if (d, at) not in there
        ]
        if len(there) + len(fresh) > MOST:
            raise TooMany(
                gettext("An account has at most %(most)s weekly times. Take some away first.") % {"most": MOST}
            )
        made = QueueTime.objects.bulk_create(fresh)
        if made:
            record(
                connector,
                "queue_changed",
                by=by.user,
                text=gettext("Added %(times)s") % {"times": ", ".join(map(str, made))},
            )
    return made


def remove(queue_time: QueueTime, *, by: Membership) -> None:
    """Take one away. What is planned at it stays planned."""
    by.require(Ability.CONNECT, at=queue_time.connector.workspace_id)
    with transaction.atomic():
        gone, _ = QueueTime.objects.filter(pk=queue_time.pk).delete()
        if gone:
            record(
                queue_time.connector,
                "queue_changed",
                by=by.user,
                text=gettext("Took away %(time)s") % {"time": queue_time},
            )


# --- Page ------------------------------------------------------------------------------------------------------------


class QueueForm(forms.Form):
    weekday = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        error_messages={"required": gettext_lazy("Choose at least one day.")},
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"),
        error_messages={
            "required": gettext_lazy("Choose a time."),
            "invalid": gettext_lazy("Write the time like 18:30."),
        },
    )


@console(Ability.CONNECT)
@require_POST
def add_times(request: ConsoleRequest, pk: Any) -> HttpResponse:
    connector, form = _connector(request, pk), QueueForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for errors in form.errors.values() for text in errors))
        return _back(request, connector)
    try:
        made = add(connector, form.cleaned_data["weekday"], form.cleaned_data["time"], by=request.member)
        said = (
            gettext("Added %(times)s.") % {"times": ", ".join(map(str, made))}
            if made
            else gettext("Those times were there already.")
        )
        messages.success(request, said)
    except TooMany as e:
        messages.error(request, str(e))
    return _back(request, connector)


@console(Ability.CONNECT)
@require_POST
def remove_time(request: ConsoleRequest, pk: Any, time: Any) -> HttpResponse:
    connector = _connector(request, pk)
    if found := connector.queue_times.filter(pk=time).first():
        remove(found, by=request.member)
        messages.success(request, gettext("Took away %(time)s. What is planned stays planned.") % {"time": found})
    return _back(request, connector)


def _connector(request: ConsoleRequest, pk: Any) -> Connector:
    found = Connector.objects.filter(workspace=request.workspace, pk=pk).without_tokens().first()
    if found is None:
        raise Http404(gettext("There is no such account."))
    return found


def _back(request: ConsoleRequest, connector: Connector) -> HttpResponse:
    response = redirect("connectors:account", request.workspace.slug, connector.pk)
    response["Location"] += "#queue-times"
    return response
