"""What the side panel of a version shows, for one chosen account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.history import Line, lines
from approvals.models import Version
from collavo.accounts.access import ConsoleRequest
from collavo.ids import as_uuid
from collavo.timeline.models import Event
from connectors.composing import look
from connectors.hooks import Window
from connectors.models import Connector
from connectors.platforms.base import NOTHING_LIVE
from publishing import limits
from publishing.board import motion
from publishing.chips import audience, chip, progress, story, version_chip
from publishing.forms import LinkForm, ScheduleForm, next_slot
from publishing.mending import with_fix
from publishing.models import Hold, Post, Status, Way
from publishing.options import OptionsForm, answerable, said
from publishing.preflight import Check, post_content, preflight, why_by_hand
from publishing.queue import next_free

LINES = 60  # of history
NUMBERS = 50  # looks at how a post does
CALLS, ALL_CALLS = 40, 500  # of the dispatch log: in the panel, on the post's own page


@dataclass(frozen=True)
class Option:
    """One account that the version may go to."""

    connector: Connector
    post: Post | None
    problem: str  # why nothing can be sent there; "" when it can

    @property
    def selectable(self) -> bool:
        return bool(self.post) or not self.problem


def get_version(request: ConsoleRequest, pk: UUID) -> Version:
    """This workspace's version with its parts, or 404."""
    versions = Version.objects.with_parts().prefetch_related("asset__rights")
    found = versions.filter(workspace=request.workspace, pk=pk).first()
    if found is None:
        raise Http404(_("There is no such version."))
    return found


def get_connector(request: ConsoleRequest, pk: str | None) -> Connector:
    """This workspace's account that a form or address names, or 404."""
    known, own = as_uuid(pk), Connector.objects.filter(workspace=request.workspace)
    if known is None or (found := own.filter(pk=known).first()) is None:
        raise Http404(_("There is no such account."))
    return found


def panel_context(
    version: Version,
    chosen: UUID | None = None,
    *,
    form: ScheduleForm | None = None,
    link_form: LinkForm | None = None,
    blocked: Sequence[Check] = (),
    filled: OptionsForm | None = None,
) -> dict[str, Any]:
    """Everything that `_panel.html` needs, in a constant number of queries."""
    options = _options(version)
    option = _chosen(options, version, chosen)
    rounds = list(version.asset.versions.select_related("asset", "submitted_by").order_by("-round"))
    context: dict[str, Any] = {
        "version": version,
        "version_chip": version_chip(version),
        "options": options,
        "chosen": option,
        "rounds": [(v, version_chip(v)) for v in rounds],
        "events": history([version.asset, *rounds, *(o.post for o in options if o.post)], version.workspace.zone),
        "blocked": blocked,
    }
    if option:
        context |= _for_account(version, option, form, blocked)
    if option and not option.post:
        context |= _to_choose(version, option.connector, filled, context["checks"], bool(blocked))
    if option and option.post:
        context |= post_context(option.post, form=form, link_form=link_form, filled=filled)
        context["attempts"] = list(option.post.attempts.order_by("-started_at", "-id")[:CALLS])
    return context


def _options(version: Version) -> list[Option]:
    accounts = Connector.objects.filter(workspace_id=version.workspace_id).without_tokens()
    posts = Post.objects.with_parts().filter(version=version).exclude(status=Status.CANCELED)
    by_account = {post.connector_id: post for post in posts.order_by("created_at", "pk")}  # published again: that one
    content = version.content()  # what goes by hand needs no working account
    found = [
        Option(c, by_account.get(c.pk), "" if c.by_hand(content) else c.problem())
        for c in accounts.order_by("platform", "handle")
    ]
    return sorted(found, key=lambda o: not o.selectable)


def _chosen(options: list[Option], version: Version, wanted: UUID | None) -> Option | None:
    """The account asked for; else the one that has a post, the slot's, or the first that can take one."""
    slot = version.asset.slot
    planned = slot.connector_id if slot else None
    for test in (
        lambda o: o.connector.pk == wanted,
        lambda o: o.post is not None,
        lambda o: o.connector.pk == planned,
        lambda o: o.selectable,
        lambda o: True,
    ):
        if found := next((o for o in options if test(o)), None):
            return found
    return None


def _for_account(
    version: Version, option: Option, form: ScheduleForm | None, blocked: Sequence[Check]
) -> dict[str, Any]:
    checks: list[Check] = []
    post, connector = option.post, option.connector
    if post is None or post.status not in (Status.PUBLISHED, Status.PUBLISHING):
        at = _moment(version, post)
        checks = list(blocked) or preflight(
            version, connector, at=at, options=post.options if post else None, way=post.way if post else Way.API
        )
    return {
        "checks": with_fix(checks, version, connector),
        "window": None if _moment(version, post) else _window(connector),  # of a planned moment the preflight tells
        "form": form or ScheduleForm(zone=connector.zone, start=next_slot(_moment(version, post))),
        "link_form": LinkForm(),
    }


def _to_choose(
    version: Version, connector: Connector, filled: OptionsForm | None, checks: Sequence[Check], refused: bool
) -> dict[str, Any]:
    """The post's own options, in both forms. The one that was refused is shown as it was filled in.

    What can be chosen there does not keep the forms away; nor does what a verb has refused after a choice was made.
    """
    live = filled.live if filled else look(connector) if version.approved else NOTHING_LIVE
    fresh = {ids: OptionsForm(version=version, connector=connector, ids=ids, composer=live) for ids in ("now", "then")}
    if filled:
        fresh[filled.ids] = filled
    plain = preflight(version, connector, at=_moment(version, None)) if refused else checks
    before = answerable(plain, fresh["now"])
    return {
        "now_options": fresh["now"],
        "then_options": fresh["then"],
        "next_free": next_free(connector),
        "live": live,
        "checks": checks if refused else with_fix(before, version, connector),
        "clear": not any(check.blocks for check in before),
        **_by_hand(version, connector),
    }


def _by_hand(version: Version, connector: Connector) -> dict[str, Any]:
    """Why a person has to post it ("": the API can), whether one could, and who that would be."""
    checks = preflight(version, connector, at=_moment(version, None), way=Way.HAND)
    return {
        "why_by_hand": why_by_hand(post_content(version, {}), connector),
        "hand_clear": not any(check.blocks for check in checks),
        "hands": version.asset.creator or version.case.creator,
    }


def _window(connector: Connector) -> Window:
    """How full the account's window is now."""
    return Window(limits.used(connector), limits.cap(connector), limits.WINDOW)


def _moment(version: Version, post: Post | None) -> datetime | None:
    """When it would go out: what was planned, while that is ahead."""
    planned = post.scheduled_at if post else version.planned_at
    return planned if planned and planned > timezone.now() else None


def post_context(
    post: Post,
    *,
    form: ScheduleForm | None = None,
    link_form: LinkForm | None = None,
    filled: OptionsForm | None = None,
) -> dict[str, Any]:
    """What the parts about one post need, in the panel and on its own page."""
    return _again(post, filled) | {
        "post": post,
        "post_chip": chip(post),
        "audience": audience(post),
        "progress": progress(post),
        "story": story(post),
        "may": may(post),
        "seen": seen(post),
        "motion": motion(post),
        "form": form or ScheduleForm(zone=post.connector.zone, start=next_slot(post.scheduled_at)),
        "link_form": link_form or LinkForm(),
    }


def _again(post: Post, filled: OptionsForm | None) -> dict[str, Any]:
    """Of a post that only its owner sees: the post that shows it to everybody, or the form for it after the audit."""
    if not post.hidden:
        return {}
    followed = post.again.exclude(status=Status.CANCELED).first()
    if followed or post.connector.private_only:
        return {"again": followed}
    ask = filled if filled and filled.ids == "again" else None
    return {"again_options": ask or OptionsForm(version=post.version, connector=post.connector, ids="again")}


def page_context(
    post: Post,
    *,
    form: ScheduleForm | None = None,
    link_form: LinkForm | None = None,
    filled: OptionsForm | None = None,
) -> dict[str, Any]:
    """What a post's own page shows."""
    return post_context(post, form=form, link_form=link_form, filled=filled) | {
        "version": post.version,
        "said": said(post),
        "numbers": list(post.metrics.order_by("-taken_at")[:NUMBERS]),
        "attempts": list(post.attempts.order_by("started_at", "id")[:ALL_CALLS]),
        "events": history([post], post.connector.zone),
        "back": "post",
    }


def seen(post: Post) -> str:
    """What a shown post says; when it differs, the parts around it (buttons, history) are out of date."""
    return f"{post.status}.{post.hold}.{bool(post.due_at)}"


def may(post: Post) -> set[str]:
    """The verbs that make sense for a post as it stands. The verbs themselves decide."""
    by_hand = {"hand_off"} if post.way == Way.API else set()
    if post.status == Status.QUEUED and post.hold == Hold.RETRY:
        return {"retry", "reschedule", "cancel"} | by_hand
    verbs: dict[str, set[str]] = {
        Status.SCHEDULED: {"send_now", "reschedule", "cancel"} | by_hand,
        Status.QUEUED: {"send_now", "reschedule", "cancel"} | by_hand if post.hold else {"cancel"},
        Status.FAILED: {"retry", "cancel"} | by_hand,
        Status.UNCONFIRMED: {"confirm_live", "confirm_not_live", "ask_again"},
        Status.AWAITING_CREATOR: {"cancel"},
    }
    return verbs.get(post.status, set())


def history(subjects: Sequence[Any], zone: ZoneInfo) -> list[Line]:
    """The last lines about these rows, oldest first, the times in them in `zone`."""
    newest = Event.objects.about(*subjects).order_by("-at", "-id")[:LINES]
    return lines(list(newest)[::-1], zone)
