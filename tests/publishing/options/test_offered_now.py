"""What an account may choose at this moment: its platform is asked, and the form, the panel and the verbs go by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.db import connection
from django.test import Client
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from connectors.composing import known_only, look
from connectors.models import Connector
from connectors.platforms.base import Json
from publishing import verbs
from publishing.models import Post
from publishing.options import OptionsForm
from publishing.preflight import Blocked
from tests.connectors.platforms.tiktok.api import CREATOR
from tests.console import text
from tests.factories import make_member
from tests.publishing.options.choosing import CREATOR_INFO, account, content, filled, shown

pytestmark = pytest.mark.django_db
DIRECT = {"post_mode": "direct", "source": "upload"}


def offered(form: OptionsForm, name: str) -> list[Any]:
    """What can be chosen."""
    field: Any = form.fields[name]
    return [value for value, _ in field.choices]


def unreachable(far: responses.RequestsMock) -> None:
    far.replace(responses.POST, CREATOR_INFO, body=requests.exceptions.ReadTimeout("slow"))


def refused(far: responses.RequestsMock, code: str, status: int = 200) -> None:
    far.replace(responses.POST, CREATOR_INFO, json={"data": {}, "error": {"code": code}}, status=status)


def without(far: responses.RequestsMock, **changes: Any) -> None:
    far.replace(responses.POST, CREATOR_INFO, json={"data": CREATOR | changes, "error": {"code": "ok"}})


def test_the_form_says_whose_account_it_is_and_offers_only_what_the_platform_offers(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    without(tiktok_answers, privacy_level_options=["FOLLOWER_OF_CREATOR", "SELF_ONLY"])
    version, connector = content(workspace), account(workspace, "tiktok")
    page = text(shown(version, connector, manager))
    assert "Goes out as Fjord" in page
    form = OptionsForm(version=version, connector=connector)
    assert offered(form, "privacy_level") == ["FOLLOWER_OF_CREATOR", "SELF_ONLY"]
    assert "checked" not in str(form["privacy_level"])


def test_what_the_account_has_switched_off_cannot_be_ticked_and_says_why(workspace: Workspace) -> None:
    form = OptionsForm(version=content(workspace), connector=account(workspace, "tiktok"))
    assert (form.fields["disable_stitch"].disabled, form.fields["disable_duet"].disabled) == (True, False)
    assert form.fields["disable_stitch"].help_text == "The account has stitches switched off in the app."
    sent = filled(form.version, form.connector, **DIRECT, privacy_level="SELF_ONLY", disable_stitch="on")
    assert sent.is_valid() and sent.chosen["disable_stitch"] is True


def test_nothing_is_ticked_before_a_person_ticks_it(workspace: Workspace) -> None:
    form = OptionsForm(version=content(workspace), connector=account(workspace, "tiktok"))
    boxes = ("disable_comment", "disable_duet", "disable_stitch", "disclose_commercial", "brand_organic", "is_aigc")
    assert not any("checked" in str(form[name]) for name in boxes)


def test_photos_are_asked_about_comments_alone(workspace: Workspace) -> None:
    form = OptionsForm(version=content(workspace, "carousel", media=2), connector=account(workspace, "tiktok"))
    assert "disable_comment" in form.fields
    assert not {"disable_duet", "disable_stitch", "is_aigc"} & set(form.fields)


def test_a_choice_that_is_no_longer_offered_is_told_at_its_field(
    workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    without(tiktok_answers, privacy_level_options=["SELF_ONLY"])
    sent = filled(content(workspace), account(workspace, "tiktok"), **DIRECT, privacy_level="PUBLIC_TO_EVERYONE")
    assert sent.errors == {"privacy_level": ["Choose one of those that are offered."]}


def test_a_verb_asks_the_platform_itself_whoever_calls_it(workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "tiktok")
    options: dict[str, Json] = {"privacy_level": "FOLLOWER_OF_CREATOR"}
    with pytest.raises(Blocked, match="does not offer this account “Followers” now, only “Everyone”"):
        verbs.publish_now(version, connector, by=make_member(workspace, Role.MANAGER), options=options)
    assert not Post.objects.exists()


def test_a_video_longer_than_the_account_may_post_now_is_refused(
    workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    without(tiktok_answers, max_video_post_duration_sec=10)
    with pytest.raises(Blocked, match="lasts 12 seconds; TikTok lets this account post 10"):
        verbs.publish_now(
            content(workspace), account(workspace, "tiktok"), by=make_member(workspace, Role.MANAGER),
            options={"privacy_level": "SELF_ONLY"},
        )  # fmt: skip


def test_when_nothing_can_be_posted_now_a_later_time_can_still_be_chosen(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    refused(tiktok_answers, "spam_risk_too_many_posts")
    version, connector = content(workspace), account(workspace, "tiktok")
    assert "TikTok" in text(shown(version, connector, manager))
    by, options = make_member(workspace, Role.MANAGER), {"privacy_level": "SELF_ONLY"}
    with pytest.raises(Blocked):
        verbs.publish_now(version, connector, by=by, options=options)
    assert verbs.schedule(version, connector, at=timezone.now() + timedelta(days=2), by=by, options=options)


def test_a_platform_that_does_not_answer_leaves_the_panel_whole_with_what_is_safe(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    unreachable(tiktok_answers)
    version, connector = content(workspace), account(workspace, "tiktok")
    page = text(shown(version, connector, manager))
    assert "TikTok could not be asked what this account may choose now" in page
    assert "Friends" in page and "Only me" in page and "Everyone" not in page
    # Filled in while it did answer: taken, and asked about again before anything is sent.
    assert filled(version, connector, **DIRECT, privacy_level="PUBLIC_TO_EVERYONE", disable_comment="on").is_valid()


def test_a_dead_link_is_noted_and_leaves_the_panel_whole(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    refused(tiktok_answers, "access_token_invalid", 401)
    version, connector = content(workspace), account(workspace, "tiktok")
    assert shown(version, connector, manager).status_code == 200
    connector.refresh_from_db()
    assert connector.status == "needs_relink"


def test_a_link_that_may_only_leave_drafts_offers_the_inbox_alone(
    workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    refused(tiktok_answers, "scope_not_authorized", 401)
    connector = account(workspace, "tiktok")
    form = OptionsForm(version=content(workspace), connector=connector)
    assert offered(form, "post_mode") == ["inbox"]
    connector.refresh_from_db()
    assert connector.status == "active"


def test_the_platform_is_asked_once_for_the_forms_of_half_a_minute(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    version, connector = content(workspace), account(workspace, "tiktok")
    for _ in range(3):
        shown(version, connector, manager)
    assert len(tiktok_answers.calls) == 1


def test_platforms_whose_rules_say_it_all_are_not_asked(
    manager: Client, workspace: Workspace, tiktok_answers: responses.RequestsMock
) -> None:
    shown(content(workspace), account(workspace, "youtube"), manager)
    assert len(tiktok_answers.calls) == 0


def test_terms_stand_before_the_button_and_consequences_at_the_choice(manager: Client, workspace: Workspace) -> None:
    response = shown(content(workspace), account(workspace, "tiktok"), manager)
    page = text(response)
    assert "By posting, you agree to TikTok’s Music Usage Confirmation ." in page
    assert "By posting, you agree to TikTok’s Branded Content Policy and Music Usage Confirmation ." in page
    assert "Your photo/video will be labeled as “Paid partnership”." in page
    assert 'target="_blank" rel="noopener noreferrer">Branded Content Policy' in response.content.decode()


def test_a_brand_that_was_hidden_again_is_not_disclosed(workspace: Workspace) -> None:
    sent = filled(
        content(workspace), account(workspace, "tiktok"), **DIRECT, privacy_level="SELF_ONLY", brand_organic="on"
    )
    assert sent.is_valid(), sent.errors
    assert sent.chosen["brand_organic"] is False


def test_branded_content_cannot_be_private(workspace: Workspace) -> None:
    sent = filled(
        content(workspace), account(workspace, "tiktok"), **DIRECT, privacy_level="SELF_ONLY", disclose_commercial="on",
        branded_content="on",
    )  # fmt: skip
    assert "no branded content that only you can see" in sent.errors["privacy_level"][0]


def test_an_account_whose_app_is_not_audited_offers_only_me_and_says_so(manager: Client, workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "tiktok", audited=False)
    page = text(shown(version, connector, manager))
    assert "Private until audited." in page and "Everyone" not in page
    form = OptionsForm(version=version, connector=connector)
    assert offered(form, "privacy_level") == ["SELF_ONLY"]


def test_a_token_that_no_key_opens_leaves_it_unread_inside_of_a_transaction_too(workspace: Workspace) -> None:
    with connection.cursor() as cursor:
        pk = account(workspace, "tiktok").pk
        cursor.execute("UPDATE connectors_connector SET token = 'gAAAAA-nonsense' WHERE id = %s", [pk])
    connector = Connector.objects.without_tokens().get(pk=pk)
    assert "cannot be read" in look(connector).unread
    with known_only():
        assert "cannot be read" in look(connector).unread
