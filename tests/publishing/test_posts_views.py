"""The log of posts, and the page of one."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from connectors.models import Connector
from publishing.models import Attempt, Post, Status
from publishing.verbs import cancel as cancel_verb
from tests.console import signed_in, text
from tests.factories import (
    make_approved,
    make_member,
    make_post,
)
from tests.publishing.pages import HOUR, VERBS, fill, scheduled, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(workspace: Workspace) -> Client:
    return signed_in(make_member(workspace, Role.MANAGER))


def test_the_log_is_newest_first_and_goes_on_behind_its_last_row(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    version = make_approved(workspace)
    made = []
    for _ in range(45):  # of one version to one account, each canceled before the next
        post = Post.objects.create(
            workspace=workspace, case_id=version.case_id, version=version, connector=connector, seal="x",
            status=Status.CANCELED,
        )  # fmt: skip
        made.append(str(post.pk))
    first = manager.get(url("posts", workspace)).content.decode()
    more = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert more
    second = manager.get(html.unescape(more[1])).content.decode()
    shown = re.findall(r'row-link" href="[^"]*/posts/([0-9a-f-]+)/"', first + second)
    assert shown == made[::-1]


def test_the_log_can_be_narrowed_to_a_status(manager: Client, workspace: Workspace, connector: Connector) -> None:
    failed = scheduled(workspace, connector, status=Status.FAILED, error="Refused.")
    scheduled(workspace, connector)
    page = manager.get(url("posts", workspace), {"status": "failed"}).content.decode()
    assert re.findall(r'row-link" href="[^"]*/posts/([0-9a-f-]+)/"', page) == [str(failed.pk)]


def test_a_posts_page_shows_what_was_tried_and_what_to_do(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.FAILED, error="Instagram refused the picture.", due_at=None)
    Attempt.objects.create(
        post=post, fence=1, number=1, step="container", method="POST", url="https://graph.example/media",
        request={"image_url": "…"}, answer={"error": {"code": 9004}}, started_at=timezone.now(), duration_ms=321,
        http_status=400, platform_code="9004/2207052", correlation_id="A1b2C3", error="Refused.",
    )  # fmt: skip
    shown = text(manager.get(url("post", workspace, post.pk)))
    sentences = ("Instagram refused the picture.", "Nothing is live.", "Retry")
    for said in (*sentences, "321 ms", "400", "9004/2207052", "A1b2C3"):
        assert said in shown, said


def test_the_page_of_a_canceled_post_offers_nothing(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = make_post(workspace, connector, at=timezone.now() + HOUR)
    cancel_verb(post, by=make_member(workspace, Role.MANAGER))
    page = manager.get(url("post", workspace, post.pk)).content.decode()
    assert not [name for name, *_ in VERBS if url(name, workspace, post.pk) in page]


def test_pages_carry_no_inline_style_or_script(manager: Client, workspace: Workspace, connector: Connector) -> None:
    fill(workspace, connector)
    post = scheduled(workspace, connector, status=Status.UNCONFIRMED, due_at=None)
    for address in (
        url("board", workspace) + f"?v={post.version_id}", url("posts", workspace), url("post", workspace, post.pk)
    ):  # fmt: skip
        page = manager.get(address).content.decode()
        assert " style=" not in page
        assert "hx-on" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
