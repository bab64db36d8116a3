"""Content and decisions in the admin: nothing submitted can be changed, and decisions are the console's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from approvals.models import Asset, Case, Decision, Rights, Slot, Version
from approvals.states import VersionStatus
from collavo.accounts.models import Role
from collavo.timeline.models import Event
from tests.admin_pages import list_of, page_of, press, queries, said, signed_in
from tests.factories import (
    make_approved,
    make_case,
    make_connector,
    make_member,
    make_slot,
    make_version,
    make_workspace,
)

pytestmark = pytest.mark.django_db


def new_version(**fields: Any) -> Version:
    return make_version(make_member(make_workspace(), Role.CREATOR), **fields)


def status(version: Version) -> str:
    return Version.objects.values_list("status", flat=True).get(pk=version.pk)


# --- Versions --------------------------------------------------------------------------------------------------------


def test_no_post_to_a_version_changes_anything_of_it() -> None:
    client, version = signed_in(), new_version(caption="As submitted.")
    forged = {"caption": "Changed.", "status": "approved", "seal": "0" * 64, "format": "reel", "unplaced": "on"}
    assert client.post(page_of(version), forged).status_code == 403
    version.refresh_from_db()
    assert (version.caption, version.status, version.seal) == ("As submitted.", VersionStatus.IN_REVIEW, "")


def test_its_page_shows_content_seal_and_reviews_and_leads_to_the_console() -> None:
    client, version = signed_in(), make_approved(make_workspace(), caption="Linen, slowly.")
    page = client.get(page_of(version)).content.decode()
    assert "Linen, slowly." in page and version.seal in page and "Exactly as approved" in page
    assert f"/w/{version.workspace.slug}/approvals/{version.pk}/" in page
    assert f"/media/{version.ordered_items()[0].media_id}/thumbnail" in page and "Accepted" in page


def test_a_broken_seal_is_shown_as_broken() -> None:
    client, version = signed_in(), make_approved(make_workspace())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE approvals_version SET caption = 'By SQL.'")
    assert "Broken: changed after approval" in client.get(page_of(version)).content.decode()


def test_accepting_asks_first_and_then_seals_in_the_operators_name() -> None:
    client, version = signed_in(), new_version()
    assert "locked" in press(client, "accept", version).content.decode()
    assert status(version) == VersionStatus.IN_REVIEW
    assert said(press(client, "accept", version, sure="yes")) == [f"{version} is approved and sealed."]
    version.refresh_from_db()
    assert version.approved and version.seal_holds
    assert str(version.reviews.get().by) == "Olga Operator"


@pytest.mark.parametrize(
    ("verb", "becomes", "decision"),
    [
        ("regenerate", VersionStatus.REGENERATING, Decision.REGENERATE),
        ("reject", VersionStatus.REJECTED, Decision.REJECT),
    ],
)
def test_saying_no_needs_words_and_keeps_them(verb: str, becomes: str, decision: str) -> None:
    client, version = signed_in(), new_version()
    assert "The creator reads this" in press(client, verb, version).content.decode()
    assert "nothing was changed" in press(client, verb, version, text="  ").content.decode()
    assert status(version) == VersionStatus.IN_REVIEW
    press(client, verb, version, text="Warmer light.")
    assert status(version) == becomes
    assert (version.reviews.get().decision, version.reviews.get().feedback) == (decision, "Warmer light.")


def test_a_decision_about_many_says_what_was_done_and_what_was_refused_and_why() -> None:
    client, fresh, decided = signed_in(), new_version(), make_approved(make_workspace())
    lines = said(press(client, "accept", fresh, decided, sure="yes"))
    assert sorted(line.startswith(f"{decided}: refused.") for line in lines) == [False, True]
    assert status(fresh) == VersionStatus.APPROVED


def test_an_operator_who_submitted_it_cannot_accept_it_either() -> None:
    member = make_member(make_workspace(), Role.MANAGER)
    member.user.is_staff = member.user.is_superuser = True
    member.user.save()
    version = make_version(member)
    assert "somebody else has to decide" in said(press(signed_in(member.user), "accept", version, sure="yes"))[0]
    assert status(version) == VersionStatus.IN_REVIEW


def test_the_text_is_kept_when_everything_was_refused() -> None:
    client, version = signed_in(), make_approved(make_workspace())
    page = press(client, "reject", version, text="Too late for this.").content.decode()
    assert "Too late for this." in page and "refused" in page


def test_only_buttons_that_fit_are_offered() -> None:
    client, waiting, decided = signed_in(), new_version(), make_approved(make_workspace())
    assert 'value="accept"' in client.get(page_of(waiting)).content.decode()
    assert 'value="accept"' not in client.get(page_of(decided)).content.decode()


# --- Assets and rights -----------------------------------------------------------------------------------------------


def asset_form(asset: Asset, **rights: Any) -> dict[str, Any]:
    kept = {"title": asset.title, "creator": str(asset.creator_id)}
    counts = {"rights-TOTAL_FORMS": "0", "rights-INITIAL_FORMS": "0", "rights-MIN_NUM_FORMS": "0"}
    versions = {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    return kept | counts | versions | rights


def test_rights_are_added_changed_and_removed_with_a_line_of_history_each() -> None:
    client, asset = signed_in(), new_version().asset
    row: dict[str, Any] = {"rights-0-status": "granted", "rights-0-usage": "organic"}
    row |= {"rights-0-channels": ["instagram"], "rights-0-ends_on": "2027-01-31"}
    client.post(page_of(asset), asset_form(asset, **row, **{"rights-TOTAL_FORMS": "1"}))
    rights = Rights.objects.get(asset=asset)
    assert (rights.channels, rights.workspace) == (["instagram"], asset.workspace)
    known = {"rights-TOTAL_FORMS": "1", "rights-INITIAL_FORMS": "1", "rights-0-id": str(rights.pk)}
    known |= {"rights-0-asset": str(asset.pk), "rights-0-usage": "organic"}
    client.post(page_of(asset), asset_form(asset, **known, **{"rights-0-status": "revoked"}))
    rights.refresh_from_db()
    assert (rights.status, rights.channels) == ("revoked", [])
    client.post(page_of(asset), asset_form(asset, **known, **{"rights-0-status": "revoked", "rights-0-DELETE": "on"}))
    assert not Rights.objects.exists()
    told = Event.objects.about(asset).filter(verb__startswith="rights").values_list("verb", flat=True)
    assert list(told) == ["rights_added", "rights_changed", "rights_removed"]


def test_rights_that_end_before_they_start_are_refused_with_a_sentence() -> None:
    client, asset = signed_in(), new_version().asset
    row = {"rights-0-status": "granted", "rights-0-starts_on": "2027-01-31", "rights-0-ends_on": "2027-01-01"}
    page = client.post(page_of(asset), asset_form(asset, **row, **{"rights-TOTAL_FORMS": "1"})).content.decode()
    assert "The last day is before the first." in page and not Rights.objects.exists()


def test_a_post_to_an_asset_changes_neither_case_nor_discarding() -> None:
    client, asset = signed_in(), new_version().asset
    other = make_case(make_workspace(), "Other")
    forged = {"case": str(other.pk), "workspace": str(other.workspace_id), "discarded_at": "2026-01-01"}
    client.post(page_of(asset), asset_form(asset) | forged | {"title": "New title"})
    after = Asset.objects.get(pk=asset.pk)
    assert (after.title, after.case_id, after.discarded_at) == ("New title", asset.case_id, None)


def test_a_forged_row_of_a_version_on_the_assets_page_changes_nothing() -> None:
    client, version = signed_in(), new_version(caption="As submitted.")
    forged = {"versions-TOTAL_FORMS": "1", "versions-INITIAL_FORMS": "1", "versions-0-id": str(version.pk)}
    forged |= {"versions-0-asset": str(version.asset_id), "versions-0-caption": "Changed.", "versions-0-DELETE": "on"}
    client.post(page_of(version.asset), asset_form(version.asset) | forged | {"versions-0-status": "approved"})
    after = Version.objects.get(pk=version.pk)
    assert (after.caption, after.status) == ("As submitted.", VersionStatus.IN_REVIEW)


def test_discarding_and_bringing_back_go_through_the_verbs() -> None:
    client, asset = signed_in(), new_version().asset
    press(client, "discard", asset, sure="yes")
    assert Asset.objects.get(pk=asset.pk).discarded
    assert said(press(client, "discard", asset, sure="yes"))[-1] == f"{asset}: refused. It is discarded already."
    assert "Discarded" in client.get(list_of(Version)).content.decode()
    press(client, "bring_back", asset)
    assert not Asset.objects.get(pk=asset.pk).discarded
    told = Event.objects.about(asset).values_list("verb", flat=True)
    assert list(told) == ["discarded", "brought_back"]


def test_an_assets_page_takes_as_many_queries_for_many_rounds_as_for_few() -> None:
    client, version = signed_in(), new_version()
    creator = make_member(version.workspace, Role.CREATOR)
    few = queries(client, page_of(version.asset))
    for _ in range(3):
        version.asset.submit(caption="Again.", media=list(version.media.all()), format="image", by=creator)
    assert queries(client, page_of(version.asset)) == few


# --- Cases and slots -------------------------------------------------------------------------------------------------


def test_a_case_never_moves_to_another_workspace() -> None:
    client, case, other = signed_in(), make_case(make_workspace()), make_workspace()
    client.post(page_of(case), {"name": "Renamed", "brand": "", "workspace": str(other.pk)})
    after = Case.objects.get(pk=case.pk)
    assert (after.name, after.workspace_id) == ("Renamed", case.workspace_id)
    assert Event.objects.about(case).get().verb == "edited"


def test_a_slots_moment_is_not_moved_here() -> None:
    case = make_case(make_workspace())
    slot = make_slot(case, make_connector(case.workspace))
    signed_in().post(page_of(slot), {"angle": "Detail", "starts_at_0": "2030-01-01", "starts_at_1": "10:00"})
    after = Slot.objects.get(pk=slot.pk)
    assert (after.angle, after.starts_at) == ("Detail", slot.starts_at)


def test_shared_links_and_feeds_are_there_to_look_at_without_their_secrets() -> None:
    from datetime import timedelta

    from django.utils import timezone

    from approvals import links
    from approvals.models import CalendarFeed, ShareLink

    version = make_approved(make_workspace())
    manager = make_member(version.workspace)
    link, token = links.share([version], until=timezone.now() + timedelta(days=1), by=manager)
    feed = links.make_feed(manager)
    client = signed_in()
    for row, secret in ((link, token), (CalendarFeed.objects.get(), feed)):
        for address in (list_of(type(row)), page_of(row)):
            page = client.get(address)
            assert page.status_code == 200
            assert secret not in page.content.decode() and row.token_hash not in page.content.decode()
    assert "Open" in client.get(list_of(ShareLink)).content.decode()
