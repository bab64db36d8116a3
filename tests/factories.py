"""Rows for tests, made by the product's own verbs where there is one."""

from __future__ import annotations

import io
import itertools
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from approvals import uploads
from approvals.models import Asset, Case, Media, Slot, Version
from collavo.accounts.models import Membership, Role, User, Workspace
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from publishing import verbs
from publishing.models import Post

numbers = itertools.count(1)


def make_workspace(name: str = "", **fields: Any) -> Workspace:
    number = next(numbers)
    return Workspace.objects.create(name=name or f"Workspace {number}", slug=f"workspace-{number}", **fields)


def make_member(workspace: Workspace, role: str = Role.MANAGER, name: str = "") -> Membership:
    number = next(numbers)
    user = User.objects.create_user(f"person{number}@example.org", "pass-word-1", name=name or f"Person {number}")
    return Membership.objects.create(user=user, workspace=workspace, role=role)


def make_connector(workspace: Workspace, *, token: str = "token", **fields: Any) -> Connector:
    number = next(numbers)
    profile = Profile(
        remote_id=fields.pop("remote_id", f"1784140000{number:07}"), handle=fields.pop("handle", "fjord.supply")
    )
    login = fields.pop("login", "instagram")
    connector = link(workspace, "instagram", login, profile, token=token, by="test")
    if fields:
        Connector.objects.filter(pk=connector.pk).update(**fields)
        connector.refresh_from_db()
    return connector


def jpeg(width: int = 400, height: int = 400, colour: str = "teal") -> bytes:
    """A small real JPEG. Other colours give other bytes."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def make_media(by: Membership, content: bytes | None = None, name: str = "picture.jpg") -> Media:
    return uploads.take(SimpleUploadedFile(name, content or jpeg()), by=by)


def make_case(workspace: Workspace, name: str = "Autumn linen") -> Case:
    return Case.objects.create(workspace=workspace, name=name, brand="Fjord Supply")


def make_slot(
    case: Case, connector: Connector | None = None, *, at: datetime | None = None, format: str = "image"
) -> Slot:
    return Slot.objects.create(
        workspace=case.workspace, case=case, starts_at=at or timezone.now() + timedelta(days=1), connector=connector,
        channel="instagram", format=format, angle="Styling",
    )  # fmt: skip


def make_version(creator: Membership, *, media: list[Media] | None = None, caption: str = "Four ways to wear it.",
                 format: str = "image", case: Case | None = None, slot: Slot | None = None) -> Version:  # fmt: skip
    """A version in review, submitted by `creator`."""
    case = case or make_case(creator.workspace)
    asset = Asset.objects.create(
        workspace=creator.workspace, case=case, slot=slot, title="Overshirt", creator=creator.user
    )
    return asset.submit(caption=caption, media=media or [make_media(creator)], format=format, by=creator)


def make_approved(workspace: Workspace, **fields: Any) -> Version:
    """A version that one person submitted and another accepted."""
    version = make_version(fields.pop("creator", None) or make_member(workspace, Role.CREATOR), **fields)
    version.accept(by=make_member(workspace, Role.APPROVER))
    return version


def make_post(
    workspace: Workspace, connector: Connector | None = None, *, at: datetime | None = None, **fields: Any
) -> Post:
    """A scheduled post of an approved version (due at once when `at` is None)."""
    connector = connector or make_connector(workspace)
    manager = make_member(workspace, Role.MANAGER)
    return verbs.schedule(make_approved(workspace, **fields), connector, at=at or timezone.now(), by=manager)
