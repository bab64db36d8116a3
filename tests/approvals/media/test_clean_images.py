"""Each picture is written with a place in every part where its format can keep one."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from approvals.media import probe, strip_location
from tests.approvals.media.samples import LATITUDE_BYTES, SRGB, XMP, exif, picture, pixels, save

IPTC = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x09\x1c\x02\x5a\x00\x04Bern\x00"
XMP_PART = b"http://ns.adobe.com/xap/1.0/\x00"
MORE_XMP_PART = b"http://ns.adobe.com/xmp/extension/\x00" + b"0" * 32 + bytes(8)
PLACES = (*LATITUDE_BYTES, b"46,57", b"Bern", b"Marzili", b"Zytglogge")


def tells_place(path: Path) -> bool:
    data = path.read_bytes()
    return any(place in data for place in PLACES)


def with_segments(path: Path, *segments: tuple[int, bytes]) -> Path:
    """Insert segments behind a JPEG's start."""
    data = path.read_bytes()
    more = b"".join(bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2) + body for kind, body in segments)
    path.write_bytes(data[:2] + more + data[2:])
    return path


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    return save(tmp_path / "a.jpg", picture((300, 200)), exif=exif(orientation=6), icc_profile=SRGB)


def test_a_jpeg_loses_its_position_and_keeps_pixels_orientation_and_colours(jpeg: Path) -> None:
    before = pixels(jpeg)
    assert tells_place(jpeg)
    assert strip_location(jpeg) is True
    assert not tells_place(jpeg)
    assert pixels(jpeg) == before
    with Image.open(jpeg) as image:
        assert image.getexif()[0x0112] == 6
        assert not image.getexif().get_ifd(0x8825)
        assert image.info["icc_profile"] == SRGB
    assert (probe(jpeg).width, probe(jpeg).height) == (200, 300)


def test_cleaning_twice_changes_nothing_the_second_time(jpeg: Path) -> None:
    assert strip_location(jpeg) is True
    once = jpeg.read_bytes()
    assert strip_location(jpeg) is False
    assert jpeg.read_bytes() == once


def test_the_scan_of_a_jpeg_stays_byte_for_byte(tmp_path: Path) -> None:
    noise = Image.effect_noise((400, 300), 120).convert("RGB")
    path = save(tmp_path / "a.jpg", noise, exif=exif(), progressive=True, quality=95, restart_marker_blocks=4)
    scan = path.read_bytes()[path.read_bytes().index(b"\xff\xc2") :]
    assert strip_location(path) is True
    assert path.read_bytes().endswith(scan)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0xE1, XMP_PART + XMP.encode()),
        (0xE1, MORE_XMP_PART + b'<x exif:GPSLatitude="46,57.1N"/>'),
        (0xED, IPTC),
        (0xEB, b"JP\x00\x00jumb stds.exif Location Bern"),
        (0xFE, b"Location: Zytglogge"),
    ],
)
def test_every_part_of_a_jpeg_that_tells_a_place_is_cleaned(tmp_path: Path, kind: int, body: bytes) -> None:
    path = with_segments(save(tmp_path / "a.jpg"), (kind, body))
    before = pixels(path)
    assert strip_location(path) is True
    assert not tells_place(path)
    assert pixels(path) == before


def test_parts_that_tell_no_place_stay(tmp_path: Path) -> None:
    parts = [(0xE1, XMP_PART + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"), (0xFE, b"shot on film"), (0xE5, b"anything")]
    path = with_segments(save(tmp_path / "a.jpg", exif=exif(gps=False), icc_profile=SRGB), *parts)
    before = path.read_bytes()
    assert strip_location(path) is False
    assert path.read_bytes() == before


def test_the_embedded_thumbnail_and_its_own_exif_go(tmp_path: Path) -> None:
    inner = save(tmp_path / "inner.jpg", picture((16, 16)), exif=exif()).read_bytes()
    first = struct.pack(">HHHIII", 1, 0x0112, 3, 1, 1 << 16, 26)
    entries = [(0x0103, 3, 1, 6 << 16), (0x0201, 4, 1, 8 + len(first) + 42), (0x0202, 4, 1, len(inner))]
    second = struct.pack(">H", 3) + b"".join(struct.pack(">HHII", *entry) for entry in entries) + bytes(4)
    block = b"Exif\x00\x00MM\x00\x2a" + (8).to_bytes(4) + first + second + inner
    path = with_segments(save(tmp_path / "a.jpg"), (0xE1, block))
    assert tells_place(path)
    assert strip_location(path) is True
    assert not tells_place(path)


def test_pictures_and_clips_behind_the_first_picture_are_cut_off(tmp_path: Path) -> None:
    second = picture((30, 20))
    second.encoderinfo = {"exif": exif().tobytes()}
    path = save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    path.write_bytes(path.read_bytes() + b"MotionPhoto_Data" + b"Zytglogge")
    before = pixels(path)
    assert probe(path).mime_type == "image/mpo"
    assert strip_location(path) is True
    assert probe(path).mime_type == "image/jpeg"
    assert pixels(path) == before
    assert not tells_place(path)


def test_padding_behind_a_jpeg_is_no_reason_to_change_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + bytes(7))
    assert strip_location(path) is False


def test_a_png_loses_its_places_and_keeps_its_pixels(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP)
    texts.add_text("Raw profile type exif", "\nexif\n    8\n4d4d002a")
    texts.add_text("Location", "Zytglogge")
    texts.add_text("Author", "Mara Weiss")
    path = save(tmp_path / "a.png", picture(mode="RGBA"), pnginfo=texts, exif=exif(orientation=8), icc_profile=SRGB)
    path.write_bytes(path.read_bytes() + b"behind the end: Bern")
    before = pixels(path)
    assert tells_place(path)
    assert strip_location(path) is True
    assert not tells_place(path)
    assert pixels(path) == before
    with Image.open(path) as image:
        image.load()
        assert image.getexif()[0x0112] == 8
        assert image.info["Author"] == "Mara Weiss"
        assert "trainedAlgorithmicMedia" in str(image.info["XML:com.adobe.xmp"])
        assert image.info["icc_profile"] == SRGB
    assert strip_location(path) is False


def test_packed_xmp_in_a_png_is_dropped_unread(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + zlib.compress(XMP.encode()))
    path = save(tmp_path / "a.png", pnginfo=texts)
    assert strip_location(path) is True
    assert b"com.adobe.xmp" not in path.read_bytes()
    assert probe(path).mime_type == "image/png"


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_loses_its_places_and_keeps_its_pixels(tmp_path: Path, lossless: bool) -> None:
    path = tmp_path / "a.webp"
    save(path, picture(mode="RGBA"), exif=exif(orientation=6), xmp=XMP.encode(), icc_profile=SRGB, lossless=lossless)
    before = pixels(path)
    assert tells_place(path)
    assert strip_location(path) is True
    assert not tells_place(path)
    assert pixels(path) == before
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    with Image.open(path) as image:
        assert image.getexif()[0x0112] == 6
        assert image.info["icc_profile"] == SRGB
    assert strip_location(path) is False


def test_a_webp_whose_metadata_is_gone_no_longer_announces_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a.webp", xmp=b"<x:xmpmeta GPSLatitude='broken")
    assert strip_location(path) is True
    assert path.read_bytes()[12:16] == b"VP8X"
    assert path.read_bytes()[20] & 0x04 == 0
    assert probe(path).mime_type == "image/webp"


def test_a_gif_loses_comments_and_xmp_with_a_place(tmp_path: Path) -> None:
    frames = [picture().point(lambda v, n=n: (v + 60 * n) % 256) for n in range(3)]
    path = save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:], comment=b"Location: Zytglogge")
    before = pixels(path)
    assert strip_location(path) is True
    assert not tells_place(path)
    assert pixels(path) == before
    assert probe(path).animated
    assert strip_location(path) is False


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif"])
@pytest.mark.parametrize("length", [12, 40, 200, 700])
def test_a_cut_picture_does_no_harm(tmp_path: Path, suffix: str, length: int) -> None:
    path = save(tmp_path / f"a.{suffix}", picture((200, 200)), **({} if suffix == "gif" else {"exif": exif()}))
    path.write_bytes(path.read_bytes()[:length])
    strip_location(path)
    assert path.exists()
