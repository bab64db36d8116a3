"""Plain stories by the API, and stories by hand that Collavo finds, against the sandbox over real HTTP."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO, cast

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from connectors.http import no_deadline, silent
from connectors.platforms.base import Account, Content, Format, Live, Medium, OutcomeUnknown, Seeks
from connectors.platforms.instagram import INSTAGRAM
from connectors.sandbox.client import SandboxControl
from tests.connectors.platforms import samples
from tests.connectors.sandbox.files import Files
from tests.contract.drive import Drive
from tests.contract.test_instagram_sandbox import account, files, one_sandbox, sandbox  # noqa: F401 (fixtures)


def scene(seed: int) -> bytes:
    """A picture that differs from others: discs of many colours."""
    picture = Image.new("RGB", (1080, 1920), "navy")
    draw = ImageDraw.Draw(picture)
    for n in range(24):
        x, y = (n * 37 * seed) % 100 * 10.8, (n * 61 * seed) % 100 * 19.2
        draw.ellipse((x, y, x + 216, y + 320), fill=((n * 53) % 256, (n * 97 * seed) % 256, 90))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def story(files: Files, seed: int = 1) -> Content:  # noqa: F811
    body = scene(seed)

    def opened() -> AbstractContextManager[BinaryIO]:
        return cast(AbstractContextManager[BinaryIO], io.BytesIO(body))

    url, digest = files.put(f"story{seed}.jpg", body), hashlib.sha256(body).hexdigest()
    medium: Medium = samples.picture(url=url, size=len(body), sha256=digest, width=1080, height=1920)
    return Content(Format.STORY, "Not shown on a story", (replace(medium, open=opened),))


@pytest.fixture
def publisher(account: Account) -> Iterator[Seeks]:  # noqa: F811
    made = INSTAGRAM.publisher(account, observe=silent, deadline=no_deadline)
    assert isinstance(made, Seeks)
    yield made


def go(publisher: Seeks, content: Content) -> Live:
    ended = Drive(publisher, content).go()  # type: ignore[arg-type]
    assert isinstance(ended, Live)
    return ended


def test_a_plain_story_goes_out_without_caption_and_is_found_by_its_link(
    sandbox: SandboxControl, account: Account, publisher: Seeks, files: Files  # noqa: F811
) -> None:  # fmt: skip
    live = go(publisher, story(files))
    [shown] = sandbox.posts(account=account.remote_id)
    assert (shown["id"], shown["kind"]) == (live.remote_id, "story")
    link = publisher.link(live.remote_id)  # type: ignore[attr-defined]
    assert publisher.find(link).remote_id == live.remote_id  # type: ignore[attr-defined]
    assert publisher.find(link.replace("/stories/", "/stories/x/")) is None  # type: ignore[attr-defined]


def test_a_story_whose_answer_was_lost_is_found_again_and_not_sent_twice(
    sandbox: SandboxControl, account: Account, publisher: Seeks, files: Files  # noqa: F811
) -> None:  # fmt: skip
    sandbox.fault("drop_after", account=account.remote_id, path="media_publish")
    run = Drive(publisher, story(files))  # type: ignore[arg-type]
    assert isinstance(run.go(), OutcomeUnknown)
    found = publisher.reconcile(run.delivery())  # type: ignore[attr-defined]
    assert isinstance(found, Live)
    assert [post["id"] for post in sandbox.posts(account=account.remote_id)] == [found.remote_id]


def test_a_story_by_hand_is_found_by_its_picture_among_others(publisher: Seeks, files: Files) -> None:  # noqa: F811
    since = timezone.now() - timedelta(minutes=1)
    ours = story(files)
    go(publisher, story(files, seed=3))
    assert publisher.seek(ours, since, frozenset()) is None
    live = go(publisher, ours)
    found = publisher.seek(ours, since, frozenset())
    assert found and found.remote_id == live.remote_id
    assert publisher.seek(ours, since, frozenset({live.remote_id})) is None
    go(publisher, ours)
    assert publisher.seek(ours, since, frozenset()) is None  # two that fit are no answer
