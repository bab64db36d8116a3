"""What people do with versions and posts: each view calls one verb and shows what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from approvals.models import Version
from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from connectors.models import Connector
from publishing import verbs
from publishing.board import changed, column_of
from publishing.forms import LinkForm, ScheduleForm
from publishing.models import Post
from publishing.moments import full_words
from publishing.options import OptionsForm
from publishing.preflight import Blocked, Check
from publishing.queue import schedule_next
from publishing.views.board import board_context, closed_address, panel_address, show_panel
from publishing.views.panel import get_connector, get_version, page_context, panel_context


@dataclass
class Outcome:
    """What a verb led to, to be shown."""

    connector: Connector
    columns: Sequence[str]
    post: Post | None = None
    blocked: Sequence[Check] = ()
    sentence: str = ""  # why the verb refused
    form: ScheduleForm | None = None
    link_form: LinkForm | None = None
    options: OptionsForm | None = None

    def keeping(
        self,
        *,
        form: ScheduleForm | None = None,
        link_form: LinkForm | None = None,
        options: OptionsForm | None = None,
    ) -> Outcome:
        """When the verb refused, the form stays as it was filled in, with the reason at its field.

        What the checks have blocked is told above the form.
        """
        if not self.sentence and not self.blocked:
            return self
        for filled, name in ((form, "time"), (link_form, "url")):
            if filled and self.sentence:
                filled.add_error(name, self.sentence)
        return replace(self, form=form, link_form=link_form, options=options)

    @property
    def refused(self) -> bool:
        """Something on the screen has to be put right, so a plain form is answered with the page, not a redirect."""
        return bool(self.blocked or self.form or self.link_form or self.options)


# --- Versions --------------------------------------------------------------------------------------------------------


@console(Ability.PUBLISH)
@require_POST
def publish_now(request: ConsoleRequest, version: UUID) -> HttpResponse:
    """Send at once. A second press finds the post of the first."""
    found, connector = get_version(request, version), get_connector(request, request.POST.get("connector"))
    options = OptionsForm(request.POST, version=found, connector=connector, ids="now")
    if not options.is_valid():
        return _answer(request, found, _to_be_chosen(request, connector, options))
    said = _("On its way to %(account)s.") % {"account": connector}
    outcome = _do(
        request, connector,
        lambda: verbs.publish_now(
            found, connector, by=request.member, options=options.chosen, by_hand=_by_hand(request)
        ),
        said,
    )  # fmt: skip
    return _answer(request, found, outcome.keeping(options=options) if outcome.blocked else outcome)


@console(Ability.PUBLISH)
@require_POST
def schedule(request: ConsoleRequest, version: UUID) -> HttpResponse:
    found, connector = get_version(request, version), get_connector(request, request.POST.get("connector"))
    form = ScheduleForm(request.POST, zone=connector.zone)
    options = OptionsForm(request.POST, version=found, connector=connector, ids="then")
    if not options.is_valid():
        return _answer(request, found, _to_be_chosen(request, connector, options, form))
    if "next" in request.POST:
        return _schedule_next(request, found, connector, options)
    if not form.is_valid():
        return _answer(request, found, Outcome(connector, (), form=form, options=options))
    said = _("Scheduled for %(when)s.") % {"when": _when(form.at, connector)}
    outcome = _do(
        request, connector,
        lambda: verbs.schedule(
            found, connector, at=form.at, by=request.member, options=options.chosen, by_hand=_by_hand(request)
        ),
        said,
    )  # fmt: skip
    return _answer(request, found, outcome.keeping(form=form, options=options))


def _schedule_next(
    request: ConsoleRequest, version: Version, connector: Connector, options: OptionsForm
) -> HttpResponse:
    """At the account's next free weekly time; which one that is, the answer says."""

    def verb() -> Post:
        post = schedule_next(version, connector, by=request.member, options=options.chosen, by_hand=_by_hand(request))
        messages.success(
            request, _("Scheduled for %(when)s.") % {"when": _when(post.scheduled_at or timezone.now(), connector)}
        )
        return post

    return _answer(request, version, _do(request, connector, verb, "").keeping(options=options))


def _by_hand(request: ConsoleRequest) -> bool:
    """Whether a person shall post it, though the API could."""
    return bool(request.POST.get("by_hand"))


def _to_be_chosen(
    request: ConsoleRequest, connector: Connector, options: OptionsForm, form: ScheduleForm | None = None
) -> Outcome:
    """Nothing is made of it: the options say at their fields what has to be put right."""
    messages.error(request, _("Nothing was sent: see the options for %(platform)s.") % {"platform": options.platform})
    return Outcome(connector, (), form=form, options=options)


# --- Posts -----------------------------------------------------------------------------------------------------------


@console(Ability.PUBLISH)
@require_POST
def send_now(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda post: verbs.send_now(post, by=request.member), _("On its way."))


@console(Ability.PUBLISH)
@require_POST
def reschedule(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    post = get_post(request, pk)
    form = ScheduleForm(request.POST, zone=post.connector.zone)
    if not form.is_valid():
        return _answer(request, post.version, Outcome(post.connector, (), post, form=form))
    said = _("Moved to %(when)s.") % {"when": _when(form.at, post.connector)}
    outcome = _do(request, post.connector, lambda: verbs.reschedule(post, at=form.at, by=request.member), said, post)
    return _answer(request, post.version, outcome.keeping(form=form))


@console(Ability.PUBLISH)
@require_POST
def hand_off(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """A person posts it, though the API could."""
    return _with(request, pk, lambda post: verbs.hand_off(post, by=request.member), _("It goes by hand now."))


@console(Ability.PUBLISH)
@require_POST
def cancel(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda post: verbs.cancel(post, by=request.member), _("Canceled. Nothing was sent."))


@console(Ability.PUBLISH)
@require_POST
def retry(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda post: verbs.retry(post, by=request.member), _("Trying again."))


@console(Ability.PUBLISH)
@require_POST
def confirm_live(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """A person found it; the link is the proof, and the platform is asked about it."""
    post, form = get_post(request, pk), LinkForm(request.POST)
    if not form.is_valid():
        return _answer(request, post.version, Outcome(post.connector, (), post, link_form=form))
    url = form.cleaned_data["url"]
    said = _("Noted: it is live.")
    outcome = _do(request, post.connector, lambda: verbs.confirm_live(post, url=url, by=request.member), said, post)
    return _answer(request, post.version, outcome.keeping(link_form=form))


@console(Ability.PUBLISH)
@require_POST
def confirm_not_live(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda post: verbs.confirm_not_live(post, by=request.member), _("Posting it again."))


@console(Ability.PUBLISH)
@require_POST
def ask_again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda post: verbs.ask_again(post, by=request.member), _("Asking the platform again."))


@console(Ability.PUBLISH)
@require_POST
def publish_again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """For everybody, what went out for its owner alone. A second press finds the post of the first."""
    post = get_post(request, pk)
    options = OptionsForm(request.POST, version=post.version, connector=post.connector, ids="again")
    if not options.is_valid():
        return _answer(request, post.version, replace(_to_be_chosen(request, post.connector, options), post=post))
    said = _("On its way to %(account)s, this time for everybody.") % {"account": post.connector}
    outcome = _do(
        request, post.connector, lambda: verbs.publish_again(post, by=request.member, options=options.chosen), said
    )
    outcome = outcome.keeping(options=options)
    return _answer(request, post.version, outcome if outcome.post else replace(outcome, post=post))


# --- What they share -------------------------------------------------------------------------------------------------


def get_post(request: ConsoleRequest, pk: UUID) -> Post:
    """This workspace's post with its parts, or 404."""
    posts = Post.objects.with_parts()
    found = posts.filter(workspace=request.workspace, pk=pk).first()
    if found is None:
        raise Http404(_("There is no such post."))
    return found


def _with(request: ConsoleRequest, pk: UUID, verb: Callable[[Post], None], said: str) -> HttpResponse:
    post = get_post(request, pk)
    outcome = _do(request, post.connector, lambda: verb(post), said, post)
    return _answer(request, post.version, outcome)


def _do(
    request: ConsoleRequest, connector: Connector, verb: Callable[[], Post | None], said: str, post: Post | None = None
) -> Outcome:
    """Call the verb; what it refuses becomes a sentence."""
    before = column_of(post) if post else "approved"
    blocked: Sequence[Check] = ()
    sentence = ""
    try:
        post = verb() or post
        if said:
            messages.success(request, said)
    except Blocked as e:
        blocked = e.checks
        messages.error(request, _("Nothing was sent: see what has to be put right."))
    except (IllegalMove, PermissionDenied) as e:
        sentence = str(e)
        messages.error(request, sentence)
    if post:
        post.refresh_from_db()
    after = column_of(post) or "approved" if post else ""
    return Outcome(connector, [before, after], post, blocked, sentence)


def _answer(request: ConsoleRequest, version: Version, outcome: Outcome) -> HttpResponse:
    """The panel for htmx; the page again when something has to be put right; else back to where the form was."""
    back = request.POST.get("back") == "post" and outcome.post
    if request.htmx:
        return _panel(request, version, outcome)
    if outcome.refused:
        return _page(request, version, outcome, own=bool(back))
    if back and outcome.post:
        return redirect("publishing:post", request.workspace.slug, outcome.post.pk)
    return redirect(panel_address(request, version.pk, outcome.connector.pk))


def _fresh(request: ConsoleRequest, version: Version, outcome: Outcome) -> dict[str, Any]:
    return panel_context(
        get_version(request, version.pk), outcome.connector.pk,
        form=outcome.form, link_form=outcome.link_form, blocked=outcome.blocked, filled=outcome.options,
    )  # fmt: skip


def _panel(request: ConsoleRequest, version: Version, outcome: Outcome) -> HttpResponse:
    address = panel_address(request, version.pk, outcome.connector.pk)
    response = show_panel(request, _fresh(request, version, outcome), address)
    for event in changed(*dict.fromkeys(outcome.columns)):
        trigger_client_event(response, event, after="settle")
    return response


def _page(request: ConsoleRequest, version: Version, outcome: Outcome, *, own: bool) -> HttpResponse:
    if own and outcome.post:
        context = page_context(outcome.post, form=outcome.form, link_form=outcome.link_form, filled=outcome.options)
        return render(request, "publishing/post.html", context | {"blocked": outcome.blocked})
    context = board_context(request) | _fresh(request, version, outcome)
    return render(request, "publishing/board.html", context | {"close_url": closed_address(request)})


def _when(at: datetime, connector: Connector) -> str:
    return full_words(at, connector.zone, timezone.now())
