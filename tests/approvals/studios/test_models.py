"""Which content a studio can start from."""

from __future__ import annotations

import pytest

from approvals.states import IllegalMove
from approvals.studios import verbs
from approvals.studios.models import Studio, StudioKind
from tests.approvals.studios.place import Place

pytestmark = pytest.mark.django_db
PICTURE, FILM = "image", "video"


@pytest.mark.parametrize(
    ("kind", "media", "takes"),
    [
        (StudioKind.IMAGE, [PICTURE], True), (StudioKind.IMAGE, [PICTURE, PICTURE], True),
        (StudioKind.IMAGE, [FILM], False), (StudioKind.IMAGE, [PICTURE, FILM], False), (StudioKind.IMAGE, [], False),
        (StudioKind.VIDEO, [PICTURE], True), (StudioKind.VIDEO, [FILM], False),
        (StudioKind.LIPSYNC, [FILM], True), (StudioKind.LIPSYNC, [PICTURE], True),
        (StudioKind.LIPSYNC, [FILM, FILM], False),
        (StudioKind.CINEMA, [FILM, PICTURE], True), (StudioKind.CINEMA, [], False),
    ],
)  # fmt: skip
def test_a_studio_takes_what_its_kind_starts_from(kind: str, media: list[str], takes: bool) -> None:
    assert Studio(kind=kind).takes(media) is takes


def test_nobody_can_ask_a_studio_for_what_it_cannot_start_from(place: Place) -> None:
    version = place.version.asset.submit(caption="Words alone", media=[], format="text", by=place.creator)
    with pytest.raises(IllegalMove, match="Tint cannot start from these files"):
        verbs.start(version, "image", by=place.creator, studio=place.studio)
