"""A workspace with an account of each platform and a program, for the tests of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.models import Media
from collavo.accounts.models import Membership, Workspace
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from tests.collavo.api.client import Program, make_program
from tests.factories import numbers

PREFIX = "https://storage.googleapis.com/fjord-media/"


@dataclass
class Place:
    """Where a program publishes."""

    program: Program

    @property
    def workspace(self) -> Workspace:
        return self.program.workspace

    @property
    def member(self) -> Membership:
        return self.program.member

    def account(self, platform: str = "tiktok", **fields: Any) -> Connector:
        number = next(numbers)
        profile = Profile(remote_id=f"remote-{number}", handle=f"fjord.{number}")
        connector = link(self.workspace, platform, platform, profile, token="token", by="test", time_zone="UTC")
        if fields:
            Connector.objects.filter(pk=connector.pk).update(**fields)
            connector.refresh_from_db()
        return connector

    def film(self, **fields: Any) -> Media:
        """A film's row: the rules look at nothing else."""
        number = next(numbers)
        known = {
            "name": "film.mp4", "kind": "video", "mime_type": "video/mp4", "size": 4_000_000, "sha256": f"{number:064}",
            "width": 1080, "height": 1920, "duration": 12.0, "codec": "h264", "audio_codec": "aac", "fps": 30.0,
            "fast_start": True, "file": f"{number}/media.mp4",
        }  # fmt: skip
        return Media.objects.create(workspace=self.workspace, **{**known, **fields})

    def picture(self, **fields: Any) -> Media:
        number = next(numbers)
        known = {
            "name": "picture.jpg", "kind": "image", "mime_type": "image/jpeg", "size": 400_000,
            "sha256": f"{number:064}",
            "width": 1080, "height": 1350, "file": f"{number}/media.jpg",
        }  # fmt: skip
        return Media.objects.create(workspace=self.workspace, **{**known, **fields})

    def tiktok(self, **fields: Any) -> dict[str, Any]:
        """A body for POST /publish/tiktok."""
        account = fields.pop("account", None) or self.account()
        return {"mediaId": str(self.film().pk), "tiktokAccountId": str(account.pk), "caption": "Made with AI", **fields}


def make_place(**program: Any) -> Place:
    return Place(make_program(**program))


def ids(*rows: Any) -> list[str]:
    return [str(row.pk) for row in rows]


def uuid(text: str) -> UUID:
    return UUID(text)
