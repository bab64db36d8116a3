from datetime import time
from itertools import chain

from approvals.demo import content, render
from approvals.demo.content import Piece, State
from connectors.platforms.base import Format

PIECES: list[Piece] = list(chain.from_iterable(campaign.pieces for campaign in content.CAMPAIGNS))


def test_at_least_eight_pieces_wait_for_review_of_every_format_and_others_stand_elsewhere() -> None:
    waiting = [piece for piece in PIECES if piece.state == State.IN_REVIEW]
    assert len(waiting) >= 8
    assert {piece.format for piece in waiting} == {Format.IMAGE, Format.CAROUSEL, Format.REEL, Format.SHORT}
    assert {State.APPROVED, State.REGENERATING} <= {piece.state for piece in PIECES}


def test_one_piece_is_in_its_second_round_with_the_feedback_beside_it() -> None:
    first, second = next(piece.rounds for piece in PIECES if len(piece.rounds) == 2)
    assert first.feedback
    assert first.media != second.media


def test_every_medium_can_be_drawn_and_is_described() -> None:
    rounds = [one for piece in PIECES for one in piece.rounds]
    used = {name for one in rounds for name in one.media}
    assert used == {*render.PICTURES, *render.FILMS}
    for one in rounds:
        assert len(one.media) == len(one.alt_texts)
        for name, alt in zip(one.media, one.alt_texts, strict=True):
            assert bool(alt) == (name in render.PICTURES)  # a reel takes no text for those who cannot see it


def test_formats_and_states_agree_with_media_and_feedback() -> None:
    for piece in PIECES:
        time.fromisoformat(piece.time)
        last = piece.rounds[-1]
        assert len(last.media) in ((3, 4) if piece.format == Format.CAROUSEL else (1,))
        assert bool(last.feedback) == (piece.state in (State.REGENERATING, State.REJECTED))


def test_captions_are_short_and_calm() -> None:
    for piece in PIECES:
        for one in piece.rounds:
            assert 0 < len(one.caption) <= 300
            assert "!" not in one.caption
