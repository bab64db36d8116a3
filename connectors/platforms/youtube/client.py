"""YouTube's calls. Uploads go by the resumable protocol, spoken here and not by a library: the session's address has
to be written down before the first byte, and every answer of the session decides something.

Source: guide “Using the resumable upload protocol”, references of the resources (read 2026-11-20).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from connectors.http import Body, Call, Door, Reply, no_deadline, silent
from connectors.platforms.base import CallObserver, Json, Medium, NotNow, PlatformError, Rejected
from connectors.platforms.youtube import errors

OFFICIAL = ("https://www.googleapis.com", "https://youtube.googleapis.com")
OFFICIAL_SITE = "https://www.youtube.com"
GOOGLE = ".googleapis.com"
FILE_TYPE = "application/octet-stream"
PIECE_SECONDS = 100.0  # for the answer to a piece, once all of it was sent
READ_SECONDS = 20.0
PAGE_SIZE = 50
PAGES_MAX = 10
VIDEO_PARTS = "id,snippet,status,processingDetails"
OWNER_PARTS = "id,snippet,status,fileDetails,processingDetails"
_RANGE = re.compile(r"^bytes=0-(\d+)$")
type Row = Mapping[str, Json]


@dataclass(frozen=True)
class Kept:
    """The session is open and holds the file's first `until` bytes. It answers at `uri` from now on."""

    until: int
    uri: str


@dataclass(frozen=True)
class Finished:
    """The upload is complete: this is the video. A session repeats this answer."""

    video: Row

    @property
    def id(self) -> str:
        return text(self.video, "id")


@dataclass(frozen=True)
class Gone:
    """YouTube no longer knows the session."""


@dataclass(frozen=True)
class Ended:
    """The session says that the upload ended in a failure: there is no video."""

    error: PlatformError


type Progress = Kept | Finished | Gone
type Word = Kept | Finished | Gone | Ended


class YouTubeClient:
    """Thin: one method per call. Raises PlatformError by the table in `errors`, LeaseLost by the door."""

    def __init__(
        self,
        token: str,
        *,
        observe: CallObserver = silent,
        deadline: Callable[[], float] = no_deadline,
    ) -> None:
        self._token = token
        self._door = Door(
            settings.YOUTUBE_API_URL,
            name="YouTube",
            secrets=(token,),
            observe=observe,
            deadline=deadline,
            describe=errors.describe,
            hosts=(GOOGLE,) if is_official() else (),
        )

    # The upload

    def open_session(self, resource: Json, *, size: int, slug: str, notify: bool) -> str:
        """The address of a new upload session. Nothing is on the channel before its last byte; free to repeat."""
        call = Call(
            "POST",
            "/upload/youtube/v3/videos",
            query={
                "uploadType": "resumable",
                "part": "snippet,status",
                "notifySubscribers": "true" if notify else "false",
            },
            json=resource,
            headers={
                "Content-Type": "application/json; charset=UTF-8",
                "X-Upload-Content-Length": str(size),
                "X-Upload-Content-Type": FILE_TYPE,
                "Slug": slug,
            },
            bearer=self._token,
        )
        reply = self._door.send(call)
        if not reply.ok:
            raise self._refusal(reply)
        if not (uri := reply.headers.get("Location", "")):
            raise NotNow(gettext("YouTube opened no upload. Collavo tries again."), code="no_session")
        return uri

    def send_piece(self, uri: str, film: Medium, start: int, size: int) -> Progress:
        """One piece that is not the last. Never completes an upload, so silence is no doubt."""
        reply = self._door.send(self._piece(uri, film, start, size))
        return self._progress(reply, uri)

    def finish(self, uri: str, film: Medium, start: int) -> Finished | Kept:
        """The commit: the file's last piece. Kept: surely not complete. OutcomeUnknown for all that is not clean."""
        reply = self._door.send(self._piece(uri, film, start, film.size - start, commit=True))
        if reply.status == 308:
            return Kept(kept_until(reply), reply.headers.get("Location") or uri)
        if (done := _finished(reply)) is None:
            raise errors.doubt(reply)
        return done

    def ask(self, uri: str, size: int) -> Word:
        """What the session says of itself. Changes nothing."""
        call = Call(
            "PUT",
            url=uri,
            headers={"Content-Range": f"bytes */{size}"},
            bearer=self._token,
            read_seconds=READ_SECONDS,
        )
        reply = self._door.send(call)
        if 400 <= reply.status < 500 and (error := errors.ended(reply, timezone.now())):
            return Ended(error)
        return self._progress(reply, uri)

    def _piece(self, uri: str, film: Medium, start: int, size: int, *, commit: bool = False) -> Call:
        if film.open is None:
            raise Rejected(gettext("This file's bytes cannot be read here. Upload it again."), code="no_file")
        return Call(
            "PUT",
            url=uri,
            body=Body(film.open, start, size),
            headers={
                "Content-Type": FILE_TYPE,
                "Content-Range": f"bytes {start}-{start + size - 1}/{film.size}",
            },
            bearer=self._token,
            commit=commit,
            read_seconds=PIECE_SECONDS,
        )

    def _progress(self, reply: Reply, uri: str) -> Progress:
        if reply.status == 308:
            return Kept(kept_until(reply), reply.headers.get("Location") or uri)
        if done := _finished(reply):
            return done
        if reply.status in {404, 410}:
            return Gone()
        raise self._refusal(reply)

    # Reads

    def video(self, video: str, parts: str = VIDEO_PARTS) -> Row | None:
        """The video as its owner sees it; None when YouTube shows none under this id."""
        found = self._rows("/youtube/v3/videos", part=parts, id=video)
        return found[0] if found else None

    def videos(self, ids: Sequence[str]) -> list[Row]:
        """With what only the owner sees: the file's name and size. At most 50."""
        return self._rows("/youtube/v3/videos", part=OWNER_PARTS, id=",".join(ids)) if ids else []

    def channel(self) -> Row | None:
        """The channel that the token acts on; None when the Google account has none."""
        found = self._rows("/youtube/v3/channels", part="snippet,contentDetails,status", mine="true")
        return found[0] if found else None

    def uploads(self, playlist: str, since: datetime) -> tuple[list[str], bool]:
        """Ids of the videos that were added since then, and whether the list was read to that moment."""
        ids: list[str] = []
        after = ""
        for _ in range(PAGES_MAX):
            page = {"pageToken": after} if after else {}
            body = self._get(
                "/youtube/v3/playlistItems",
                part="snippet,contentDetails",
                playlistId=playlist,
                maxResults=str(PAGE_SIZE),
                **page,
            )
            rows = items(body)
            fresh = [text(part(row, "contentDetails"), "videoId") for row in rows if _is_since(row, since)]
            ids += [video for video in fresh if video and video not in ids]
            after = text(body, "nextPageToken")
            if len(fresh) < len(rows) or not after:
                return ids, True
        return ids, False

    def in_playlist(self, playlist: str, video: str) -> bool:
        return bool(self._rows("/youtube/v3/playlistItems", part="id", playlistId=playlist, videoId=video))

    def statistics(self, ids: Sequence[str]) -> list[Row]:
        """The numbers of at most 50 videos; some may be missing. Has a bucket of its own: 10,000 calls a day."""
        wanted = urlencode([("id", video) for video in ids])
        return self._rows(f"/youtube/v3/videos:batchGetStats?{wanted}", part="id,statistics,contentDetails")

    # Once it is live

    def set_thumbnail(self, video: str, picture: Medium) -> None:
        """Free to repeat."""
        if picture.open is None:
            raise Rejected(gettext("The thumbnail's bytes cannot be read here. Upload it again."), code="no_file")
        call = Call(
            "POST",
            "/upload/youtube/v3/thumbnails/set",
            query={"videoId": video, "uploadType": "media"},
            body=Body(picture.open, 0, picture.size),
            headers={"Content-Type": picture.mime_type},
            bearer=self._token,
            read_seconds=PIECE_SECONDS,
        )
        self._done(call)

    def add_to_playlist(self, playlist: str, video: str) -> None:
        """Not free to repeat: the same video may stand in a playlist twice. Look first."""
        snippet: Json = {"playlistId": playlist, "resourceId": {"kind": "youtube#video", "videoId": video}}
        path = "/youtube/v3/playlistItems"
        self._done(Call("POST", path, query={"part": "snippet"}, json={"snippet": snippet}, bearer=self._token))

    # How calls are made

    def _done(self, call: Call) -> None:
        reply = self._door.send(call)
        if not reply.ok:
            raise self._refusal(reply)

    def _rows(self, path: str, **query: str) -> list[Row]:
        return items(self._get(path, **query))

    def _get(self, path: str, **query: str) -> Row:
        reply = self._door.send(Call("GET", path, query=query, bearer=self._token, read_seconds=READ_SECONDS))
        if not reply.ok or not isinstance(reply.body, dict):
            raise self._refusal(reply)
        return reply.body

    def _refusal(self, reply: Reply) -> PlatformError:
        return errors.refusal(reply, timezone.now())


# --- Addresses ------------------------------------------------------------------------------------------------


def is_official() -> bool:
    """True only for Google's own hosts over HTTPS, with links to YouTube's own site."""
    api, site = urlsplit(settings.YOUTUBE_API_URL), urlsplit(settings.YOUTUBE_SITE_URL)
    return f"{api.scheme}://{api.netloc.lower()}" in OFFICIAL and f"{site.scheme}://{site.netloc}" == OFFICIAL_SITE


def site_url(path: str) -> str:
    """Below the address where people watch."""
    return f"{settings.YOUTUBE_SITE_URL}{quote(path, safe='/?=&-_')}"


# --- Answers --------------------------------------------------------------------------------------------------


def kept_until(reply: Reply) -> int:
    """How many bytes the session holds. No Range: none. The server's word counts, never our own."""
    found = _RANGE.match(reply.headers.get("Range", "").strip())
    return int(found[1]) + 1 if found else 0


def _finished(reply: Reply) -> Finished | None:
    """Documentation says 201, practice is 200 or 201."""
    if reply.status in {200, 201} and isinstance(reply.body, dict) and text(reply.body, "id"):
        return Finished(reply.body)
    return None


def items(body: Row) -> list[Row]:
    rows = body.get("items")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def part(row: Row, name: str) -> Row:
    """One part of a resource; empty when it is not there."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def moment(value: Json) -> datetime | None:
    """RFC 3339, as 2026-11-20T09:00:01Z."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _is_since(row: Row, since: datetime) -> bool:
    """Items whose moment cannot be read count as fresh: better looked at than overlooked."""
    at = moment(part(row, "snippet").get("publishedAt"))
    return at is None or at >= since
