"""TikTok's formats, limits and quirks as data.

Read from the media transfer guide, the references of the init calls, the rate limits and the content sharing guidelines
in their state of August 2026, and from what users of open-source clients met.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from collavo.words import either
from connectors.platforms.base import (
    Content,
    Format,
    FormatRule,
    HandRule,
    Json,
    Limit,
    Look,
    MediaRule,
    Medium,
    PostLink,
    Problem,
    Rules,
    Terms,
)
from connectors.platforms.tiktok import hand, options
from connectors.platforms.tiktok.post import inbox, length, pulled
from connectors.platforms.tiktok.words import INBOX, PRIVATE, PUBLIC, PULL

SOURCE = "https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide"
MEGABYTE = 1_000_000  # TikTok says "MB" and not of which kind: the smaller reading
TITLE_MAX, DESCRIPTION_MAX = 2200, 4000  # UTF-16 code units: the caption of a film, and that of photos
LEAST_SIDE, MOST_SIDE = 360, 4096
PHOTO_SHORT, PHOTO_LONG = 1080, 1920  # "maximum 1080p": one picture that is 6 pixels too large fails all of them

FILM = MediaRule(
    kinds=frozenset({"video"}),
    mime_types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
    max_bytes=4_000 * MEGABYTE,
    min_width=LEAST_SIDE,
    max_width=MOST_SIDE,
    max_seconds=600.0,  # by the API; what the account may post can be less, and is asked before each post
    codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
    min_fps=23.0,
    max_fps=60.0,
)
PHOTO = MediaRule(
    kinds=frozenset({"image"}),
    mime_types=frozenset({"image/jpeg", "image/webp"}),
    max_bytes=20 * MEGABYTE,
)
_PUBLIC: dict[str, Json] = {"privacy_level": PUBLIC}


def more(content: Content) -> Iterator[Problem]:
    """What figures cannot say."""
    yield from _audience(content)
    yield from _disclosure(content)
    yield from _sizes(content)
    yield from _addresses(content)
    yield from _drafts(content)


def _audience(content: Content) -> Iterator[Problem]:
    if not inbox(content) and content.options.get("privacy_level") is None:
        message = _("Who can see it: TikTok wants this chosen for every post. Choose one.")
        yield Problem("option_missing", message)
    if content.options.get("branded_content") is True and content.options.get("privacy_level") == PRIVATE:
        message = _("Who can see it: TikTok takes no branded content that only you can see. Choose another audience.")
        yield Problem("branded_private", message)


def _disclosure(content: Content) -> Iterator[Problem]:
    brands = [content.options.get(name) is True for name in ("brand_organic", "branded_content")]
    disclosed = content.options.get("disclose_commercial")
    if disclosed is True and not any(brands):
        message = _(
            "Discloses commercial content: say whether it promotes your brand, another one (branded content), or both."
        )
        yield Problem("disclosure_incomplete", message)
    if disclosed is False and any(brands):
        message = _("Discloses commercial content: it is off, and a brand is chosen. Switch it on, or choose no brand.")
        yield Problem("disclosure_off", message)
    if content.format == Format.CAROUSEL and content.options.get("is_aigc") is True and not inbox(content):
        message = _("TikTok's API has no AI label for photos. Set it in the app once the post is live.")
        yield Problem("no_ai_label", message, blocks=False)


def _sizes(content: Content) -> Iterator[Problem]:
    for index, medium in enumerate(content.media):
        if not medium.width or not medium.height:
            continue
        if content.format == Format.CAROUSEL and medium.kind == "image" and not _fits(medium):
            message = _(
                "Slide %(slide)s is %(width)s × %(height)s. TikTok takes up to %(short_side)s × "
                "%(long_side)s (or lying down), and refuses all slides for one that is larger. Export it "
                "smaller."
            ) % {
                "slide": index + 1,
                "width": medium.width,
                "height": medium.height,
                "short_side": PHOTO_SHORT,
                "long_side": PHOTO_LONG,
            }
            yield Problem("media_too_wide", message, medium=index)
        if medium.kind == "video" and not LEAST_SIDE <= medium.height <= MOST_SIDE:
            message = _("The video is %(height)s pixels high. TikTok takes %(least)s to %(most)s. Export it anew.") % {
                "height": medium.height,
                "least": LEAST_SIDE,
                "most": MOST_SIDE,
            }
            yield Problem("media_height", message, medium=index)


def _fits(medium: Medium) -> bool:
    short, long = sorted((medium.width, medium.height))
    return short <= PHOTO_SHORT and long <= PHOTO_LONG


def _addresses(content: Content) -> Iterator[Problem]:
    """TikTok loads media only from addresses that are verified in the app."""
    if not pulled(content) or not content.media:
        return
    verified = tuple(settings.TIKTOK_MEDIA_PREFIXES)
    if not verified:
        message = _(
            "TikTok loads these media only from an address that is verified in the TikTok app, and none "
            "is set up here. They are %(place)s. An operator verifies a prefix on a domain of their own, "
            "or of a GCS bucket, and sets TIKTOK_MEDIA_PREFIXES (docs/platforms/tiktok.md)."
        ) % {"place": _place(content.media[0])}
        yield Problem("prefix_not_verified", message)
        return
    for index, medium in enumerate(content.media):
        if not medium.served_from.startswith(verified):
            message = _(
                "%(medium)s is %(place)s, and TikTok loads only from what is verified in its app: "
                "%(prefixes)s. Store it there: on a domain of your own, or in a GCS bucket."
            ) % {"medium": _called(content, index), "place": _place(medium), "prefixes": either(verified)}
            yield Problem("prefix_not_verified", message, medium=index)


def _place(medium: Medium) -> str:
    """ "stored on S3, at https://bucket.s3.eu-central-1.amazonaws.com/media/"."""
    at = medium.served_from or _("an unknown address")
    return (
        _("stored on %(storage)s, at %(address)s") % {"storage": medium.stored_on, "address": at}
        if medium.stored_on
        else _("served from %(address)s") % {"address": at}
    )


def _called(content: Content, index: int) -> str:
    return _("Slide %(number)s") % {"number": index + 1} if content.format == Format.CAROUSEL else _("The video")


def _drafts(content: Content) -> Iterator[Problem]:
    if inbox(content) and content.format != Format.CAROUSEL and content.caption.strip():
        message = _("A video in the inbox comes without its caption: the creator pastes it in the app.")
        yield Problem("inbox_caption", message, blocks=False)


MUSIC = (
    gettext_noop("Music Usage Confirmation"),
    "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en",
)
BRANDED = (gettext_noop("Branded Content Policy"), "https://www.tiktok.com/legal/page/global/bc-policy/en")
TERMS = (  # in TikTok's own words (content sharing guidelines, read 2026-11-20)
    Terms(gettext_noop("By posting, you agree to TikTok’s"), (MUSIC,)),
    Terms(gettext_noop("By posting, you agree to TikTok’s"), (BRANDED, MUSIC), option="branded_content"),
    Terms(gettext_noop("After it is sent, TikTok may take some minutes until the post shows on the profile.")),
)


def drafts(content: Content) -> int:
    return 1 if inbox(content) else 0


BY_HAND = (
    HandRule(
        gettext_noop("A sound can only be added in the app, so the creator posts it by hand."),
        extras=frozenset({"music"}),
    ),
)
# The long form names the account; "Copy link" in the app gives a short one, which leads there.
LINK = PostLink(
    frozenset({"tiktok.com", "www.tiktok.com", "m.tiktok.com", "vm.tiktok.com", "vt.tiktok.com"}),
    (r"/@(?P<handle>[^/]+)/(?:video|photo)/\d+/?",),
    "https://www.tiktok.com/@name/video/123",
    short=(r"/(?:t/)?[A-Za-z0-9]{6,12}/?",),
)

RULES = Rules(
    formats={
        Format.VIDEO: FormatRule(
            min_media=1,
            max_media=1,
            media=(FILM,),
            options=options.VIDEO,
            by_hand=BY_HAND,
            link=LINK,
            caption_max=TITLE_MAX,
            ways={"upload": _PUBLIC, "pull": _PUBLIC | {"source": PULL}, "inbox": {"post_mode": INBOX}},
        ),
        Format.CAROUSEL: FormatRule(
            min_media=2,
            max_media=35,
            media=(PHOTO,),
            options=options.CAROUSEL,
            by_hand=BY_HAND,
            link=LINK,
            ways={"photos": _PUBLIC, "photos in the inbox": {"post_mode": INBOX}},
        ),
    },
    caption_max=DESCRIPTION_MAX,
    caption_length=length,
    more=more,
    terms=TERMS,
    unaudited_hides=lambda content: not inbox(content),  # the creator chooses in the app
    limits=(
        # TikTok counts the posts of all apps together, "typically around 15" a day, and does not tell its figure.
        Limit(gettext_noop("posts"), 15, timedelta(hours=24)),
        Limit(gettext_noop("inits"), 6, timedelta(minutes=1)),
        Limit(gettext_noop("drafts"), 5, timedelta(hours=24), cost=drafts),
    ),
    app=hand.APP,
    guides=hand.GUIDES,
    draft_guide=hand.DRAFT,
    of_numbers=gettext_noop("TikTok tells them of public posts only."),
    source=SOURCE,
    checked=date(2026, 11, 20),
    look=Look(
        fold=100,
        fold_tall=100,
        covered=(13, 16, 22, 0),
        source="https://socaptions.com/blog/tiktok-safe-zones-2026, https://posttruncate.com/en/ad-previews/tiktok-ads/",
        checked=date(2026, 11, 21),
    ),
)
