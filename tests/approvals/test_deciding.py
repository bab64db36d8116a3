"""Deciding fast and safely: undo, many at once, stale forms, comments and dates, all by plain forms and by htmx."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.conversation import Comment
from approvals.models import Review, Version
from collavo.accounts.models import Membership, Role
from tests.approvals.pages import address
from tests.console import signed_in
from tests.factories import make_case, make_connector, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def client(reviewer: Membership) -> Client:
    return signed_in(reviewer)


def queue_of(creator: Membership, count: int) -> list[Version]:
    case = make_case(creator.workspace)
    slots = [make_slot(case, at=timezone.now() + timedelta(days=n)) for n in range(1, count + 1)]
    return [make_version(creator, case=case, slot=slot, media=[], format="text") for slot in slots]


# --- Undo ------------------------------------------------------------------------------------------------------------


def test_after_a_decision_the_page_offers_to_undo_it_and_undoing_brings_it_back(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    first, _ = queue_of(creator, 2)
    page = client.post(address("accept", reviewer, first.pk), follow=True).content.decode()
    assert address("undo", reviewer, first.pk) in page
    back = client.post(address("undo", reviewer, first.pk), follow=True)
    assert back.redirect_chain == [(address("review", reviewer, first.pk), 302)]
    assert Version.objects.get(pk=first.pk).in_review and "Back in review" in back.content.decode()


def test_by_htmx_the_offer_comes_with_the_next_version_and_the_row_comes_back(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    first, second = queue_of(creator, 2)
    part = client.post(address("accept", reviewer, first.pk), **HTMX).content.decode()
    assert f'data-version="{second.pk}"' in part and address("undo", reviewer, first.pk) in part
    assert f'<div id="q-{first.pk}" hx-swap-oob="delete">' in part
    back = client.post(address("undo", reviewer, first.pk), **HTMX).content.decode()
    assert f'data-version="{first.pk}"' in back and f'<div class="entry" id="q-{first.pk}">' in back


def test_too_late_to_undo_is_a_sentence(client: Client, creator: Membership, reviewer: Membership) -> None:
    (version,) = queue_of(creator, 1)
    client.post(address("accept", reviewer, version.pk))
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        page = client.post(address("undo", reviewer, version.pk), follow=True).content.decode()
    assert "can be undone for 10 seconds" in page and Version.objects.get().approved


# --- Stale forms -----------------------------------------------------------------------------------------------------


def test_a_form_that_has_seen_an_older_state_changes_nothing_and_says_who_changed_it(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    (version,) = queue_of(creator, 1)
    other = make_member(creator.workspace, Role.APPROVER, "Ida Holm")
    version.accept(by=other)
    version.undo(by=other)
    form = {"edition": "0", "words": "Out of date"}
    answer = client.post(address("reject", reviewer, version.pk), form)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Changed by Ida Holm" in page and "See the difference" in page
    assert "Out of date" in page and Version.objects.get().in_review
    client.post(address("reject", reviewer, version.pk), form | {"edition": "2"})
    assert Version.objects.get().status == "rejected"


def test_of_a_version_that_was_replaced_the_strip_leads_to_the_comparison(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    (version,) = queue_of(creator, 1)
    newer = version.asset.submit(caption="Anew", media=[], format="text", by=creator)
    page = client.post(address("accept", reviewer, version.pk), {"edition": "0"}).content.decode()
    assert f"{address('review', reviewer, newer.pk)}?show=compare" in page and "Changed by Mara Weiss" in page


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_many_are_decided_each_for_itself_and_answered_row_by_row(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    versions = queue_of(creator, 4)
    versions[1].reject(by=make_member(creator.workspace, Role.APPROVER), reason="Not ours")
    versions[2].asset.discard(by=reviewer)
    foreign = make_version(make_member(make_workspace(), Role.CREATOR), media=[], format="text")
    ticked = [f"{v.pk}.0" for v in [*versions, foreign]] + ["nonsense", "."]
    answer = client.post(address("decide_many", reviewer), {"v": ticked, "how": "accept"})
    page = answer.content.decode()
    assert [v.status for v in Version.objects.filter(pk__in=[v.pk for v in versions]).order_by("planned_at")] == [
        "approved", "rejected", "in_review", "approved",
    ]  # fmt: skip
    assert "Accepted: 2 versions, 2 were not" in page
    assert "changed since you selected it" in page and "is discarded" in page
    foreign.refresh_from_db()
    assert foreign.in_review


@pytest.mark.parametrize("how", ["regenerate", "reject"])
def test_many_without_words_are_all_refused(
    client: Client, creator: Membership, reviewer: Membership, how: str
) -> None:
    versions = queue_of(creator, 2)
    form = {"v": [f"{v.pk}.0" for v in versions], "how": how, "words": " "}
    assert "Say " in client.post(address("decide_many", reviewer), form, **HTMX).content.decode()
    assert not Review.objects.exists()


def test_many_are_undone_together(client: Client, creator: Membership, reviewer: Membership) -> None:
    versions = queue_of(creator, 3)
    ids = [str(v.pk) for v in versions]
    client.post(address("decide_many", reviewer), {"v": [f"{pk}.0" for pk in ids], "how": "reject", "words": "No"})
    strangers = [str(uuid4()) for _ in range(200)]
    with CaptureQueriesContext(connection) as asked:
        client.post(address("undo", reviewer, ids[0]), {"v": [*ids, *strangers]})
    assert len(asked) < 100  # none for each id that somebody may put there
    assert {v.status for v in Version.objects.all()} == {"in_review"}


@pytest.mark.parametrize("form", [{}, {"how": "accept"}, {"how": "publish", "v": "x"}])
def test_nothing_selected_is_said(client: Client, reviewer: Membership, form: dict[str, str]) -> None:
    page = client.post(address("decide_many", reviewer), form, follow=True).content.decode()
    assert "Select something first" in page


def test_those_who_may_not_decide_decide_about_none(creator: Membership) -> None:
    (version,) = queue_of(creator, 1)
    answer = signed_in(creator).post(address("decide_many", creator), {"v": f"{version.pk}.0", "how": "accept"})
    assert answer.status_code == 403 and Version.objects.get().in_review


# --- Pins, comments, dates -------------------------------------------------------------------------------------------


def test_feedback_is_pinned_by_plain_fields_and_shown_as_a_numbered_mark(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    version = make_version(creator)
    form = {"words": "Warmer", "pin-1-medium": "1", "pin-1-x": "25.5", "pin-1-y": "40", "pin-1-text": "here"}
    client.post(address("regenerate", reviewer, version.pk), form)
    page = client.get(address("review", reviewer, version.pk)).content.decode()
    assert '<circle cx="25.5%" cy="40%"' in page and "medium 1, 26% from the left, 40% from the top" in page


def test_a_pin_that_points_nowhere_keeps_everything_that_was_typed(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    version = make_version(creator)
    form = {"words": "Warmer", "pin-1-medium": "1", "pin-1-x": "250", "pin-1-y": "4", "pin-5-x": "7", "pin-5-y": "7"}
    answer = client.post(address("regenerate", reviewer, version.pk), form)
    page = answer.content.decode()
    assert answer.status_code == 409 and "from 0 to 100 percent" in page
    assert all(said in page for said in ("Warmer", 'value="250"', 'name="pin-5-x" value="7"'))


def test_a_comment_stands_in_the_conversation_and_an_empty_one_is_refused(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    (version,) = queue_of(creator, 1)
    long = "Lovely. " + "word " * 300
    client.post(address("comment", reviewer, version.pk), {"words": long})
    page = client.get(address("review", reviewer, version.pk)).content.decode()
    assert "commented on round 1" in page and long.strip() in page
    assert client.post(address("comment", reviewer, version.pk), {"words": " "}).status_code == 409
    assert Comment.objects.count() == 1


def test_the_date_is_set_in_the_clocks_of_the_workspace(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    (version,) = queue_of(creator, 1)
    day = timezone.now() + timedelta(days=3)
    client.post(address("set_due", reviewer, version.pk), {"at": f"{day:%Y-%m-%d}T18:30"})
    local = timezone.localtime(Version.objects.get().review_due_at, reviewer.workspace.zone)
    assert f"{local:%H:%M}" == "18:30"
    for wrong in ("soon", "2026-02-31T10:00", "2001-01-01T00:00"):
        page = client.post(address("set_due", reviewer, version.pk), {"at": wrong}, follow=True).content.decode()
        assert "Give the date" in page or "is over" in page
    client.post(address("set_due", reviewer, version.pk), {"at": ""})
    assert Version.objects.get().review_due_at is None


# --- What it looks like, and the narrowed queue ----------------------------------------------------------------------


@pytest.mark.parametrize("show", ["instagram", "tiktok", "youtube", "compare", "nonsense"])
def test_a_version_is_shown_as_each_network_shows_it(
    client: Client, creator: Membership, reviewer: Membership, show: str
) -> None:
    version = make_version(creator, caption="word " * 60)
    page = client.get(address("review", reviewer, version.pk), {"show": show}).content.decode()
    assert ('class="phone' in page) == (show in ("instagram", "tiktok", "youtube"))
    assert ("… more" in page) == ('class="phone' in page)


def test_the_queue_is_narrowed_by_words_and_channel_and_stays_so_from_one_to_the_next(
    client: Client, creator: Membership, reviewer: Membership
) -> None:
    case = make_case(creator.workspace)
    at = timezone.now() + timedelta(days=1)
    slot = make_slot(case, make_connector(creator.workspace), at=at)
    linen = [make_version(creator, case=case, slot=slot, media=[], format="text", caption="Linen") for _ in range(2)]
    wool = make_version(creator, media=[], format="text", caption="Wool")
    page = client.get(address("queue", reviewer), {"q": "lin", "channel": "instagram"}).content.decode()
    assert all(f'id="q-{v.pk}"' in page for v in linen) and f'id="q-{wool.pk}"' not in page
    assert "2 to review" in page and "?q=lin&amp;channel=instagram" in page
    on = client.post(address("accept", reviewer, linen[0].pk) + "?q=lin&channel=instagram")
    assert on["Location"].startswith(f"{address('review', reviewer, linen[1].pk)}?q=lin&channel=instagram&undo=")
    assert "Nothing matches" in client.get(address("queue", reviewer), {"q": "silk"}).content.decode()
