"""Pictures made anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from approvals.media import UnreadableMedia, probe
from approvals.studios.render import Frame, convert_picture
from approvals.studios.render.plan import PicturePlan, Sizes
from tests.approvals.media import samples
from tests.approvals.studios.render.test_films import on


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/webp", "image/png"])
def test_a_picture_becomes_the_kind_of_file_asked_for(mime_type: str, tmp_path: Path) -> None:
    source = samples.save(tmp_path / "p.png", samples.picture((60, 40), "RGBA"))
    convert_picture(source, tmp_path / "out", PicturePlan(mime_type=mime_type), on)
    made = probe(tmp_path / "out")
    assert (made.mime_type, made.width, made.height) == (mime_type, 60, 40)


@pytest.mark.parametrize(("frame", "size"), [(Frame.CROP, (80, 100)), (Frame.BARS, (200, 250))])
def test_another_ratio_is_cut_out_or_laid_on_a_ground(frame: Frame, size: tuple[int, int], tmp_path: Path) -> None:
    source = samples.save(tmp_path / "p.jpg", samples.picture((200, 100)))
    convert_picture(source, tmp_path / "out", PicturePlan(ratio=4 / 5, frame=frame), on)
    made = probe(tmp_path / "out")
    assert (made.width, made.height) == size


def test_a_turned_picture_is_upright(tmp_path: Path) -> None:
    source = samples.save(tmp_path / "p.jpg", samples.picture((60, 40)), exif=samples.exif(orientation=6))
    convert_picture(source, tmp_path / "out", PicturePlan(), on)
    with Image.open(tmp_path / "out") as image:
        assert image.size == (40, 60) and not image.getexif()


def test_quality_goes_down_until_it_is_small_enough(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (500, 500), os.urandom(500 * 500 * 3))
    source = samples.save(tmp_path / "p.jpg", noise, quality=95)
    convert_picture(source, tmp_path / "out", PicturePlan(sizes=Sizes(most_bytes=120_000)), on)
    assert (tmp_path / "out").stat().st_size <= 120_000 < source.stat().st_size


def test_what_cannot_be_small_enough_is_a_sentence(tmp_path: Path) -> None:
    source = samples.save(tmp_path / "p.jpg", samples.picture((400, 400)))
    with pytest.raises(UnreadableMedia, match="small enough"):
        convert_picture(source, tmp_path / "out", PicturePlan(sizes=Sizes(most_bytes=300)), on)


def test_a_wide_picture_is_made_narrower_and_never_wider(tmp_path: Path) -> None:
    source = samples.save(tmp_path / "p.jpg", samples.picture((400, 200)))
    for most, width in ((100, 100), (1000, 400)):
        convert_picture(source, tmp_path / "out", PicturePlan(max_width=most), on)
        assert probe(tmp_path / "out").width == width
