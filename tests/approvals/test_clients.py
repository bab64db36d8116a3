"""A client decides by a link: never by opening anything, only what the link opens, and only while it works."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.conversation import ReviewLink, make_link
from approvals.models import Review, Version
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.factories import make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db
DECISIONS = ("accept", "regenerate", "reject")


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR)


@pytest.fixture
def approver(creator: Membership) -> Membership:
    return make_member(creator.workspace, Role.APPROVER, "Jon Berg")


@pytest.fixture
def version(creator: Membership) -> Version:
    return make_version(creator)


@pytest.fixture
def token(version: Version, approver: Membership) -> str:
    return make_link(version.case, version, name="Anna", by=approver)[1]


def address(token: str, version: Version | None = None, decision: str = "") -> str:
    if version is None:
        return reverse("review_link", args=[token])
    if not decision:
        return reverse("review_link_version", args=[token, version.pk])
    return reverse("review_link_decide", args=[token, version.pk, decision])


def decide(token: str, version: Version, decision: str, **fields: Any) -> Any:
    """As a browser does: the second page first, whose cookie and fields go with the POST."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(address(token, version, decision))
    cookie = client.cookies["csrftoken"].value
    data = {"csrfmiddlewaretoken": cookie, "edition": version.edition, **fields}
    assert page.status_code == 200
    return client.post(address(token, version, decision), data)


def test_opening_everything_that_the_link_leads_to_decides_nothing(version: Version, token: str) -> None:
    client = Client()
    for url in (address(token), address(token, version), *(address(token, version, one) for one in DECISIONS)):
        for ask in (client.get, client.head):
            assert ask(url).status_code == 200
    assert Version.objects.get().in_review and not Review.objects.exists()
    assert ReviewLink.objects.get().opened_at is not None


def test_a_post_without_the_second_page_decides_nothing(version: Version, token: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for one in DECISIONS:
        assert client.post(address(token, version, one), {"words": "x", "edition": 0}).status_code == 403
        assert Client().post(address(token, version, one), {"words": "x"}).status_code == 409
    for url in (address(token), address(token, version)):
        assert Client().post(url, {"edition": 0}).status_code == 405
    assert Version.objects.get().in_review


def test_the_page_shows_the_content_and_none_of_the_teams_own_words(
    version: Version, token: str, approver: Membership
) -> None:
    version.comment(by=approver, text="Between us: the client will hate it.")
    page = Client().get(address(token))
    shown = page.content.decode()
    assert "Four ways to wear it." in shown and "for Anna" in shown and "Between us" not in shown
    assert page["X-Robots-Tag"] == "noindex, nofollow" and page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("decision", "status"), [("accept", "approved"), ("regenerate", "regenerating"), ("reject", "rejected")]
)
def test_from_the_second_page_the_client_decides_and_is_named(
    version: Version, token: str, decision: str, status: str
) -> None:
    answer = decide(token, version, decision, words="The blue one, please.")
    assert answer.status_code == 302
    assert Version.objects.get().status == status
    assert Event.objects.get(verb=status).by == "Anna (client, by link)"
    assert "You have decided" in Client().get(address(token)).content.decode()


def test_changes_are_asked_for_at_a_place_of_the_picture_by_plain_fields(version: Version, token: str) -> None:
    pin = {"pin-1-medium": "1", "pin-1-x": "25", "pin-1-y": "40.5", "pin-1-text": "Less crease"}
    assert decide(token, version, "regenerate", **pin).status_code == 302
    mark = Review.objects.get().marks[0]
    assert (mark.x, mark.y, mark.text) == (250, 405, "Less crease")


@pytest.mark.parametrize("decision", ["regenerate", "reject"])
def test_without_words_nothing_is_decided_and_what_was_typed_stays(version: Version, token: str, decision: str) -> None:
    answer = decide(token, version, decision, words=" ", **{"pin-1-text": "floating"})
    assert answer.status_code == 409 and 'role="alert"' in answer.content.decode()
    assert Version.objects.get().in_review


def test_what_was_decided_meanwhile_is_told_and_nothing_overwritten(
    version: Version, token: str, approver: Membership
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(address(token, version, "accept"))
    seen = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value, "edition": version.edition}
    version.reject(by=approver, reason="Not ours")
    answer = client.post(address(token, version, "accept"), seen)
    assert answer.status_code == 409 and "nothing was decided" in answer.content.decode()
    assert Version.objects.get().status == "rejected"


def test_a_changed_token_is_not_found_and_an_ended_link_says_so_kindly(
    version: Version, token: str, approver: Membership
) -> None:
    assert Client().get(address(token[:-2] + "zz")).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        for url in (address(token), address(token, version, "accept")):
            page = Client().get(url)
            assert page.status_code == 410 and "This link has ended" in page.content.decode()
    ReviewLink.objects.get().revoke(by=approver)
    page = Client().get(address(token))
    assert page.status_code == 410 and "ended by the team" in page.content.decode()
    assert Client().post(address(token, version, "accept"), {"edition": 0}).status_code == 410
    assert Version.objects.get().in_review


def test_a_link_opens_neither_other_versions_nor_their_files(version: Version, token: str, creator: Membership) -> None:
    other = make_version(creator)
    for mine, theirs in ((200, 404),):
        own, foreign = version.items.get().media_id, other.items.get().media_id
        assert Client().get(reverse("review_link_media", args=[token, own, "thumbnail"])).status_code == mine
        assert Client().get(reverse("review_link_media", args=[token, foreign, "thumbnail"])).status_code == theirs
    assert Client().get(address(token, other)).status_code == 404
    assert Client().get(address(token, version, "publish")).status_code == 404


def test_the_link_of_a_case_lists_its_versions_and_follows_their_rounds(
    version: Version, creator: Membership, approver: Membership
) -> None:
    _, token = make_link(version.case, None, name="Anna", by=approver)
    assert decide(token, version, "regenerate", words="Bluer").status_code == 302
    second = version.asset.submit(caption="Blue", media=[], format="text", by=creator)
    page = Client().get(address(token)).content.decode()
    assert str(second.pk) in page and str(version.pk) not in page
    assert decide(token, second, "accept").status_code == 302
    assert Version.objects.get(pk=second.pk).approved


def test_a_link_is_made_shown_once_and_ended_in_the_console(version: Version, approver: Membership) -> None:
    client = Client()
    client.force_login(approver.user)
    url = reverse("approvals:review_links", args=[approver.workspace.slug, version.pk])
    made = client.post(url, {"name": "Anna", "scope": "version", "days": "7"}).content.decode()
    link = ReviewLink.objects.get()
    token = made.split("/r/")[1].split("/")[0]
    assert ReviewLink.objects.with_token(token).get() == link and "/r/" not in client.get(url).content.decode()
    client.post(reverse("approvals:revoke_link", args=[approver.workspace.slug, link.pk]), {"version": version.pk})
    assert Client().get(address(token)).status_code == 410


@pytest.mark.parametrize("fields", [{"name": " ", "days": "7"}, {"name": "A", "days": "0"}, {"name": "A", "days": "²"}])
def test_a_link_without_a_name_or_an_end_is_refused_with_a_sentence(
    version: Version, approver: Membership, fields: dict[str, str]
) -> None:
    client = Client()
    client.force_login(approver.user)
    url = reverse("approvals:review_links", args=[approver.workspace.slug, version.pk])
    page = client.post(url, fields)
    assert 'role="alert"' in page.content.decode() and not ReviewLink.objects.exists()


@pytest.mark.parametrize("decision", DECISIONS)
def test_words_are_never_cut_but_refused_when_they_are_too_many(version: Version, token: str, decision: str) -> None:
    typed = "x" * 5001 + "the end"
    answer = decide(token, version, decision, words=typed)
    assert answer.status_code == 409 and "5008 characters" in answer.content.decode()
    assert typed in answer.content.decode() and not Review.objects.exists()
    most = "\r\n" * 2000 + "x" * 3000
    assert decide(token, version, decision, words=most).status_code == 302
    assert Review.objects.get().feedback.endswith("x" * 3000)
