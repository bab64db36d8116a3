"""Films made of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from approvals.media import UnreadableMedia, probe
from approvals.studios.render import Frame, Motion, film_of_pictures
from approvals.studios.render.motion import view_of
from approvals.studios.render.plan import SlidesPlan
from tests.approvals.media import samples
from tests.approvals.studios.render.test_films import on

SIZE = (90, 160)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    sizes = ((200, 100), (80, 160))
    return [samples.save(tmp_path / f"{n}.jpg", samples.picture(size)) for n, size in enumerate(sizes)]


@pytest.mark.parametrize("frame", Frame)
def test_pictures_become_a_film_with_a_silent_track(frame: Frame, pictures: list[Path], tmp_path: Path) -> None:
    plan = SlidesPlan(short_side=90, seconds=0.6, frame=frame)
    film_of_pictures(pictures, tmp_path / "out.mp4", plan, on)
    made = probe(tmp_path / "out.mp4")
    assert (made.width, made.height, made.codec, made.audio_codec) == (*SIZE, "h264", "aac")
    assert made.duration == pytest.approx(1.2, abs=0.1) and made.fast_start


@pytest.mark.parametrize("frame", Frame)
@pytest.mark.parametrize("motion", Motion)
def test_the_view_moves_and_never_leaves_the_picture(motion: Motion, frame: Frame, pictures: list[Path]) -> None:
    for picture in pictures:
        view = view_of(picture, SIZE, frame, motion)
        seen = [view(share) for share in (0.0, 0.5, 1.0)]
        assert {image.size for image in seen} == {SIZE}
        if motion != Motion.STILL and frame == Frame.CROP and picture.stem == "0" and motion != Motion.VARIED:
            assert seen[0].tobytes() != seen[2].tobytes()


def test_a_still_view_stands_still(pictures: list[Path]) -> None:
    view = view_of(pictures[0], SIZE, Frame.CROP, Motion.STILL)
    assert view(0.0).tobytes() == view(1.0).tobytes()


def test_a_picture_with_transparent_parts_is_taken(tmp_path: Path) -> None:
    samples.picture((60, 60), "RGBA").save(tmp_path / "p.png")
    film_of_pictures([tmp_path / "p.png"], tmp_path / "out.mp4", SlidesPlan(short_side=64, ratio=1, seconds=0.5), on)
    assert probe(tmp_path / "out.mp4").codec == "h264"


def test_a_damaged_picture_is_a_sentence(pictures: list[Path], tmp_path: Path) -> None:
    pictures[1].write_bytes(pictures[1].read_bytes()[:200])
    with pytest.raises(UnreadableMedia, match="damaged"):
        film_of_pictures(pictures, tmp_path / "out.mp4", SlidesPlan(short_side=64, seconds=0.5), on)
