"""A NUL in what somebody sends is refused with a sentence, wherever it stands, and nothing is done by halves."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from approvals.conversation import Comment, ReviewLink, make_link
from approvals.models import Review, Version
from collavo.accounts.models import Membership, Role
from collavo.storable import SENTENCE
from tests.console import signed_in
from tests.factories import make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)  # what PostgreSQL refuses ends a surrounding transaction
HOLE = "Blu\x00er"


@pytest.fixture
def version() -> Version:
    return make_version(make_member(make_workspace(), Role.CREATOR), media=[], format="text")


@pytest.fixture
def manager(version: Version) -> Membership:
    return make_member(version.workspace, Role.MANAGER)


@pytest.fixture
def client(manager: Membership) -> Client:
    return signed_in(manager)


@pytest.mark.parametrize("verb", ["accept", "regenerate", "reject", "comment"])
def test_words_about_a_version(verb: str, version: Version, client: Client) -> None:
    address = reverse(f"approvals:{verb}", args=[version.workspace.slug, version.pk])
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post(address, {"words": HOLE}, headers=headers)
        assert answer.status_code == 400 and SENTENCE in answer.content.decode()
    assert not Review.objects.exists() and not Comment.objects.exists()


def test_words_about_many_at_once(version: Version, client: Client) -> None:
    data = {"v": f"{version.pk}.{version.edition}", "how": "reject", "words": HOLE}
    assert client.post(reverse("approvals:decide_many", args=[version.workspace.slug]), data).status_code == 400
    assert not Review.objects.exists()


def test_words_of_a_client_and_the_name_on_a_link(version: Version, manager: Membership, client: Client) -> None:
    token = make_link(version.case, version, name="Anna", by=manager)[1]
    data = {"words": HOLE, "edition": version.edition}
    answer = Client().post(reverse("review_link_decide", args=[token, version.pk, "regenerate"]), data)
    assert answer.status_code == 400 and SENTENCE in answer.content.decode()
    links = reverse("approvals:review_links", args=[version.workspace.slug, version.pk])
    assert client.post(links, {"name": HOLE, "days": "3"}).status_code == 400
    assert not Review.objects.exists() and ReviewLink.objects.count() == 1


def test_words_that_are_looked_for(version: Version, client: Client) -> None:
    answer = client.get(reverse("approvals:cases", args=[version.workspace.slug]), {"q": HOLE})
    assert answer.status_code == 400 and SENTENCE in answer.content.decode()


def test_a_form_says_it_beside_its_field_and_keeps_the_rest(version: Version, client: Client) -> None:
    answer = client.post(reverse("approvals:new_case", args=[version.workspace.slug]), {"name": HOLE, "brand": "Kept"})
    assert answer.status_code != 400 and "Kept" in answer.content.decode()
