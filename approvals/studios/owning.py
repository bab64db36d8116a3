"""What owners do with their studios outside. Each verb takes the Membership of whoever asks, and writes its line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.studios import outside, wire
from approvals.studios.models import LONGEST_PATIENCE, Studio, StudioKind
from collavo.accounts.models import Ability, Membership
from collavo.ids import uuid7
from collavo.secrets import UnreadableSecret
from collavo.targets import BadTarget, check
from collavo.timeline.models import record
from collavo.timeline.outgoing.messages import new_secret
from collavo.timeline.outgoing.sending import Answer

MOST = 20  # studios of one workspace
TAKEN = gettext_noop("There is a studio of this name. Choose another one.")
OVERLAP = timedelta(hours=24)  # after a rotation both secrets count


class Refused(Exception):
    """str(error) is a sentence for the person who asked. `field`: of the form, which it is about."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def add(
    *, name: str, kind: str, url: str, patience: int, by: Membership, pk: UUID | None = None
) -> tuple[Studio, str]:  # fmt: skip
    """A new studio, and its secret: the only time that it is said. Raises Refused."""
    by.require(Ability.MANAGE)
    if by.workspace.studios.count() >= MOST:
        raise Refused(_("A workspace has at most %(most)s studios. Change one that is not used.") % {"most": MOST})
    secret = new_secret()
    studio = Studio(
        pk=pk or uuid7(), workspace=by.workspace, name=name.strip(), kind=kind, url=url, patience=patience,
        secret=secret, created_by=by.user,
    )  # fmt: skip
    _check(studio)
    with _name_is_free(), transaction.atomic():
        studio.save(force_insert=True)
        record(studio, "added", by=by.user, text=studio.name, url=url)
    return studio, secret


def change(studio: Studio, *, name: str, kind: str, url: str, patience: int, by: Membership) -> None:
    """Jobs under way keep the time that they have. Raises Refused."""
    by.require(Ability.MANAGE, at=studio.workspace_id)
    with _name_is_free(), transaction.atomic():
        row = _locked(studio)
        row.name, row.kind, row.url, row.patience = name.strip(), kind, url, patience
        _check(row)
        row.save(update_fields=["name", "kind", "url", "patience"])
        record(row, "changed", by=by.user, text=row.name, url=url)


def switch(studio: Studio, *, on: bool, by: Membership) -> None:
    """Off, it gets no jobs any more; what it is at work on may still come in."""
    by.require(Ability.MANAGE, at=studio.workspace_id)
    with transaction.atomic():
        row = _locked(studio)
        if row.active != on:
            row.active = on
            row.save(update_fields=["active"])
            record(row, "switched_on" if on else "switched_off", by=by.user, text=row.name)


def rotate(studio: Studio, *, by: Membership) -> str:
    """A new secret: the only time that it is said. For a day both count, so that jobs under way can be answered."""
    by.require(Ability.MANAGE, at=studio.workspace_id)
    secret = new_secret()
    with transaction.atomic():
        row = _locked(studio)
        row.secret, row.old_secret, row.old_secret_until = secret, _secret_of(row), timezone.now() + OVERLAP
        row.save(update_fields=["secret", "old_secret", "old_secret_until"])
        record(row, "secret_rotated", by=by.user, text=row.name)
    return secret


def ping(studio: Studio, *, by: Membership) -> Answer:
    """Send it a message that asks for nothing, now. What came back."""
    by.require(Ability.MANAGE, at=studio.workspace_id)
    try:
        return outside.post(Studio.objects.get(pk=studio.pk), f"msg_{uuid7().hex}", wire.ping(studio))
    except BadTarget as e:
        return Answer(error=str(e))
    except UnreadableSecret:
        return Answer(error=_(outside.UNREADABLE))


def _locked(studio: Studio) -> Studio:
    return Studio.objects.without_secrets().select_for_update(no_key=True).get(pk=studio.pk)


def _secret_of(studio: Studio) -> str:
    """The present secret; "" when no key opens it, so that it can be replaced all the same."""
    try:
        return str(Studio.objects.only("secret").get(pk=studio.pk).secret)
    except UnreadableSecret:
        return ""


def _check(studio: Studio) -> None:
    try:
        check(studio.url)
    except BadTarget as e:
        raise Refused(str(e), "url") from e
    if len(studio.url) > 500:
        raise Refused(_("This address is too long: at most 500 characters."), "url")
    if studio.kind not in StudioKind.values:
        raise Refused(_("Choose what it makes."), "kind")
    if not 1 <= studio.patience <= LONGEST_PATIENCE:
        raise Refused(
            _("Choose a time from 1 to %(most)s minutes.") % {"most": LONGEST_PATIENCE},
            "patience",
        )
    _check_name(studio)


def _check_name(studio: Studio) -> None:
    """Names stand in the history: no two alike, and none for nothing."""
    if not studio.name or len(studio.name) > 100:
        raise Refused(_("Give it a name of at most 100 characters."), "name")
    if Studio.objects.filter(workspace=studio.workspace_id, name=studio.name).exclude(pk=studio.pk).exists():
        raise Refused(_(TAKEN), "name")


@contextmanager
def _name_is_free() -> Iterator[None]:
    """Of two who take the same name at the same moment, one is told."""
    try:
        yield
    except IntegrityError as e:
        if "one_studio_per_name" not in str(e):
            raise
        raise Refused(_(TAKEN), "name") from e
