"""Reading: channels, videos, uploads and other playlists, numbers; and what may be set once a video is there."""

from __future__ import annotations

import json
import math
import secrets
from typing import Any

from PIL import Image

from connectors.sandbox.platforms.youtube.errors import ApiError
from connectors.sandbox.platforms.youtube.uploads import Uploads, moment
from connectors.sandbox.records import Account, LivePost
from connectors.sandbox.wire import Call, World

THUMBNAIL_BYTES = 50 * 1024 * 1024


def uploads_playlist(account: Account) -> str:
    """Every channel has one with all of its uploads: its id with another beginning."""
    return "UU" + account.id[2:]


class Reads:
    """One world's lists."""

    def __init__(self, world: World, uploads: Uploads) -> None:
        self.world = world
        self.uploads = uploads

    def channels(self, call: Call, account: Account) -> dict[str, Any]:
        """The token's own channel, and no other."""
        if account.facts.get("no_channel"):
            return listed("channel", [])
        picture = {"url": f"{self.world.base_url}/avatar/{account.username}.svg", "width": 88, "height": 88}
        whole = {
            "snippet": {"title": account.name or account.username, "customUrl": f"@{account.username}",
                        "thumbnails": {"default": picture}},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": uploads_playlist(account)}},
            "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed"},
        }  # fmt: skip
        return listed("channel", [{"kind": "youtube#channel", "id": account.id} | parts(call, whole)])

    # --- videos -----------------------------------------------------------------------------------------------------

    def videos(self, call: Call, account: Account) -> dict[str, Any]:
        """Those of the ids that exist. What only the owner may ask for is refused for others' videos."""
        ids = [key for key in call.params.get("id", "").split(",") if key]
        found = [post for key in ids for post in self._posts("id = ?", key)]
        owner_only = {"fileDetails", "processingDetails"} & set(call.params.get("part", "").split(","))
        if owner_only and any(post.account != account.id for post in found):
            raise ApiError(403, "forbidden")
        return listed("video", [self._video(call, post) for post in found])

    def _posts(self, where: str, *values: Any) -> list[LivePost]:
        return self.world.ledger.posts(f"platform = 'youtube' AND deleted_at IS NULL AND {where}", *values)

    def _video(self, call: Call, post: LivePost) -> dict[str, Any]:
        whole = self.uploads.shown(post)
        status = whole["status"]["uploadStatus"]
        processing = {"uploaded": "processing", "processed": "succeeded", "failed": "failed"}.get(status, "terminated")
        whole["processingDetails"] = {"processingStatus": processing, "fileDetailsAvailability": "available"}
        whole["fileDetails"] = {"fileName": post.facts["slug"] or "unknown", "fileSize": post.facts["size"]}
        whole["statistics"] = self._numbers(post)
        if omit := call.fault("omit"):
            whole["fileDetails"] = {k: v for k, v in whole["fileDetails"].items() if k not in omit.options["fields"]}
        if changed := call.fault("privacy"):
            whole["status"]["privacyStatus"] = changed.options["to"]
        return {name: whole[name] for name in ("kind", "etag", "id")} | parts(call, whole)

    def _numbers(self, post: LivePost) -> dict[str, str]:
        """Invented, only growing, and strings as YouTube's."""
        minutes = max(self.world.clock.now() - post.published_at, 0) / 60
        scale = math.log1p(minutes) * (1 + sum(post.id.encode()) % 7)
        return {name: str(int(weight * scale)) for name, weight in WEIGHTS.items()}

    def statistics(self, call: Call) -> dict[str, Any]:
        """videos:batchGetStats: not atomic, ids may be missing."""
        ids = [key for key in call.params.get("id", "").split(",") if key]
        if len(ids) > 50:
            raise ApiError(400, "invalidValue", "At most 50 ids.")
        found = [post for key in ids for post in self._posts("id = ?", key)]
        rows = [{"kind": "youtube#videoStats", "id": post.id, "statistics": self._numbers(post)} for post in found]
        return {"kind": "youtube#batchGetStatsResponse", "items": rows}

    # --- playlists --------------------------------------------------------------------------------------------------

    def playlist_items(self, call: Call, account: Account) -> dict[str, Any]:
        """Of the uploads newest first, private ones included for their owner; of others what was added."""
        playlist = call.params.get("playlistId", "")
        if playlist == uploads_playlist(account):
            lag, now = call.fault("list_lag"), self.world.clock.now()
            until = now - lag.options["seconds"] if lag else now
            found = self._posts("account = ? AND listed_at <= ? AND published_at <= ?", account.id, now, until)
        else:
            self._check_playlist(playlist)
            mine = self._posts("account = ?", account.id)
            found = [post for post in mine for _ in post.facts["playlists"].get(playlist, [])]
        wanted = call.params.get("videoId")
        return self._page(call, playlist, [post for post in found if wanted in (None, post.id)])

    def _page(self, call: Call, playlist: str, found: list[LivePost]) -> dict[str, Any]:
        start, most = int(call.params.get("pageToken", "0")), int(call.params.get("maxResults", "5"))
        rows = [self._item(call, playlist, post) for post in found[start : start + most]]
        answer = listed("playlistItem", rows)
        return answer | ({"nextPageToken": str(start + most)} if start + most < len(found) else {})

    def _item(self, call: Call, playlist: str, post: LivePost) -> dict[str, Any]:
        at, title = moment(post.published_at), post.facts["resource"]["snippet"]["title"]
        whole = {
            "snippet": {"publishedAt": at, "channelId": post.account, "title": title,
                        "playlistId": playlist, "resourceId": {"kind": "youtube#video", "videoId": post.id}},
            "contentDetails": {"videoId": post.id, "videoPublishedAt": at},
            "status": {"privacyStatus": post.facts["privacy"]},
        }  # fmt: skip
        return {"kind": "youtube#playlistItem", "id": f"{playlist}.{post.id}"} | parts(call, whole)

    def _check_playlist(self, playlist: str) -> None:
        """Every id that looks like a playlist's is one of the caller's; those with "gone" in them are not there."""
        if not playlist.startswith("PL") or "gone" in playlist:
            raise ApiError(404, "youtube.playlistItem/playlistNotFound")

    def add_to_playlist(self, call: Call, account: Account) -> dict[str, Any]:
        """Not idempotent: the same video may be added twice."""
        snippet = json.loads(call.body or b"{}").get("snippet", {})
        playlist, video = snippet.get("playlistId", ""), snippet.get("resourceId", {}).get("videoId", "")
        self._check_playlist(playlist)
        post = self._own(video, account)
        added = post.facts["playlists"]
        added[playlist] = [*added.get(playlist, []), secrets.token_hex(8)]
        self._keep_facts(post)
        return self._item(call, playlist, post)

    # --- thumbnails -------------------------------------------------------------------------------------------------

    def set_thumbnail(self, call: Call, account: Account) -> dict[str, Any]:
        """May be repeated. Channels whose phone number is not confirmed are refused."""
        if account.facts.get("no_thumbnails"):
            raise ApiError(403, "youtube.thumbnail/forbidden", "The authenticated user may not set thumbnails.")
        post, body = self._own(call.params.get("videoId", ""), account), call.content().read()
        if not body:
            raise ApiError(400, "mediaBodyRequired")
        name = self._keep_picture(body)
        post.media[0]["cover"] = name
        self.world.ledger.run("UPDATE posts SET media = ? WHERE id = ?", json.dumps(post.media), post.id)
        address = {"url": f"{self.world.base_url}/media/{name}"}
        return {"kind": "youtube#thumbnailSetResponse", "items": [{"default": address, "high": address}]}

    def _keep_picture(self, body: bytes) -> str:
        from hashlib import sha256
        from io import BytesIO

        try:
            with Image.open(BytesIO(body)) as picture:
                known = picture.format in ("JPEG", "PNG") and len(body) <= THUMBNAIL_BYTES
        except OSError:
            known = False
        if not known:
            raise ApiError(400, "youtube.thumbnail/invalidImage")
        name = sha256(body).hexdigest()
        (self.world.ledger.media / name).write_bytes(body)
        return name

    def _own(self, video: str, account: Account) -> LivePost:
        found = self._posts("id = ? AND account = ?", video, account.id)
        if not found:
            raise ApiError(404, "videoNotFound")
        return found[0]

    def _keep_facts(self, post: LivePost) -> None:
        self.world.ledger.run("UPDATE posts SET facts = ? WHERE id = ?", json.dumps(post.facts), post.id)


WEIGHTS = {"viewCount": 60, "likeCount": 5, "commentCount": 1}


def parts(call: Call, whole: dict[str, Any]) -> dict[str, Any]:
    """Those parts that are asked for."""
    wanted = call.params.get("part", "").split(",")
    if not any(wanted):
        raise ApiError(400, "missingRequiredParameter", "No filter selected. Expected: part")
    return {name: whole[name] for name in wanted if name in whole and name != "id"}


def listed(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A list as the API wraps it."""
    info = {"totalResults": len(rows), "resultsPerPage": len(rows)}
    return {"kind": f"youtube#{kind}ListResponse", "etag": "e", "items": rows, "pageInfo": info}
