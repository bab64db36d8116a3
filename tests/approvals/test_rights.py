from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from approvals import rights as verbs
from approvals.models import Asset, Rights
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Event
from tests.console import signed_in
from tests.factories import make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db
CONTRACT = b"%PDF-1.4 yes, until March"


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace(time_zone="Europe/Zurich")


@pytest.fixture
def manager(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.MANAGER)


@pytest.fixture
def asset(workspace: Workspace) -> Asset:
    return make_version(make_member(workspace, Role.CREATOR)).asset


def url(name: str, workspace: Workspace, pk: Any) -> str:
    return reverse(f"approvals:{name}", args=[workspace.slug, pk])


def filled(**more: Any) -> dict[str, Any]:
    return {"status": "granted", "channels": ["instagram"], "usage": "both", "territory": "CH", **more}


def told(asset: Asset) -> list[tuple[str, str]]:
    rows = Event.objects.filter(subject_id=asset.pk, verb__startswith="rights").order_by("at", "id")
    return list(rows.values_list("verb", "text"))


def test_rights_are_added_with_their_evidence(workspace: Workspace, manager: Membership, asset: Asset) -> None:
    proof = SimpleUploadedFile("contract.pdf", CONTRACT)
    data = filled(ends_on="2027-03-03", exclusive="on", proof=proof)
    assert signed_in(manager).post(url("new_rights", workspace, asset.pk), data).status_code == 302
    made = Rights.objects.get()
    assert (made.channels, made.usage, made.ends_on, made.exclusive) == (["instagram"], "both", date(2027, 3, 3), True)
    assert (made.evidence_name, made.evidence_sha256) == ("contract.pdf", sha256(CONTRACT).hexdigest())
    line = "Granted for Instagram, organic posts and paid ads, CH, until 3 Mar 2027, exclusive"
    assert told(asset) == [("rights_added", line)]
    response = signed_in(manager).get(url("evidence", workspace, made.pk))
    assert b"".join(response.streaming_content) == CONTRACT  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == 'attachment; filename="contract.pdf"'


def test_changed_rights_say_in_the_history_what_they_were(
    workspace: Workspace, manager: Membership, asset: Asset
) -> None:
    rights = verbs.add(asset, {"territory": "CH"}, by=manager)
    client = signed_in(manager)
    client.post(url("change_rights", workspace, rights.pk), filled(territory="worldwide", channels=[]))
    rights.refresh_from_db()
    assert rights.territory == "worldwide"
    event = Event.objects.get(subject_id=asset.pk, verb="rights_changed")
    assert event.data["was"] == "Granted for every channel, organic posts, CH, without an end"
    client.post(url("change_rights", workspace, rights.pk), filled(territory="worldwide", channels=[]))
    assert len(told(asset)) == 2  # nothing was changed the second time


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"starts_on": "2027-03-03", "ends_on": "2027-03-02"}, "The last day is before the first."),
        ({"proof": SimpleUploadedFile("run.exe", b"MZ")}, "Choose a file that ends in"),
        ({"channels": ["nowhere"]}, "Select a valid choice"),
    ],
)
def test_a_refused_form_says_why_and_keeps_nothing(
    workspace: Workspace, manager: Membership, asset: Asset, wrong: dict[str, Any], said: str
) -> None:
    page = signed_in(manager).post(url("new_rights", workspace, asset.pk), filled(**wrong))
    assert page.status_code == 422 and said in page.content.decode() and not Rights.objects.exists()


def test_only_people_who_may_publish_and_belong_here_write_rights(workspace: Workspace, asset: Asset) -> None:
    assert (
        signed_in(make_member(workspace, Role.CREATOR)).get(url("new_rights", workspace, asset.pk)).status_code == 403
    )
    with pytest.raises(PermissionDenied):
        verbs.add(asset, {}, by=make_member(make_workspace(), Role.OWNER))
    assert not Rights.objects.exists()


def test_rights_for_paid_ads_alone_do_not_cover_a_post() -> None:
    day = date(2026, 11, 24)
    assert not Rights(usage="paid").covers("instagram", day)
    assert Rights(usage="both").covers("instagram", day) and Rights().covers("instagram", day)


def test_the_asset_page_shows_the_terms_and_leads_to_their_change(
    workspace: Workspace, manager: Membership, asset: Asset
) -> None:
    rights = verbs.add(asset, {"territory": "CH", "exclusive": True}, by=manager)
    page = signed_in(manager).get(url("asset", workspace, asset.pk)).content.decode()
    assert "exclusive" in page and url("change_rights", workspace, rights.pk) in page
    viewer = signed_in(make_member(workspace, Role.VIEWER)).get(url("asset", workspace, asset.pk)).content.decode()
    assert "exclusive" in viewer and url("change_rights", workspace, rights.pk) not in viewer
