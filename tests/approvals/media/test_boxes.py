import io

import pytest

from approvals.media.boxes import BrokenBoxes, body, boxes, child
from tests.approvals.media.samples import box


def listed(data: bytes) -> list[tuple[bytes, int]]:
    return [(found.kind, found.size) for found in boxes(io.BytesIO(data), 0, len(data))]


def test_boxes_are_listed_in_order_with_short_long_and_open_sizes() -> None:
    large = (1).to_bytes(4) + b"mdat" + (20).to_bytes(8) + b"1234"
    open_ended = (0).to_bytes(4) + b"free" + b"to the end"
    assert listed(box(b"ftyp", b"isom") + large + open_ended) == [(b"ftyp", 12), (b"mdat", 20), (b"free", 18)]


@pytest.mark.parametrize("size", [2, 7, 100])
def test_a_box_with_an_impossible_size_is_damage(size: int) -> None:
    with pytest.raises(BrokenBoxes):
        listed(size.to_bytes(4) + b"moov" + bytes(8))


def test_a_box_is_found_by_its_path_and_read() -> None:
    data = box(b"moov", box(b"mvhd", b"1") + box(b"trak", box(b"tkhd", b"here")))
    file = io.BytesIO(data)
    moov = next(boxes(file, 0, len(data)))
    found = child(file, moov, b"trak", b"tkhd")
    assert found is not None
    assert body(file, found) == b"here"
    assert child(file, moov, b"trak", b"none") is None


def test_a_metadata_box_too_large_to_be_honest_is_not_loaded() -> None:
    data = box(b"udta", bytes(100))
    with pytest.raises(BrokenBoxes):
        body(io.BytesIO(data), next(boxes(io.BytesIO(data), 0, len(data))), limit=50)
