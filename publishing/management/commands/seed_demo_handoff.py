"""manage.py seed_demo_handoff"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from PIL import Image, ImageFilter

from approvals import uploads
from approvals.demo import content, render
from approvals.models import Asset, Case
from collavo.accounts.models import Membership, Workspace
from connectors.models import Connector
from publishing import verbs

TITLE = "Doors open at six"
TEXT = "Doors open at six. Come as you are."
LINK = "https://fjord.example/open-studio?utm_source=ig"
SIZE = (1080, 1920)


class Command(BaseCommand):
    help = "Puts a story into the demo workspace that its creator posts by hand. Run again, it keeps what is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_URL:
            raise CommandError("Demo data belongs into a demo: run “make demo”, or set SANDBOX_URL.")
        workspace = Workspace.objects.filter(slug=content.SLUG).first()
        if workspace and not Asset.objects.filter(workspace=workspace, title=TITLE).exists():
            with TemporaryDirectory(prefix="collavo-demo-") as folder, transaction.atomic():
                plan(workspace, drawn(Path(folder)))


def plan(workspace: Workspace, picture: Path) -> None:
    """Sent in, accepted and sent now by the same verbs that people use; what the rules then do is the demo."""
    creator, approver, manager = (
        _member(workspace, who) for who in (content.CREATOR, content.APPROVER, content.MANAGER)
    )
    case = Case.objects.filter(workspace=workspace).order_by("created_at", "id").first()
    account = Connector.objects.filter(workspace=workspace, remote_id=content.FJORD.remote_id).first()
    if case is None or account is None:
        raise CommandError("The demo workspace was emptied. Start it afresh: manage.py demo --reset.")
    asset = Asset.objects.create(workspace=workspace, case=case, title=TITLE, creator=creator.user)
    media = [uploads.take_file(picture, name=picture.name, by=creator)]
    alt = ["The poster of the open studio: Saturday at six"]
    version = asset.submit(caption=TEXT, media=media, format="story", by=creator, alt_texts=alt)
    version.accept(by=approver)
    verbs.publish_now(version, account, by=manager, options={"link": LINK})


def drawn(folder: Path) -> Path:
    """The poster in the middle of a story, on a soft copy of itself."""
    poster = Image.open(render.render("open-studio.jpg", folder)).convert("RGB")
    story = poster.resize((SIZE[1], SIZE[1])).crop((420, 0, 1500, 1920)).filter(ImageFilter.GaussianBlur(60))
    poster.thumbnail((SIZE[0] - 120, SIZE[1]))
    story.paste(poster, ((SIZE[0] - poster.width) // 2, (SIZE[1] - poster.height) // 2))
    story.save(path := folder / "open-studio-story.jpg", quality=90)
    return path


def _member(workspace: Workspace, who: content.Person) -> Membership:
    return Membership.objects.select_related("user", "workspace").get(workspace=workspace, user__email=who.email)
