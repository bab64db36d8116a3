"""One POST is one POST: in time, over TLS that is checked, and with a sentence for whatever goes wrong."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from collavo.timeline.outgoing import sending
from tests.collavo.timeline.outgoing.receiver import Receiver, receiving


def test_the_body_and_the_headers_arrive_as_they_are(receiver: Receiver) -> None:
    answer = sending.post(receiver.url, '{"a":"ü"}', {"webhook-id": "msg_1"})
    assert (answer.status, answer.error, answer.text, answer.taken) == (200, "", "ok", True)
    [got] = receiver.got
    assert (got.body, got.headers["webhook-id"]) == ('{"a":"ü"}', "msg_1")
    assert got.headers["host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize(("status", "taken"), [(200, True), (201, True), (204, True), (302, False), (401, False)])
def test_only_a_success_counts_as_taken(receiver: Receiver, status: int, taken: bool) -> None:
    receiver.answer = lambda _: status
    assert sending.post(receiver.url, "{}", {}).taken is taken


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as inside:
        receiver.answer = lambda _: (status, {"Location": inside.url})
        answer = sending.post(receiver.url, "{}", {})
        assert answer.status == status and "Redirects are not followed" in answer.error
        assert inside.got == []


def test_nobody_listening_is_said_so(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    assert sending.post(url, "{}", {}).error == "It refused the connection: nothing listens there."


type Speaking = Callable[[socket.socket], None]


def speaker(speak: Speaking) -> str:
    """The address of something that is no proper HTTP server."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        one, _ = server.accept()
        with one, server:
            try:
                speak(one)
            except OSError:
                return  # it was broken off, as the test wants

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def hasty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits that a test can wait for."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    monkeypatch.setattr(sending, "READ_SECONDS", 0.4)


def silence(one: socket.socket) -> None:
    time.sleep(3)


def trickle(one: socket.socket) -> None:
    for letter in b"HTTP/1.1 200 OK\r\n":
        one.sendall(bytes([letter]))
        time.sleep(0.2)


def noise(one: socket.socket) -> None:
    one.sendall(b"\x00\x01\x02 hello\r\n\r\n")


@pytest.mark.parametrize("speak", [silence, trickle, noise])
def test_what_does_not_answer_in_time_or_in_http_holds_nobody_up(hasty: None, speak: Speaking) -> None:
    started = time.monotonic()
    answer = sending.post(speaker(speak), "{}", {})
    assert not answer.taken and answer.status is None and answer.error
    assert time.monotonic() - started < 2


def test_an_endless_answer_is_not_read_to_its_end(hasty: None) -> None:
    def endless(one: socket.socket) -> None:
        one.recv(65536)
        one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            one.sendall(b"x" * 65536)

    answer = sending.post(speaker(endless), "{}", {})
    assert answer.taken and len(answer.text) == 500


# --- TLS --------------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this name that only those trust who are told to; its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8 = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()))
    return paths


@pytest.fixture
def secure(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Speaks TLS with a certificate for hooks.example.com, which is this machine."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    ask = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **o: ask("127.0.0.1" if "example.com" in host else host, *a, **o)
    )
    with receiving() as one:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(tmp_path, "hooks.example.com"))
        one.server.socket = context.wrap_socket(one.server.socket, server_side=True)
        yield one


def test_the_certificate_is_asked_for_by_name_although_the_connection_goes_to_a_number(
    secure: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "hooks.example.com.pem"))
    port = secure.server.server_port
    answer = sending.post(f"https://hooks.example.com:{port}/in", "{}", {})
    assert answer.taken, answer.error
    assert secure.got[0].headers["host"] == f"hooks.example.com:{port}"
    assert "not to be trusted" in sending.post(f"https://other.example.com:{port}/in", "{}", {}).error


def test_a_certificate_of_nobody_is_not_trusted(secure: Receiver) -> None:
    answer = sending.post(f"https://hooks.example.com:{secure.server.server_port}/in", "{}", {})
    assert "not to be trusted" in answer.error and secure.got == []


def test_https_where_nobody_speaks_it_is_said_so(receiver: Receiver) -> None:
    answer = sending.post(receiver.url.replace("http://", "https://"), "{}", {})
    assert answer.error == "TLS failed: it does not speak https there."
