import hashlib
from pathlib import Path

import pytest
from PIL import Image

from approvals.media import UnreadableMedia, probe
from approvals.media import probe as package_export
from approvals.media.probe import MAX_PIXELS
from tests.approvals.media.samples import box, exif, film, picture, save, sound_with_cover, turn


def test_a_picture_is_measured_by_content_whatever_its_name_says(tmp_path: Path) -> None:
    path = save(tmp_path / "holiday.mp4", format="JPEG")
    found = probe(path)
    assert (found.kind, found.mime_type, found.width, found.height) == ("image", "image/jpeg", 64, 40)
    assert found.size == path.stat().st_size
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.pixel_format, found.duration, found.fast_start, found.has_audio) == ("RGB", None, None, False)
    assert package_export is probe


@pytest.mark.parametrize(
    ("suffix", "mime_type"), [("png", "image/png"), ("webp", "image/webp"), ("gif", "image/gif"), ("jpg", "image/jpeg")]
)
def test_each_picture_format_has_its_type(tmp_path: Path, suffix: str, mime_type: str) -> None:
    assert probe(save(tmp_path / f"a.{suffix}")).mime_type == mime_type


@pytest.mark.parametrize(("orientation", "size"), [(1, (64, 40)), (3, (64, 40)), (6, (40, 64)), (8, (40, 64))])
def test_width_and_height_are_those_of_the_picture_as_displayed(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    found = probe(save(tmp_path / "a.jpg", exif=exif(orientation=orientation)))
    assert (found.width, found.height) == size


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_several_frames_mean_animated(tmp_path: Path, suffix: str) -> None:
    frames = [picture().point(lambda v, n=n: (v + 60 * n) % 256) for n in range(3)]
    assert probe(save(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:])).animated
    assert not probe(save(tmp_path / f"b.{suffix}", frames[0])).animated


def test_a_jpeg_with_further_pictures_behind_it_is_not_called_plain_jpeg(tmp_path: Path) -> None:
    found = probe(save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[picture((32, 20))]))
    assert (found.mime_type, found.width, found.animated) == ("image/mpo", 64, False)


def test_a_film_is_measured(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", seconds=1, fps=25, options={"movflags": "+faststart"})
    found = probe(path)
    assert (found.kind, found.mime_type, found.width, found.height) == ("video", "video/mp4", 64, 96)
    assert (found.codec, found.audio_codec, found.pixel_format) == ("h264", "aac", "yuv420p")
    assert found.fps == pytest.approx(25)
    assert found.duration == pytest.approx(1, abs=0.1)
    assert found.bit_rate == pytest.approx(path.stat().st_size * 8 / (found.duration or 1), rel=0.01)
    assert found.fast_start is True


def test_a_film_with_its_index_at_the_end_does_not_start_fast(tmp_path: Path) -> None:
    assert probe(film(tmp_path / "a.mp4")).fast_start is False


def test_mov_and_webm_are_told_apart_from_mp4(tmp_path: Path) -> None:
    assert probe(film(tmp_path / "a.mov")).mime_type == "video/quicktime"
    found = probe(film(tmp_path / "a.webm", codec="libvpx"))
    assert (found.mime_type, found.codec, found.audio_codec, found.fast_start) == ("video/webm", "vp8", "opus", None)


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    found = probe(film(tmp_path / "a.mp4", audio=False))
    assert (found.audio_codec, found.has_audio) == ("", False)


def test_a_film_recorded_upright_is_upright(tmp_path: Path) -> None:
    found = probe(turn(film(tmp_path / "a.mp4", size=(96, 64))))
    assert (found.width, found.height) == (64, 96)


def test_a_film_whose_recorder_wrote_no_length_is_measured_by_its_packets(tmp_path: Path) -> None:
    path = film(tmp_path / "a.webm", seconds=1, codec="libvpx", options={"live": "1"})
    assert probe(path).duration == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"just words, named like a picture", "not a picture or a video"),
        (b"<!doctype html><html></html>", "web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"  <svg/>", "SVG"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret", "not a picture or a video"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "not a picture or a video"),
        (b"%PDF-1.7", "not a picture or a video"),
        (box(b"ftyp", b"heic\0\0\0\0mif1heic"), "HEIC"),
        (box(b"ftyp", b"avif\0\0\0\0mif1avif"), "AVIF"),
        (box(b"ftyp", b"3gp4\0\0\0\0isom"), "cannot be read"),
        (box(b"ftyp", b"isom\0\0\0\0isom"), "no index"),
        (b"\xff\xd8\xff\xe0 and then nothing of a JPEG", "damaged"),
        (b"\x89PNG\r\n\x1a\n and then nothing of a PNG", "damaged"),
        (b"GIF89a", "damaged"),
        (b"\x1a\x45\xdf\xa3 webm", "damaged"),
    ],
)
def test_what_is_no_medium_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia, match=sentence) as caught:
        probe(path)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_picture_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.effect_noise((200, 200), 90).convert("RGB"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(UnreadableMedia, match="damaged"):
        probe(path)


@pytest.mark.parametrize("options", [{}, {"movflags": "+faststart"}])
def test_a_cut_film_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    path = film(tmp_path / "a.mp4", options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(UnreadableMedia, match="cut off"):
        probe(path)


def test_sound_alone_is_refused_also_with_cover_art(tmp_path: Path) -> None:
    path = sound_with_cover(tmp_path / "a.mp4")
    with pytest.raises(UnreadableMedia, match="only sound"):
        probe(path)


def test_a_film_in_an_unknown_codec_is_refused_for_that(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1\0\0\0\0", b"zzz1\0\0\0\0"))
    with pytest.raises(UnreadableMedia, match="codec"):
        probe(path)


def test_unknown_sound_is_not_taken_for_silence(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"mp4a\0\0\0\0", b"zzz1\0\0\0\0").replace(b"esds", b"none"))
    assert (probe(path).audio_codec, probe(path).has_audio) == ("unknown", True)


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    side = int(MAX_PIXELS**0.5) + 1
    path = save(tmp_path / "bomb.png", Image.new("1", (side, side)))
    with pytest.raises(UnreadableMedia, match="million pixels"):
        probe(path)
    path = save(tmp_path / "larger.png", Image.new("1", (3 * side, side)))
    with pytest.raises(UnreadableMedia, match="million pixels"):
        probe(path)


def test_broken_exif_does_not_keep_a_picture_out(tmp_path: Path) -> None:
    found = probe(save(tmp_path / "a.jpg", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))
    assert (found.width, found.height) == (64, 40)
