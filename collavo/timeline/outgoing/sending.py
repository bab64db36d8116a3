"""One POST to one checked address. What comes back is an Answer, whatever happened."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

import certifi
from django.utils import timezone

from collavo.timeline.outgoing.targets import BadTarget, Target, find

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
ANSWER_BYTES = 4096
GONE = 410
LONGEST_PAUSE = timedelta(hours=1)  # that a receiver may ask for by Retry-After


@dataclass(frozen=True)
class Answer:
    """What became of a POST. `error` is a sentence, "" when it was taken."""

    status: int | None = None
    error: str = ""
    text: str = ""
    ms: int = 0
    retry_at: datetime | None = None

    @property
    def taken(self) -> bool:
        return not self.error


def post(url: str, body: str, headers: Mapping[str, str]) -> Answer:
    """Send it once: 5 s to connect, 10 s for the answer, no redirect, no proxy, no second try."""
    started = time.monotonic()

    def spent() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        target = find(url)
    except BadTarget as e:
        return Answer(error=str(e), ms=spent())
    except OSError:
        return Answer(error="Its name could not be found.", ms=spent())
    try:
        status, text, retry_at = _exchange(target, body, headers)
    except (OSError, HTTPException) as e:
        return Answer(error=_sentence(e), ms=spent())
    return Answer(status, _refusal(status), text, spent(), retry_at)


def _exchange(target: Target, body: str, headers: Mapping[str, str]) -> tuple[int, str, datetime | None]:
    with _connected(target) as connection:
        sent = {"User-Agent": "Collavo", "Content-Type": "application/json", "Connection": "close", **headers}
        connection.request("POST", target.path, body=body.encode(), headers=sent)
        response = connection.getresponse()
        retry_at = _retry_at(response.headers.get("Retry-After", ""))
        return response.status, _beginning(response), retry_at


@contextmanager
def _connected(target: Target) -> Iterator[HTTPConnection]:
    """A connection to the checked address itself; the name is only said there, in TLS and in the Host header.

    Whoever trickles is cut off: a time limit on each read alone could be stretched for ever.
    """
    raw = socket.create_connection((target.ip, target.port), timeout=CONNECT_SECONDS)
    limit = threading.Timer(READ_SECONDS, _cut, [raw])
    try:
        limit.start()
        connection = (HTTPSConnection if target.secure else HTTPConnection)(target.host, target.port)
        connection.sock = _tls().wrap_socket(raw, server_hostname=target.host) if target.secure else raw
        connection.sock.settimeout(READ_SECONDS)
        yield connection
        connection.close()
    finally:
        limit.cancel()
        raw.close()


def _cut(raw: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        raw.shutdown(socket.SHUT_RDWR)


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())


def _beginning(response: HTTPResponse) -> str:
    """How the answer begins, for people. The status was the answer: what comes after it may be broken off."""
    try:
        content = response.read(ANSWER_BYTES)
    except (OSError, HTTPException):
        return ""
    return content.decode("utf-8", "replace").replace("\x00", "").strip()[:500]


def _refusal(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}, a redirect. Redirects are not followed: enter the address that it leads to."
    if status == GONE:
        return "It answered 410: it is gone for good."
    return f"It answered {status}."


def _sentence(error: Exception) -> str:
    """What went wrong with the connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not to be trusted: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return "TLS failed: it does not speak https there."
    if isinstance(error, TimeoutError):
        return f"It did not answer in time ({CONNECT_SECONDS:.0f} s to connect, {READ_SECONDS:.0f} s to answer)."
    if isinstance(error, ConnectionRefusedError):
        return "It refused the connection: nothing listens there."
    if isinstance(error, HTTPException | ConnectionError):
        return "It broke the connection off, or did not answer in time or not in HTTP."
    return f"It could not be reached: {getattr(error, 'strerror', '') or type(error).__name__}."


def _retry_at(value: str) -> datetime | None:
    """Retry-After as a moment: seconds or a date."""
    now = timezone.now()
    if value.strip().isdecimal():
        return now + min(timedelta(seconds=min(int(value), 10**9)), LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return min(max(now, at), now + LONGEST_PAUSE) if at.tzinfo else None
