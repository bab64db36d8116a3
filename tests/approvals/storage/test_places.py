"""What is promised of media, wherever they are kept: the disk, S3, Google Cloud Storage."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from approvals import serving, uploads
from approvals.media import UnreadableMedia
from approvals.models import Media
from approvals.storage.base import MediaStorage
from approvals.storage.ranged import MOST
from collavo.accounts.models import Membership, Role
from connectors.platforms.base import Rejected
from publishing.sealed import check_bytes
from tests.approvals.media.samples import film
from tests.buckets import Place
from tests.factories import jpeg, make_media, make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db
LARGE = bytes(range(256)) * 4096 * 20  # 20 MiB: more than one part of an upload


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR)


def body(response: HttpResponseBase) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return response.getvalue()


def kept(content: bytes, place: Place) -> str:
    return place.storage.save("folder/large.mp4", ContentFile(content))


def test_an_upload_is_kept_whole_with_its_previews(creator: Membership, place: Place, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    medium = uploads.take_file(path, name="a.mp4", by=creator)
    assert {Path(name).name for name in place.kept()} == {"media.mp4", "poster.jpg", "thumbnail.jpg"}
    with place.storage.open(str(medium.file.name)) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == medium.sha256
    assert medium.file.size == medium.size == path.stat().st_size


def test_the_storage_has_a_name(creator: Membership, place: Place) -> None:
    assert serving.storage_name(make_media(creator)) == place.key


def test_a_large_file_comes_back_as_it_went(place: Place) -> None:
    name = kept(LARGE, place)
    with place.storage.open(name) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == hashlib.sha256(LARGE).hexdigest()


def test_a_piece_is_read_without_the_rest_of_the_file(place: Place) -> None:
    name = kept(LARGE, place)
    with place.answering_at_most(1_000_000 + MOST), place.storage.open(name) as file:
        file.seek(10_000_000)
        piece = b"".join(iter(lambda: file.read(min(16384, 11_000_000 - file.tell())), b""))
    assert piece == LARGE[10_000_000:11_000_000]


def test_reading_jumps_and_ends_like_a_files(place: Place) -> None:
    name = kept(LARGE, place)
    with place.storage.open(name) as file:
        file.seek(-5, io.SEEK_END)
        assert (file.read(100), file.read(1), file.size) == (LARGE[-5:], b"", len(LARGE))
        file.seek(3)
        assert (file.read(4), file.tell()) == (LARGE[3:7], 7)
        file.seek(len(LARGE) + 9)
        assert file.read(1) == b""


def test_an_empty_file_has_no_bytes(place: Place) -> None:
    with place.storage.open(kept(b"", place)) as file:
        assert (file.read(), file.size) == (b"", 0)


def test_a_file_that_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        place.storage.open("nowhere.jpg")
    with pytest.raises(FileNotFoundError):
        cast(MediaStorage, place.storage).stamp("nowhere.jpg")
    place.storage.delete("nowhere.jpg")


def test_a_file_is_never_opened_to_be_written(place: Place) -> None:
    if place.key == "local":
        pytest.skip("Django's own storage")
    with pytest.raises(ValueError, match="written once"):
        place.storage.open(kept(b"x", place), "wb")


def test_the_stamp_changes_with_the_file_and_not_without(place: Place) -> None:
    storage = cast(MediaStorage, place.storage)
    name = kept(b"one", place)
    before = storage.stamp(name)
    assert storage.stamp(name) == before
    place.storage.delete(name)
    place.storage.save(name, ContentFile(b"two"))
    assert storage.stamp(name) != before


def test_a_file_that_changes_while_it_is_read_does_not_come_half_and_half(place: Place) -> None:
    if place.key != "s3":
        pytest.skip("a file that is open on the disk stays what it is; the GCS emulator ignores generations")
    name = kept(LARGE, place)
    with place.storage.open(name) as file:
        file.read(10)
        place.storage.delete(name)
        place.storage.save(name, ContentFile(LARGE[::-1]))
        file.seek(9_000_000)
        with pytest.raises(OSError, match="media storage"):
            file.read(10)


BAD = {"text": b"Dear Mara.", "half a picture": jpeg(1000, 1000)[:2000], "empty": b""}


@pytest.mark.parametrize("what", BAD)
def test_of_a_bad_file_neither_row_nor_object_is_kept(creator: Membership, place: Place, what: str) -> None:
    with pytest.raises(UnreadableMedia):
        uploads.take(SimpleUploadedFile("a.jpg", BAD[what]), by=creator)
    assert not Media.objects.exists() and not place.kept()


def test_of_an_upload_whose_row_fails_no_object_is_left(creator: Membership, place: Place) -> None:
    creator.workspace.pk = make_workspace().pk
    creator.workspace.__class__.objects.filter(pk=creator.workspace.pk).delete()
    with pytest.raises(DatabaseError):
        with_constraints_now(creator)
    assert not place.kept()


def with_constraints_now(creator: Membership) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    make_media(creator)


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [("", 200, 0, None), ("bytes=0-9", 206, 0, 9), ("bytes=-7", 206, -7, None), ("bytes=100-", 206, 100, None)],
)
def test_members_get_the_bytes_they_ask_for(
    creator: Membership, place: Place, asked: str, status: int, first: int, last: int | None
) -> None:
    content = jpeg()
    medium = make_media(creator, content)
    client = Client(headers={"Range": asked} if asked else {})
    client.force_login(creator.user)
    answer = client.get(reverse("approvals:show_media", args=[creator.workspace.slug, medium.pk, "file"]))
    wanted = content[first : None if last is None else last + 1]
    assert (answer.status_code, body(answer)) == (status, wanted)
    assert answer["Content-Type"] == "image/jpeg" and answer["Content-Length"] == str(len(wanted))


def test_a_head_tells_the_size_and_reads_nothing(creator: Membership, place: Place) -> None:
    medium = make_media(creator)
    client = Client()
    client.force_login(creator.user)
    with place.answering_at_most(5000):
        answer = client.head(reverse("approvals:show_media", args=[creator.workspace.slug, medium.pk, "file"]))
    assert answer["Content-Length"] == str(medium.size)


def test_a_file_that_is_gone_is_a_404(creator: Membership, place: Place) -> None:
    medium = make_media(creator)
    place.storage.delete(str(medium.file.name))
    client = Client()
    client.force_login(creator.user)
    address = reverse("approvals:show_media", args=[creator.workspace.slug, medium.pk, "file"])
    assert client.get(address).status_code == 404


def test_the_seal_is_checked_over_the_bytes_that_are_kept(creator: Membership, place: Place) -> None:
    medium = make_media(creator)
    items = make_version(creator, media=[medium]).ordered_items()
    check_bytes(items)
    place.storage.delete(str(medium.file.name))
    place.storage.save(str(medium.file.name), ContentFile(jpeg(colour="red")))
    with pytest.raises(Rejected, match="not the one that was approved"):
        check_bytes(items)
    place.storage.delete(str(medium.file.name))
    with pytest.raises(Rejected, match="is gone"):
        check_bytes(items)


def test_what_a_platform_fetches_is_the_file_at_an_address_of_its_own_attempt(
    creator: Membership, place: Place
) -> None:
    medium = make_media(creator)
    first, second = (serving.signed_url(medium, purpose=f"post/{fence}") for fence in (1, 2))
    assert first != second and first.isascii()
    assert first.startswith(serving.served_from(medium)) and second.startswith(serving.served_from(medium))
    if place.key == "local":
        answer = Client().get(urlsplit(first).path)
        found, kind = body(answer), answer["Content-Type"]
    else:
        reply = requests.get(first, timeout=10)
        found, kind = reply.content, reply.headers["Content-Type"]
    assert (hashlib.sha256(found).hexdigest(), kind) == (medium.sha256, "image/jpeg")


def test_a_buckets_address_is_signed_and_ends(creator: Membership, place: Place) -> None:
    if place.key == "local":
        pytest.skip("see test_serving")
    url = serving.signed_url(make_media(creator), purpose="post/1")
    assert re.search(r"X-(Amz|Goog)-Signature=", url)
    assert re.search(rf"X-(Amz|Goog)-Expires={int(timedelta(hours=24).total_seconds())}\b", url)


def test_a_bucket_has_no_lasting_addresses(creator: Membership, place: Place) -> None:
    if place.key == "local":
        pytest.skip("the disk has none at all: MEDIA_URL is not set")
    with pytest.raises(NotImplementedError):
        print(make_media(creator).file.url)


def test_addresses_can_be_ours_whatever_the_storage(creator: Membership, place: Place, settings: Settings) -> None:
    settings.MEDIA_ADDRESSES = "collavo"
    medium = make_media(creator)
    url = serving.signed_url(medium, purpose="post/1")
    assert url.startswith(f"{settings.MEDIA_BASE_URL}/m/") and serving.served_from(medium) in url
    answer = Client(headers={"Range": "bytes=0-3"}).get(urlsplit(url).path)
    assert (answer.status_code, body(answer)) == (206, jpeg()[:4])
