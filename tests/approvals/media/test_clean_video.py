from pathlib import Path

import pytest

from approvals.media import UnreadableMedia, probe, strip_location
from approvals.media.boxes import boxes, child
from tests.approvals.media.samples import ISO6709, box, film, packets, turn

PLACE = ISO6709.encode()


def located(path: Path, flags: str = "+faststart", **metadata: str) -> Path:
    """A film with a position, kept where phones (MP4), Apple (MOV) and Matroska (WebM) keep one."""
    if path.suffix == ".mp4":
        return with_phones_position(film(path))
    options = {"movflags": flags} if path.suffix == ".mov" else {}
    codec = "libvpx" if path.suffix == ".webm" else "libx264"
    return film(path, codec=codec, options=options, metadata={"location": ISO6709, "title": "Loom", **metadata})


def with_phones_position(path: Path) -> Path:
    """Add `moov/udta/©xyz`; the index stands last, so no offset changes."""
    data = path.read_bytes()
    moov = data.rindex(b"moov") - 4
    notes = box(b"udta", box(b"\xa9xyz", len(PLACE).to_bytes(2) + b"\x15\xc7" + PLACE))
    path.write_bytes(data[:moov] + box(b"moov", data[moov + 8 :] + notes))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm"])
def test_a_film_loses_its_position_and_keeps_picture_and_sound(tmp_path: Path, name: str) -> None:
    path = located(tmp_path / name)
    before, size = packets(path), path.stat().st_size
    assert PLACE in path.read_bytes()
    assert strip_location(path) is True
    assert PLACE not in path.read_bytes()
    assert packets(path) == before
    assert path.stat().st_size == size
    assert strip_location(path) is False


@pytest.mark.parametrize("flags", ["+faststart+use_metadata_tags", "+use_metadata_tags"])
def test_apples_named_position_goes_wherever_the_index_stands(tmp_path: Path, flags: str) -> None:
    key = "com.apple.quicktime.location.ISO6709"
    path = located(tmp_path / "a.mov", flags, **{key: ISO6709})
    assert key.encode() in path.read_bytes()
    before, fast = packets(path), probe(path).fast_start
    assert strip_location(path) is True
    assert PLACE not in path.read_bytes()
    assert key.encode() not in path.read_bytes()
    assert packets(path) == before
    assert probe(path).fast_start is fast


def test_3gpp_location_boxes_go(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    place = b"\x00" * 6 + b"Marzili\x00\x00" + bytes(12) + b"earth\x00\x00"
    path.write_bytes(path.read_bytes() + box(b"udta", box(b"loci", place)))
    assert strip_location(path) is True
    assert b"Marzili" not in path.read_bytes()


def test_xmp_beside_a_film_goes_when_it_tells_a_place(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes() + box(b"uuid", bytes(16) + b'<x exif:GPSLatitude="46,57.1N"/>'))
    assert strip_location(path) is True
    assert b"46,57" not in path.read_bytes()
    assert probe(path).kind == "video"


def test_the_turn_of_a_film_recorded_upright_stays(tmp_path: Path) -> None:
    path = turn(located(tmp_path / "a.mp4"))
    assert strip_location(path) is True
    assert (probe(path).width, probe(path).height) == (96, 64)


def test_a_film_without_a_place_is_left_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", metadata={"title": "Loom", "comment": "30 metres a day"})
    before = path.read_bytes()
    assert strip_location(path) is False
    assert path.read_bytes() == before


def test_a_cameras_track_of_positions_is_blanked_with_its_samples(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", audio=False)
    before, samples = packets(path), b"+46.9548 one" + b"+46.9549 two!"
    path.write_bytes(with_track(path.read_bytes(), samples))
    assert b"+46.954" in path.read_bytes()
    assert strip_location(path) is True
    assert b"+46.954" not in path.read_bytes()
    assert packets(path) == before
    with path.open("rb") as file:
        moov = next(found for found in boxes(file, 0, path.stat().st_size) if found.kind == b"moov")
        assert child(file, moov, b"trak") is not None
    assert strip_location(path) is False


def with_track(data: bytes, samples: bytes) -> bytes:
    """Add a timed metadata track of two samples in one chunk, its data in an mdat behind the index."""
    moov = data.index(b"moov") - 4
    size = int.from_bytes(data[moov : moov + 4])
    track = metadata_track(0)
    offset = len(data) + len(track) + 8
    added = box(b"moov", data[moov + 8 : moov + size] + metadata_track(offset))
    return data[:moov] + added + data[moov + size :] + box(b"mdat", samples)


def metadata_track(offset: int) -> bytes:
    numbers = [
        box(b"stsd", bytes(4) + (1).to_bytes(4) + box(b"mebx", bytes(8))),
        box(b"stsz", bytes(8) + (2).to_bytes(4) + (12).to_bytes(4) + (13).to_bytes(4)),
        box(b"stsc", bytes(4) + (1).to_bytes(4) + (1).to_bytes(4) + (2).to_bytes(4) + (1).to_bytes(4)),
        box(b"stco", bytes(4) + (1).to_bytes(4) + offset.to_bytes(4)),
    ]
    handler = box(b"hdlr", bytes(8) + b"meta" + bytes(13))
    return box(b"trak", box(b"mdia", handler + box(b"minf", box(b"stbl", b"".join(numbers)))))


@pytest.mark.parametrize("length", [100, 900])
def test_a_cut_film_is_refused_and_stays_as_it_is(tmp_path: Path, length: int) -> None:
    path = located(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:length])
    before = path.read_bytes()
    with pytest.raises(UnreadableMedia, match="cut off"):
        strip_location(path)
    assert path.read_bytes() == before
