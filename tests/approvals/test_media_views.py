"""Bytes of media inside the console: for members alone, kept by the browser, in ranges so that films can be wound."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from approvals.models import Media
from collavo.accounts.models import Membership, Role
from tests.factories import jpeg, make_media, make_member, make_workspace

pytestmark = pytest.mark.django_db
CONTENT = jpeg(colour="orange")
SIZE = len(CONTENT)


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace(), Role.VIEWER)


@pytest.fixture
def picture(member: Membership) -> Media:
    return make_media(make_member(member.workspace, Role.CREATOR), CONTENT)


def shown(member: Membership, media: Media, variant: str = "file", byte_range: str = "") -> HttpResponseBase:
    client = Client(headers={"Range": byte_range} if byte_range else {})
    client.force_login(member.user)
    address = reverse("approvals:show_media", args=[member.workspace.slug, media.pk, variant])
    response: HttpResponseBase = client.get(address)
    return response


def body(response: HttpResponseBase) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return response.getvalue()


def test_a_member_sees_the_whole_file_and_its_browser_keeps_it(member: Membership, picture: Media) -> None:
    response = shown(member, picture)
    assert (response.status_code, body(response)) == (200, CONTENT)
    assert response["Content-Type"] == "image/jpeg" and response["Content-Length"] == str(SIZE)
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Accept-Ranges"] == "bytes" and response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=10-", 10, SIZE - 1),
        ("bytes=-5", SIZE - 5, SIZE - 1),
        (f"bytes=10-{SIZE * 9}", 10, SIZE - 1),
        (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
    ],
)
def test_a_range_gives_exactly_its_bytes(asked: str, first: int, last: int, member: Membership, picture: Media) -> None:
    response = shown(member, picture, byte_range=asked)
    assert (response.status_code, body(response)) == (206, CONTENT[first : last + 1])
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=9-3", "bytes=-0", "bytes=-"])
def test_a_range_outside_of_the_file_is_refused_with_its_size(asked: str, member: Membership, picture: Media) -> None:
    response = shown(member, picture, byte_range=asked)
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=0-1,4-5", "bytes=a-b", "0-1"])
def test_a_range_that_we_do_not_read_gives_the_whole_file(asked: str, member: Membership, picture: Media) -> None:
    assert shown(member, picture, byte_range=asked).status_code == 200


def test_a_thumbnail_is_a_smaller_jpeg(member: Membership, picture: Media) -> None:
    response = shown(member, picture, "thumbnail")
    assert response.status_code == 200 and response["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("variant", ["poster", "sha256", "workspace", "thumbnail.jpg"])
def test_there_is_nothing_but_the_variants_that_exist(variant: str, member: Membership, picture: Media) -> None:
    assert shown(member, picture, variant).status_code == 404


def test_another_workspaces_medium_does_not_exist(member: Membership, picture: Media) -> None:
    outsider = make_member(make_workspace(), Role.OWNER)
    assert shown(outsider, picture).status_code == 404
    picture.pk = uuid4()
    assert shown(member, picture).status_code == 404


def test_a_file_that_is_gone_is_not_found_instead_of_breaking_the_page(member: Membership, picture: Media) -> None:
    picture.file.storage.delete(str(picture.file.name))
    assert shown(member, picture).status_code == 404


def test_media_are_shown_to_nobody_who_is_not_signed_in(member: Membership, picture: Media) -> None:
    address = reverse("approvals:show_media", args=[member.workspace.slug, picture.pk, "file"])
    assert Client().get(address).status_code == 302


def test_media_are_only_read(member: Membership, picture: Media) -> None:
    client = Client()
    client.force_login(member.user)
    address = reverse("approvals:show_media", args=[member.workspace.slug, picture.pk, "file"])
    assert client.post(address).status_code == 405
    assert client.head(address)["Content-Length"] == str(SIZE)
