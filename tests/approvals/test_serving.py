"""Signed links: what a platform fetches without signing in, for a while, and nothing else."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import signing
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals.models import Media
from approvals.serving import LIFE, opened, signed_url
from collavo.accounts.models import Role
from tests.factories import jpeg, make_media, make_member, make_workspace

pytestmark = pytest.mark.django_db
CONTENT = jpeg()


@pytest.fixture
def medium() -> Media:
    return make_media(make_member(make_workspace(), Role.CREATOR), CONTENT)


def path_of(medium: Media, purpose: str = "post/1") -> str:
    return urlsplit(signed_url(medium, purpose=purpose)).path


def body(response: object) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return response.getvalue()


def test_a_signed_link_gives_the_bytes_without_signing_in(client: Client, medium: Media) -> None:
    answer = client.get(path_of(medium))
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("private, no-store", "noindex")


def test_a_link_is_plain_ascii_at_the_public_address_and_ends_in_the_real_type(
    medium: Media, settings: Settings
) -> None:
    settings.MEDIA_BASE_URL = "https://media.collavo.example"
    link = signed_url(medium, purpose="post/1")
    assert link.isascii() and link.startswith("https://media.collavo.example/m/") and link.endswith("/media.jpg")


def test_each_attempt_has_a_link_of_its_own(medium: Media) -> None:
    assert signed_url(medium, purpose="post/1") != signed_url(medium, purpose="post/2")


def test_a_link_ends(client: Client, medium: Media) -> None:
    link, now = path_of(medium), timezone.now()
    with time_machine.travel(now + LIFE - timedelta(minutes=1)):
        assert client.get(link).status_code == 200
    with time_machine.travel(now + LIFE + timedelta(minutes=1)):
        assert client.get(link).status_code == 404


def test_a_changed_link_is_refused(client: Client, medium: Media) -> None:
    other = make_media(make_member(medium.workspace), jpeg(colour="red"))
    _, _, token, name = path_of(medium).split("/")
    theirs = path_of(other).split("/")[2]
    payload, stamp, signature = token.split(":")
    changed = [
        f"{theirs.split(':')[0]}:{stamp}:{signature}",
        f"{payload}:{stamp}:{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}",
        f"{payload}:{stamp}0:{signature}",
        payload,
    ]
    for token in changed:
        assert client.get(f"/m/{token}/{name}").status_code == 404


def test_a_signature_made_for_something_else_opens_nothing(client: Client, medium: Media) -> None:
    token = signing.dumps([str(medium.pk), "post/1"], salt="something.else")
    assert client.get(f"/m/{token}/media.jpg").status_code == 404


def test_a_link_made_under_another_secret_key_is_refused(client: Client, medium: Media, settings: Settings) -> None:
    link = path_of(medium)
    settings.SECRET_KEY = "another " * 8
    assert client.get(link).status_code == 404


def test_the_link_names_the_medium_and_not_its_place_on_disk(medium: Media) -> None:
    token = path_of(medium).split("/")[2]
    assert opened(token) == medium.pk
    assert str(medium.file.name) not in path_of(medium)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("bytes=0-9", (206, CONTENT[:10])),
        ("bytes=10-19", (206, CONTENT[10:20])),
        ("bytes=-7", (206, CONTENT[-7:])),
        (f"bytes=5-{10**9}", (206, CONTENT[5:])),
        (f"bytes={len(CONTENT)}-", (416, None)),
        ("bytes=9-3", (416, None)),
        ("furlongs=1-2", (200, CONTENT)),
    ],
)
def test_byte_ranges_are_served_as_asked_or_refused(
    client: Client, medium: Media, asked: str, answer: tuple[int, bytes | None]
) -> None:
    got = client.get(path_of(medium), headers={"range": asked})
    assert got.status_code == answer[0]
    if answer[1] is not None:
        assert body(got) == answer[1]
    else:
        assert got.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_file_that_is_gone_from_the_disk_is_not_found(client: Client, medium: Media) -> None:
    link = path_of(medium)
    medium.file.storage.delete(str(medium.file.name))
    assert client.get(link).status_code == 404


def test_nothing_can_be_posted_to_a_link(client: Client, medium: Media) -> None:
    assert client.post(path_of(medium)).status_code == 405


def test_a_member_of_another_workspace_does_not_see_the_medium(client: Client, medium: Media) -> None:
    ours, stranger = make_member(medium.workspace, Role.VIEWER), make_member(make_workspace(), Role.OWNER)
    client.force_login(ours.user)
    link = f"/w/{medium.workspace.slug}/media/{medium.pk}/file"
    assert client.get(link).status_code == 200
    client.force_login(stranger.user)
    assert client.get(link).status_code == 404
    assert client.get(f"/w/{stranger.workspace.slug}/media/{medium.pk}/file").status_code == 404
