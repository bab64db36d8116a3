"""What people do with posts. Every verb checks who asks, moves through `states.py`, and answers with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.models import Version
from approvals.states import IllegalMove, VersionStatus
from collavo.accounts.models import Ability, Membership
from collavo.ids import uuid7
from collavo.timeline.models import line, record, record_many
from connectors.models import Connector
from connectors.platforms.base import Json, Live, PlatformError
from publishing import states
from publishing.dispatcher import enqueue
from publishing.handoffs import links
from publishing.models import Hold, Post, Status, Way
from publishing.options import live_checks
from publishing.preflight import checks_for, hides, post_content, post_seal, preflight, require_clear, why_by_hand

SLACK = timedelta(minutes=1)  # a form filled in for "now" may arrive a little late


def schedule(
    version: Version, connector: Connector, *, at: datetime, by: Membership,
    options: Mapping[str, Json] | None = None, by_hand: bool = False, key: UUID | None = None,
) -> Post:  # fmt: skip
    """Plan `version` for `connector` at `at`. Raises Blocked, IllegalMove or PermissionDenied with a sentence.

    `by_hand`: a person posts it, though the API could. `key`: the post's id, where somebody was told one already.
    """
    if at < timezone.now() - SLACK:
        raise IllegalMove(_("That moment is in the past. Choose a later one, or publish it now."))
    _require_scheduling(connector)
    way = Way.HAND if by_hand else Way.API
    return _place(version, connector, by=by, options=options or {}, status=Status.SCHEDULED, at=at, way=way, key=key)


def publish_now(
    version: Version, connector: Connector, *, by: Membership, options: Mapping[str, Json] | None = None,
    by_hand: bool = False, key: UUID | None = None,
) -> Post:  # fmt: skip
    """Send `version` to `connector` at once. Pressing it twice gives one post. Raises as `schedule` does."""
    way, now = Way.HAND if by_hand else Way.API, timezone.now()
    post = _place(version, connector, by=by, options=options or {}, status=Status.QUEUED, at=now, way=way, key=key)
    enqueue([post.pk])
    return post


def publish_again(post: Post, *, by: Membership, options: Mapping[str, Json]) -> Post:
    """Show to everybody what went out for its owner alone, before the audit: a second post, linked with the first.

    The only way to a second post of a version at one account. Raises as `publish_now` does.
    """
    by.require(Ability.PUBLISH, at=post.workspace_id)
    post.refresh_from_db(fields=["status", "hidden"])
    if not post.hidden:
        raise IllegalMove(
            _("Only a post that nobody but its owner sees, for want of the audit, can be published again.")
        )
    if post.connector.private_only:
        raise IllegalMove(
            _(
                "The app of %(account)s has not passed the audit yet, so it would be private once more. "
                "When it has, say so in the account's settings under Connections."
            )
            % {"account": post.connector}
        )
    placed = _place(
        post.version, post.connector, by=by, options=options, status=Status.QUEUED, at=timezone.now(), again_of=post
    )
    enqueue([placed.pk])
    return placed


def _place(
    version: Version, connector: Connector, *, by: Membership, options: Mapping[str, Json], status: Status,
    at: datetime, way: Way = Way.API, again_of: Post | None = None, key: UUID | None = None,
) -> Post:  # fmt: skip
    """The rules may make it go by hand though the API was asked for; never the other way round."""
    by.require(Ability.PUBLISH, at=version.workspace_id)
    require_clear(preflight(version, connector, at=at, options=options, way=way))
    if why_by_hand(post_content(version, options), connector):
        way = Way.HAND
    if way == Way.API:
        require_clear(live_checks(version, connector, options, now=status == Status.QUEUED))
    post = Post(
        id=key or uuid7(), workspace_id=version.workspace_id, case_id=version.case_id, version=version,
        connector=connector, options=dict(options), way=way, seal=post_seal(version, connector.pk, options, way),
        status=status, scheduled_at=at, due_at=at, by=by.user, again_of=again_of,
    )  # fmt: skip
    told = line(post, "scheduled" if status == Status.SCHEDULED else "queued", by=by.user, at=at.isoformat())
    if version.fresh:  # it cannot have another post, and nobody can have undone its approval
        version.unplaced = False
        version.fresh.write(post, lines=[told])
        return post
    try:
        with transaction.atomic():
            record_many([told], beside=[post])
            approved = Version.objects.filter(pk=version.pk, status=VersionStatus.APPROVED)
            if not approved.update(unplaced=False):  # its approval was undone since the preflight looked
                raise IllegalMove(_("This version is not approved any more. Accept it first."))
            if again_of:
                record(again_of, "published_again", by=by.user, again=str(post.pk))
    except IntegrityError as e:
        if "one_post_again" in str(e):
            raise IllegalMove(_("It is published again already. Open that post instead.")) from e
        if "one_live_post_per_version" not in str(e):
            raise
        raise IllegalMove(
            _("This version already has a post for %(account)s. Open that one instead.") % {"account": connector}
        ) from e
    return post


def send_now(post: Post, *, by: Membership) -> None:
    """Publish a scheduled, waiting or late post at once."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    if post.status not in (Status.SCHEDULED, Status.QUEUED):
        raise IllegalMove(
            _("It is %(status)s; only a waiting post can be sent now.") % {"status": post.get_status_display().lower()}
        )
    require_clear(preflight(post.version, post.connector, options=post.options, way=post.way))
    now = timezone.now()
    changes: dict[str, Any] = {"scheduled_at": now, "due_at": now, "hold": Hold.NONE, "error": "", "error_code": ""}
    with transaction.atomic():
        states.move(post, Status.QUEUED, by=by.user, verb="sent_now", **changes)
        enqueue([post.pk])


def reschedule(post: Post, *, at: datetime, by: Membership) -> None:
    """Choose another moment for a post that has not started."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    if at < timezone.now() - SLACK:
        raise IllegalMove(_("That moment is in the past. Choose a later one, or publish it now."))
    if post.status not in (Status.SCHEDULED, Status.QUEUED):
        raise IllegalMove(
            _("Too late to reschedule: it is %(status)s.") % {"status": post.get_status_display().lower()}
        )
    _require_scheduling(post.connector)
    require_clear(preflight(post.version, post.connector, at=at, options=post.options, way=post.way))
    text = f"{date_format(timezone.localtime(at, post.connector.zone), 'd M Y H:i')} {post.connector.time_zone}"
    fresh = states.FRESH | {"scheduled_at": at, "due_at": at}
    states.move(post, Status.SCHEDULED, by=by.user, verb="rescheduled", text=text, **fresh)


def hand_off(post: Post, *, by: Membership) -> None:
    """A person shall post it, though the API could: at its moment, or at once where it waits or has failed."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    post.refresh_from_db(fields=["status", "way"])
    if post.way == Way.HAND:
        raise IllegalMove(_("It goes by hand already."))
    if post.status not in (Status.SCHEDULED, Status.QUEUED, Status.FAILED):
        raise IllegalMove(
            _("Too late to post it by hand: it is %(status)s.") % {"status": post.get_status_display().lower()}
        )
    require_clear(checks_for(post, way=Way.HAND))
    seal = post_seal(post.version, post.connector_id, post.options, Way.HAND)
    changes: dict[str, Any] = states.FRESH | {"way": Way.HAND, "seal": seal}
    if post.status == Status.SCHEDULED:
        states.move(post, Status.SCHEDULED, by=by.user, verb="by_hand", **changes)
        return
    now = timezone.now()
    with transaction.atomic():
        states.move(post, Status.QUEUED, by=by.user, verb="by_hand", **changes, scheduled_at=now, due_at=now)
        enqueue([post.pk])


def cancel(post: Post, *, by: Membership) -> None:
    """Take a post back before it goes out. Too late for one that is being sent or is live.

    What counts is what the post is now: a page that still shows it as scheduled may cancel it when it is queued.
    """
    by.require(Ability.PUBLISH, at=post.workspace_id)
    post.refresh_from_db(fields=["status"])
    if post.status in (Status.PUBLISHING, Status.PUBLISHED, Status.UNCONFIRMED):
        raise IllegalMove(_("Too late to cancel: it is %(status)s.") % {"status": post.get_status_display().lower()})
    if post.status == Status.CANCELED:
        raise IllegalMove(_("It is canceled already."))
    with transaction.atomic():
        states.move(post, Status.CANCELED, by=by.user, due_at=None, hold=Hold.NONE, reserved_at=None)
        _unplace(post)


def retry(post: Post, *, by: Membership) -> None:
    """Try a failed post again from the beginning, or a waiting retry at once."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    if post.status == Status.QUEUED and post.hold in (Hold.RETRY, Hold.LIMIT):
        send_now(post, by=by)
        return
    if post.status != Status.FAILED:
        raise IllegalMove(
            _("Only a failed post can be retried; this one is %(status)s.")
            % {"status": post.get_status_display().lower()}
        )
    require_clear(preflight(post.version, post.connector, options=post.options, way=post.way))
    now = timezone.now()
    with transaction.atomic():
        fresh = states.FRESH | {"scheduled_at": now, "due_at": now}
        states.move(post, Status.QUEUED, by=by.user, verb="retried", **fresh)
        enqueue([post.pk])


def confirm_live(post: Post, *, url: str, by: Membership) -> None:
    """A person found an unconfirmed post live, at `url`. The link is checked against the account, at the platform."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    _require_unconfirmed(post)
    live = _found_at(post, url.strip())
    text = (
        live.url
        if live.remote_id
        else _("%(link)s (not checked: %(reason)s)") % {"link": live.url, "reason": post.connector.problem()}
    )
    try:
        states.move(
            post, Status.PUBLISHED, by=by.user, verb="confirmed_live", text=text,
            remote_id=live.remote_id, url=live.url,
            published_at=live.at or post.commit_sent_at or timezone.now(), commit_open=False, due_at=None, error="",
            error_code="", hold=Hold.NONE, hidden=hides(post),
        )  # fmt: skip
    except IntegrityError as e:
        raise IllegalMove(_("That link belongs to another post here. Paste the link of this one.")) from e


def _found_at(post: Post, url: str) -> Live:
    """The account's post at this address. While the account cannot be asked at all, the person's word stands."""
    if links.split(url) is None:
        raise IllegalMove(_("Paste the link of the live post: it starts with https://."))
    connector = post.connector
    if connector.problem():
        return Live(url=url)
    try:
        found = links.asking(connector).find(url)
    except PlatformError as e:
        raise IllegalMove(_("The link could not be checked. %(reason)s Try again in a moment.") % {"reason": e}) from e
    if found is None:
        raise IllegalMove(
            _("%(account)s has no post at that link. Open the post there and copy its own link.")
            % {"account": connector}
        )
    return found


def confirm_not_live(post: Post, *, by: Membership) -> None:
    """A person looked and it is not live: post it again, from the beginning."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    _require_unconfirmed(post)
    require_clear(preflight(post.version, post.connector, options=post.options, way=post.way))
    now = timezone.now()
    with transaction.atomic():
        fresh = states.FRESH | {"scheduled_at": now, "due_at": now}
        states.move(post, Status.QUEUED, by=by.user, verb="confirmed_not_live", **fresh)
        enqueue([post.pk])


def ask_again(post: Post, *, by: Membership) -> None:
    """Ask the platform once more what became of an unconfirmed post. Sends nothing."""
    by.require(Ability.PUBLISH, at=post.workspace_id)
    _require_unconfirmed(post)
    with transaction.atomic():
        states.move(post, Status.UNCONFIRMED, by=by.user, verb="asked_again", due_at=timezone.now())
        enqueue([post.pk])


def release_held(connector: Connector) -> int:
    """The account is active again: its parked posts go on. How many."""
    parked = Post.objects.filter(connector=connector, hold=Hold.CONNECTOR)
    with transaction.atomic():
        return parked.update(hold=Hold.NONE, due_at=timezone.now(), error="", error_code="")


def ask_early(connector: Connector, handle: str) -> int:
    """Make this account's posts that go by `handle` due now, unless somebody acts on them already. How many.

    Posts that wait for the platform, their creator or a person are then asked about; the platform's answer decides.
    """
    waiting = [Status.PUBLISHING, Status.UNCONFIRMED, Status.AWAITING_CREATOR]
    mine = Post.objects.filter(connector=connector, status__in=waiting, lease_token=None)
    pks = [post.pk for post in mine.only("journal", "remote_id") if handle in handles(post)]
    with transaction.atomic():
        return Post.objects.filter(pk__in=pks, lease_token=None).update(due_at=timezone.now())


def handles(post: Post) -> set[str]:
    """What the platform may call this post by: its id there, and every word that its steps have kept."""
    found, left = {post.remote_id}, list(post.journal.values())
    while left:
        value = left.pop()
        if isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value
        elif isinstance(value, str):
            found.add(value)
    return found - {""}


def _unplace(post: Post) -> None:
    """With its last post gone, an approved version waits on the board again."""
    others = Post.objects.filter(version_id=post.version_id).exclude(status=Status.CANCELED)
    if not others.exists():
        Version.objects.filter(pk=post.version_id, status=VersionStatus.APPROVED).update(unplaced=True)


def _require_scheduling(connector: Connector) -> None:
    if not connector.scheduling:
        raise IllegalMove(
            _("Scheduled publishing is switched off for %(account)s. Publish it now, or switch it on in Connections.")
            % {"account": connector}
        )


def _require_unconfirmed(post: Post) -> None:
    if post.status != Status.UNCONFIRMED:
        raise IllegalMove(_("Nothing to confirm: it is %(status)s.") % {"status": post.get_status_display().lower()})
