"""TikTok's calls. JSON both ways; the token goes in the header, but not to the upload's address, which has its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from connectors.http import Body, Call, Door, Reply, no_deadline, silent
from connectors.platforms.base import CallObserver, Json, Medium, NotNow, OutcomeUnknown
from connectors.platforms.tiktok import errors
from connectors.platforms.tiktok.chunks import Piece, Plan

OFFICIAL = "https://open.tiktokapis.com"
UPLOAD_HOSTS = (".tiktokapis.com",)  # open-upload, open-upload-sg, upload.us, … have been seen
JSON = {"Content-Type": "application/json; charset=UTF-8"}
READ_SECONDS, INIT_SECONDS, PUT_SECONDS = 20.0, 60.0, 120.0
VIDEO_FIELDS = (
    "id,title,video_description,create_time,duration,share_url,view_count,like_count,comment_count,share_count"
)
USER_FIELDS = "open_id,union_id,avatar_url,display_name"
IDS_MAX = 20  # per query, and rows per page
PAGES_MAX = 10
type Row = Mapping[str, Json]


@dataclass(frozen=True)
class Status:
    """What became of a publish. `post_id` is "" until the post is public and has been through moderation."""

    word: str  # PROCESSING_UPLOAD, PROCESSING_DOWNLOAD, SEND_TO_USER_INBOX, PUBLISH_COMPLETE, FAILED, …
    post_id: str = ""
    uploaded: int | None = None  # bytes
    reason: str = ""  # with FAILED


@dataclass(frozen=True)
class Put:
    """The answer to a chunk. `uploaded`: how much TikTok has now, when it says so."""

    status: int
    uploaded: int | None = None


@dataclass(frozen=True)
class Listed:
    """The account's public posts since a moment. `complete` is False when there were more pages than we read."""

    videos: tuple[Row, ...]
    complete: bool = True


class TikTokClient:
    """Thin: one method per call. Raises PlatformError by the tables in `errors`, LeaseLost by the door."""

    def __init__(
        self, token: str, *, observe: CallObserver = silent, deadline: Callable[[], float] = no_deadline
    ) -> None:
        self._token = token
        self._door = Door(
            str(settings.TIKTOK_API_URL),
            name="TikTok",
            secrets=(token, str(settings.TIKTOK_CLIENT_SECRET)),
            observe=observe,
            deadline=deadline,
            describe=errors.describe,
            hosts=UPLOAD_HOSTS,
        )

    # Before a post

    def creator_info(self, *, read_seconds: float = READ_SECONDS) -> Row:
        return self._data(self._post("/v2/post/publish/creator_info/query/", {}, read_seconds=read_seconds))

    def init_upload(self, body: Json, *, inbox: bool) -> tuple[str, str]:
        """The new publish's id and where its bytes go. Publishes nothing."""
        data = self._data(self._post(_video_path(inbox), body, read_seconds=INIT_SECONDS))
        publish_id, url = text(data, "publish_id"), text(data, "upload_url")
        if not publish_id or not url:
            raise NotNow(
                gettext("TikTok opened an upload without saying where. Collavo tries again."), code="no_upload_url"
            )
        return publish_id, url

    # Commits

    def init_pull(self, body: Json, *, inbox: bool) -> str:
        """TikTok loads the film by itself: the new publish's id. From here on it may go live."""
        return self._committed(_video_path(inbox), body)

    def init_photos(self, body: Json) -> str:
        """The same for photos."""
        return self._committed("/v2/post/publish/content/init/", body)

    def put(self, url: str, medium: Medium, plan: Plan, piece: Piece) -> Put:
        """Send one chunk. The last one is the commit: raises OutcomeUnknown when no answer comes."""
        if medium.open is None:
            raise LookupError("This medium cannot be opened.")
        reply = self._door.send(
            Call(
                "PUT",
                url=url,
                body=Body(medium.open, piece.start, piece.size),
                headers={"Content-Type": medium.mime_type, "Content-Range": plan.content_range(piece)},
                commit=piece.last,
                read_seconds=PUT_SECONDS,
            )
        )
        return Put(reply.status, _uploaded(reply.headers.get("Content-Range", "")))

    # Reads

    def status(self, publish_id: str) -> Status:
        data = self._data(self._post("/v2/post/publish/status/fetch/", {"publish_id": publish_id}))
        word = text(data, "status")
        if not word:
            raise NotNow(gettext("TikTok did not say how far it is. Collavo asks again."), code="no_status")
        uploaded = data.get("uploaded_bytes")
        return Status(
            word, _post_id(data.get("publicaly_available_post_id")),  # their spelling
            uploaded if isinstance(uploaded, int) else None, text(data, "fail_reason"),
        )  # fmt: skip

    def user(self) -> Row:
        reply = self._door.send(
            Call("GET", "/v2/user/info/", {"fields": USER_FIELDS}, bearer=self._token, read_seconds=READ_SECONDS)
        )
        user = self._data(reply).get("user")
        return user if isinstance(user, dict) else {}

    def videos(self, ids: Sequence[str]) -> list[Row]:
        """Those of these posts that are public, and the account's. At most `IDS_MAX` ids."""
        reply = self._post("/v2/video/query/", {"filters": {"video_ids": list[Json](ids)}}, {"fields": VIDEO_FIELDS})
        return _rows(self._data(reply))

    def videos_since(self, since: datetime) -> Listed:
        """The account's public posts from `since` on, newest first."""
        found: dict[str, Row] = {}
        cursor: Json = None
        for _ in range(PAGES_MAX):
            page: dict[str, Json] = {"max_count": IDS_MAX} | ({"cursor": cursor} if cursor else {})
            data = self._data(self._post("/v2/video/list/", page, {"fields": VIDEO_FIELDS}))
            rows = _rows(data)
            found |= {text(row, "id"): row for row in rows if created(row) >= since.timestamp()}
            cursor = data.get("cursor")
            if not data.get("has_more") or not cursor or any(created(row) < since.timestamp() for row in rows):
                return Listed(tuple(found.values()))
        return Listed(tuple(found.values()), complete=False)

    # How calls are made

    def _post(
        self,
        path: str,
        body: Json,
        query: Mapping[str, str] | None = None,
        *,
        commit: bool = False,
        read_seconds: float = READ_SECONDS,
    ) -> Reply:
        return self._door.send(
            Call(
                "POST", path, query or {}, json=body, headers=JSON, bearer=self._token, commit=commit,
                read_seconds=read_seconds,
            )
        )  # fmt: skip

    def _data(self, reply: Reply) -> Row:
        data = _clean(reply)
        if data is None:
            raise errors.refusal(reply, timezone.now())
        return data

    def _committed(self, path: str, body: Json) -> str:
        reply = self._post(path, body, commit=True, read_seconds=INIT_SECONDS)
        data = _clean(reply)
        if data is None:
            raise errors.of_commit(reply, timezone.now())
        if not text(data, "publish_id"):
            raise OutcomeUnknown(gettext("TikTok took the post and did not say under which id."), code="no_publish_id")
        return text(data, "publish_id")


def _video_path(inbox: bool) -> str:
    return "/v2/post/publish/inbox/video/init/" if inbox else "/v2/post/publish/video/init/"


# --- Reading ----------------------------------------------------------------------------------------------------


def _clean(reply: Reply) -> dict[str, Json] | None:
    """The `data` of an answer without an error; None of any other, whatever its HTTP status."""
    said = errors.read(reply)
    if not reply.ok or said is None or not said.ok or not isinstance(reply.body, dict):
        return None
    data = reply.body.get("data")
    return data if isinstance(data, dict) else {}


def text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def whole(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def created(row: Row) -> int:
    """`create_time`: Unix seconds, while cursors are in milliseconds."""
    return whole(row, "create_time") or 0


def _rows(data: Row) -> list[Row]:
    videos = data.get("videos")
    return [row for row in videos if isinstance(row, dict) and text(row, "id")] if isinstance(videos, list) else []


def _post_id(value: Json) -> str:
    """The first id. Seen as a list of numbers, a list of strings, a bare number, an empty list, and not at all."""
    first = (value[0] if value else None) if isinstance(value, list) else value
    found = str(first) if isinstance(first, int | str) and not isinstance(first, bool) else ""
    return found if found.isdecimal() and found.strip("0") else ""


def _uploaded(header: str) -> int | None:
    """From "bytes 0-9999999/66259900": how many bytes there are. TikTok's pages do not say whether the end is counted.

    So an end at the last byte and one behind it mean the same (see `publisher`).
    """
    ends = header.removeprefix("bytes ").partition("/")[0].partition("-")[2]
    return int(ends) if ends.isdecimal() else None
