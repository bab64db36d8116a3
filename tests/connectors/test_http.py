"""One call is one attempt, and each way of failing has its name. The far side is a real socket on loopback."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import ssl
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from connectors import http
from connectors.http import Body, Call, Door, Remark, Reply, clock
from connectors.platforms.base import CallRecord, LeaseLost, NotNow, OutcomeUnknown

TOKEN = "EAAB-very-secret-token"
API = "https://graph.example/v26.0"
type Behaviour = Callable[[socket.socket], None]


def whole_request(connection: socket.socket) -> bytes:
    """Head and body; b"" when the other side has hung up."""
    request = b""
    while chunk := connection.recv(65536):
        request += chunk
        head, found, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if found and len(body) >= (int(length[1]) if length else 0):
            return request
    return b""


class FarSide:
    """A server that does one thing to every connection, and counts them and the requests on them."""

    def __init__(self, behave: Behaviour) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._behave = behave
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            while request := whole_request(connection):
                self.requests.append(request)
                self._behave(connection)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def far_side(behave: Behaviour) -> Iterator[FarSide]:
    server = FarSide(behave)
    try:
        yield server
    finally:
        server.close()


def says(text: str) -> Behaviour:
    return lambda connection: connection.sendall(text.encode())


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stay_silent(connection: socket.socket) -> None:
    connection.recv(1)


def trickle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"id": "17"}'
CUT_OFF = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{"id": '
CUT_CHUNK = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"id": "\r\nzz'
NOT_GZIP = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"


def cut_off(connection: socket.socket) -> None:
    connection.sendall(CUT_OFF.encode())
    hang_up(connection)


def cut_chunk(connection: socket.socket) -> None:
    connection.sendall(CUT_CHUNK.encode())
    hang_up(connection)


@pytest.fixture
def calls() -> list[CallRecord]:
    return []


@pytest.fixture
def door(calls: list[CallRecord]) -> Door:
    return Door(API, name="Example", secrets=[TOKEN], observe=calls.append)


def door_to(url: str, calls: list[CallRecord], **more: object) -> Door:
    return Door(url, name="Example", secrets=[TOKEN], observe=calls.append, **more)  # type: ignore[arg-type]


def post(**more: object) -> Call:
    return Call("POST", "/17/publish", form={"creation_id": "1"}, bearer=TOKEN, **more)  # type: ignore[arg-type]


# --- Failures ---


@pytest.mark.parametrize("commit", [False, True])
def test_a_refused_connection_surely_sent_nothing(commit: bool, calls: list[CallRecord]) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        with pytest.raises(NotNow):
            door_to(f"http://127.0.0.1:{taken.getsockname()[1]}", calls).send(post(commit=commit))
    assert [(call.status, call.platform_code) for call in calls] == [(None, "unreachable")]


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "http://", "ftp://127.0.0.1", "nonsense"])
def test_an_address_that_leads_nowhere_surely_sent_nothing(url: str, calls: list[CallRecord]) -> None:
    with pytest.raises(NotNow):
        door_to(url, calls).send(post(commit=True))
    assert len(calls) == 1


@pytest.mark.parametrize("behave", [hang_up, reset, cut_off, cut_chunk, says(NOT_GZIP), says("not http at all\r\n")])
@pytest.mark.parametrize(("commit", "error"), [(False, NotNow), (True, OutcomeUnknown)])
def test_a_call_without_a_whole_answer_may_have_been_done(
    behave: Behaviour, commit: bool, error: type[Exception], calls: list[CallRecord]
) -> None:
    with far_side(behave) as server, pytest.raises(error):
        door_to(server.url, calls).send(post(commit=commit, read_seconds=2))
    assert len(server.requests) == 1, "never sent twice"
    assert [call.status for call in calls] == [None]


@pytest.mark.parametrize("behave", [stay_silent, trickle])
def test_silence_on_the_commit_is_an_unknown_outcome(behave: Behaviour, calls: list[CallRecord]) -> None:
    with far_side(behave) as server, pytest.raises(OutcomeUnknown):
        door_to(server.url, calls).send(post(commit=True, read_seconds=0.3))
    assert len(server.requests) == 1


def test_an_untrusted_certificate_surely_sent_nothing(calls: list[CallRecord]) -> None:
    with responses.RequestsMock() as far:
        far.post(f"{API}/17/publish", body=requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))
        with pytest.raises(NotNow):
            door_to(API, calls).send(post(commit=True))


def test_any_other_tls_failure_may_come_after_sending(calls: list[CallRecord]) -> None:
    with responses.RequestsMock() as far:
        far.post(f"{API}/17/publish", body=requests.exceptions.SSLError("bad record mac"))
        with pytest.raises(OutcomeUnknown):
            door_to(API, calls).send(post(commit=True))


def test_a_commit_never_takes_a_kept_connection(calls: list[CallRecord]) -> None:
    with far_side(says(OK)) as server:
        door = door_to(server.url, calls)
        door.send(post())
        door.send(post())
        assert server.connections == 1, "prepare calls share one"
        door.send(post(commit=True))
        assert server.connections == 2


@responses.activate
def test_an_endless_answer_is_no_answer(door: Door) -> None:
    responses.post(f"{API}/17/publish", body=b" " * (http.ANSWER_BYTES + 1))
    with pytest.raises(OutcomeUnknown):
        door.send(post(commit=True))


def test_what_listens_on_this_machine_is_not_asked_for_through_the_proxy(
    calls: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    with far_side(says(OK)) as proxy, far_side(says(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        door_to(server.url, calls).send(post())
        assert (len(server.requests), proxy.connections) == (1, 0)
        door_to("http://outside.invalid", calls).send(post())
        assert proxy.connections == 1


# --- The lease ---


def test_no_call_starts_after_the_lease(calls: list[CallRecord]) -> None:
    with far_side(says(OK)) as server, pytest.raises(LeaseLost):
        door_to(server.url, calls, deadline=lambda: clock() - 0.01).send(post(commit=True))
    assert (server.connections, calls) == (0, [])


def test_a_call_does_not_outlive_the_lease_by_much(calls: list[CallRecord]) -> None:
    ends = clock() + 0.2
    with far_side(stay_silent) as server, pytest.raises(OutcomeUnknown):
        door_to(server.url, calls, deadline=lambda: ends).send(post(commit=True, read_seconds=60))
    assert clock() - ends < 3


def test_the_clock_goes_on_and_never_back() -> None:
    first = clock()
    assert clock() >= first


# --- Answers ---


@responses.activate
def test_any_status_is_an_answer_and_no_redirect_is_followed(door: Door) -> None:
    for status in (200, 302, 400, 500):
        responses.get(f"{API}/me", status=status, json={}, headers={"Location": "https://evil.example/"})
        assert door.send(Call("GET", "/me", bearer=TOKEN)).status == status
    assert {call.request.url for call in responses.calls} == {f"{API}/me"}


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", '{"id": ', "NaN", "[" * 100_000, "9" * 5000])
@responses.activate
def test_what_is_no_json_is_kept_as_text_and_read_as_nothing(door: Door, calls: list[CallRecord], body: str) -> None:
    responses.post(f"{API}/17/publish", body=body)
    assert door.send(post()).body is None
    assert calls[0].answer == body or str(calls[0].answer).startswith(body[:3000])


@responses.activate
def test_usage_headers_are_read(door: Door, calls: list[CallRecord]) -> None:
    business = {"17": [{"type": "instagram", "call_count": 97, "estimated_time_to_regain_access": 19}]}
    headers = {"X-App-Usage": '{"call_count": 28}', "X-Business-Use-Case-Usage": json.dumps(business)}
    responses.get(f"{API}/me", json={}, headers=headers)
    door.send(Call("GET", "/me"))
    assert calls[0].usage == {"X-App-Usage": {"call_count": 28}, "X-Business-Use-Case-Usage": business}


@responses.activate
def test_a_broken_usage_header_is_no_trouble(door: Door, calls: list[CallRecord]) -> None:
    responses.get(f"{API}/me", json={}, headers={"X-App-Usage": "{oops"})
    door.send(Call("GET", "/me"))
    assert calls[0].usage == {}


NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Fri, 20 Nov 2026 10:05:00 GMT", timedelta(minutes=5)),
        ("Fri, 20 Nov 2026 09:00:00 GMT", timedelta(0)),
        ("99999999999999", http.LONGEST_WAIT),
        ("Fri, 20 Nov 2099 10:05:00 GMT", http.LONGEST_WAIT),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_bounded(value: str, wait: timedelta) -> None:
    assert http._retry_at(value, NOW) == NOW + wait


@pytest.mark.parametrize("value", ["", "soon", "-5"])
def test_a_senseless_retry_after_is_none(value: str) -> None:
    assert http._retry_at(value, NOW) is None


@responses.activate
def test_the_platforms_own_words_are_recorded(calls: list[CallRecord]) -> None:
    def describe(reply: Reply) -> Remark:
        return Remark(error=f"it said {TOKEN}", code="190/463", correlation_id="Ax1")

    responses.post(f"{API}/17/publish", status=400, json={"error": {}})
    Door(API, name="Example", secrets=[TOKEN], observe=calls.append, describe=describe).send(post())
    call = calls[0]
    assert (call.platform_code, call.correlation_id, call.error) == ("190/463", "Ax1", "it said [redacted]")
    assert (call.method, call.url, call.status) == ("POST", f"{API}/17/publish", 400)
    assert call.request == {"creation_id": "1"}


# --- Secrets ---


@pytest.mark.parametrize("behave", [hang_up, says(f'HTTP/1.1 400 Bad\r\nContent-Length: 24\r\n\r\n"{TOKEN}"')])
def test_a_token_is_in_no_record_no_log_line_and_no_traceback(
    behave: Behaviour, calls: list[CallRecord], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    query = {"appsecret_proof": "p" * 64, "input_token": TOKEN}
    written = ""
    with far_side(behave) as server:
        door = door_to(server.url, calls)
        try:
            written += repr(door.send(Call("POST", "/me", query=query, form={"a": TOKEN}, bearer=TOKEN, commit=True)))
        except OutcomeUnknown as e:
            written += "".join(traceback.format_exception(e)) + repr(e.__context__) + repr(e.__cause__)
    written += repr(calls) + caplog.text
    assert calls
    assert TOKEN not in written
    assert "p" * 64 not in written


@responses.activate
def test_a_signed_media_address_is_not_recorded_even_when_it_is_echoed(door: Door, calls: list[CallRecord]) -> None:
    address = "https://media.example/m/9/a.jpg?expires=1&sig=SIGNATURE"
    responses.post(f"{API}/17/media", status=400, json={"error": {"message": f"Cannot load {address}"}})
    door.send(Call("POST", "/17/media", form={"image_url": address}))
    assert "SIGNATURE" not in repr(calls)
    assert calls[0].request == {"image_url": "https://media.example/[redacted]"}


@responses.activate
def test_the_token_goes_into_the_header_only(door: Door) -> None:
    responses.post(f"{API}/17/publish", json={})
    door.send(post())
    sent = responses.calls[0].request
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in f"{sent.url}{sent.body!r}"


@responses.activate
def test_one_accounts_cookies_do_not_reach_another(door: Door) -> None:
    responses.get(f"{API}/me", json={}, headers={"Set-Cookie": "who=first; Path=/"})
    door.send(Call("GET", "/me"))
    door.send(Call("GET", "/me"))
    assert "Cookie" not in responses.calls[1].request.headers


def test_a_failing_observer_is_heard() -> None:
    def refuse(_: CallRecord) -> None:
        raise LeaseLost("somebody else has it")

    with responses.RequestsMock() as far:
        far.post(f"{API}/17/publish", json={"id": "1"})
        with pytest.raises(LeaseLost):
            Door(API, name="Example", observe=lambda call: refuse(call)).send(post(commit=True))


# --- Files in pieces, and addresses that the platform gave ---


def piece(data: bytes, start: int, size: int) -> Body:
    return Body(lambda: io.BytesIO(data), start, size)


def resume_incomplete(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 308 Resume Incomplete\r\nRange: bytes=0-7\r\nLocation: http://other.example/up\r\n"
        b"Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_piece_of_a_file_is_sent_with_its_length_and_a_308_is_an_answer_and_no_redirect() -> None:
    far = FarSide(resume_incomplete)
    with closing(far):
        door = Door(f"{far.url}/api", name="Example")
        session = f"{far.url}/upload?upload_id=AB-secret-upload-id-CD"
        reply = door.send(Call("PUT", url=session, body=piece(b"0123456789", 2, 5), headers={"Content-Range": "x"}))
    assert far.requests[0].endswith(b"\r\n\r\n23456")
    assert b"Content-Length: 5\r\n" in far.requests[0]
    assert (reply.status, len(far.requests)) == (308, 1)
    assert dict(reply.headers) == {"Range": "bytes=0-7", "Location": "http://other.example/up"}


def test_an_address_that_the_platform_gave_is_not_written_down(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    calls: list[CallRecord] = []
    far = FarSide(resume_incomplete)
    with closing(far):
        door = Door(far.url, name="Example", observe=calls.append)
        door.send(Call("PUT", url=f"{far.url}/up?kind=x&upload_id=AB-secret-upload-id-CD", json={"a": 1}))
    assert "secret-upload-id" not in repr(calls) + caplog.text
    assert calls[0].url == f"{far.url}/up"
    assert calls[0].request == {"json": {"a": 1}}


@pytest.mark.parametrize(
    "url", ["https://evil.example/up", "http://up.trusted.example/a", "https://trusted.example.evil/"]
)
def test_nothing_is_sent_to_a_host_that_is_not_the_platforms(url: str) -> None:
    door = Door(API, name="Example", hosts=(".trusted.example",))
    with pytest.raises(NotNow) as raised:
        door.send(Call("PUT", url=url, bearer=TOKEN))
    assert raised.value.code == "strange_address"


@responses.activate
def test_a_host_of_the_platforms_own_may_be_named_in_an_address() -> None:
    responses.put("https://up.trusted.example/a", json={})
    assert (
        Door(API, name="Example", hosts=(".trusted.example",))
        .send(Call("PUT", url="https://up.trusted.example/a", bearer=TOKEN))
        .ok
    )


def test_a_file_is_not_sent_on_after_the_lease() -> None:
    far = FarSide(resume_incomplete)
    ends = iter([clock() + 60, clock() + 60])
    with closing(far), pytest.raises(NotNow):
        door = Door(far.url, name="Example", deadline=lambda: next(ends, 0.0))
        door.send(Call("PUT", "/up", body=piece(b"x" * 100_000, 0, 100_000)))
    assert far.requests == []
