"""A newcomer finds a story in the demo that waits for its creator."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django.fixtures import Settings

from approvals.demo import content
from approvals.models import Asset, Case
from collavo.accounts.models import Membership, User, Workspace
from publishing.handoffs import giving
from publishing.management.commands.seed_demo_handoff import LINK, drawn, plan
from publishing.models import Handoff, Post, Way
from tests.factories import make_case, make_connector

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings) -> Workspace:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    workspace = Workspace.objects.create(name="Fjord Supply", slug=content.SLUG, time_zone=content.TIME_ZONE)
    for who in content.PEOPLE:
        user = User.objects.create_user(who.email, "x", name=who.name)
        Membership.objects.create(workspace=workspace, user=user, role=who.role)
    make_connector(workspace, remote_id=content.FJORD.remote_id)
    make_case(workspace)
    return workspace


def test_the_story_goes_to_its_creator_by_the_same_way_as_every_other(demo: Workspace) -> None:
    call_command("seed_demo_handoff")
    post = Post.objects.get()
    assert post.way == Way.HAND and post.options == {"link": LINK}
    assert giving.give(post.pk, by="test")
    assert str(Handoff.objects.get().assignee) == content.CREATOR.name


def test_run_again_it_adds_nothing(demo: Workspace) -> None:
    call_command("seed_demo_handoff")
    call_command("seed_demo_handoff")
    assert Asset.objects.count() == 1


def test_it_keeps_away_from_what_is_no_demo(settings: Settings) -> None:
    settings.SANDBOX_URL = ""
    with pytest.raises(CommandError, match="make demo"):
        call_command("seed_demo_handoff")


def test_an_emptied_demo_is_told(demo: Workspace, tmp_path: Path) -> None:
    Case.objects.all().delete()
    with pytest.raises(CommandError, match="--reset"):
        plan(demo, tmp_path / "none.jpg")


def test_the_picture_fills_a_phone(tmp_path: Path) -> None:
    with Image.open(drawn(tmp_path)) as picture:
        assert picture.size == (1080, 1920)
