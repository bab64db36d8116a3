from pathlib import Path

import pytest
from PIL import Image

from approvals.demo import pan, reel, render, scenes, studio
from approvals.media import probe
from tests.approvals.media.samples import packets


@pytest.mark.parametrize("name", ["chairs.jpg", "open-studio.jpg"])
def test_a_picture_is_a_jpeg_in_srgb_that_platforms_take(tmp_path: Path, name: str) -> None:
    found = probe(render.render(name, tmp_path))
    assert (found.mime_type, found.pixel_format, found.width) == ("image/jpeg", "RGB", 1080)
    assert 4 / 5 <= found.width / found.height <= 1.91
    assert found.size < 8 * 1024 * 1024
    with Image.open(tmp_path / name) as image:
        assert image.info["icc_profile"] == render.SRGB


def test_the_same_seed_draws_the_same_and_another_draws_another() -> None:
    assert studio.dye(1).tobytes() == studio.dye(1).tobytes()
    assert studio.dye(1).tobytes() != studio.dye(2).tobytes()


def test_the_slides_of_the_carousel_are_of_one_size_and_four_colours() -> None:
    slides = [scenes.slide(number) for number in (1, 2, 3, 4)]
    assert {slide.size for slide in slides} == {scenes.PORTRAIT}
    assert len({slide.resize((1, 1)).getpixel((0, 0)) for slide in slides}) == 4


def test_the_film_is_what_a_reel_must_be(tmp_path: Path) -> None:
    path = reel.render(tmp_path / "a.mp4", seconds=0.5)
    found = probe(path)
    assert (found.codec, found.audio_codec, found.pixel_format) == ("h264", "aac", "yuv420p")
    assert (found.width, found.height, found.fast_start) == (720, 1280, True)
    assert found.fps == pytest.approx(reel.FPS)
    assert found.duration == pytest.approx(0.5, abs=0.05)
    assert b"elst" not in path.read_bytes()
    assert packets(reel.render(tmp_path / "again.mp4", seconds=0.5)) == packets(path)


def test_the_film_that_lies_down_is_what_youtube_takes_for_a_video(tmp_path: Path) -> None:
    found = probe(pan.render(tmp_path / "a.mp4", seconds=0.3))
    assert (found.codec, found.audio_codec, found.width, found.height) == ("h264", "aac", 960, 540)
    first, *_, last = (frame.copy() for frame in pan.frames(3))
    assert first.tobytes() != last.tobytes()


def test_the_film_moves_outside_the_window_only() -> None:
    first, *_, last = (frame.copy() for frame in reel.frames(21, 4))
    assert first.crop((0, 1000, 720, 1280)).tobytes() == last.crop((0, 1000, 720, 1280)).tobytes()
    assert first.tobytes() != last.tobytes()
