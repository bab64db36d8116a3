"""Fetching and looking, by content alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from connectors.sandbox import media
from connectors.sandbox.media import Flaw, ImageRules, Unacceptable
from connectors.sandbox.options import Options
from tests.connectors.sandbox.files import Files, film, picture


def look(tmp_path: Path, body: bytes, rules: ImageRules) -> dict[str, object]:
    path = tmp_path / "file"
    path.write_bytes(body)
    return media.look_at_image(media.Copy(path, "hash", len(body)), rules)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/a.jpg", "http://127.0.0.1/ü.jpg", "http://"])
def test_only_plain_web_addresses_are_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        media.fetch(url, tmp_path, Options(), 1000)
    assert refused.value.flaw == Flaw.FETCH


def test_a_fetched_file_is_kept_under_its_hash_and_a_failed_one_leaves_nothing(files: Files, tmp_path: Path) -> None:
    url = files.put("kept.jpg", picture())
    copy = media.fetch(url, tmp_path, Options(), 10**6)
    assert (copy.path.name, copy.path.read_bytes()) == (copy.sha256, picture())
    with pytest.raises(Unacceptable):
        media.fetch(url, tmp_path, Options(), 100)
    assert list(tmp_path.iterdir()) == [copy.path]


def test_a_turned_picture_is_judged_as_it_is_shown(tmp_path: Path) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1350, 1080)).save(file, "JPEG", exif=exif)
    facts = look(tmp_path, file.getvalue(), ImageRules(min_aspect=0.8, max_aspect=0.81))
    assert (facts["width"], facts["height"]) == (1080, 1350)


def test_a_broken_picture_is_none(tmp_path: Path) -> None:
    for body in (b"", b"no picture", picture()[:800]):
        with pytest.raises(Unacceptable, match="no readable picture"):
            look(tmp_path, body, ImageRules())


@pytest.mark.parametrize("first", [True, False])
def test_the_place_of_the_index_is_seen(tmp_path: Path, first: bool) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film(moov_first=first))
    assert media.moov_first(path) is first
