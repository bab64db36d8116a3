"""What programs want published: content made from media, and wishes that become posts when they are approved.

A wish is kept in the transaction that sent its content to review, and becomes a post in the transaction that approves
it: nobody has to come back and ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from approvals import fresh
from approvals.models import Case, Media, Version, VersionMedia
from approvals.states import IllegalMove, VersionStatus
from collavo import prepared
from collavo.accounts.access import membership
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.timeline.models import Event, acting_via, record
from connectors.composing import known_only
from connectors.models import Connector
from connectors.platforms.base import Format, Json
from publishing import verbs
from publishing.models import Post, Wish, WishState
from publishing.preflight import Blocked, Check, preflight, require_clear

CASE = "API"  # where content is kept that a program brought without a case
UNTIL_APPROVED = {"not_approved"}  # the preflight's block that a decision lifts
TITLE = 80


@dataclass(frozen=True)
class Placement:
    """Where and when a version is to go out. `at` None: at once."""

    connector: Connector
    at: datetime | None
    options: Mapping[str, Json]


# --- Content ---------------------------------------------------------------------------------------------------------


def make_version(
    media: Sequence[Media], *, caption: str, format: Format, by: Membership, alt_texts: Sequence[str] = (),
    title: str = "", case: Case | None = None,
) -> Version:  # fmt: skip
    """A new asset with these media, in review and not written yet. `media` are held in this transaction."""
    named = title or caption.strip().partition("\n")[0] or (media[0].name if media else _("Text"))
    return fresh.make(
        media, caption=caption, format=format, case=case or case_for(by.workspace), by=by, alt_texts=alt_texts,
        title=named if len(named) <= TITLE else Truncator(named).chars(TITLE),
    )  # fmt: skip


CASES = prepared.Kept(lambda pk: Case.objects.filter(workspace=pk, name=CASE).order_by("id")[:1], UUID)


def case_for(workspace: Workspace) -> Case:
    """The workspace's case for content without one; there is one, however many ask at once."""
    if found := CASES.first(workspace.pk):
        return found
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    return CASES.first(workspace.pk) or Case.objects.create(workspace=workspace, name=CASE)


def with_parts(version: Version) -> Version:
    """With what the preflight looks at, read once."""
    items = VersionMedia.objects.select_related("media").order_by("position")
    prefetch_related_objects([version], Prefetch("items", items), "asset__rights")
    return version


# --- Placing ---------------------------------------------------------------------------------------------------------


def place(version: Version, where: Placement, *, by: Membership, key: UUID | None = None) -> Post:
    """A post of an approved version. Raises as the verbs do; asks no network, since it runs in a transaction."""
    with known_only():
        if where.at is None:
            return verbs.publish_now(version, where.connector, by=by, options=where.options, key=key)
        return verbs.schedule(version, where.connector, at=where.at, by=by, options=where.options, key=key)


def checks(version: Version, where: Placement, *, approved: bool) -> list[Check]:
    """The preflight; what only the missing approval blocks is left out where a wish waits for it."""
    found = preflight(version, where.connector, at=where.at, options=where.options)
    return found if approved else [check for check in found if check.code not in UNTIL_APPROVED]


def keep(version: Version, where: Placement, *, by: Membership, wish: Wish | None = None) -> Wish:
    """Wait for the approval of a version in review. Raises Blocked for what an approval would not lift."""
    by.require(Ability.PUBLISH)
    require_clear(checks(version, where, approved=False))
    if version.fresh:
        version.fresh.write()
    wish = wish or Wish(workspace=by.workspace)
    wish.state, wish.version, wish.connector = WishState.WAITING, version, where.connector
    wish.options, wish.scheduled_at, wish.error, wish.error_code = dict(where.options), where.at, "", ""
    wish.by, wish.via = by.user, acting_via.get()
    wish.save()
    record(
        version,
        "wished",
        by=by.user,
        text=_("To %(account)s once it is approved") % {"account": where.connector},
        wish=str(wish.pk),
    )
    return wish


def withdraw(wish: Wish, *, by: Membership) -> None:
    """Take a wish back that is not a post yet."""
    by.require(Ability.PUBLISH, at=wish.workspace_id)
    with transaction.atomic():
        row = Wish.objects.select_for_update().get(pk=wish.pk)
        if row.state != WishState.WAITING:
            raise IllegalMove(
                _("Nothing to take back: it is %(status)s.") % {"status": row.get_state_display().lower()}
            )
        _end(row, _("Taken back before it was approved."), "canceled")
        record(row.version or row, "wish_withdrawn", by=by.user, wish=str(row.pk))
    wish.refresh_from_db()


# --- When somebody decides -------------------------------------------------------------------------------------------


def decided(event: Event) -> None:
    """A line of a version's history, in its transaction: what waits for the version becomes a post, or ends."""
    if event.subject_type != "version" or event.verb not in DECISIONS or event.of_new:
        return
    if not Wish.objects.filter(version=event.subject_id, state=WishState.WAITING).exists():
        return  # as nearly always: one look in a small index
    for wish in _waiting(event.subject_id):
        if event.verb == VersionStatus.APPROVED:
            _fulfil(wish)
        else:
            text = _("The version was not approved: it is %(status)s. %(feedback)s") % {
                "status": VersionStatus(event.verb).label.lower(),
                "feedback": event.text,
            }
            _end(wish, text.strip(), "not_approved")


DECISIONS: frozenset[str] = frozenset(
    {VersionStatus.APPROVED, VersionStatus.REJECTED, VersionStatus.REGENERATING, VersionStatus.SUPERSEDED}
)


def _waiting(version_id: UUID) -> QuerySet[Wish]:
    parts = Wish.objects.select_related("version__asset", "version__workspace", "connector", "workspace", "by")
    return parts.filter(version=version_id, state=WishState.WAITING).select_for_update(of=("self",)).order_by("id")


def _fulfil(wish: Wish) -> None:
    """Its post, made in the name and with the rights of who wished for it. A refusal ends it, not the approval."""
    via = acting_via.set(wish.via)
    try:
        with transaction.atomic():
            post = place(with_parts(_whole(wish.version)), _placement(wish), by=_member(wish), key=free_key(wish))
    except (Blocked, IllegalMove, PermissionDenied) as e:
        _end(wish, str(e), "refused")
        return
    finally:
        acting_via.reset(via)
    wish.state, wish.post = WishState.PLACED, post
    wish.save(update_fields=["state", "post", "updated_at"])


def _placement(wish: Wish) -> Placement:
    """A moment that passed during the review: at once within the workspace's window, else IllegalMove."""
    connector, at, now = _whole(wish.connector), wish.scheduled_at, timezone.now()
    if at is not None and at < now:
        if now - at > timedelta(minutes=wish.workspace.late_window_minutes):
            text = _("It was approved after its moment (%(when)s UTC). Schedule it again.") % {
                "when": date_format(at.astimezone(UTC), "d M Y H:i")
            }
            raise IllegalMove(text)
        at = None
    return Placement(connector, at, wish.options)


def _member(wish: Wish) -> Membership:
    if wish.by is None:
        raise PermissionDenied(_("The person who wished for it is gone."))
    return membership(wish.by, wish.workspace)


def free_key(wish: Wish) -> UUID | None:
    """Its own id, unless an earlier post of it (canceled since) has that."""
    return None if Post.objects.filter(pk=wish.pk).exists() else wish.pk


def _end(wish: Wish, reason: str, code: str) -> None:
    wish.state, wish.error, wish.error_code = WishState.ENDED, reason[:1000], code
    wish.save(update_fields=["state", "error", "error_code", "updated_at"])


def _whole[T](part: T | None) -> T:
    if part is None:
        raise LookupError("A waiting wish has a version and an account.")
    return part
