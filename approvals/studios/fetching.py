"""Fetches what a studio has made: from public addresses, to the disk, and no more than may be."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from django.utils.translation import gettext as _

from collavo.connections import connected, sentence
from collavo.targets import BadTarget, find
from collavo.threads import stopping

READ_SECONDS, WHOLE_SECONDS = 30.0, 900.0
CHUNK = 256 * 1024
LATER = (408, 425, 429)


class NotFetched(Exception):
    """str(error) is a sentence. `later`: it may be there after a while."""

    def __init__(self, message: str, *, later: bool = False) -> None:
        super().__init__(message)
        self.later = later


def fetch(url: str, into: Path, *, most: int, beat: Callable[[], None]) -> None:
    """The file behind an address, of at most so many bytes. `beat` is called while it comes in. Raises NotFetched."""
    try:
        target = find(url)
        with connected(target, read=READ_SECONDS, whole=WHOLE_SECONDS) as connection:
            connection.request("GET", target.path, headers={"User-Agent": "Collavo", "Connection": "close"})
            _save(_accepted(connection.getresponse(), target.host), into, most, beat)
    except BadTarget as e:
        raise NotFetched(_("Its result cannot be fetched. %(reason)s") % {"reason": e}) from e
    except (OSError, HTTPException) as e:
        raise NotFetched(
            _("Its result cannot be fetched. %(reason)s") % {"reason": sentence(e, read=READ_SECONDS)}, later=True
        ) from e


def _accepted(response: HTTPResponse, host: str) -> HTTPResponse:
    if response.status == 200:
        return response
    later = response.status >= 500 or response.status in LATER
    raise NotFetched(
        _("Its result cannot be fetched: %(host)s answered %(status)s.") % {"host": host, "status": response.status},
        later=later,
    )


def _save(response: HTTPResponse, into: Path, most: int, beat: Callable[[], None]) -> None:
    said, got = response.length, 0
    with into.open("wb") as out:
        while (said is None or said <= most) and (chunk := response.read(CHUNK)):
            got += len(chunk)
            if got > most:
                break
            out.write(chunk)
            if stopping.is_set():
                raise NotFetched(_("The process that fetched it ended."), later=True)
            beat()
    if max(got, said or 0) > most:
        raise NotFetched(
            _("Its result is larger than the %(most)s MB that one file may have.") % {"most": most // 1024**2}
        )
    if said is not None and got != said:  # `read` says nothing of a connection that ended too soon
        raise NotFetched(_("Its result came in part only."), later=True)
