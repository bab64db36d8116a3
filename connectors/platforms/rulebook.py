"""What a platform takes, as data: formats, media, options, limits, and who posts what by hand. See each `rules.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext_noop

from collavo.words import worded
from connectors.platforms.content import Content, Format, Json
from connectors.platforms.guides import HandApp, HandGuide


@dataclass(frozen=True)
class Limit:
    """A rolling window: at most `count` of `what` in `window`."""

    what: str  # "posts", "containers", "calls"
    count: int
    window: timedelta
    cost: Callable[[Content], int] = lambda _: 1  # what one try with this content takes of it


type OptionCheck = Callable[[Json, Content], str]  # "" when the value is fine, else a sentence that says what to do


@worded("label", "help", "choices", "then")
@dataclass(frozen=True)
class OptionRule:
    """One thing that a post may set in `Content.options`."""

    label: str  # on screen: "Show in the main feed"
    kind: str  # for the form: "bool", "milliseconds", "usernames", "tags", "text"
    check: OptionCheck
    help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)  # value → words; empty: not a choice
    default: Json = None  # what counts when nothing is chosen
    required: bool = False  # somebody has to choose: there is no default, and nothing goes out without it
    per_post: bool = False  # an account has no preset of its own for it: a person chooses it for every post
    asked: bool = True  # False: programs may set it, no form asks for it
    under: str = ""  # the option that has to be on before this one means anything
    then: str = ""  # what choosing it leads to, said where it is chosen


@worded("text", "links")
@dataclass(frozen=True)
class Terms:
    """What somebody agrees to by posting, with the pages where it is written. Shown before the button."""

    text: str  # "By posting, you agree to TikTok’s"
    links: tuple[tuple[str, str], ...] = ()  # words and address of each
    option: str = ""  # only when this option is on; shown there


@dataclass(frozen=True)
class Composer:
    """What a platform lets one account choose at this moment, within the rules. Empty: it has no more to say.

    Asked when somebody composes and when they press the button; a publisher that depends on it asks once more in a
    step of its own, before anything is sent.
    """

    creator: str = ""  # whose account it is, by the name that its followers know
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # option → the values that it may have now
    off: Mapping[str, str] = field(default_factory=dict)  # option → why it cannot be switched on now
    max_seconds: int | None = None  # of a video
    why_not: str = ""  # why nothing can be posted now; it may be possible later
    unread: str = ""  # why the platform could not be asked: the rest is then what every account may choose


NOTHING_LIVE = Composer()


@dataclass(frozen=True)
class MediaRule:
    """What one medium of a format must be. None means: no rule."""

    kinds: frozenset[str]
    mime_types: frozenset[str]
    max_bytes: int
    min_aspect: float | None = None
    max_aspect: float | None = None
    min_width: int | None = None
    max_width: int | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    codecs: frozenset[str] = frozenset()
    audio_codecs: frozenset[str] = frozenset()
    min_fps: float | None = None
    max_fps: float | None = None
    max_bit_rate: int | None = None  # bits per second, all streams together
    fast_start: bool = False
    scales: bool = False  # widths outside the range are scaled by the platform: a warning, not a refusal


@worded("why")
@dataclass(frozen=True)
class HandRule:
    """One line of the table format × account × extras: where it holds, a person posts by hand.

    It holds when one of `extras` is set, the account is one of `kinds`, and the switch `unless` is off; an empty
    condition is no condition.
    """

    why: str  # a sentence
    extras: frozenset[str] = frozenset()  # options of the post that no API takes
    kinds: frozenset[str] = frozenset()  # of account (`Profile.kind`)
    unless: str = ""  # a switch of the account (`Rules.switches`) that lifts it

    @property
    def always(self) -> bool:
        return not (self.extras or self.kinds or self.unless)


@worded("label", "help")
@dataclass(frozen=True)
class Switch:
    """Something that people may turn on for one account. Off by default."""

    label: str
    help: str


@dataclass(frozen=True)
class PostLink:
    """What the address of a live post looks like: what is looked at first when a person gives one."""

    hosts: frozenset[str]
    paths: tuple[str, ...]  # regular expressions of the whole path; a group `handle` has to name the account
    example: str
    short: tuple[str, ...] = ()  # paths of short links: they name neither account nor post, and cannot be asked about
    required: bool = True  # False: people may have none at hand; then a screenshot or their word has to do


@dataclass(frozen=True)
class FormatRule:
    """How many media of which kind make this format, and when the API cannot post it (then: HANDOFF)."""

    min_media: int
    max_media: int
    media: tuple[MediaRule, ...]  # a medium must fit the one of its kind
    by_hand: tuple[HandRule, ...] = ()  # the first line that holds says why a person has to post it
    link: PostLink | None = None  # None: no link is asked for
    options: Mapping[str, OptionRule] = field(default_factory=dict)
    crops_to_first: bool = False  # every medium is cropped to the ratio of the first
    caption_max: int | None = None  # where it is another than the platform's
    alt_text: frozenset[str] = frozenset()  # kinds of media whose alternative text is shown; others lose theirs
    # The ways there that differ in their calls, each with the options that choose it: what proofs post.
    ways: Mapping[str, Mapping[str, Json]] = field(default_factory=lambda: {"": {}})

    @property
    def by_api(self) -> bool:
        """Whether the API can post it at all: at least for some accounts, without extras."""
        return not any(rule.always for rule in self.by_hand)


@dataclass(frozen=True)
class Look:
    """Roughly how the network's app shows a post, for the picture of a phone beside a review. Nothing is refused by it.

    `covered`: percent of a full-screen film that the app's own controls lie over, at top, right, bottom and left.
    """

    fold: int = 125  # characters of a caption that are seen before "… more", below a picture
    fold_tall: int = 60  # … and over a full-screen film
    covered: tuple[int, int, int, int] = (0, 0, 0, 0)
    source: str = ""
    checked: date | None = None


@worded("of_numbers", "caption_unit")
@dataclass(frozen=True)
class Rules:
    """A platform's formats, limits and quirks as data, with the page they were read from and the day."""

    formats: Mapping[Format, FormatRule]
    caption_max: int
    source: str
    checked: date
    hashtags_max: int | None = None
    mentions_max: int | None = None
    alt_text_max: int | None = None
    limits: tuple[Limit, ...] = ()
    caption_length: Callable[[str], int] = len  # how the platform counts a caption
    caption_unit: str = gettext_noop("characters")  # what it counts
    more: Callable[[Content], Iterable[Problem]] = lambda _: ()  # what is wrong beyond what figures can say
    terms: tuple[Terms, ...] = ()
    of_numbers: str = ""  # what one has to know to read this platform's numbers
    unaudited_hides: Callable[[Content], bool] = lambda _: (
        True
    )  # with `OAuth.audit`: is this content private until then
    switches: Mapping[str, Switch] = field(default_factory=dict)  # what people may turn on for one account
    app: HandApp | None = None  # where people post by hand, and how …
    guides: Mapping[Format, HandGuide] = field(default_factory=dict)
    draft_guide: HandGuide | None = None  # … and how they finish what the API has put into its inbox
    look: Look = Look()


@dataclass(frozen=True)
class Problem:
    """Why the content cannot go out as it is. `message` says what is wrong and what to do."""

    code: str  # stable: "format_not_supported", "media_too_large", …
    message: str
    blocks: bool = True  # False: a warning
    medium: int | None = None  # index of the medium it is about
