"""Resident memory of the processes while a large film goes out: nobody may hold it in memory."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import psutil
import requests
from django.urls import reverse
from django.utils import timezone

from approvals import uploads
from approvals.models import Asset, Media
from approvals.serving import signed_url
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from connectors.sandbox.client import ROOT, SandboxControl
from publishing import verbs
from publishing.chips import chip
from publishing.models import Status
from tests.bench import rows
from tests.bench.figures import Figure
from tests.bench.stage import NotMeasured, Stage

MB = 1_000_000
TARGET = 64.0
FRAMES_PER_SECOND = 24
LONGEST = 280.0  # seconds: what the sandbox's TikTok accounts may post


class Watch:
    """The highest resident memory of some processes, looked at fifty times a second."""

    def __init__(self, family: Callable[[], list[psutil.Process]]) -> None:
        self.family = family
        self.first: dict[int, int] = {}
        self.most: dict[int, int] = {}
        self.over = threading.Event()

    def __enter__(self) -> Watch:
        self.first = self._look()
        self.most = dict(self.first)
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.02):
            for pid, rss in self._look().items():
                self.most[pid] = max(self.most.get(pid, 0), rss)

    def _look(self) -> dict[int, int]:
        found = {}
        with suppress(psutil.NoSuchProcess):  # one that ends meanwhile
            for process in self.family():
                found[process.pid] = process.memory_info().rss
        return found

    @property
    def growth(self) -> float:
        """Megabytes by which the process grew that grew most."""
        return max(self.most[pid] - self.first.get(pid, self.most[pid]) for pid in self.most) / MB


def run(stage: Stage) -> Iterator[Figure]:
    size = stage.size(290, 40) * MB
    stage.empty()
    yield from through_the_real_path(stage, size)
    yield from bytes_alone(stage, stage.size(500, 60) * MB)
    yield from in_pieces(stage, stage.size(2000, 80) * MB)


def through_the_real_path(stage: Stage, size: int) -> Iterator[Figure]:
    """Upload, worker, web process and sandbox, which downloads the film and probes it; 300 MB is Instagram's most."""
    with stage.sandbox(check_media=True, video_seconds=0.5) as control, stage.web() as (web, address):
        scene = rows.scene("memory", control, 2)
        film = upload(stage, scene, size)
        with stage.product(control, WORKERS="1", MEDIA_BASE_URL=address) as (worker, _):
            publish(stage, scene, scene.medium, "image", scene.connectors[0])  # what is loaded once is no growth
            with Watch(worker.family) as workers, Watch(web.family) as webs:
                took = publish(stage, scene, film, "reel", scene.connectors[1])
    note = f"the whole way to live in {took:.1f} s; the sandbox downloaded and probed the film"
    name = f"Worker's memory while publishing {size // MB} MB"
    yield Figure(name, workers.growth, "MB", TARGET, note=note)
    yield Figure(f"Web process's memory while serving these {size // MB} MB", webs.growth, "MB", TARGET)


def in_pieces(stage: Stage, size: int) -> Iterator[Figure]:
    """A film that is uploaded in pieces, the whole way to live; the sandbox keeps, hashes and probes it."""
    stage.empty()
    with stage.sandbox(check_media=True, video_seconds=0.5) as control:
        scene = rows.scene("pieces", control, 0)
        small, film = upload(stage, scene, 20 * MB), upload(stage, scene, size)
        with stage.product(control, WORKERS="1", **far_sides(control)) as (worker, _):
            for platform, options in UPLOADS.items():
                accounts = [linked(scene, control, platform, number) for number in range(2)]
                publish(stage, scene, small, "video", accounts[0], options)  # what is loaded once is no growth
                seen: set[str] = set()
                with Watch(worker.family) as workers:
                    took = publish(stage, scene, film, "video", accounts[1], options, seen)
                told = sum("%" in words for words in seen)
                note = f"the whole way to live in {took:.1f} s; the board said {told} different percentages meanwhile"
                name = f"Worker's memory while uploading {size // MB} MB to {platform.title()}"
                yield Figure(name, workers.growth, "MB", TARGET, note=note)
                if stage.size(told, 2) < 2:
                    raise NotMeasured(f"The board said nothing of the upload's progress: {sorted(seen)}")


UPLOADS: dict[str, dict[str, Any]] = {"tiktok": {"privacy_level": "SELF_ONLY"}, "youtube": {"made_for_kids": False}}


def far_sides(control: SandboxControl) -> dict[str, str]:
    """The environment that leads to this sandbox; this process is led there too."""
    from django.conf import settings

    found = {
        "TIKTOK_API_URL": control.tiktok_url, "TIKTOK_SITE_URL": control.url,
        "YOUTUBE_API_URL": control.youtube_url, "YOUTUBE_SITE_URL": control.url,
    }  # fmt: skip
    for name, value in found.items():
        setattr(settings, name, value)
    return found


def linked(scene: rows.Scene, control: SandboxControl, platform: str, number: int) -> Connector:
    account = control.add_account(f"pieces.{platform}.{number}", platform=platform)
    profile = Profile(remote_id=account["id"], handle=account["username"])
    return link(scene.workspace, platform, platform, profile, token=account["token"], by="bench")


def publish(
    stage: Stage, scene: rows.Scene, medium: Media, format: str, connector: Connector,
    options: Mapping[str, Any] | None = None, seen: set[str] | None = None,
) -> float:  # fmt: skip
    """Through the product's own verbs; how many seconds until live. `seen`: what the board says meanwhile."""
    asset = Asset.objects.create(workspace=scene.workspace, case=scene.case, title="Film")
    version = asset.submit(caption="Film", media=[medium], format=format, by=scene.member)
    scene.workspace.allow_self_approval = True
    version.accept(by=scene.member)
    begin = timezone.now()
    post = verbs.publish_now(version, connector, by=scene.member, options=options)

    def ended() -> bool:
        post.refresh_from_db()
        if seen is not None:
            seen.add(chip(post).detail)
        return post.due_at is None

    stage.wait_for(ended, 900, f"the {format} to be live")
    post.refresh_from_db()
    if post.status != Status.PUBLISHED:
        raise NotMeasured(f"The {format} is {post.status}: {post.error}")
    return (timezone.now() - begin).total_seconds()


def bytes_alone(stage: Stage, size: int) -> Iterator[Figure]:
    """Past Instagram's limit, only the parts that touch bytes: the check of the file's hash, and the signed fetch."""
    with stage.sandbox() as control, stage.web() as (web, address):
        scene = rows.scene("large", control)
        film = upload(stage, scene, size)
        version = Asset.objects.create(workspace=scene.workspace, case=scene.case, title="Film").submit(
            caption="", media=[film], format="reel", by=scene.member
        )
        yield Figure(
            f"Memory of the hash check over {size // MB} MB", checked(str(version.pk)), "MB", TARGET,
            note="publishing.sealed.check_bytes in a fresh process, which stands for the worker",
        )  # fmt: skip
        link = address + reverse("fetch_media", args=signed_url(film, purpose="bench").rsplit("/", 2)[1:])
        requests.head(link, timeout=60).raise_for_status()
        with Watch(web.family) as webs:
            received = fetched(link)
        if received != size:
            raise NotMeasured(f"{received} bytes came, {size} were wanted.")
        yield Figure(f"Web process's memory while serving {size // MB} MB", webs.growth, "MB", TARGET)


CHECK = """
import django, sys
django.setup()
from approvals.models import Version
from publishing.sealed import check_bytes
items = Version.objects.get(pk=sys.argv[1]).ordered_items()
print("ready", flush=True)
sys.stdin.readline()
check_bytes(items)
"""


def checked(version: str) -> float:
    """Megabytes by which a process grows that checks the version's files."""
    command = [sys.executable, "-c", CHECK, version]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None or process.stdout.readline() != "ready\n":
            raise NotMeasured("The process that checks hashes did not start.")
        with Watch(lambda: [psutil.Process(process.pid)]) as watch:
            process.communicate("go\n", timeout=300)
    if process.returncode:
        raise NotMeasured("The file was not found to be the one that was uploaded.")
    return watch.growth


def fetched(link: str) -> int:
    with requests.get(link, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        return sum(len(chunk) for chunk in answer.iter_content(1 << 20))


def upload(stage: Stage, scene: rows.Scene, size: int) -> Media:
    """A film of `size` bytes, taken in as an upload is."""
    path = stage.folder / "film.mp4"
    begin = time.monotonic()
    render(path, seconds=min(size * 8 / 20e6, LONGEST), size=size)
    medium = uploads.take_file(path, name="film.mp4", by=scene.member)
    path.unlink()
    stage.say(f"memory: {size // MB} MB film taken in after {time.monotonic() - begin:.1f} s")
    return medium


def render(path: Path, *, seconds: float, size: int) -> None:
    """A real H.264 film of 20 megabits per second: a small picture, and a `free` box of zeros for the rest."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream: Any = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 360, 640, "yuv420p"
        frame = av.VideoFrame(360, 640, "yuv420p")  # the encoder makes next to nothing of a picture that stands
        for plane in frame.planes:
            plane.update(bytes([120]) * plane.buffer_size)
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    rest = size - path.stat().st_size
    with path.open("ab") as file:
        file.write(rest.to_bytes(4) + b"free")
        file.truncate(size)
