import pytest
from PIL import Image

from approvals.media.places import EXIF_START, exif_without_place, iptc_mentions_place, xmp_without_place
from tests.approvals.media.samples import LATITUDE_BYTES, XMP, exif


def blob(data: Image.Exif) -> bytes:
    return data.tobytes().removeprefix(EXIF_START)


def test_exif_without_a_place_stays_byte_for_byte() -> None:
    data = blob(exif(gps=False, orientation=6))
    assert exif_without_place(data) == data


@pytest.mark.parametrize("kept", [exif(orientation=6), exif(gps=False, orientation=6, maker_note=b"secret place" * 9)])
def test_exif_with_a_place_or_a_makers_note_keeps_orientation_and_author(kept: Image.Exif) -> None:
    cleaned = exif_without_place(blob(kept))
    assert not any(part in cleaned for part in LATITUDE_BYTES)
    assert b"secret" not in cleaned
    again = Image.Exif()
    again.load(EXIF_START + cleaned)
    assert (again[0x0112], again[0x013B]) == (6, "Mara Weiss")


def test_unreadable_exif_is_dropped() -> None:
    assert exif_without_place(b"not TIFF at all") == b""


def test_xmp_loses_places_and_keeps_credits_and_the_mark_of_ai() -> None:
    cleaned = xmp_without_place(XMP.encode()).decode()
    assert not any(word in cleaned for word in ("46,57", "GPS", "Bern", "Marzili"))
    assert "Mara Weiss" in cleaned
    assert "trainedAlgorithmicMedia" in cleaned
    assert cleaned.startswith("<?xpacket begin=")
    assert xmp_without_place(cleaned.encode()).decode() == cleaned


def test_xmp_that_cannot_be_read_or_defines_entities_is_dropped() -> None:
    assert xmp_without_place(b"<x:xmpmeta exif:GPSLatitude") == b""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x GPSLatitude="1">&b;</x>'
    assert xmp_without_place(bomb) == b""


def test_iptc_places_are_known_by_number() -> None:
    assert iptc_mentions_place(b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x09\x1c\x02\x5a\x00\x04Bern")
    assert not iptc_mentions_place(b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x09\x1c\x02\x50\x00\x04Mara")
