"""The demo's words as data: a fictional brand, its people, its planned posts. Read by `manage.py seed_demo`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

WORKSPACE, SLUG, TIME_ZONE = "Fjord Supply", "fjord-supply", "Europe/Zurich"


@dataclass(frozen=True)
class Channel:
    """An account that the sandbox serves. The tokens open that and nothing else."""

    platform: str  # its key, which is also the way of linking
    remote_id: str
    handle: str
    name: str
    kind: str
    token: str
    refresh_token: str = ""


FJORD = Channel("instagram", "17841400000000001", "fjord.supply", "Fjord Supply", "BUSINESS", "sandbox-token-fjord")
FILMS = Channel(
    "tiktok", "-000fjord-films-open-id", "fjord.films", "Fjord Films", "CREATOR", "sandbox-token-fjord-films",
    "sandbox-refresh-token-fjord-films",
)  # fmt: skip
LYS = Channel(
    "youtube", "UCsandboxLysFilm00000001", "@lys.film", "Lys Film", "CHANNEL", "sandbox-token-lys",
    "sandbox-refresh-token-lys",
)  # fmt: skip
CHANNELS = (FJORD, FILMS, LYS)


@dataclass(frozen=True)
class Person:
    """Somebody of the demo. `role` is a value of accounts.Role."""

    name: str
    email: str
    role: str


MANAGER = Person("Ida Holm", "manager@demo.collavo.local", "owner")  # owners may do all that managers may
CREATOR = Person("Mara Weiss", "creator@demo.collavo.local", "creator")
APPROVER = Person("Jon Berg", "approver@demo.collavo.local", "approver")
VIEWER = Person("Nils Aune", "viewer@demo.collavo.local", "viewer")
PEOPLE = (MANAGER, CREATOR, APPROVER, VIEWER)


class State(StrEnum):
    """Where the seeder leaves an asset."""

    IN_REVIEW = "in review"
    APPROVED = "approved"
    REGENERATING = "regenerating"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Round:
    """One version: what was sent in, and what the reviewer answered (for the last round: with its state)."""

    caption: str
    media: tuple[str, ...]  # names from `render`
    alt_texts: tuple[str, ...]
    feedback: str = ""


@dataclass(frozen=True)
class Piece:
    """One asset with its slot: so many days from the day of seeding, at that time in the workspace's zone."""

    title: str
    angle: str
    format: str
    day: int
    time: str  # "HH:MM"
    rounds: tuple[Round, ...]
    state: State = State.IN_REVIEW
    rights_days: int | None = None  # for its channel, until so many days from seeding; None: nothing recorded
    channel: Channel = FJORD


@dataclass(frozen=True)
class Campaign:
    """One case."""

    name: str
    brand: str
    pieces: Sequence[Piece]


def _piece(
    title: str, angle: str, format_: str, day: int, time: str, caption: str, *media: str, alt: Sequence[str],
    state: State = State.IN_REVIEW, rights_days: int | None = None, feedback: str = "", channel: Channel = FJORD,
) -> Piece:  # fmt: skip
    """A piece with a single round."""
    only = Round(caption, media, tuple(alt), feedback)
    return Piece(title, angle, format_, day, time, (only,), state, rights_days, channel)


AUTUMN_LINEN = Campaign(
    "Autumn linen",
    "Fjord Supply",
    (
        _piece(
            "Overshirt in moss", "The one you reach for", "image", 1, "08:30",
            "Too warm for a coat, too cold for none. The linen overshirt, in moss, for the six weeks in between.\n\n"
            "Woven in Lithuania, sewn in Bergen. #slowautumn #linen",
            "overshirt.jpg", alt=["A moss green linen overshirt on a wooden peg rail, in window light"],
            rights_days=180,
        ),
        _piece(
            "Sunday, second cup", "Morning ritual", "image", 1, "10:00",
            "Second cup, no plans. The napkin is ours, the crumbs are yours.",
            "coffee.jpg", alt=["A cup of black coffee from above on a linen cloth, beside a blue striped napkin"],
        ),
        _piece(
            "Four linens", "Colour guide", "carousel", 2, "12:15",
            "Four colours this autumn, and where they come from: flax as it is, madder, weld, indigo.\n\n"
            "Swipe through and tell us which one is yours.",
            "linen-1-oat.jpg", "linen-2-rust.jpg", "linen-3-moss.jpg", "linen-4-sea.jpg",
            alt=["Oat: undyed flax", "Rust: dyed with madder", "Moss: weld over indigo", "Sea: dyed with indigo"],
            rights_days=365,
        ),
        _piece(
            "Night train north", "On the way", "reel", 3, "19:30",
            "Oslo to Trondheim, one mug, one blanket, no signal after Dombås.",
            "night-train.mp4", alt=[""],
        ),
        Piece(
            "Blanket stack", "Five for the cold months", "image", 4, "17:00",
            (
                Round(
                    "Our five wool blankets. Available now in the shop.",
                    ("blankets-first.jpg",),
                    ("Five folded wool blankets on a stool in a dark room",),
                    "Reads like November. More daylight please, rust on top, and say why five.",
                ),
                Round(
                    "One for the sofa, one for the car, one for the dog. Two for whoever comes to stay.\n\n"
                    "Five wool blankets, back on Thursday.",
                    ("blankets.jpg",),
                    ("Five folded wool blankets on a stool in window light, rust on top",),
                ),
            ),
        ),
        _piece(
            "Two chairs, one window", "At home", "image", 5, "16:45",
            "The chairs are older than we are. The throw on the left one is new, and somewhere in the wash.",
            "chairs.jpg", alt=["Two wooden chairs in an empty room with late window light on the wall"],
            state=State.REGENERATING,
            feedback="Lovely light. But the caption is about a throw that nobody sees: show it or write of the chairs.",
        ),
        _piece(
            "First light", "Where it is from", "image", 6, "07:40",
            "07:40, minus two, no wind. This is what the sea blue is called after.",
            "fjord.jpg", alt=["Ridges in mist over a still fjord at sunrise, a small red cabin on an island"],
            state=State.APPROVED, rights_days=90,
        ),
    ),
)  # fmt: skip

STUDIO_VISITS = Campaign(
    "Studio visits",
    "Fjord Supply",
    (
        _piece(
            "Shelf day at Liv's", "The potter", "image", 2, "18:00",
            "Liv throws on Mondays, trims on Tuesdays and worries until Friday, when the kiln is opened. "
            "This is a Wednesday.",
            "pottery.jpg", alt=["Clay pots in earth tones drying on two wooden shelves"], rights_days=120,
        ),
        _piece(
            "Three metres a day", "The weaver", "image", 3, "08:15",
            "Three metres on a good day. Anders counts in songs, not in hours.",
            "loom.jpg", alt=["A loom with striped linen cloth and a wooden shuttle"],
        ),
        _piece(
            "What is on the table", "Tools", "image", 4, "11:30",
            "Nine colours, one pair of scissors, and a tape that has been lost four times this week.",
            "spools.jpg", alt=["Nine spools of thread, scissors and a yellow measuring tape from above"],
        ),
        _piece(
            "Six pots of colour", "The dyer", "image", 5, "12:00",
            "Madder, weld, birch leaf, indigo, walnut, cochineal. Solveig's kitchen is not used for cooking any more.",
            "dye.jpg", alt=["Six white bowls with red, yellow, green, blue, brown and pink dye on a dark table"],
        ),
        _piece(
            "Open studio", "Invitation", "image", 7, "09:00",
            "Open studio on Saturday, 10 to 16. Quayside 4, by the old ropewalk. "
            "Liv brings mugs, Anders brings the loom, we bring the buns.",
            "open-studio.jpg", alt=["Poster: Open studio, Saturday 10 to 16, Quayside 4"], state=State.APPROVED,
        ),
    ),
)  # fmt: skip

ON_FILM = Campaign(
    "Winter on film",
    "Fjord Supply",
    (
        _piece(
            "Window seat", "On the way", "video", 2, "20:00",
            "Six hours, one window, no signal after Dombås. #nighttrain #slowtravel",
            "night-train.mp4", alt=[""], state=State.APPROVED, rights_days=120, channel=FILMS,
        ),
        _piece(
            "Clay, thread, wood", "Three studios", "carousel", 8, "18:30",
            "Three studios, three pairs of hands, one Wednesday. Swipe for the loom.",
            "pottery.jpg", "loom.jpg", "spools.jpg",
            alt=[
                "Clay pots in earth tones drying on two wooden shelves",
                "A loom with striped linen cloth and a wooden shuttle",
                "Nine spools of thread, scissors and a yellow measuring tape from above",
            ],
            channel=FILMS,
        ),
        _piece(
            "The night train, in six seconds", "Short cut", "short", 9, "19:00",
            "The night train, in six seconds\n\nOslo to Trondheim, as it looks from seat 42.",
            "night-train.mp4", alt=[""], channel=LYS,
        ),
        _piece(
            "First light, slowly", "Where it is from", "video", 6, "09:30",
            "First light, slowly\n\nMinus two, no wind. What our sea blue is called after, filmed at 07:40.",
            "first-light.mp4", alt=[""], state=State.APPROVED, rights_days=365, channel=LYS,
        ),
    ),
)  # fmt: skip

CAMPAIGNS = (AUTUMN_LINEN, STUDIO_VISITS, ON_FILM)
