"""Content by the API: cases, slots, assets, versions and decisions, by the verbs of the console."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Asset, Case, Slot, Version
from collavo.accounts.models import Role, Scope
from collavo.timeline.models import Event
from tests.collavo.api.client import Program, error, make_program
from tests.factories import make_case, make_connector, make_media, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return make_program()


@pytest.fixture
def asset(program: Program) -> Asset:
    case = make_case(program.workspace)
    return Asset.objects.create(workspace=program.workspace, case=case, title="Overshirt", creator=program.member.user)


def good(response: HttpResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()  # type: ignore[attr-defined]


# --- The whole way ----------------------------------------------------------------------------------------------------


def test_a_program_brings_content_from_a_case_to_its_approval(program: Program) -> None:
    account, media = make_connector(program.workspace), [make_media(program.member) for _ in range(2)]
    case = good(program.post("/cases", {"name": "Autumn linen", "brand": "Fjord"}), 201)
    at = timezone.now() + timedelta(days=2)
    slot = good(program.post("/slots", {
        "caseId": case["id"], "startsAt": at.isoformat(), "connectorId": str(account.pk), "format": "carousel",
    }), 201)  # fmt: skip
    asset = good(program.post("/assets", {"caseId": case["id"], "slotId": slot["id"], "title": "Overshirt"}), 201)
    assert (asset["status"], asset["round"], asset["versions"]) == (None, 0, [])
    version = good(program.post(f"/assets/{asset['id']}/versions", {
        "caption": "Four ways.\r\nTo wear it.", "mediaIds": [str(m.pk) for m in media], "format": "carousel",
        "altTexts": ["Front"], "options": {"cover": 1},
    }), 201)  # fmt: skip
    row = Version.objects.get()
    assert version == {
        "id": str(row.pk), "assetId": asset["id"], "caseId": case["id"], "round": 1, "current": True,
        "status": "in_review", "caption": "Four ways.\nTo wear it.", "format": "carousel", "options": {"cover": 1},
        "media": [{"mediaId": str(media[0].pk), "altText": "Front"}, {"mediaId": str(media[1].pk), "altText": ""}],
        "seal": "", "submittedBy": str(program.member.user), "submittedAt": row.submitted_at.isoformat(),
        "decidedAt": None, "reviews": [],
    }  # fmt: skip
    decided = good(program.post(f"/versions/{version['id']}/review", {"decision": "ACCEPT", "feedback": "Lovely"}))
    row.refresh_from_db()
    assert decided["status"] == "approved" and decided["seal"] == row.seal and row.seal_holds
    [review] = decided["reviews"]
    assert (review["decision"], review["feedback"], review["by"]) == ("ACCEPT", "Lovely", str(program.member.user))
    assert row.planned_at == at
    assert good(program.get(f"/versions/{version['id']}")) == decided
    assert good(program.get(f"/assets/{asset['id']}"))["versions"] == [decided]
    via = Event.objects.get(subject_id=row.pk, verb="approved")
    assert via.by == f"{program.member.user} via API token Newsroom"


def test_the_answers_are_field_by_field_what_the_docs_say(program: Program) -> None:
    case = make_case(program.workspace)
    slot = make_slot(case)
    assert good(program.get(f"/cases/{case.pk}")) == {
        "id": str(case.pk), "name": "Autumn linen", "brand": "Fjord Supply", "creator": None,
        "createdAt": case.created_at.isoformat(),
    }  # fmt: skip
    assert good(program.get(f"/slots/{slot.pk}")) == {
        "id": str(slot.pk), "caseId": str(case.pk), "startsAt": slot.starts_at.isoformat(), "connectorId": None,
        "channel": "instagram", "format": "image", "angle": "Styling",
    }  # fmt: skip
    version = make_version(program.member, case=case, slot=slot)
    assert good(program.get("/assets"))["items"] == [{
        "id": str(version.asset_id), "caseId": str(case.pk), "slotId": str(slot.pk), "title": "Overshirt",
        "creator": str(program.member.user), "discarded": False, "status": "in_review", "round": 1,
        "createdAt": version.asset.created_at.isoformat(),
    }]  # fmt: skip


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"format": "image", "caption": "Words"}, "at least one picture or film"),
        ({"format": "text"}, "nothing to review yet"),
        ({"format": "polaroid", "caption": "x"}, "format"),
        ({"format": "text", "caption": "x" * 10_001}, "caption"),
        ({"format": "text", "caption": "x", "altTexts": ["one"]}, "more altTexts than mediaIds"),
        ({"format": "text", "caption": "x", "options": {"a": "y" * 10_001}}, "Options have at most"),
        ({"format": "text", "caption": "x", "captoin": "y"}, "There is no such field"),
        ({"caption": "x"}, "required"),
        ({"format": "image", "mediaIds": ["not-an-id"]}, "mediaIds"),
    ],
)
def test_content_that_cannot_be_reviewed_is_refused(
    program: Program, asset: Asset, body: dict[str, Any], said: str
) -> None:
    response = program.post(f"/assets/{asset.pk}/versions", body)
    assert response.status_code == 422 and said in error(response)["message"]
    assert not Version.objects.exists()


def test_a_file_named_twice_is_refused(program: Program, asset: Asset) -> None:
    pk = str(make_media(program.member).pk)
    response = program.post(f"/assets/{asset.pk}/versions", {"format": "carousel", "mediaIds": [pk, pk]})
    assert "Name each file once" in error(response)["message"]


def test_files_of_another_workspace_do_not_exist(program: Program, asset: Asset) -> None:
    other = make_media(make_member(make_workspace()))
    response = program.post(f"/assets/{asset.pk}/versions", {"format": "image", "mediaIds": [str(other.pk)]})
    assert error(response)["code"] == "not_found"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"connectorId": None}, 422),
        ({"channel": "instagram"}, 422),
        ({"connectorId": None, "channel": "myspace"}, 409),
        ({"startsAt": "2020-01-01T10:00:00Z"}, 409),
        ({"startsAt": "2030-01-01T10:00:00"}, 422),
        ({"format": "polaroid"}, 422),
        ({"caseId": str(uuid4())}, 404),
        ({"connectorId": str(uuid4())}, 404),
    ],
)
def test_a_slot_that_cannot_be_is_refused(program: Program, change: dict[str, Any], status: int) -> None:
    body = {
        "caseId": str(make_case(program.workspace).pk), "connectorId": str(make_connector(program.workspace).pk),
        "startsAt": (timezone.now() + timedelta(days=1)).isoformat(), "format": "image",
    }  # fmt: skip
    assert program.post("/slots", body | change).status_code == status
    assert not Slot.objects.exists()
    good(program.post("/slots", body), 201)


def test_a_slot_of_another_case_is_refused(program: Program) -> None:
    slot, case = make_slot(make_case(program.workspace)), make_case(program.workspace)
    response = program.post("/assets", {"caseId": str(case.pk), "slotId": str(slot.pk), "title": "x"})
    assert (response.status_code, error(response)["code"]) == (409, "conflict")
    assert not Asset.objects.exists()


def test_a_creator_from_elsewhere_is_refused(program: Program) -> None:
    stranger = make_member(make_workspace())
    for path, body in (
        ("/cases", {"name": "x"}),
        ("/assets", {"caseId": str(make_case(program.workspace).pk), "title": "x"}),
    ):
        response = program.post(path, {**body, "creatorId": str(stranger.user_id)})
        assert (response.status_code, error(response)["code"]) == (404, "not_found")


# --- Decisions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "becomes"), [("ACCEPT", "approved"), ("REGENERATE", "regenerating"), ("REJECT", "rejected")]
)
def test_each_decision_is_the_consoles(decision: str, becomes: str) -> None:
    program = make_program(Role.APPROVER, [Scope.REVIEW])
    version = make_version(make_member(program.workspace, Role.CREATOR))
    body = {"decision": decision, "feedback": "Warmer light"}
    assert good(program.post(f"/versions/{version.pk}/review", body))["status"] == becomes
    again = program.post(f"/versions/{version.pk}/review", body)
    assert (again.status_code, error(again)["code"]) == (409, "conflict")
    assert version.reviews.count() == 1


@pytest.mark.parametrize("decision", ["REGENERATE", "REJECT"])
def test_a_decision_that_asks_for_something_needs_words(program: Program, decision: str) -> None:
    version = make_version(make_member(program.workspace, Role.CREATOR))
    response = program.post(f"/versions/{version.pk}/review", {"decision": decision, "feedback": "  "})
    assert response.status_code == 422
    version.refresh_from_db()
    assert version.in_review


def test_nobody_accepts_their_own_where_the_workspace_forbids_it() -> None:
    member = make_member(make_workspace())
    program, version = Program(member), make_version(member)
    response = program.post(f"/versions/{version.pk}/review", {"decision": "ACCEPT"})
    assert (response.status_code, error(response)["code"]) == (403, "forbidden")
    assert "submitted this version yourself" in error(response)["message"]


@pytest.mark.parametrize(
    ("role", "scopes", "code"),
    [(Role.MANAGER, [Scope.READ, Scope.MEDIA], "scope_missing"), (Role.CREATOR, list(Scope), "role_missing")],
)
def test_deciding_needs_the_scope_and_the_role(role: str, scopes: list[str], code: str) -> None:
    program = make_program(role, scopes)
    version = make_version(make_member(program.workspace, Role.CREATOR))
    assert error(program.post(f"/versions/{version.pk}/review", {"decision": "ACCEPT"}))["code"] == code


def test_what_is_discarded_is_not_accepted(program: Program) -> None:
    version = make_version(make_member(program.workspace, Role.CREATOR))
    version.asset.discard(by=program.member)
    assert program.post(f"/versions/{version.pk}/review", {"decision": "ACCEPT"}).status_code == 409


# --- Rounds and lists -------------------------------------------------------------------------------------------------


def test_a_new_round_supersedes_the_one_before(program: Program, asset: Asset) -> None:
    for caption in ("One", "Two"):
        good(program.post(f"/assets/{asset.pk}/versions", {"format": "text", "caption": caption}), 201)
    shown = good(program.get(f"/assets/{asset.pk}"))
    assert [(v["round"], v["status"], v["current"]) for v in shown["versions"]] == [
        (2, "in_review", True), (1, "superseded", False),
    ]  # fmt: skip
    assert (shown["status"], shown["round"]) == ("in_review", 2)


def test_the_same_round_sent_twice_is_one(program: Program, asset: Asset) -> None:
    body = {"format": "text", "caption": "Once"}
    answers = [program.post(f"/assets/{asset.pk}/versions", body, headers={"Idempotency-Key": "r1"}) for _ in range(2)]
    assert answers[0].content == answers[1].content and Version.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "pair"),
    [
        ("/cases", ("cursorCreatedAt", "cursorCaseId")),
        ("/assets", ("cursorCreatedAt", "cursorAssetId")),
        ("/versions", ("cursorSubmittedAt", "cursorVersionId")),
        ("/slots", ("cursorStartsAt", "cursorSlotId")),
    ],
)
def test_each_list_goes_on_where_its_page_ends(program: Program, path: str, pair: tuple[str, str]) -> None:
    for _ in range(5):
        case = make_case(program.workspace)
        make_version(program.member, case=case, slot=make_slot(case), media=[make_media(program.member)])
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = good(program.get(path, **query))
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        assert set(page["nextCursor"]) == set(pair)
        query = {"limit": 2, **page["nextCursor"]}
    assert len(seen) == len(set(seen)) == 5
    assert program.get(path, **{pair[1]: seen[0]}).status_code == 422


def test_the_lists_are_filtered(program: Program) -> None:
    first = make_version(make_member(program.workspace, Role.CREATOR))
    other = make_version(make_member(program.workspace, Role.CREATOR), case=first.case)
    other.accept(by=program.member)
    waiting = good(program.get("/versions", status="in_review"))["items"]
    assert [v["id"] for v in waiting] == [str(first.pk)]
    assert [a["id"] for a in good(program.get("/assets", status="approved"))["items"]] == [str(other.asset_id)]
    assert len(good(program.get("/assets", caseId=str(first.case_id)))["items"]) == 2
    assert good(program.get("/assets", discarded="true"))["items"] == []
    assert good(program.get("/assets", caseId=str(uuid4())))["items"] == []
    assert program.get("/versions", status="eaten").status_code == 422


def test_the_lists_take_as_many_statements_for_many_rows_as_for_one(program: Program) -> None:
    make_version(program.member)
    for path in ("/cases", "/assets", "/versions"):
        good(program.get(path))

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            good(program.get(path))
        return len(captured)

    few = {path: statements(path) for path in ("/cases", "/assets", "/versions")}
    for _ in range(4):
        make_version(program.member)
    assert {path: statements(path) for path in few} == few


def test_nothing_of_another_workspace_is_there(program: Program) -> None:
    version = make_version(make_member(make_workspace()))
    slot = make_slot(version.case)
    for path in (
        f"/cases/{version.case_id}",
        f"/slots/{slot.pk}",
        f"/assets/{version.asset_id}",
        f"/versions/{version.pk}",
    ):
        assert error(program.get(path))["code"] == "not_found"
    body = {"format": "text", "caption": "x"}
    assert program.post(f"/assets/{version.asset_id}/versions", body).status_code == 404
    assert program.post(f"/versions/{version.pk}/review", {"decision": "ACCEPT"}).status_code == 404
    assert program.post("/assets", {"caseId": str(version.case_id), "title": "x"}).status_code == 404
    for path in ("/cases", "/slots", "/assets", "/versions"):
        assert good(program.get(path))["items"] == []


def test_a_token_that_only_reads_makes_nothing() -> None:
    program = make_program(scopes=[Scope.READ])
    case = make_case(program.workspace)
    for path, body in (
        ("/cases", {"name": "x"}),
        ("/assets", {"caseId": str(case.pk), "title": "x"}),
        (
            "/slots",
            {"caseId": str(case.pk), "startsAt": "2099-01-01T00:00:00Z", "format": "image", "channel": "tiktok"},
        ),
    ):
        assert error(program.post(path, body))["code"] == "scope_missing"
    assert Case.objects.count() == 1 and not Asset.objects.exists()


def test_a_restricted_token_plans_for_its_own_accounts_alone() -> None:
    member = make_member(make_workspace())
    mine, other = (make_connector(member.workspace, remote_id=str(n)) for n in range(2))
    program, case = Program(member, connector_ids=[mine.pk]), make_case(member.workspace)
    body = {"caseId": str(case.pk), "startsAt": "2099-01-01T00:00:00Z", "format": "image"}
    assert error(program.post("/slots", {**body, "connectorId": str(other.pk)}))["code"] == "connector_not_allowed"
    good(program.post("/slots", {**body, "connectorId": str(mine.pk)}), 201)
