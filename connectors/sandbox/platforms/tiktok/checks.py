"""What TikTok checks before it opens a publish."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.options import Options
from connectors.sandbox.platforms.tiktok.errors import TikTokError, bad
from connectors.sandbox.records import Account
from connectors.sandbox.wire import Call

TITLE_MAX, PHOTO_TITLE_MAX, DESCRIPTION_MAX = 2200, 90, 4000  # UTF-16 code units
CHUNK_MAX, LAST_MAX, CHUNKS_MAX, FILM_MAX = 64_000_000, 128_000_000, 1000, 4 * 1024**3
PHOTOS_MAX = 35
PUBLIC, FRIENDS, FOLLOWERS, PRIVATE = (
    "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY",
)  # fmt: skip
SEEN_BY = {PUBLIC: "", FRIENDS: "Friends", FOLLOWERS: "Followers", PRIVATE: "Only me"}
FLAGS = (
    "disable_comment", "disable_duet", "disable_stitch", "brand_content_toggle", "brand_organic_toggle", "is_aigc",
    "auto_add_music",
)  # fmt: skip
type Values = Mapping[str, Any]


def body_of(call: Call) -> dict[str, Any]:
    """The JSON object that was sent. Raises TikTokError."""
    if not call.headers.get("content-type", "").startswith("application/json"):
        raise bad("Content-Type must be application/json")
    try:
        value = json.loads(call.body or b"{}")
    except ValueError:
        raise bad("The body is no JSON") from None
    if not isinstance(value, dict):
        raise bad("The body is no JSON object")
    return value


def part(values: Values, name: str) -> dict[str, Any]:
    """An object within. Raises TikTokError where it is missing."""
    found = values.get(name)
    if not isinstance(found, dict):
        raise bad(f"{name} is empty or incorrect")
    return found


def privacy_options(account: Account) -> list[str]:
    """By whether the account itself is private."""
    return [FOLLOWERS if account.facts.get("private_account") else PUBLIC, FRIENDS, PRIVATE]


def check_direct(info: Values, account: Account) -> None:
    """`post_info` of a direct post."""
    privacy = info.get("privacy_level")
    audited, private = account.facts.get("audited", True), account.facts.get("private_account", False)
    if not audited and (not private or privacy != PRIVATE):
        raise TikTokError("unaudited_client_can_only_post_to_private_accounts")
    if privacy not in privacy_options(account):
        raise TikTokError("privacy_level_option_mismatch")
    if privacy == PRIVATE and info.get("brand_content_toggle"):
        raise bad("Branded content visibility cannot be set to private")
    for flag in FLAGS:
        if flag in info and not isinstance(info[flag], bool):
            raise bad(f"{flag} must be a boolean")


def check_words(info: Values, limits: Values) -> None:
    """Texts and how long they may be."""
    for name, most in limits.items():
        value = info.get(name, "")
        if not isinstance(value, str) or len(value.encode("utf-16-le", "surrogatepass")) // 2 > most:
            raise bad(f"{name} is too long or no text")


def check_chunks(source: Values, options: Options) -> None:
    """The plan of an upload: the floor rule, and one chunk only as long as the film."""
    numbers = [source.get(name) for name in ("video_size", "chunk_size", "total_chunk_count")]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers):
        raise bad("video_size, chunk_size and total_chunk_count must be positive integers")
    size, chunk, count = (int(n or 0) for n in numbers)
    if size > FILM_MAX:
        raise bad("The video is too large")
    if count != size // chunk or count > CHUNKS_MAX:
        raise bad("The total chunk count is invalid")
    if (count == 1 and chunk != size) or chunk > CHUNK_MAX or size - (count - 1) * chunk > LAST_MAX:
        raise bad("The chunk size is invalid")
    if count > 1 and chunk < options.tiktok_chunk_min:
        raise bad("The chunk size is invalid")


def check_addresses(urls: Sequence[Any], options: Options) -> None:
    """Verified, absolute, and (but for loopback) over HTTPS."""
    verified = [prefix.strip() for prefix in options.tiktok_prefixes.split(",") if prefix.strip()]
    for url in urls:
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
            raise bad("The address is no URL")
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise bad("The address must be https")
        if verified and not any(url.startswith(prefix) for prefix in verified):
            raise TikTokError("url_ownership_unverified")


def check_photos(body: Values, options: Options) -> None:
    """`media_type`, the pictures and the cover."""
    source = part(body, "source_info")
    images, cover = source.get("photo_images"), source.get("photo_cover_index")
    if body.get("media_type") != "PHOTO" or body.get("post_mode") not in ("DIRECT_POST", "MEDIA_UPLOAD"):
        raise bad("media_type or post_mode is incorrect")
    if source.get("source") != "PULL_FROM_URL" or not isinstance(images, list) or not 0 < len(images) <= PHOTOS_MAX:
        raise bad("photo_images is incorrect")
    if not isinstance(cover, int) or isinstance(cover, bool) or not 0 <= cover < len(images):
        raise bad("photo_cover_index is incorrect")
    check_addresses(images, options)
