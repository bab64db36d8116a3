"""A link opens one hand-off for one person, and for nobody else, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core import mail, signing
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from collavo.accounts.models import Role, User
from collavo.timeline import mailing
from collavo.timeline.models import Notice
from publishing.handoffs import verbs
from publishing.handoffs.people import Actor
from publishing.handoffs.personal_links import EndedLink, NoLink, link_for, opened, path_for, revoke
from publishing.models import Handoff, HandoffLink
from tests.factories import make_member
from tests.publishing.handoffs.given import make_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def handoff() -> Handoff:
    return make_handoff()


def person(handoff: Handoff) -> User:
    assert handoff.assignee
    return handoff.assignee


def token(handoff: Handoff, who: User | None = None) -> str:
    return path_for(handoff, who or person(handoff)).split("/")[2]


def test_the_link_opens_this_hand_off_for_this_person(handoff: Handoff, settings: Settings) -> None:
    settings.BASE_URL = "https://collavo.example"
    address = link_for(handoff, person(handoff))
    assert address.startswith("https://collavo.example/h/") and len(address) < 110, "short enough for a small QR code"
    link = opened(address.split("/")[4])
    assert (link.handoff, link.person) == (handoff, handoff.assignee)


def test_asked_for_again_it_is_the_same_link(handoff: Handoff) -> None:
    assert token(handoff) == token(handoff) and HandoffLink.objects.count() == 1


def test_what_is_kept_does_not_open_it(handoff: Handoff) -> None:
    good = token(handoff)
    kept = [str(value) for row in HandoffLink.objects.values_list() for value in row]
    assert not any(good.split(".")[1] in value for value in kept)


CHANGES: list[Callable[[str], str]] = [
    lambda good: good[:-1], lambda good: "B" + good[1:], lambda good: good + "A", lambda good: good.split(".")[0],
    lambda good: "", lambda good: "x.y", lambda good: good.replace(".", ""), lambda good: "ä.ö",
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_address_opens_nothing(change: Callable[[str], str], handoff: Handoff) -> None:
    with pytest.raises(NoLink):
        opened(change(token(handoff)))


def test_a_signature_of_ours_for_something_else_opens_nothing(handoff: Handoff) -> None:
    stem = token(handoff).split(".")[0]
    with pytest.raises(NoLink):
        opened(signing.Signer(salt="something else", sep=".").sign(stem))


def test_another_secret_key_opens_nothing_unless_it_is_kept_for_a_while(handoff: Handoff, settings: Settings) -> None:
    good, old = token(handoff), settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(NoLink):
        opened(good)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert opened(good).handoff == handoff


def test_it_ends_a_week_after_the_window(handoff: Handoff) -> None:
    good = token(handoff)
    window = max(handoff.latest_at, handoff.overdue_at)
    with time_machine.travel(window + timedelta(days=6)):
        assert opened(good)
    with time_machine.travel(window + timedelta(days=7, minutes=1)), pytest.raises(EndedLink, match="Its time is over"):
        opened(good)


def test_a_reminder_makes_it_good_for_longer(handoff: Handoff) -> None:
    good = token(handoff)
    late = handoff.latest_at + timedelta(days=20)
    with time_machine.travel(late):
        assert token(handoff) == good and opened(good).ends_at > late


def test_a_revoked_link_stays_dead_and_a_new_one_is_another(handoff: Handoff) -> None:
    old = token(handoff)
    assert revoke(HandoffLink.objects.all()) == 1 and revoke(HandoffLink.objects.all()) == 0
    with pytest.raises(EndedLink, match="taken back"):
        opened(old)
    assert opened(new := token(handoff)) and new != old
    with pytest.raises(EndedLink):
        opened(old)


def test_giving_it_to_somebody_else_revokes_the_link_of_the_one_before(handoff: Handoff) -> None:
    first, before, other = token(handoff), handoff.assignee, make_member(handoff.workspace, Role.CREATOR)
    manager = Actor.member(make_member(handoff.workspace))
    verbs.assign(handoff, to=other.user, by=manager)
    with pytest.raises(EndedLink, match="given to somebody else"):
        opened(first)
    assert opened(token(handoff, other.user)).person == other.user
    assert before
    verbs.assign(handoff, to=before, by=manager)
    with pytest.raises(EndedLink):
        opened(first)


def test_somebody_who_left_has_no_link_any_more(handoff: Handoff) -> None:
    good = token(handoff)
    User.objects.filter(pk=person(handoff).pk).update(is_active=False)
    with pytest.raises(EndedLink, match="has left"):
        opened(good)


def test_the_mail_to_the_creator_carries_their_link(handoff: Handoff) -> None:
    mailing.send(person(handoff).pk)
    (sent,) = mail.outbox
    address = next(line for line in sent.body.splitlines() if "/h/" in line)
    assert opened(address.split("/")[4]).person == handoff.assignee
    assert Notice.objects.get(user=handoff.assignee).topic == "handoff"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_all_get_the_same_link(transactional_db: None) -> None:
    handoff = make_handoff()
    HandoffLink.objects.all().delete()

    def ask(_: int) -> str:
        try:
            return token(handoff)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert HandoffLink.objects.count() == 1


def test_the_end_is_looked_at_on_every_opening(handoff: Handoff) -> None:
    good = token(handoff)
    HandoffLink.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(EndedLink):
        opened(good)
