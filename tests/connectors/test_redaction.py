"""Nothing that is stored, logged or shown holds a secret."""

import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.platforms.base import Json
from connectors.redaction import MASK, STORED_CHARS, Redactor, origin, shortened

SECRETS = st.text(min_size=8, max_size=60).filter(str.strip)
TEXTS = st.text(max_size=30)


def texts(value: Json) -> Iterator[str]:
    """Every string in a value, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)


@given(SECRETS, TEXTS, TEXTS)
def test_a_known_secret_is_gone_wherever_it_stood_and_however_it_was_written(
    secret: str, before: str, after: str
) -> None:
    redact = Redactor([secret])
    for spelling in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        assume(spelling not in MASK and spelling not in before and spelling not in after)
        value: Json = {"a": [before + spelling + after, {spelling: spelling}], "b": None, "c": 1}
        cleaned = redact.json(value)
        assert not any(spelling in text for text in texts(cleaned))


@given(st.sampled_from(["access_token", "client_secret", "appsecret_proof", "Signature", "input_token"]), TEXTS)
def test_an_unknown_secret_is_known_by_the_name_of_its_field(name: str, value: str) -> None:
    cleaned = Redactor().json({"data": [{name: "secret" + value}]})
    assert cleaned == {"data": [{name: MASK}]}


def test_secrets_in_addresses_go_and_the_rest_stays() -> None:
    text = "GET https://x.example/me?fields=id&access_token=EAAB123&limit=5 failed; /cb?code=AQD99#_ too"
    cleaned = Redactor().text(text)
    assert "EAAB123" not in cleaned
    assert "AQD99" not in cleaned
    assert "fields=id&access_token=[redacted]&limit=5 failed" in cleaned


def test_the_header_is_masked_in_free_text() -> None:
    assert Redactor().text("sent Authorization: Bearer EAAG0123456789abcdef") == f"sent Authorization: Bearer {MASK}"


def test_an_errors_number_is_no_secret_but_a_logins_code_is() -> None:
    redact = Redactor()
    assert redact.json({"error": {"code": 190}}) == {"error": {"code": 190}}
    assert redact.form({"code": "AQD99", "grant_type": "authorization_code"})["code"] == MASK


def test_of_a_signed_address_only_the_origin_is_left() -> None:
    address = "https://media.example:8443/m/abc.jpg?expires=1&sig=xyz"
    cleaned = Redactor(addresses=[address]).text(f"could not fetch {address} or {quote(address, safe='')}")
    assert cleaned == f"could not fetch https://media.example:8443/{MASK} or https://media.example:8443/{MASK}"


def test_what_a_database_cannot_hold_is_left_out() -> None:
    assert Redactor().json(["a\x00b", "\ud800"]) == ["ab", "?"]


def test_a_bottomless_answer_has_a_bottom() -> None:
    deep: Json = "end"
    for _ in range(500):
        deep = [deep]
    assert "end" not in json.dumps(Redactor().json(deep))


def test_a_long_answer_is_cut_after_it_was_redacted() -> None:
    secret = "T" * 200
    value = Redactor([secret]).json({"text": "x" * (STORED_CHARS - 60) + secret + "x" * 100})
    kept = shortened(value)
    assert isinstance(kept, str)
    assert len(kept) <= STORED_CHARS + 1
    assert "TTT" not in kept


def test_a_short_answer_is_kept_as_it_is() -> None:
    assert shortened({"id": "1"}) == {"id": "1"}


def test_an_address_that_is_none_has_no_origin() -> None:
    assert [origin(text) for text in ("", "hello", "http://host:port/")] == ["", "", ""]
