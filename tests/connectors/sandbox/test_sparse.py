"""Large uploads that are mostly zeros: whole to whoever reads them, and next to nothing on the disk."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from connectors.sandbox.sparse import pour

MB = 1 << 20


def taken(path: Path) -> int:
    """Bytes on the disk."""
    return path.stat().st_blocks * 512


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3), b"a" + bytes(3 * MB), bytes(2 * MB) + b"z", bytes(5 * MB)])
def test_what_is_poured_is_what_is_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with path.open("r+b") as file:
        assert pour(io.BytesIO(content), file) == len(content)
    assert path.read_bytes() == b"before" + content


def test_only_so_much_is_poured(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with path.open("r+b") as file:
        pour(io.BytesIO(bytes(100) + b"rest"), file, 100)
    assert path.read_bytes() == bytes(100)


def test_zeros_take_no_room(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"head")
    for _ in range(20):
        with path.open("r+b") as file:
            pour(io.BytesIO(bytes(10 * MB)), file)
    assert path.stat().st_size == 200 * MB + 4
    assert taken(path) < MB
