"""One POST to one checked address. What comes back is an Answer, whatever happened."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse

from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.connections import connected, sentence
from collavo.targets import BadTarget, Target, find

READ_SECONDS = 10.0
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
        return Answer(error=_("Its name could not be found."), ms=spent())
    try:
        status, text, retry_at = _exchange(target, body, headers)
    except (OSError, HTTPException) as e:
        return Answer(error=sentence(e, read=READ_SECONDS), ms=spent())
    return Answer(status, _refusal(status), text, spent(), retry_at)


def _exchange(target: Target, body: str, headers: Mapping[str, str]) -> tuple[int, str, datetime | None]:
    with connected(target, read=READ_SECONDS, whole=READ_SECONDS) as connection:
        sent = {"User-Agent": "Collavo", "Content-Type": "application/json", "Connection": "close", **headers}
        connection.request("POST", target.path, body=body.encode(), headers=sent)
        response = connection.getresponse()
        retry_at = _retry_at(response.headers.get("Retry-After", ""))
        return response.status, _beginning(response), retry_at


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
        return _(
            "It answered %(status)s, a redirect. Redirects are not followed: enter the address that it leads to."
        ) % {"status": status}
    if status == GONE:
        return _("It answered 410: it is gone for good.")
    return _("It answered %(status)s.") % {"status": status}


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
