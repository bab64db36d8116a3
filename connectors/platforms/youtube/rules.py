"""YouTube's formats, limits and quirks as data.

Read from the references of videos.insert, of the video resource and of thumbnails.set, the revision history and the
quota page, and YouTube Help on Shorts (15424877) and lengths (71673), in their state of September to November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Content,
    Format,
    FormatRule,
    Json,
    Limit,
    Look,
    MediaRule,
    PostLink,
    Problem,
    Rules,
)
from connectors.platforms.youtube import hand, options
from connectors.platforms.youtube.quota import UNITS_A_DAY, UPLOADS_A_DAY, units
from connectors.platforms.youtube.resource import description, lines, title

SOURCE = "https://developers.google.com/youtube/v3/docs/videos/insert"
FILM_BYTES = 256 * 1024**3
THUMBNAIL_BYTES = 50 * 1024 * 1024  # 2 MB before 14 September 2026
SHORT_SECONDS = 180.0  # since 15 October 2024
LONGEST = 12 * 60 * 60.0
UNVERIFIED_SECONDS = 15 * 60.0  # longer films need a channel whose phone number is confirmed
DESCRIPTION_MAX = 5000  # bytes of UTF-8, not characters


def caption_length(caption: str) -> int:
    """Bytes, as YouTube counts a description. With the title in its first line this is an upper bound."""
    return len(lines(caption).encode("utf-8", "surrogatepass"))


# What YouTube transcodes is not a closed list: codecs are left to it, and its word comes as `failureReason`.
FILM = MediaRule(
    kinds=frozenset({"video"}),
    mime_types=frozenset({"video/mp4", "video/quicktime", "video/webm", "video/x-matroska"}),
    max_bytes=FILM_BYTES,
    max_seconds=LONGEST,
)
# No flag makes a Short: what is square or upright, and up to three minutes long, is one.
SHORT_FILM = MediaRule(
    kinds=frozenset({"video"}),
    mime_types=FILM.mime_types,
    max_bytes=FILM_BYTES,
    max_aspect=1.0,
    max_seconds=SHORT_SECONDS,
)
THUMBNAIL = MediaRule(
    kinds=frozenset({"image"}), mime_types=frozenset({"image/jpeg", "image/png"}), max_bytes=THUMBNAIL_BYTES
)


def is_short(content: Content) -> bool:
    """Whether YouTube will show this video as a Short, whatever the format is called here."""
    films = [medium for medium in content.media if medium.kind == "video"]
    seconds = films[0].duration if films else None
    return seconds is not None and seconds <= SHORT_SECONDS and 0 < films[0].aspect <= 1


def more(content: Content) -> Iterator[Problem]:
    """What figures cannot say: the title in the caption, one film and at most one picture, what YouTube makes of it."""
    yield from _text(content)
    yield from _media(content)


def _text(content: Content) -> Iterator[Problem]:
    if not content.options.get("title") and (complaint := options.title_problem(title(content))):
        message = _("The caption's first line is the title on YouTube. %(complaint)s") % {"complaint": complaint}
        yield Problem("title", message)
    if complaint := options.brackets_problem(description(content)):
        yield Problem("description", _("The description: %(complaint)s") % {"complaint": complaint})


def _media(content: Content) -> Iterator[Problem]:
    films = [medium for medium in content.media if medium.kind == "video"]
    if len(films) > 1:
        yield Problem(
            "too_many_media",
            _("YouTube takes one video; here there are %(count)s. Remove the others.") % {"count": len(films)},
        )
    if content.media and not films:
        yield Problem("too_few_media", _("There is no video, only a picture for its thumbnail. Add the video."))
    if len(content.media) - len(films) > 1:
        yield Problem("too_many_media", _("YouTube takes one picture, as the thumbnail. Remove the others."))
    if content.format == Format.VIDEO and is_short(content):
        message = _("It is square or upright and at most three minutes long: YouTube will show it as a Short.")
        yield Problem("is_a_short", message, blocks=False)
    if films and (films[0].duration or 0) > UNVERIFIED_SECONDS:
        message = _("Longer than 15 minutes: YouTube removes it unless the channel's phone number is confirmed there.")
        yield Problem("long_film", message, blocks=False)


# All go the same way, with or without something to do behind it. `made_for_kids` has no default.
PLAIN: Mapping[str, Json] = {"made_for_kids": False}
INTO_PLAYLIST: Mapping[str, Json] = {**PLAIN, "playlist_id": "PLproof0000000000"}
LINK = PostLink(
    frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"}),
    (r"/watch", r"/shorts/[\w-]{11}/?", r"/[\w-]{11}"),
    "https://www.youtube.com/watch?v=…",
)

RULES = Rules(
    formats={
        Format.VIDEO: FormatRule(
            min_media=1,
            max_media=2,
            media=(FILM, THUMBNAIL),
            options=options.VIDEO,
            link=LINK,
            ways={"": INTO_PLAYLIST},
        ),
        Format.SHORT: FormatRule(
            min_media=1, max_media=2, media=(SHORT_FILM, THUMBNAIL), options=options.VIDEO, link=LINK, ways={"": PLAIN}
        ),
    },
    caption_max=DESCRIPTION_MAX,
    caption_length=caption_length,
    caption_unit=gettext_noop("bytes"),
    more=more,
    limits=(
        # Both belong to the Google Cloud project and are full again at midnight Pacific time. Counted here per account
        # and by the rolling day they only hold posts back early: what the API answers decides.
        Limit(gettext_noop("posts"), UPLOADS_A_DAY, timedelta(hours=24)),
        Limit(gettext_noop("units"), UNITS_A_DAY, timedelta(hours=24), cost=units),
    ),
    app=hand.APP,
    guides=hand.GUIDES,
    of_numbers=gettext_noop("YouTube counts no shares here; since August 2026 a view is a start of playback."),
    source=SOURCE,
    checked=date(2026, 11, 20),
    look=Look(
        fold=100,
        fold_tall=40,
        covered=(10, 15, 25, 0),
        source="https://www.youraithumbnailgenerator.com/guides/youtube-shorts-safe-zones-complete-guide",
        checked=date(2026, 11, 21),
    ),
)
