"""From what a call asks for to a post: content made, accepted where its person may, and placed by the verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import Field

from approvals import fresh
from approvals.models import Case, Media, Version
from collavo import prepared
from collavo.accounts.models import Scope
from collavo.api.auth import Caller
from collavo.api.errors import ApiError, invalid, not_found
from collavo.api.schemas import Answer
from connectors import composing
from connectors.models import Connector
from connectors.platforms.api import Wanted
from connectors.platforms.base import Format
from publishing import wishes
from publishing.models import Post, Wish
from publishing.wishes import Placement

SOONEST, LATEST = timedelta(minutes=5), timedelta(days=29)


class CheckAnswer(Answer):
    """One thing that was looked at."""

    level: str = Field(description="ok, warn or block.")
    code: str
    message: str


class DryRunAnswer(Answer):
    """What would happen. Nothing was kept."""

    ok: bool = Field(description="Nothing blocks.")
    awaiting_approval: bool = Field(description="Somebody else would have to accept it first.")
    checks: list[CheckAnswer]


@dataclass(frozen=True)
class Order:
    """Content to one account, at a moment or at once. `make` gives the version, inside the transaction.

    `fresh`: it is new content, which may wait for its approval. A version that exists is placed as on the board.
    """

    who: Caller
    where: Placement
    make: Callable[[], Version]
    fresh: bool = True

    def place(self) -> Post | Wish:
        """A post; or, where somebody else has to accept the content first, a wish. Call it in a transaction."""
        version = self._accepted(self.make())
        if version.approved or not self.fresh:
            return wishes.place(version, self.where, by=self.who.member)
        return wishes.keep(version, self.where, by=self.who.member)

    def place_as(self, wish: Wish) -> Post | Wish:
        """The same for a draft that exists: the post gets its id, or it waits itself."""
        version = self._accepted(self.make())
        if version.approved:
            return wishes.place(version, self.where, by=self.who.member, key=wishes.free_key(wish))
        return wishes.keep(version, self.where, by=self.who.member, wish=wish)

    def preview(self) -> DryRunAnswer:
        """The preflight of what `place` would do; everything is taken back."""
        with transaction.atomic():
            version = self._accepted(self.make())
            waits = self.fresh and version.in_review
            found = wishes.checks(version, self.where, approved=not waits)
            transaction.set_rollback(True)
        checks = [CheckAnswer(level=c.level, code=c.code, message=c.text) for c in found]
        return DryRunAnswer(ok=not any(c.blocks for c in found), awaiting_approval=waits, checks=checks)

    def _accepted(self, version: Version) -> Version:
        if not version.fresh:
            wishes.with_parts(version)
        allowed = self.who.workspace.allow_self_approval  # who makes content is who has submitted it
        if self.fresh and allowed and self.who.may(Scope.REVIEW):
            version.accept(by=self.who.member)
        return version


def order(who: Caller, wanted: Wanted) -> Order:
    """Of media. Everything that can be refused beforehand is."""
    connector = account(who, wanted.connector_id)
    where = placement(who, connector, wanted.scheduled_at, wanted)
    found = media(who, wanted.media_ids)
    format = becomes(wanted, found)
    return Order(who, where, lambda: wishes.make_version(
        found, caption=wanted.caption, format=format, by=who.member, alt_texts=wanted.alt_texts
    ))  # fmt: skip


def placement(who: Caller, connector: Connector, at: datetime | None, wanted: Wanted) -> Placement:
    """When and with what. The token needs the scope for what is asked: now, or later."""
    who.require(Scope.PUBLISH if at is None else Scope.SCHEDULE)
    if at is not None:
        require_scheduling(connector)
        require_moment(at)
    return Placement(connector, at, wanted.options)


def require_scheduling(connector: Connector) -> None:
    """403 where the account's owner has switched it off."""
    if not connector.scheduling:
        text = _(
            "Scheduled publishing is not enabled for %(account)s. Switch it on in Connections, or publish now."
        ) % {"account": connector}
        raise ApiError(403, "scheduling_not_enabled", text)


def require_moment(at: datetime, field: str = "scheduledAt", latest: timedelta | None = LATEST) -> None:
    """422 unless it is far enough ahead, and not too far."""
    now = timezone.now()
    if at < now + SOONEST:
        text = _("%(field)s must be at least 5 minutes ahead. To send it now, leave it out.") % {"field": field}
    elif latest and at > now + latest:
        text = _("%(field)s must be at most %(days)s days ahead.") % {"field": field, "days": latest.days}
    else:
        return
    raise ApiError(422, "schedule_out_of_range", text, fields={field: text})


ACCOUNT = prepared.Kept(lambda pk, workspace: Connector.objects.filter(pk=pk, workspace=workspace), UUID, UUID)


def account(who: Caller, pk: UUID) -> Connector:
    """One of the workspace's accounts, read once a request."""
    if pk not in who.known:
        found = ACCOUNT.first(pk, who.workspace.pk)
        if found is None:
            raise not_found("account")
        who.require_connector(found.pk)
        who.known[pk] = found
    return cast(Connector, who.known[pk])


def ask(who: Caller, pk: UUID) -> None:
    """Ask the platform what the account may post now, outside of any transaction: the verbs use its answer."""
    composing.look(account(who, pk))


def media(who: Caller, pks: Sequence[UUID], *, hold: bool = True) -> list[Media]:
    """In their order; 404 when one is not the workspace's. `hold`: until the transaction ends nobody deletes one."""
    found = fresh.held(who.workspace, pks) if hold else who.rows(Media.objects.all()).in_bulk(list(pks))
    for pk in pks:
        if pk not in found:
            raise not_found(f"medium {pk}")
    return [found[pk] for pk in pks]


def case(who: Caller, pk: UUID | None) -> Case | None:
    return who.one(Case.objects.all(), pk, "case") if pk else None


def becomes(wanted: Wanted, found: Sequence[Media]) -> Format:
    """What these media are made into; 422 where a kind is not taken."""
    for medium in found[1:] if len(wanted.formats) > 1 else found:
        if len(wanted.formats) == 1 and medium.kind not in wanted.formats:
            said = _("%(name)s is a %(kind)s; only images are taken here.")
            if "video" in wanted.formats:
                said = _("%(name)s is a %(kind)s; only videos are taken here.")
            raise invalid("mediaIds", said % {"name": medium.name, "kind": _(medium.kind)})
    return wanted.formats[found[0].kind] if found else Format.TEXT
