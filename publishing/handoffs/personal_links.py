"""The link by which one person opens one hand-off without an account: signed, bound to them, ending, revocable.

The address holds the link's id and our signature over it, and nothing is kept that would open it: whoever reads the
database cannot make one. Giving the hand-off to somebody else revokes the link of the one before.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from approvals.states import IllegalMove
from collavo.accounts.models import User
from collavo.timeline.models import record
from publishing.handoffs.people import Actor
from publishing.models import Handoff, HandoffLink

SALT = "publishing.handoff"
STAYS = timedelta(days=7)  # good for so long after the hand-off's window, so that what came late can still be said


class NoLink(Exception):
    """There is no such link: changed, mistyped or made up."""


class EndedLink(Exception):
    """str(error) says, to whoever holds it, why this link is not good any more."""


def link_for(handoff: Handoff, person: User) -> str:
    """The whole address of this person's page for the hand-off, for a mail, a QR code, or to be copied."""
    return settings.BASE_URL + path_for(handoff, person)


def path_for(handoff: Handoff, person: User) -> str:
    """The same below BASE_URL. Asked for again it is the same link, good for longer; those of all others are dead."""
    return reverse("handoff:page", args=[token(_current(handoff, person))])


def _current(handoff: Handoff, person: User) -> HandoffLink:
    ends = max(handoff.latest_at, handoff.overdue_at, timezone.now()) + STAYS
    with transaction.atomic():
        Handoff.objects.select_for_update(no_key=True).only("pk").get(pk=handoff.pk)  # of two callers one makes it
        good = HandoffLink.objects.filter(handoff=handoff, revoked_at=None)
        revoke(good.exclude(person=person))
        link, _ = good.update_or_create(
            handoff=handoff, person=person, revoked_at=None, defaults={"ends_at": ends}
        )  # fmt: skip
    return link


def revoke(links: QuerySet[HandoffLink]) -> int:
    """End these links for ever. How many."""
    return links.filter(revoked_at=None).update(revoked_at=timezone.now())


def renew(handoff: Handoff, *, by: Actor) -> None:
    """Make the link that is out there useless and send its person another. IllegalMove or PermissionDenied."""
    from publishing.handoffs import notices  # which makes links itself

    by.require_doing(handoff)
    with transaction.atomic():
        task = Handoff.objects.with_parts().select_for_update(of=("self",)).get(pk=handoff.pk)
        if not task.is_open or task.assignee is None:
            raise IllegalMove(gettext("Only a hand-off that somebody has to do has a link."))
        revoke(HandoffLink.objects.filter(handoff=task))
        record(
            task.post,
            "handoff_link_renewed",
            by=by.by,
            text=gettext("for %(name)s") % {"name": task.assignee},
            handoff=str(task.pk),
        )
        notices.given(task)


def token(link: HandoffLink) -> str:
    """What stands in the address: 22 characters of id, a dot, and the signature."""
    return _signer().sign(base64.urlsafe_b64encode(link.pk.bytes).decode().rstrip("="))


def opened(token: str) -> HandoffLink:
    """The link behind an address, with its hand-off. Raises NoLink or EndedLink."""
    try:
        pk = UUID(bytes=base64.urlsafe_b64decode(_signer().unsign(token) + "=="))
    except (signing.BadSignature, binascii.Error, ValueError) as e:
        raise NoLink from e
    link = HandoffLink.objects.with_parts().filter(pk=pk).first()
    if link is None:
        raise NoLink
    if sentence := _why_ended(link):
        raise EndedLink(sentence)
    return link


def _why_ended(link: HandoffLink) -> str:
    handoff = link.handoff
    if link.revoked_at or handoff.assignee_id != link.person_id:
        return gettext("This hand-off was given to somebody else, or its link was taken back.")
    if not link.person.is_active:
        return gettext("The person for whom this link was made has left.")
    if link.ends_at <= timezone.now():
        return gettext("Its time is over: this link was good for a week after the day it was for.")
    return ""


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, sep=".")
