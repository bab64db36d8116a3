"""The cells of the proof: every platform × format × HTTP call and commit × everything that can go wrong there.

Nothing here names a platform: what there is to post comes from the registry, and where a publish can be cut from one
clean run of it. A platform joins by existing.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from connectors.platforms.base import Format, FormatRule, Json, MediaRule
from connectors.platforms.registry import PLATFORMS

FILM_BYTES = 600 * 1024


@dataclass(frozen=True)
class Scenario:
    """One kind of post on one platform, by one way of linking, and one of the format's ways there."""

    platform: str
    login: str
    format: Format
    rule: FormatRule
    way: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.platform} {self.format}{f' by {self.way}' if self.way else ''}"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at one HTTP call, in the words of the table."""

    key: str
    words: str
    do: str = ""  # the sandbox's fault; "" when the worker or a process of ours is what suffers
    options: tuple[tuple[str, object], ...] = ()
    kill: str = ""  # "worker": killed while the sandbox holds the call; or the checkpoint at which it kills itself
    what: str = "kill"
    release: str = "go"

    @property
    def seconds(self) -> float:
        """For which the platform is slow to act."""
        return float(str(dict(self.options)["seconds"])) if self.do == "slow" else 0.0


FAULTS = (
    Fault("kill_before", "worker killed before the call", "hold", (("when", "before"),), kill="worker", release="drop"),
    Fault("kill_accepted", "worker killed after the platform accepted, before the answer", "hold", (("when", "after"),),
          kill="worker"),
    Fault("kill_answered", "worker killed after the answer, before our commit", kill="answered"),
    Fault("reset_after", "answer lost: connection reset", "drop_after"),
    Fault("reset_before", "call lost: connection reset before it arrived", "drop_before"),
    Fault("timeout", "answer lost: read timeout", "hang", (("seconds", 30.0), ("when", "after"))),
    Fault("error_500", "500, but done", "error_but_done", (("status", 500),)),
    Fault("error_400", "400, but done", "error_but_done", (("status", 400),)),
    Fault("slow", "slow beyond the lease", "slow", (("seconds", 5.0), ("when", "before"))),
    Fault("database", "database connection lost after the answer", kill="answered", what="database"),
)  # fmt: skip
COMMIT_FAULTS = (
    Fault("kill_armed", "worker killed after the commit marker, before the call", kill="armed"),
    Fault("kill_committed", "worker killed after our commit", kill="after_commit"),
)
SHORT = {"kill_accepted", "reset_after", "error_500", "kill_armed", "kill_committed"}
SHORTEST = {"kill_accepted", "kill_armed"}  # for further ways of a platform: what is theirs is what comes at the commit


@dataclass(frozen=True)
class Cell:
    """One publish with one thing going wrong once, at its `place`-th call (or `place`-th time at a checkpoint)."""

    scenario: Scenario
    fault: Fault
    place: int
    where: str  # the call or commit, for people

    def __str__(self) -> str:
        return f"{self.scenario}: {self.where}: {self.fault.words}"


def scenarios() -> Iterator[Scenario]:
    """Every format that a registered platform's API posts."""
    for platform in PLATFORMS.values():
        login = next(iter(platform.logins))
        for format, rule in platform.rules.formats.items():
            for way, options in rule.ways.items() if rule.by_api else ():
                yield Scenario(platform.key, login, format, rule, way, options)


def cells(scenario: Scenario, calls: list[str], commits: int, *, among: Collection[str] = ()) -> Iterator[Cell]:
    """The cells of a scenario whose clean run made these calls, and `commits` commits of our own behind a call.

    `among`: the short form, of these faults alone, at the last call but one (the commit, or the waiting for it).
    """
    for place, call in enumerate(calls, 1):
        if not among or place == max(len(calls) - 1, 1):
            yield from (Cell(scenario, fault, place, call) for fault in FAULTS if not among or fault.key in among)
    armed, committed = COMMIT_FAULTS
    yield Cell(scenario, armed, 1, "the commit marker")
    for place in range(1, commits + 1):
        if not among or (committed.key in among and place == commits):
            yield Cell(scenario, committed, place, f"our commit {place}")


def media_files(scenario: Scenario, folder: Path) -> list[Path]:
    """The fewest real files that make this format (two where it takes several)."""
    count = max(scenario.rule.min_media, 1) if scenario.rule.max_media else 0
    return [_file(scenario.rule.media[0], folder / f"{scenario.format}-{scenario.way}-{n}", n) for n in range(count)]


def _file(rule: MediaRule, path: Path, number: int) -> Path:
    if "image" in rule.kinds:
        out = io.BytesIO()
        Image.new("RGB", (1080, 1080), (40 * number, 90, 140)).save(out, "JPEG")
        path.write_bytes(out.getvalue())
    else:
        make_video(path, seconds=max(rule.min_seconds or 1, 3) + 0.2)
        pad(path, FILM_BYTES)
    return path


def pad(path: Path, size: int) -> None:
    """Make an MP4 as large as `size` by a box that players skip, so that uploads in pieces have several."""
    rest = size - path.stat().st_size
    if rest > 8:
        with path.open("ab") as file:
            file.write(rest.to_bytes(4, "big") + b"free" + bytes(rest - 8))


def make_video(path: Path, *, seconds: float, width: int = 540, height: int = 960, fps: int = 30) -> None:
    """A small real H.264 MP4 with its moov box first."""
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as box:
        stream = box.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        still = Image.new("RGB", (width, height), "teal")
        for _ in range(int(seconds * fps)):
            frame = av.VideoFrame.from_image(still)  # type: ignore[no-untyped-call]
            box.mux(stream.encode(frame))
        box.mux(stream.encode())
