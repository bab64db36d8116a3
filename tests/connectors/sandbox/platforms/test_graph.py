"""What all Meta hosts have in common."""

from __future__ import annotations

import pytest

from connectors.sandbox.platforms.graph import GraphError, parse_fields, timestamp


def test_fields_nest() -> None:
    wanted = parse_fields("id, children{media_type,owner{id}},caption")
    assert wanted == {"id": {}, "children": {"media_type": {}, "owner": {"id": {}}}, "caption": {}}


@pytest.mark.parametrize("text", ["id,children{id", "id}", "{"])
def test_unbalanced_fields_are_refused(text: str) -> None:
    with pytest.raises(GraphError) as refused:
        parse_fields(text)
    assert refused.value.code == 2500


def test_moments_are_written_as_meta_does() -> None:
    assert timestamp(1795168803.9) == "2026-11-20T10:00:03+0000"


def test_the_envelope_leaves_out_what_there_is_not() -> None:
    plain, full = (error.answer().body["error"] for error in (GraphError(4), GraphError(9007, 2207027)))
    assert set(plain) == {"message", "type", "code", "fbtrace_id"}
    assert {"error_subcode", "is_transient", "error_user_title", "error_user_msg"} < set(full)
