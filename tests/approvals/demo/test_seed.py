from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from approvals.demo import content
from approvals.models import Asset, Media, Review, Version
from approvals.states import VersionStatus
from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings, tmp_path: Path) -> Path:
    """The settings that the launcher chooses for a demo."""
    settings.DATA_DIR = tmp_path
    settings.SANDBOX_URL = "http://127.0.0.1:1"
    settings.INSTAGRAM_API_URL = "http://127.0.0.1:1/instagram"
    settings.TIKTOK_API_URL, settings.YOUTUBE_API_URL = "http://127.0.0.1:1/tiktok", "http://127.0.0.1:1/youtube"
    return tmp_path


def run(**options: str) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **options)
    return out.getvalue()


def everything() -> list[int]:
    tables = (Workspace, User, Membership, Connector, Asset, Version, Media, Review, Event)
    return [table._default_manager.count() for table in tables]


def test_the_demo_has_people_an_account_and_content_in_every_state_that_a_reviewer_meets(demo: Path) -> None:
    told = run(password="open-sesame")
    workspace = Workspace.objects.get(name="Fjord Supply")
    assert workspace.time_zone == "Europe/Zurich"
    _people_can_sign_in(told)
    _the_account_is_linked(workspace)
    _content_waits(workspace)
    before = everything(), list(Event.objects.values_list("pk", flat=True))
    run()
    assert (everything(), list(Event.objects.values_list("pk", flat=True))) == before


def _people_can_sign_in(told: str) -> None:
    manager = User.objects.get(email=content.MANAGER.email)
    assert manager.is_superuser
    assert manager.check_password("open-sesame")
    assert manager.email in told
    assert "open-sesame" in told
    roles = set(Membership.objects.values_list("user__name", "role"))
    assert roles >= {("Mara Weiss", Role.CREATOR), ("Jon Berg", Role.APPROVER)}
    assert not User.objects.exclude(pk=manager.pk).filter(is_staff=True).exists()


def _the_account_is_linked(workspace: Workspace) -> None:
    linked = {connector.platform: connector for connector in Connector.objects.filter(workspace=workspace)}
    assert {key: c.handle for key, c in linked.items()} == {
        "instagram": "fjord.supply", "tiktok": "fjord.films", "youtube": "@lys.film",
    }  # fmt: skip
    assert (linked["instagram"].remote_id, linked["instagram"].token) == ("17841400000000001", "sandbox-token-fjord")
    for connector in linked.values():
        assert (connector.status, connector.sandbox, connector.private_only) == ("active", True, False)
        assert not connector.problem()
        approved = Version.objects.filter(asset__slot__connector=connector, status=VersionStatus.APPROVED)
        in_review = Version.objects.filter(asset__slot__connector=connector).in_review()
        assert approved.exists() and in_review.exists()
    assert linked["tiktok"].refresh_token and linked["youtube"].refresh_token


def _content_waits(workspace: Workspace) -> None:
    waiting = Version.objects.filter(workspace=workspace).in_review()
    assert waiting.count() >= 8
    assert set(waiting.values_list("format", flat=True)) == {"image", "carousel", "reel", "short"}
    assert (
        waiting.get(format="carousel", asset__slot__channel="instagram").ordered_items()[3].alt_text
        == "Sea: dyed with indigo"
    )
    second = waiting.get(round=2)
    assert second.asset.versions.get(round=1).reviews.get().feedback.startswith("Reads like November")
    assert all(version.seal_holds for version in Version.objects.filter(status=VersionStatus.APPROVED))
    assert {item.media.mime_type for item in waiting.get(format="reel").ordered_items()} == {"video/mp4"}
    assert all(media.file.storage.exists(str(media.thumbnail.name)) for media in Media.objects.all())


def test_the_password_is_made_once_and_kept_for_its_owner_only(demo: Path) -> None:
    Workspace.objects.create(name="Fjord Supply", slug=content.SLUG)  # there already: nothing is drawn
    run()
    path = demo / "demo-password"
    kept = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    run()
    assert path.read_text() == kept


def test_a_person_who_chose_another_password_is_not_told_a_wrong_one(demo: Path) -> None:
    Workspace.objects.create(name="Fjord Supply", slug=content.SLUG)
    User.objects.create_user(content.MANAGER.email, "my-own-words")
    told = run()
    assert (demo / "demo-password").read_text() not in told
    assert "the one that you chose" in told


def test_a_changed_demo_stays_as_people_left_it(demo: Path) -> None:
    workspace = Workspace.objects.create(name="Renamed", slug=content.SLUG)
    run()
    workspace.refresh_from_db()
    assert workspace.name == "Renamed"
    assert not Connector.objects.filter(status=ConnectorStatus.ACTIVE).exists()


def test_demo_data_is_refused_outside_a_demo(demo: Path, settings: Settings) -> None:
    settings.SANDBOX_URL = ""
    with pytest.raises(CommandError, match="make demo"):
        run()
    assert not Workspace.objects.exists()
