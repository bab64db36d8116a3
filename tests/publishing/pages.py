"""The pages of publishing as tests open them, and posts to be shown there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from connectors.models import Connector
from publishing.models import Hold, Post, Status
from tests.factories import make_approved, make_member, make_post, make_slot, make_version

HOUR = timedelta(hours=1)


def url(name: str, workspace: Workspace, *args: object, **query: Any) -> str:
    return reverse(f"publishing:{name}", args=[workspace.slug, *args], query=query or None)


def at(when: str) -> dict[str, str]:
    date, time = when.split()
    return {"date": date, "time": time}


CHECK: dict[str, Any] = {"status": Status.UNCONFIRMED, "due_at": None}
VERBS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("send_now", {"status": Status.SCHEDULED}, {}, Status.QUEUED),
    ("send_now", {"status": Status.QUEUED, "hold": Hold.LATE, "due_at": None}, {}, Status.QUEUED),
    ("reschedule", {"status": Status.SCHEDULED}, at("2027-07-01 18:30"), Status.SCHEDULED),
    ("cancel", {"status": Status.SCHEDULED}, {}, Status.CANCELED),
    ("retry", {"status": Status.FAILED, "due_at": None}, {}, Status.QUEUED),
    ("confirm_live", CHECK, {"url": "https://x.example/p/1"}, Status.PUBLISHED),
    ("confirm_not_live", CHECK, {}, Status.QUEUED),
    ("ask_again", CHECK, {}, Status.UNCONFIRMED),
]


def scheduled(workspace: Workspace, connector: Connector, **values: Any) -> Post:
    post = make_post(workspace, connector, at=timezone.now() + HOUR)
    Post.objects.filter(pk=post.pk).update(**values)
    post.refresh_from_db()
    return post


def fill(workspace: Workspace, connector: Connector) -> None:
    """A card in every column, two of them in motion."""
    now = timezone.now()
    creator = make_member(workspace, Role.CREATOR)
    slot = make_slot(make_version(creator).case, connector)
    make_version(creator, slot=slot).regenerate(by=make_member(workspace, Role.APPROVER), feedback="Warmer.")
    make_approved(workspace)
    scheduled(workspace, connector, status=Status.PUBLISHING, step="Instagram is processing.", due_at=now + HOUR)
    scheduled(workspace, connector, status=Status.QUEUED, hold=Hold.RETRY, tries=1)
    scheduled(workspace, connector, status=Status.FAILED, error="Refused.")
    scheduled(workspace, connector, status=Status.PUBLISHED, published_at=now)
