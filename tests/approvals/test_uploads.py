"""Uploads: what is kept is what the file really is, without its place, and of a bad one nothing is kept."""

import hashlib
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image

from approvals import uploads
from approvals.media import UnreadableMedia
from approvals.models import Media
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.approvals.media.samples import ISO6709, LATITUDE_BYTES, exif, film, save
from tests.factories import jpeg, make_member, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR)


def take(path: Path, creator: Membership, name: str = "") -> Media:
    return uploads.take(SimpleUploadedFile(name or path.name, path.read_bytes()), by=creator)


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_picture_is_what_its_bytes_say_whatever_it_is_called(creator: Membership, tmp_path: Path) -> None:
    medium = take(save(tmp_path / "a.png"), creator, name="holiday.jpg")
    assert (medium.mime_type, medium.kind, medium.width, medium.height) == ("image/png", "image", 64, 40)
    assert str(medium.file.name).endswith("media.png")
    assert (medium.name, medium.uploaded_by, medium.workspace) == ("holiday.jpg", creator.user, creator.workspace)


def test_a_film_is_measured_and_gets_a_poster_and_a_thumbnail(creator: Membership, tmp_path: Path) -> None:
    medium = take(film(tmp_path / "a.mp4", options={"movflags": "+faststart"}), creator)
    assert (medium.kind, medium.codec, medium.audio_codec, medium.fast_start) == ("video", "h264", "aac", True)
    assert medium.duration == pytest.approx(0.5, abs=0.1) and medium.fps == pytest.approx(24)
    for preview in (medium.poster, medium.thumbnail):
        with Image.open(preview.path) as image:
            assert image.format == "JPEG"


def test_a_picture_gets_a_small_thumbnail_and_no_poster(creator: Membership) -> None:
    medium = uploads.take(SimpleUploadedFile("a.jpg", jpeg(1400, 1000)), by=creator)
    assert not medium.poster
    with Image.open(medium.thumbnail.path) as image:
        assert image.width == uploads.THUMBNAIL_WIDTH


def test_hash_and_size_are_those_of_the_file_that_is_kept(creator: Membership, tmp_path: Path) -> None:
    medium = take(save(tmp_path / "a.jpg", exif=exif()), creator)
    content = Path(medium.file.path).read_bytes()
    assert (medium.sha256, medium.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_a_pictures_place_is_removed_before_it_is_kept(creator: Membership, tmp_path: Path) -> None:
    source = save(tmp_path / "a.jpg", exif=exif())
    assert any(place in source.read_bytes() for place in LATITUDE_BYTES)
    medium = take(source, creator)
    content = Path(medium.file.path).read_bytes()
    assert medium.location_removed and not any(place in content for place in LATITUDE_BYTES)


def test_a_films_place_is_removed_before_it_is_kept(creator: Membership, tmp_path: Path) -> None:
    source = film(tmp_path / "a.mov", metadata={"location": ISO6709})
    assert ISO6709.encode() in source.read_bytes()
    medium = take(source, creator)
    assert medium.location_removed and ISO6709.encode() not in Path(medium.file.path).read_bytes()


def test_what_tells_no_place_is_kept_byte_for_byte(creator: Membership) -> None:
    content = jpeg()
    medium = uploads.take(SimpleUploadedFile("a.jpg", content), by=creator)
    assert (Path(medium.file.path).read_bytes(), medium.location_removed) == (content, False)


BAD = {
    "empty": b"",
    "text": b"Dear Mara, here is the picture.",
    "half a picture": jpeg(1000, 1000)[:2000],
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a drawing with script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a program": b"MZ" + bytes(500),
    "a head without body": b"\xff\xd8\xff\xe0" + bytes(100),
}


@pytest.mark.parametrize("what", BAD)
def test_of_a_bad_file_no_row_no_file_and_no_line_is_kept(creator: Membership, media: Path, what: str) -> None:
    with pytest.raises(UnreadableMedia) as refusal:
        uploads.take(SimpleUploadedFile("picture.jpg", BAD[what]), by=creator)
    assert str(refusal.value).endswith(".")
    assert not Media.objects.exists() and not kept(media)
    assert not Event.objects.filter(verb="uploaded").exists()


@pytest.mark.parametrize("role", [Role.APPROVER, Role.VIEWER])
def test_who_may_not_create_uploads_nothing(media: Path, role: str) -> None:
    with pytest.raises(PermissionDenied, match="you cannot upload"):
        uploads.take(SimpleUploadedFile("a.jpg", jpeg()), by=make_member(make_workspace(), role))
    assert not kept(media)


@pytest.mark.parametrize("name", ["../../evil.jpg", "/etc/cron.d/evil.jpg", "a" * 400 + ".jpg", "été 🧵.jpg"])
def test_the_name_given_by_the_device_never_decides_where_a_file_is_kept(
    creator: Membership, media: Path, name: str
) -> None:
    medium = uploads.take(SimpleUploadedFile(name, jpeg()), by=creator)
    path = Path(medium.file.path)
    assert path.relative_to(media) == Path(str(creator.workspace_id), str(medium.pk), "media.jpg")
    assert "/" not in medium.name and len(medium.name) <= 255


def test_an_upload_that_was_streamed_to_disk_is_taken_too(creator: Membership) -> None:
    content = jpeg(1200, 1200)
    with TemporaryUploadedFile("a.jpg", "image/jpeg", len(content), None) as upload:
        upload.write(content)
        upload.seek(0)
        assert uploads.take(upload, by=creator).sha256 == hashlib.sha256(content).hexdigest()


def test_the_upload_is_told_in_the_history(creator: Membership) -> None:
    medium = uploads.take(SimpleUploadedFile("a.jpg", jpeg()), by=creator)
    [event] = Event.objects.about(medium)
    assert (event.verb, event.user, event.text, event.data) == (
        "uploaded", creator.user, "a.jpg", {"sha256": medium.sha256},
    )  # fmt: skip
