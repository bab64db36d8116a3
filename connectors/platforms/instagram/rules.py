"""Instagram's formats, limits and quirks as data.

Read from Meta's documentation: content publishing guide, the references of `ig-user/media`, `media_publish` and
`content_publishing_limit`, and the changelog, in their state of October and November 2026.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Content,
    Format,
    FormatRule,
    HandRule,
    Limit,
    Look,
    MediaRule,
    PostLink,
    Rules,
    Switch,
)
from connectors.platforms.instagram import hand, options

GRAPH_VERSION = "v26.0"  # released 2026-07-29; a call without a version gets the app's default, so always send it
PICTURE_BYTES = 8 * 1024 * 1024  # error 36000 says "MiB"
MEGABYTE = 1_000_000  # elsewhere Meta says "MB": the smaller reading
SOURCE = "https://developers.facebook.com/documentation/instagram-platform/content-publishing"


def caption_length(caption: str) -> int:
    """Characters as an upper bound of what Instagram may count.

    Meta says "2200 characters" and not of which kind. Its apps count UTF-16 code units (an emoji is two or more), so
    a caption that passes here is never too long there. A line break is one character: it is sent as LF.
    """
    return len(wire_caption(caption).encode("utf-16-le", "surrogatepass")) // 2


def containers(content: Content) -> int:
    """How many containers one try makes: each slide of a carousel has its own."""
    return len(content.media) + 1 if content.format == Format.CAROUSEL else 1


def wire_caption(caption: str) -> str:
    """The caption as it is sent: the line breaks that a browser's form makes (CRLF) become LF."""
    return caption.replace("\r\n", "\n").replace("\r", "\n")


# JPEG only (no MPO, no JPS); PNG, WebP and HEIC are refused with 36001. Widths outside are scaled by Instagram.
PICTURE = MediaRule(
    kinds=frozenset({"image"}),
    mime_types=frozenset({"image/jpeg"}),
    max_bytes=PICTURE_BYTES,
    min_aspect=4 / 5,
    max_aspect=1.91,
    min_width=320,
    max_width=1440,
    scales=True,
)
# Also 4:2:0, progressive, a closed GOP and at most 48 kHz and two channels of sound: the container says so if not.
FILM = MediaRule(
    kinds=frozenset({"video"}),
    mime_types=frozenset({"video/mp4", "video/quicktime"}),
    max_bytes=300 * MEGABYTE,
    min_aspect=0.01,
    max_aspect=10.0,
    max_width=1920,
    min_seconds=3.0,
    max_seconds=15 * 60.0,
    codecs=frozenset({"h264", "hevc"}),
    audio_codecs=frozenset({"aac"}),
    min_fps=23.0,
    max_fps=60.0,
    max_bit_rate=25_000_000,
    fast_start=True,
)
STORY_PICTURE = MediaRule(
    kinds=frozenset({"image"}),
    mime_types=frozenset({"image/jpeg"}),
    max_bytes=PICTURE_BYTES,
)
STORY_FILM = MediaRule(
    kinds=frozenset({"video"}),
    mime_types=frozenset({"video/mp4", "video/quicktime"}),
    max_bytes=100 * MEGABYTE,
    min_aspect=0.1,
    max_aspect=10.0,
    max_width=1920,
    min_seconds=3.0,
    max_seconds=60.0,
    codecs=frozenset({"h264", "hevc"}),
    audio_codecs=frozenset({"aac"}),
    min_fps=23.0,
    max_fps=60.0,
    max_bit_rate=25_000_000,
    fast_start=True,
)

PLAIN_STORIES = "plain_stories"
LINK = HandRule(
    gettext_noop("A link sticker can only be set in the app, so the creator posts it by hand."),
    extras=frozenset({"link"}),
)
MUSIC = HandRule(
    gettext_noop("Music can only be added in the app, so the creator posts it by hand."), extras=frozenset({"music"})
)
BY_HAND = (MUSIC,)
# Addresses as the app's "Copy link" gives them; the name in front is there on some.
HOSTS = frozenset({"instagram.com", "www.instagram.com"})
FEED_LINK = PostLink(HOSTS, (r"/(?:(?P<handle>[^/]+)/)?p/[\w-]+/?",), "https://www.instagram.com/p/ABC123/")
REEL_LINK = PostLink(
    HOSTS, (r"/(?:(?P<handle>[^/]+)/)?(?:reel|reels|p)/[\w-]+/?",), "https://www.instagram.com/reel/ABC123/"
)

RULES = Rules(
    formats={
        Format.IMAGE: FormatRule(
            min_media=1,
            max_media=1,
            media=(PICTURE,),
            options=options.IMAGE,
            by_hand=BY_HAND,
            link=FEED_LINK,
            alt_text=frozenset({"image"}),
        ),
        Format.CAROUSEL: FormatRule(
            min_media=2,
            max_media=10,
            media=(PICTURE, FILM),
            options=options.CAROUSEL,
            by_hand=BY_HAND,
            link=FEED_LINK,
            crops_to_first=True,
            alt_text=frozenset({"image"}),
        ),
        # A video that stands alone is always a Reel: VIDEO has been refused since 2023-11-09.
        Format.REEL: FormatRule(
            min_media=1, max_media=1, media=(FILM,), options=options.REEL, by_hand=BY_HAND, link=REEL_LINK
        ),
        Format.STORY: FormatRule(
            min_media=1,
            max_media=1,
            media=(STORY_PICTURE, STORY_FILM),
            options=options.STORY,
            by_hand=(
                LINK,
                MUSIC,
                HandRule(
                    gettext_noop(
                        "Instagram's own pages disagree on whether a creator account may post stories through the "
                        "API, so the creator posts it by hand."
                    ),
                    kinds=frozenset({"MEDIA_CREATOR"}),
                ),
                HandRule(
                    gettext_noop(
                        "Stories are posted by hand, because no API can put a link, a sticker or music on one. Plain "
                        "stories can be switched to the API on the account's page."
                    ),
                    unless=PLAIN_STORIES,
                ),
            ),
            link=PostLink(
                HOSTS,
                (r"/stories/(?P<handle>[^/]+)/\d+/?",),
                "https://www.instagram.com/stories/name/123",
                required=False,
            ),
        ),
    },
    switches={
        PLAIN_STORIES: Switch(
            gettext_noop("Plain stories by API"),
            gettext_noop(
                "Collavo posts stories without link and music itself. Off: the creator posts every story by hand."
            ),
        )
    },
    caption_max=2200,
    caption_length=caption_length,
    hashtags_max=30,
    mentions_max=20,
    alt_text_max=1000,
    limits=(
        # What counts is `content_publishing_limit` (50 or 100 per account). 25 is the oldest figure in Meta's pages
        # and stands in only while that cannot be read. A carousel is one post.
        Limit(gettext_noop("posts"), 25, timedelta(hours=24)),
        Limit(gettext_noop("containers"), 400, timedelta(hours=24), cost=containers),  # a carousel of 10 costs 11
    ),
    app=hand.APP,
    guides=hand.GUIDES,
    of_numbers=gettext_noop("Instagram may take two days to tell them."),
    source=SOURCE,
    checked=date(2026, 11, 20),
    look=Look(
        fold=125,
        fold_tall=60,
        covered=(14, 6, 35, 6),
        source="https://behaviour.digital/post/meta-reels-safe-zone-14-top-35-bottom-6-sides-the-2026-official-guide",
        checked=date(2026, 11, 21),
    ),
)
