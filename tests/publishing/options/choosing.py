"""An account, an approved version, and the options of the one for the other as a person fills them in."""

from __future__ import annotations

from typing import Any

from django.test import Client

from approvals.models import Asset, Media, Version
from collavo.accounts.models import Role, Workspace
from connectors.models import Connector, link
from connectors.platforms import registry
from connectors.platforms.base import Json, Profile
from publishing.options import OptionsForm
from tests.factories import make_case, make_media, make_member
from tests.publishing.pages import url

HTMX = {"HX-Request": "true"}
CREATOR_INFO = "https://open.tiktokapis.com/v2/post/publish/creator_info/query/"
SHOWN = {"options": "shown"}


def account(workspace: Workspace, platform: str, *, audited: bool = True) -> Connector:
    login = next(iter(registry.get(platform).logins))
    profile = Profile(remote_id=f"{platform}-1", handle="fjord")
    connector = link(workspace, platform, login, profile, token="act.of-fjord", by="test")
    Connector.objects.filter(pk=connector.pk).update(audited=audited)
    return Connector.objects.get(pk=connector.pk)


def content(workspace: Workspace, format: str = "video", media: int = 1, **options: Json) -> Version:
    """An approved version: one film of twelve seconds as the rules see it, or pictures."""
    creator = make_member(workspace, Role.CREATOR)
    files = [make_media(creator) for _ in range(media)]
    if format in ("video", "reel"):
        measured = {"kind": "video", "mime_type": "video/mp4", "codec": "h264", "duration": 12.0, "fps": 30.0}
        Media.objects.filter(pk__in=[f.pk for f in files]).update(width=1080, height=1920, **measured)
    asset = Asset.objects.create(
        workspace=workspace, case=make_case(workspace), title="Overshirt", creator=creator.user
    )
    version = asset.submit(caption="Four ways", media=files, format=format, by=creator, options=options)
    version.accept(by=make_member(workspace, Role.APPROVER))
    return Version.objects.with_parts().get(pk=version.pk)


def filled(version: Version, connector: Connector, **said: str) -> OptionsForm:
    """The form as a browser sends it, after a person has changed what is in `said`."""
    data = {f"o-{name}": value for name, value in said.items()}
    return OptionsForm(SHOWN | data, version=version, connector=connector)


def shown(version: Version, connector: Connector, client: Client) -> Any:
    """The panel's part, for this account."""
    where = url("panel", version.workspace, version.pk)
    return client.get(where, {"connector": str(connector.pk)}, headers=HTMX)
