from pathlib import Path

import pytest
from PIL import Image

from approvals.media import UnreadableMedia, poster, thumbnail
from tests.approvals.media.samples import SRGB, exif, film, picture, save, turn


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


@pytest.mark.parametrize(("suffix", "kind"), [("jpg", "JPEG"), ("webp", "WEBP")])
def test_a_thumbnail_is_as_wide_as_asked(tmp_path: Path, suffix: str, kind: str) -> None:
    out = tmp_path / f"out.{suffix}"
    assert thumbnail(save(tmp_path / "a.png", picture((1000, 1250))), out, width=240) == (240, 300)
    assert (opened(out).format, opened(out).size, opened(out).mode) == (kind, (240, 300), "RGB")


def test_small_pictures_are_not_enlarged(tmp_path: Path) -> None:
    assert thumbnail(save(tmp_path / "a.jpg"), tmp_path / "out.jpg") == (64, 40)


def test_a_thumbnail_is_upright_and_carries_no_metadata(tmp_path: Path) -> None:
    image = Image.new("RGB", (800, 400), "white")
    image.paste("red", (0, 0, 400, 400))  # the left half; turned clockwise by 90 degrees it is on top
    path = save(tmp_path / "a.jpg", image, exif=exif(orientation=6))
    assert thumbnail(path, tmp_path / "out.jpg", width=100) == (100, 200)
    preview = opened(tmp_path / "out.jpg")
    assert is_red(preview, (50, 40))
    assert not is_red(preview, (50, 160))
    assert not preview.getexif()


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    red, green, _blue = image.getpixel(at)  # type: ignore[misc]
    return bool(red > 200 and green < 60)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    thumbnail(save(tmp_path / "a.png", Image.new("RGBA", (40, 40), (0, 0, 0, 0))), tmp_path / "out.jpg")
    assert opened(tmp_path / "out.jpg").getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1", "CMYK"])
def test_every_kind_of_pixel_can_be_shown(tmp_path: Path, mode: str) -> None:
    path = save(tmp_path / f"a.{'jpg' if mode == 'CMYK' else 'png'}", picture((600, 400)).convert("L").convert(mode))
    assert thumbnail(path, tmp_path / "out.jpg", width=60) == (60, 40)
    assert len(opened(tmp_path / "out.jpg").getcolors(60 * 40) or []) > 20


def test_sixteen_bits_of_grey_are_shown_as_eight(tmp_path: Path) -> None:
    thumbnail(save(tmp_path / "a.png", Image.new("I;16", (600, 400), 128 * 256)), tmp_path / "out.jpg", width=60)
    assert opened(tmp_path / "out.jpg").getpixel((30, 20)) == (128, 128, 128)


def test_colours_are_turned_into_srgb(tmp_path: Path) -> None:
    swapped = SRGB.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")  # red means blue
    path = save(tmp_path / "a.jpg", Image.new("RGB", (40, 40), (180, 90, 40)), icc_profile=swapped, quality=95)
    thumbnail(path, tmp_path / "out.jpg")
    assert opened(tmp_path / "out.jpg").getpixel((20, 20)) == pytest.approx((40, 90, 180), abs=6)
    assert "icc_profile" not in opened(tmp_path / "out.jpg").info


def test_a_broken_colour_profile_is_ignored(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", icc_profile=b"nonsense")
    assert thumbnail(path, tmp_path / "out.jpg") == (64, 40)


def test_a_very_tall_picture_stays_within_bounds(tmp_path: Path) -> None:
    assert thumbnail(save(tmp_path / "a.png", picture((20, 4000))), tmp_path / "out.jpg", width=100)[1] <= 400


def test_a_poster_shows_the_moment_that_was_asked_for(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", seconds=1)
    shown = []
    for at in (0.0, 0.5, 99.0):
        assert poster(path, tmp_path / "out.jpg", at=at) == (64, 96)
        shown.append(opened(tmp_path / "out.jpg").tobytes())
    assert len(set(shown)) == 3


def test_a_poster_is_upright_like_the_film(tmp_path: Path) -> None:
    plain = film(tmp_path / "a.mp4", size=(96, 64))
    poster(plain, tmp_path / "plain.jpg", at=0)
    assert poster(turn(plain), tmp_path / "turned.jpg", at=0) == (64, 96)
    turned = opened(tmp_path / "plain.jpg").rotate(-90, expand=True)
    assert opened(tmp_path / "turned.jpg").getpixel((5, 90)) == pytest.approx(turned.getpixel((5, 90)), abs=12)


@pytest.mark.parametrize("name", ["a.mov", "a.webm"])
def test_every_kind_of_film_has_a_poster(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, codec="libvpx" if name.endswith("webm") else "libx264")
    assert poster(path, tmp_path / "out.jpg", width=32) == (32, 48)


def test_damaged_files_have_no_preview_and_leave_nothing_behind(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.effect_noise((300, 300), 90))
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(UnreadableMedia, match="damaged"):
        thumbnail(path, tmp_path / "out.jpg")
    assert list(tmp_path.iterdir()) == [path]
