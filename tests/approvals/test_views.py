"""The pages of approvals: who sees what, what a decision answers, and that nothing needs a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import server_error

from approvals import queue
from approvals.models import Asset, Case, Rights, Version
from approvals.urls import urlpatterns
from collavo.accounts.models import Membership, Role, User
from tests.approvals.pages import address, form_of, page
from tests.console import signed_in
from tests.factories import (
    jpeg,
    make_case,
    make_media,
    make_member,
    make_slot,
    make_version,
    make_workspace,
)

pytestmark = pytest.mark.django_db
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def queue_of(creator: Membership, count: int, case: Case | None = None) -> list[Version]:
    """In review, the earliest slot first; made in the other order."""
    case, media = case or make_case(creator.workspace), make_media(creator)
    days = range(count, 0, -1)
    slots = [make_slot(case, at=timezone.now() + timedelta(days=day)) for day in days]
    return [make_version(creator, case=case, slot=slot, media=[media]) for slot in slots][::-1]


# --- Who sees what -----------------------------------------------------------------------------------------------


def test_strangers_are_asked_to_sign_in(creator: Membership) -> None:
    response = Client().get(address("queue", creator))
    assert response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def test_a_workspace_does_not_exist_for_people_outside_of_it(creator: Membership) -> None:
    outsider = signed_in(make_member(make_workspace(), Role.OWNER))
    for name in ("queue", "cases", "new_case", "new_asset"):
        assert outsider.get(address(name, creator)).status_code == 404


def foreign_ids() -> list[UUID]:
    """Of everything that an address of the app can name, in another workspace."""
    stranger = make_member(make_workspace(), Role.OWNER)
    version = make_version(stranger)
    return [version.pk, version.asset_id, version.case_id, version.items.get().media_id]


@pytest.mark.parametrize("name", [p.name for p in urlpatterns if "pk" in p.pattern.converters])
def test_every_address_answers_404_for_an_id_of_another_workspace(name: str) -> None:
    client, member = Client(), make_member(make_workspace(), Role.OWNER)
    client.force_login(member.user)
    for pk in [*foreign_ids(), uuid4()]:
        url = address(name, member, pk, *(["file"] if name == "show_media" else []))
        answers = {client.get(url).status_code, client.post(url, {"words": "Mine now"}).status_code}
        assert 404 in answers and answers <= {404, 405}


def test_foreign_ids_in_query_strings_and_forms_are_not_found_either(creator: Membership) -> None:
    stranger = make_member(make_workspace(), Role.OWNER)
    foreign = make_version(stranger, slot=make_slot(make_case(stranger.workspace)))
    client = signed_in(creator)
    for query in (f"?v={foreign.pk}", f"?after={foreign.pk}", "?v=nonsense"):
        assert client.get(address("queue", creator) + query).status_code == 404
    assert foreign.asset.slot is not None
    for query in (f"?slot={foreign.asset.slot.pk}", f"?case={foreign.case_id}", "?case=nonsense"):
        assert client.get(address("new_asset", creator) + query).status_code == 404
    case = make_case(creator.workspace)
    assert client.get(address("case", creator, case.pk) + f"?before={uuid4()}").status_code == 404


def test_media_of_another_workspace_are_left_out_of_a_form(creator: Membership) -> None:
    foreign = make_media(make_member(make_workspace(), Role.CREATOR), jpeg(colour="red"))
    fields = form_of(creator) | {"media": [str(foreign.pk)]}
    response = signed_in(creator).post(address("new_asset", creator), fields)
    assert "Choose at least one picture or video" in response.content.decode()
    assert not Asset.objects.exists()


# --- Deciding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["accept", "regenerate", "reject"])
def test_a_creator_cannot_decide_and_is_told_so(verb: str, creator: Membership) -> None:
    version = make_version(make_member(creator.workspace, Role.CREATOR))
    response = signed_in(creator).post(address(verb, creator, version.pk), {"words": "Fine"})
    assert response.status_code == 403
    assert "you cannot accept, regenerate and reject. Ask a manager." in response.content.decode()
    version.refresh_from_db()
    assert version.in_review


def test_the_bar_says_why_somebody_may_not_decide(creator: Membership) -> None:
    manager = make_member(creator.workspace, Role.MANAGER)
    own = make_version(manager)
    assert "You submitted this version yourself" in page(manager, "review", own.pk)
    shown = page(creator, "review", own.pk)
    assert "you cannot accept, regenerate and reject" in shown
    assert address("accept", creator, own.pk) not in shown


def test_accepting_seals_the_version_and_goes_on_to_the_next(creator: Membership, reviewer: Membership) -> None:
    first, second = queue_of(creator, 2)
    response = signed_in(reviewer).post(address("accept", reviewer, first.pk), follow=True)
    assert response.redirect_chain == [(f"{address('review', reviewer, second.pk)}?undo={first.pk}", 302)]
    assert f"Accepted: “{first.asset}”" in response.content.decode()
    first.refresh_from_db()
    assert first.approved and first.seal_holds


def test_the_last_decision_ends_in_all_done(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    response = signed_in(reviewer).post(address("accept", reviewer, version.pk), **HTMX)
    assert "All done" in response.content.decode()
    assert response["HX-Replace-Url"] == address("queue", reviewer)


def test_for_htmx_a_decision_answers_the_next_stage_and_takes_the_row_away(
    creator: Membership, reviewer: Membership
) -> None:
    first, second = queue_of(creator, 2)
    body = signed_in(reviewer).post(address("accept", reviewer, first.pk), **HTMX).content.decode()
    assert "<html" not in body and f'data-version="{second.pk}"' in body
    assert f'id="q-{first.pk}" hx-swap-oob="delete"' in body
    assert "1 to review" in body and "Accepted" in body


@pytest.mark.parametrize(("verb", "sentence"), [("regenerate", "Say what should change"), ("reject", "Say why it is")])
@pytest.mark.parametrize("words", ["", "  \n "])
@pytest.mark.parametrize("htmx", [{}, HTMX])
def test_without_words_nothing_changes_and_the_page_says_why(
    verb: str, sentence: str, words: str, htmx: dict[str, Any], creator: Membership, reviewer: Membership
) -> None:
    version = make_version(creator)
    response = signed_in(reviewer).post(address(verb, reviewer, version.pk), {"words": words}, **htmx)
    assert sentence in response.content.decode()
    version.refresh_from_db()
    assert version.in_review and not version.reviews.exists()


def test_a_second_decision_says_who_decided_and_gives_the_words_back(creator: Membership, reviewer: Membership) -> None:
    version, other = make_version(creator), make_member(creator.workspace, Role.APPROVER, "Ida Holm")
    version.regenerate(by=other, feedback="Less catalogue")
    response = signed_in(reviewer).post(address("reject", reviewer, version.pk), {"words": "My long reason"})
    body = response.content.decode()
    assert response.status_code == 409
    assert "Ida Holm has decided" in re.sub(r"\s+", " ", body) and "Less catalogue" in body
    assert "This version is regenerating; it cannot become rejected." in body and "My long reason" in body
    assert version.reviews.count() == 1


def test_pressing_accept_twice_decides_once(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    client, url = signed_in(reviewer), address("accept", reviewer, version.pk)
    client.post(url)
    body = client.post(url, **HTMX).content.decode()
    assert "You have decided" in body and version.reviews.count() == 1


def test_a_decision_without_a_csrf_token_is_refused(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    strict = signed_in(reviewer, enforce_csrf_checks=True)
    assert strict.post(address("accept", reviewer, version.pk)).status_code == 403


# --- What a reviewer sees ----------------------------------------------------------------------------------------


def test_times_are_shown_in_the_workspaces_zone(creator: Membership) -> None:
    slot = make_slot(make_case(creator.workspace), at=datetime(2027, 1, 12, 17, 30, tzinfo=UTC))
    version = make_version(creator, slot=slot)
    assert "Tue 12 Jan 2027, 18:30 Europe/Zurich" in page(creator, "review", version.pk)


def test_what_somebody_wrote_is_never_taken_for_html(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator, caption="<script>alert(1)</script> one & two")
    version.regenerate(by=reviewer, feedback="<img src=x onerror=alert(2)>")
    second = version.asset.submit(caption="<script>alert(3)</script> one & three", media=[], format="text", by=creator)
    for shown in (page(reviewer, "review", second.pk), page(reviewer, "asset", version.asset_id)):
        assert "<script>alert" not in shown and "<img src=x" not in shown
        assert "<ins>three</ins>" in shown and "<del>two</del>" in shown


def test_the_next_round_stands_beside_the_feedback_that_asked_for_it(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator, caption="The shirt")
    version.regenerate(by=reviewer, feedback="Name the overshirt")
    second = version.asset.submit(
        caption="The overshirt", media=[make_media(creator, jpeg(colour="red"))], format="image", by=creator
    )
    shown = page(reviewer, "review", second.pk)
    assert "Name the overshirt" in shown and "Caption, round 1 → 2" in shown and "Beside round 1" in shown
    assert "In review · round 2" in shown


def test_an_empty_queue_says_what_will_appear_there(reviewer: Membership) -> None:
    assert "Nothing to review" in page(reviewer, "queue")


def test_the_queue_begins_with_the_next_slot_and_goes_on_page_by_page(
    creator: Membership, reviewer: Membership
) -> None:
    rows = queue_of(creator, queue.PAGE + 3)
    first = page(reviewer, "queue")
    assert re.findall(r'id="q-([^"]+)"', first) == [str(v.pk) for v in rows[: queue.PAGE]]
    more = re.search(r'href="([^"]+\?after=[^"]+)"', first)
    assert more is not None
    rest = signed_in(reviewer).get(more[1]).content.decode()
    assert re.findall(r'id="q-([^"]+)"', rest) == [str(v.pk) for v in rows[queue.PAGE :]]


def test_the_number_of_queries_does_not_grow_with_the_queue(creator: Membership, reviewer: Membership) -> None:
    def queries(name: str, *args: object) -> int:
        client = signed_in(reviewer)
        client.get(address(name, reviewer, *args))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(name, reviewer, *args)).status_code == 200
        return len(captured)

    case = make_case(creator.workspace)
    first = queue_of(creator, 2, case)[0]
    first.asset.submit(caption="Round 2", media=[make_media(creator)], format="image", by=creator)
    few = {name: queries(name, *args) for name, args in pages(first, case)}
    queue_of(creator, 12, case)
    for number in range(4):
        first.asset.submit(caption=f"Round {number}", media=[make_media(creator)], format="image", by=creator)
    assert {name: queries(name, *args) for name, args in pages(first, case)} == few
    assert few["queue"] <= 22


def pages(version: Version, case: Case) -> list[tuple[str, list[UUID]]]:
    return [("queue", []), ("case", [case.pk]), ("cases", []), ("asset", [version.asset_id])]


@pytest.mark.parametrize(("count", "shown"), [(0, ""), (3, "3"), (101, "99+")])
def test_the_rail_counts_what_waits_and_stops_at_99(
    count: int, shown: str, creator: Membership, reviewer: Membership
) -> None:
    case = make_case(creator.workspace)
    assets = Asset.objects.bulk_create(
        Asset(workspace=creator.workspace, case=case, title="One", creator=creator.user) for _ in range(count)
    )
    Version.objects.bulk_create(
        Version(workspace=creator.workspace, case=case, asset=asset, format="text", caption="One") for asset in assets
    )
    found = re.search(r'id="waiting"[^>]*>([^<]*)', page(reviewer, "cases"))
    assert found is not None and found[1] == shown


# --- Cases and assets --------------------------------------------------------------------------------------------


def test_a_case_tells_its_whole_history_in_sentences(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    version.regenerate(by=reviewer, feedback="Less catalogue")
    shown = re.sub(r"\s+", " ", page(reviewer, "case", version.case_id))
    assert "<b>Jon Berg</b> asked to regenerate round 1: “Less catalogue”" in shown
    assert "<b>Mara Weiss</b> sent round 1 in for review" in shown
    decisions = signed_in(reviewer).get(address("case", reviewer, version.case_id) + "?kind=decisions")
    assert "sent round 1" not in decisions.content.decode() and "Less catalogue" in decisions.content.decode()


def test_the_history_goes_back_page_by_page_without_a_gap(creator: Membership, reviewer: Membership) -> None:
    case = make_case(creator.workspace)
    version = make_version(creator, case=case, media=[])
    for number in range(2, 26):
        version.asset.submit(caption=f"{number}", media=[], format="text", by=creator)
    seen, url = [], address("case", reviewer, case.pk)
    while url:
        body = signed_in(reviewer).get(url).content.decode()
        timeline = body[body.index('class="timeline"') :]
        seen += re.findall(r"</b> (sent round \d+|replaced round \d+)", timeline)
        older = re.search(r'href="(\?before=[^"#]+)', timeline)
        url = address("case", reviewer, case.pk) + older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == len(set(seen)) == 25 + 24


def test_opening_a_case_is_its_first_line_of_history(creator: Membership) -> None:
    response = signed_in(creator).post(
        address("new_case", creator), {"name": "Autumn linen", "brand": "Fjord"}, follow=True
    )
    assert "opened this case" in response.content.decode()


def test_only_people_of_the_workspace_can_be_a_cases_creator(creator: Membership) -> None:
    stranger = make_member(make_workspace())
    fields = {"name": "Autumn linen", "creator": str(stranger.user_id)}
    assert signed_in(creator).post(address("new_case", creator), fields).status_code == 200
    assert not Case.objects.exists()


def test_cases_are_found_by_name_or_brand(creator: Membership) -> None:
    make_case(creator.workspace, "Autumn linen")
    make_case(creator.workspace, "Coffee")
    found = signed_in(creator).get(address("cases", creator), {"q": "coff"}).content.decode()
    assert "Coffee" in found and "Autumn linen" not in found
    assert "Nothing matches “tea”" in signed_in(creator).get(address("cases", creator), {"q": "tea"}).content.decode()


def test_a_reviewer_discards_an_asset_and_brings_it_back(creator: Membership, reviewer: Membership) -> None:
    asset = make_version(creator).asset
    client = signed_in(reviewer)
    assert "Discarded" in client.post(address("discard", reviewer, asset.pk), follow=True).content.decode()
    assert asset.title not in page(reviewer, "queue")
    client.post(address("bring_back", reviewer, asset.pk))
    asset.refresh_from_db()
    assert not asset.discarded
    assert signed_in(creator).post(address("discard", creator, asset.pk)).status_code == 403


def test_the_asset_page_shows_every_round_and_the_rights(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator, caption="One")
    version.reject(by=reviewer, reason="Out of focus")
    version.asset.submit(caption="Two", media=[], format="text", by=creator)
    Rights.objects.create(workspace=creator.workspace, asset=version.asset, channels=["instagram"], territory="CH")
    shown = page(reviewer, "asset", version.asset_id)
    assert 'id="round-1"' in shown and 'id="round-2"' in shown and "Out of focus" in shown
    assert "Instagram; organic posts; CH" in shown


# --- The frame ---------------------------------------------------------------------------------------------------


def everything(member: Membership, version: Version) -> list[str]:
    """One address of each page of the app."""
    return [
        address("queue", member), address("review", member, version.pk), address("cases", member),
        address("case", member, version.case_id), address("asset", member, version.asset_id),
        address("new_asset", member), address("new_case", member), address("new_version", member, version.asset_id),
    ]  # fmt: skip


def test_no_page_carries_an_inline_script_or_style(creator: Membership) -> None:
    member = make_member(creator.workspace, Role.OWNER)
    version = make_version(creator)
    version.regenerate(by=member, feedback="Again")
    for url in [*everything(member, version), reverse("account_login"), reverse("account_change_password")]:
        response = signed_in(member).get(url, follow=True)
        body = response.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", body), url
        assert not re.search(r"<script(?![^>]*\ssrc=)", body), url
        assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_every_page_has_one_heading_one_main_and_a_title(creator: Membership) -> None:
    member = make_member(creator.workspace, Role.OWNER)
    version = make_version(creator)
    titles = set()
    for url in everything(member, version):
        body = signed_in(member).get(url).content.decode()
        assert body.count("<h1") == 1 and body.count("<main") == 1, url
        title = re.search(r"<title>(.+?)</title>", body)
        assert title is not None
        titles.add(title[1])
    assert len(titles) == len(everything(member, version)) - 1, "queue and review are one page"


def test_the_rail_leads_to_the_admin_for_operators_only(creator: Membership) -> None:
    operator = User.objects.create_superuser("op@example.org", "pass-word-1", name="Op")
    client = Client()
    client.force_login(operator)
    assert reverse("admin:index") in client.get(address("cases", creator)).content.decode()
    assert reverse("admin:index") not in page(creator, "cases")


def test_the_workspace_switcher_shows_all_of_ones_workspaces_and_no_other(creator: Membership) -> None:
    second, third = make_workspace("Alder and Ash"), make_workspace("Birch")
    Membership.objects.create(user=creator.user, workspace=second, role=Role.VIEWER)
    shown = page(creator, "cases")
    assert second.name in shown and third.name not in shown


def test_somebody_without_a_workspace_is_told_what_to_do() -> None:
    client = Client()
    client.force_login(User.objects.create_user("new@example.org", "pass-word-1"))
    assert "You are in no workspace yet" in client.get("/").content.decode()


def test_a_missing_page_says_so_with_a_way_back(creator: Membership) -> None:
    response = signed_in(creator).get(address("asset", creator, uuid4()))
    body = response.content.decode()
    assert response.status_code == 404 and "Nothing is here" in body and address("queue", creator) in body


def test_the_page_for_a_broken_server_needs_nothing_but_itself() -> None:
    body = server_error(RequestFactory().get("/")).content.decode()
    assert "Something broke on our side" in body
