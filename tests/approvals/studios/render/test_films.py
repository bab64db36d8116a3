"""Films made anew are what platforms take, whatever they were before."""

from __future__ import annotations

from pathlib import Path

import pytest

from approvals.media import UnreadableMedia, poster, probe
from approvals.studios.render import Frame, Stopped, convert_film
from approvals.studios.render.plan import Cut, FilmPlan, Sizes
from tests.approvals.media import samples
from tests.approvals.media.test_previews import opened


def on(share: float) -> None:
    """Nobody minds."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return samples.film(tmp_path / "film.mp4", seconds=1, size=(160, 90))


@pytest.mark.parametrize("frame", Frame)
@pytest.mark.parametrize("ratio", [9 / 16, 4 / 5, 1.0])
def test_every_ratio_is_an_mp4_that_platforms_take(ratio: float, frame: Frame, film: Path, tmp_path: Path) -> None:
    convert_film(film, tmp_path / "out.mp4", FilmPlan(ratio=ratio, frame=frame), on)
    made = probe(tmp_path / "out.mp4")
    assert made.width / made.height == pytest.approx(ratio, rel=0.03)
    assert (made.mime_type, made.codec, made.audio_codec, made.pixel_format) == ("video/mp4", "h264", "aac", "yuv420p")
    assert made.fast_start and made.fps == pytest.approx(30) and made.duration == pytest.approx(1, abs=0.1)


def test_a_part_is_as_long_as_asked_for(film: Path, tmp_path: Path) -> None:
    convert_film(film, tmp_path / "out.mp4", FilmPlan(cut=Cut(0.3, 0.4)), on)
    assert probe(tmp_path / "out.mp4").duration == pytest.approx(0.4, abs=0.05)


def test_a_part_begins_where_it_was_asked_to(tmp_path: Path) -> None:
    """The film gets brighter with every frame until it starts anew."""
    film = samples.film(tmp_path / "film.mp4", seconds=1.5, size=(64, 64))
    convert_film(film, tmp_path / "out.mp4", FilmPlan(cut=Cut(1.0, 0.2)), on)
    poster(film, tmp_path / "there.jpg", at=1.0)
    poster(tmp_path / "out.mp4", tmp_path / "here.jpg", at=0.0)
    there, here = (opened(tmp_path / name).getpixel((32, 32)) for name in ("there.jpg", "here.jpg"))
    assert isinstance(there, tuple) and isinstance(here, tuple) and abs(there[0] - here[0]) < 16


def test_a_part_behind_the_end_is_a_sentence(film: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="Choose an earlier start"):
        convert_film(film, tmp_path / "out.mp4", FilmPlan(cut=Cut(5)), on)


def test_a_turned_film_is_upright(tmp_path: Path) -> None:
    film = samples.turn(samples.film(tmp_path / "film.mp4", size=(160, 90)))
    convert_film(film, tmp_path / "out.mp4", FilmPlan(), on)
    made = probe(tmp_path / "out.mp4")
    assert (made.width, made.height) == (90, 160)


def test_a_webm_at_fifty_frames_becomes_an_mp4_at_thirty(tmp_path: Path) -> None:
    film = samples.film(tmp_path / "film.webm", codec="libvpx", fps=50, size=(64, 64))
    convert_film(film, tmp_path / "out.mp4", FilmPlan(), on)
    made = probe(tmp_path / "out.mp4")
    assert (made.codec, made.audio_codec, round(made.fps or 0)) == ("h264", "aac", 30)


@pytest.mark.parametrize(("silence", "codec"), [(True, "aac"), (False, "")])
def test_silence_is_added_only_where_it_is_asked_for(silence: bool, codec: str, tmp_path: Path) -> None:
    film = samples.film(tmp_path / "film.mp4", audio=False)
    convert_film(film, tmp_path / "out.mp4", FilmPlan(silence=silence), on)
    assert probe(tmp_path / "out.mp4").audio_codec == codec


def test_a_film_stays_below_its_size(tmp_path: Path) -> None:
    film = samples.film(tmp_path / "film.mp4", seconds=1, size=(320, 320))
    convert_film(film, tmp_path / "out.mp4", FilmPlan(sizes=Sizes(most_bytes=50_000)), on)
    assert (tmp_path / "out.mp4").stat().st_size < 50_000


def test_it_is_called_off_between_frames(film: Path, tmp_path: Path) -> None:
    shares: list[float] = []

    def off(share: float) -> None:
        shares.append(share)
        if share > 0.3:
            raise Stopped

    with pytest.raises(Stopped):
        convert_film(film, tmp_path / "out.mp4", FilmPlan(), off)
    assert shares == sorted(shares) and 0.3 < shares[-1] < 0.4


def test_progress_ends_at_the_end(film: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    convert_film(film, tmp_path / "out.mp4", FilmPlan(), shares.append)
    assert shares[-1] == 1.0


def test_a_film_that_is_cut_off_is_a_sentence(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    film.write_bytes(data[: len(data) // 3])
    with pytest.raises(UnreadableMedia):
        convert_film(film, tmp_path / "out.mp4", FilmPlan(), on)
