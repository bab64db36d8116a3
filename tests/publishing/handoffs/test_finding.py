"""Collavo finds by itself what was posted by hand: beyond doubt, or not at all; against the sandbox over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from connectors.http import no_deadline, silent
from connectors.models import Connector
from connectors.platforms.base import Live
from connectors.platforms.instagram.likeness import fingerprint, same_picture
from connectors.sandbox.client import SandboxControl
from publishing import verbs
from publishing.engine import advance
from publishing.handoffs import finding
from publishing.models import Handoff, HandoffState, Post, Status
from publishing.sealed import SealedFiles
from tests.contract.drive import Drive
from tests.factories import make_approved, make_connector, make_member, make_workspace
from tests.publishing.handoffs.made import fall_due

pytestmark = pytest.mark.django_db(transaction=True)


def linked(sandbox: SandboxControl, **fields: Any) -> Connector:
    account = sandbox.add_account("hand.made")
    return make_connector(
        make_workspace(), token=account["token"], remote_id=account["id"], sandbox=True, handle="hand.made", **fields
    )


def handed_over(connector: Connector, **fields: Any) -> Post:
    version, manager = make_approved(connector.workspace, **fields), make_member(connector.workspace)
    return fall_due(verbs.schedule(version, connector, at=timezone.now(), by=manager, by_hand=True))


def posted_by_somebody(post: Post) -> Live:
    """The same content at the platform, by no way that Collavo knows of."""
    publisher = post.connector.spec.publisher(post.connector.account, observe=silent, deadline=no_deadline)
    ended = Drive(publisher, SealedFiles(post, {}).content(fence=0)).go()
    assert isinstance(ended, Live)
    return ended


def look(post: Post) -> Post:
    Post.objects.filter(pk=post.pk).update(due_at=timezone.now())
    advance(post.pk, worker="finder")
    post.refresh_from_db()
    return post


def test_what_was_posted_by_hand_is_found_and_its_task_is_closed(sandbox: SandboxControl) -> None:
    post = handed_over(linked(sandbox))
    assert look(post).status == Status.AWAITING_CREATOR
    live = posted_by_somebody(post)
    assert look(post).status == Status.PUBLISHED
    assert post.remote_id == live.remote_id
    handoff = Handoff.objects.get(post=post)
    assert (handoff.state, handoff.found_by) == (HandoffState.DONE, "collavo")
    assert handoff.url == post.url


def test_of_two_that_fit_neither_is_taken(sandbox: SandboxControl) -> None:
    post = handed_over(linked(sandbox))
    posted_by_somebody(post)
    posted_by_somebody(post)
    assert look(post).status == Status.AWAITING_CREATOR


def test_what_has_no_words_is_not_found_by_being_the_newest(sandbox: SandboxControl) -> None:
    post = handed_over(linked(sandbox), caption="")
    posted_by_somebody(post)
    assert look(post).status == Status.AWAITING_CREATOR


def test_what_another_post_of_ours_is_already_is_not_taken_for_this_one(sandbox: SandboxControl) -> None:
    connector = linked(sandbox)
    first, second = handed_over(connector), handed_over(connector)
    posted_by_somebody(first)
    look(first)
    assert (first.status, look(second).status) == (Status.PUBLISHED, Status.AWAITING_CREATOR)


def test_a_story_is_not_found_by_kind_and_time_alone(sandbox: SandboxControl) -> None:
    """The sandbox of these tests keeps no pictures, so there is nothing to compare."""
    post = handed_over(linked(sandbox), format="story")
    posted_by_somebody(post)
    assert look(post).status == Status.AWAITING_CREATOR


def test_an_account_that_cannot_be_asked_is_asked_later(sandbox: SandboxControl) -> None:
    connector = linked(sandbox)
    post = handed_over(connector)
    Connector.objects.filter(pk=connector.pk).update(status="needs_relink")
    before = len(sandbox.calls(account=connector.remote_id))
    assert look(post).status == Status.AWAITING_CREATOR
    assert post.due_at and post.due_at > timezone.now()
    assert len(sandbox.calls(account=connector.remote_id)) == before


def test_a_file_that_is_gone_costs_one_look_and_the_next_one_is_planned(sandbox: SandboxControl) -> None:
    post = handed_over(linked(sandbox), format="story")
    posted_by_somebody(post)
    file = post.version.ordered_items()[0].media.file
    file.storage.delete(str(file.name))
    post = look(post)
    assert (post.status, post.lease_token) == (Status.AWAITING_CREATOR, None)
    assert post.due_at and post.due_at > timezone.now() + timedelta(minutes=1)


def test_looks_thin_out_and_end() -> None:
    now = timezone.now()
    gaps = [(at - now) for age in (1, 30, 180, 2000) if (at := finding.next_look(now - timedelta(minutes=age), now))]
    assert gaps == sorted(gaps) and len(set(gaps)) == 4
    assert finding.next_look(now - timedelta(days=8), now) is None


# --- Pictures ---


def scene(width: int, height: int, seed: int = 1) -> Image.Image:
    picture = Image.new("RGB", (width, height), "navy")
    draw = ImageDraw.Draw(picture)
    for n in range(24):
        x, y = (n * 37 * seed) % 100 / 100 * width, (n * 61 * seed) % 100 / 100 * height
        draw.ellipse((x, y, x + width / 5, y + height / 6), fill=((n * 53) % 256, (n * 97 * seed) % 256, 90))
    return picture


def printed(picture: Image.Image, quality: int = 90) -> tuple[int, ...]:
    import io

    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    out.seek(0)
    return fingerprint(out)


def test_a_picture_is_known_again_smaller_coarser_and_with_a_sticker() -> None:
    ours, theirs = scene(1080, 1920), scene(720, 1280)
    ImageDraw.Draw(theirs).rounded_rectangle((200, 1000, 520, 1080), 20, fill="white")
    assert same_picture(printed(ours), printed(theirs, quality=60))


def test_another_picture_is_not_taken_for_it_and_one_colour_says_nothing() -> None:
    assert not same_picture(printed(scene(1080, 1920)), printed(scene(1080, 1920, seed=3)))
    plain = printed(Image.new("RGB", (400, 400), "teal"))
    assert plain == ()
    assert not same_picture(plain, plain)


def test_a_picture_that_is_too_large_to_be_opened_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert printed(scene(400, 400)) == ()
