"""The recipes as data, and what will come of each."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from approvals.states import IllegalMove
from approvals.studios.making import Making, foretold, loaded
from approvals.studios.recipes import RECIPES, find, for_content, label_of, making_of
from connectors.platforms.base import Content, Format, Medium


def medium(kind: str = "image", **fields: object) -> Medium:
    plain = Medium(uuid4(), kind, "image/jpeg", 200_000, 1200, 900, "0" * 64)
    film = {"mime_type": "video/quicktime", "duration": 42.0, "codec": "hevc", "audio_codec": "aac", "fps": 60.0}
    return replace(plain, **({**film, **fields} if kind == "video" else fields))  # type: ignore[arg-type]


def content(*media: Medium, format: Format = Format.IMAGE) -> Content:
    return Content(format, "Caption", media)


def keys(found: Content) -> set[str]:
    return {recipe.key for recipe in for_content(found)}


def test_each_content_is_offered_what_can_be_made_of_it() -> None:
    assert keys(content(medium())) == {"reel", "portrait", "four_five", "square", "wide", "webp", "smaller"}
    assert keys(content(medium("video"), format=Format.REEL)) == {
        "portrait", "four_five", "square", "wide", "trim", "mp4", "smaller",
    }  # fmt: skip
    assert keys(content(format=Format.TEXT)) == set()


def test_a_shape_that_it_has_already_is_not_offered() -> None:
    assert "square" not in keys(content(medium(width=500, height=500)))


def test_every_setting_has_a_default_that_is_allowed() -> None:
    for recipe in RECIPES.values():
        for setting in recipe.settings:
            assert setting.clean("") == setting.default == setting.clean(setting.default)


@pytest.mark.parametrize(
    ("key", "said", "sentence"),
    [
        ("reel", {"seconds": "soon"}, "write a number"),
        ("reel", {"seconds": "600"}, "from 1 to 15"),
        ("reel", {"motion": "wild"}, "choose one of"),
        ("trim", {}, "cannot be made"),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(key: str, said: dict[str, object], sentence: str) -> None:
    with pytest.raises(IllegalMove, match=sentence):
        RECIPES[key].clean(content(medium()), said)


def test_a_recipe_that_does_not_fit_or_is_none_is_a_sentence() -> None:
    for key in ("mp4", "nonsense"):
        with pytest.raises(IllegalMove, match="cannot be made"):
            find(key, content(medium()))


def test_a_film_that_ends_before_its_part_begins_is_a_sentence() -> None:
    film = content(medium("video"), format=Format.REEL)
    with pytest.raises(IllegalMove, match=r"lasts 42\.0 seconds"):
        making_of("trim", RECIPES["trim"].clean(film, {"start": "50"}), film)


def test_what_is_kept_of_a_making_is_what_it_was() -> None:
    for making in (Making("reel"), Making("image", ratio=4 / 5, only=(0, 2)), Making("reel", slides=True, seconds=2.5)):
        assert loaded(making.stored) == making


def test_only_what_is_wrong_is_touched() -> None:
    mixed = content(medium(), medium(mime_type="image/png"), format=Format.CAROUSEL)
    making = making_of("jpeg", {}, mixed)
    assert making.only == (1,)
    assert [m.mime_type for m in foretold(mixed, making).media] == ["image/jpeg", "image/jpeg"]


def test_every_recipe_has_a_name() -> None:
    assert all(label_of(key) for key in (*RECIPES, "fit:somewhere:reel")) and label_of("lipsync") == ""
