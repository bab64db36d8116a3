"""What is sent of a post: `post_info` and `source_info`. Source: references of the init calls, read 2026-11-20."""

from __future__ import annotations

from django.utils.translation import gettext as _

from connectors.platforms.base import Account, Content, Format, Json, Medium, Rejected
from connectors.platforms.tiktok.chunks import Plan
from connectors.platforms.tiktok.words import DIRECT, INBOX, PRIVATE, PULL


def inbox(content: Content) -> bool:
    """The creator finishes it in the app, from their inbox."""
    return content.options.get("post_mode", DIRECT) == INBOX


def pulled(content: Content) -> bool:
    """TikTok loads the media by itself: always for photos, for a film where that is chosen."""
    return content.format == Format.CAROUSEL or content.options.get("source") == PULL


def privacy(content: Content, account: Account) -> str:
    """Who can see it. Posts of an app that has not passed the audit are private, whatever was chosen."""
    return str(content.options.get("privacy_level") or "") if account.audited else PRIVATE


def wire_caption(caption: str) -> str:
    """With LF line breaks, as it is sent."""
    return caption.replace("\r\n", "\n").replace("\r", "\n")


def length(words: str) -> int:
    """In UTF-16 code units, as TikTok counts: an emoji is two."""
    return len(wire_caption(words).encode("utf-16-le", "surrogatepass")) // 2


def upload_body(content: Content, account: Account, plan: Plan) -> dict[str, Json]:
    source: dict[str, Json] = {
        "source": "FILE_UPLOAD",
        "video_size": plan.size,
        "chunk_size": plan.chunk,
        "total_chunk_count": plan.count,
    }
    return _film(content, account, source)


def pull_body(content: Content, account: Account) -> dict[str, Json]:
    return _film(content, account, {"source": "PULL_FROM_URL", "video_url": _address(content.media[0])})


def _film(content: Content, account: Account, source: dict[str, Json]) -> dict[str, Json]:
    """A draft has no `post_info`: the creator writes the caption in the app."""
    if inbox(content):
        return {"source_info": source}
    info: dict[str, Json] = {
        "title": wire_caption(content.caption),
        **_shared(content, account),
        "disable_duet": _forbidden(content, "disable_duet"),
        "disable_stitch": _forbidden(content, "disable_stitch"),
        "is_aigc": content.options.get("is_aigc") is True,
    }
    if (moment := content.options.get("thumb_offset")) is not None:
        info["video_cover_timestamp_ms"] = moment
    return {"post_info": info, "source_info": source}


def photos_body(content: Content, account: Account) -> dict[str, Json]:
    info: dict[str, Json] = {"description": wire_caption(content.caption)}
    if title := content.options.get("title"):
        info["title"] = title
    if not inbox(content):
        info |= _shared(content, account)
        info["auto_add_music"] = content.options.get("auto_add_music") is True
    return {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD" if inbox(content) else "DIRECT_POST",
        "post_info": info,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": [_address(medium) for medium in content.media],
            "photo_cover_index": content.options.get("cover_index") or 0,
        },
    }


def _shared(content: Content, account: Account) -> dict[str, Json]:
    disclosed = content.options.get("disclose_commercial") is not False
    return {
        "privacy_level": privacy(content, account),
        "disable_comment": _forbidden(content, "disable_comment"),
        "brand_content_toggle": disclosed and content.options.get("branded_content") is True,
        "brand_organic_toggle": disclosed and content.options.get("brand_organic") is True,
    }


def _forbidden(content: Content, option: str) -> bool:
    """Nothing is allowed that nobody has switched on: TikTok's guidelines want these off until somebody chooses."""
    return content.options.get(option) is not False


def _address(medium: Medium) -> str:
    if not medium.url:
        raise Rejected(_("This file has no address that TikTok could load it from. Set MEDIA_BASE_URL."), code="no_url")
    return medium.url
