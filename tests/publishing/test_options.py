"""A post's own options, chosen on screen: from the rules of the platform to `Post.options`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import Asset, Media, Version
from collavo.accounts.models import Membership, Role, Workspace
from connectors.composing import forget, known_only, look
from connectors.models import Connector, link
from connectors.option_fields import FIELDS
from connectors.platforms import registry
from connectors.platforms.base import Json, Profile
from publishing import verbs
from publishing.models import Post, Status
from publishing.options import OptionsForm, said, spoken
from publishing.preflight import Blocked
from tests.connectors.platforms.tiktok.api import CREATOR
from tests.factories import make_case, make_media, make_member, make_workspace

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
CREATOR_INFO = "https://open.tiktokapis.com/v2/post/publish/creator_info/query/"
SHOWN = {"options": "shown"}


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace(time_zone="Europe/Zurich")


@pytest.fixture
def manager(workspace: Workspace) -> Client:
    return signed_in(make_member(workspace, Role.MANAGER))


@pytest.fixture(autouse=True)
def tiktok_answers() -> Iterator[responses.RequestsMock]:
    """What the account may choose is asked whenever TikTok's options are shown."""
    forget()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as far:
        far.post(CREATOR_INFO, json={"data": CREATOR, "error": {"code": "ok"}})
        yield far


def signed_in(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


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


def url(name: str, workspace: Workspace, *args: Any) -> str:
    return reverse(f"publishing:{name}", args=[workspace.slug, *args])


def text(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def filled(version: Version, connector: Connector, **said: str) -> OptionsForm:
    """The form as a browser sends it, after a person has changed what is in `said`."""
    data = {f"o-{name}": value for name, value in said.items()}
    return OptionsForm(SHOWN | data, version=version, connector=connector)


def shown(version: Version, connector: Connector, client: Client) -> Any:
    """The panel's part, for this account."""
    where = url("panel", version.workspace, version.pk)
    return client.get(where, {"connector": str(connector.pk)}, headers=HTMX)


PRESETS = {"o-privacy": "public", "o-notify_subscribers": "on", "o-category_id": "22"} | SHOWN


def offered(form: OptionsForm, name: str) -> list[Any]:
    """What can be chosen."""
    field: Any = form.fields[name]
    return [value for value, _ in field.choices]


# --- The form --------------------------------------------------------------------------------------------------------


def test_every_kind_of_option_that_a_platform_has_gets_a_field() -> None:
    rules = (rule for key in registry.PLATFORMS for rule in registry.get(key).rules.formats.values())
    assert {option.kind for rule in rules for option in rule.options.values()} <= set(FIELDS)


def test_nothing_is_preset_where_the_platform_has_no_default(workspace: Workspace) -> None:
    form = OptionsForm(version=content(workspace), connector=account(workspace, "youtube"))
    made_for_kids = str(form["made_for_kids"])
    assert made_for_kids.count('type="radio"') == 2
    assert "checked" not in made_for_kids
    assert form["privacy"].value() == "public"
    assert form.opened
    assert form.missing() == ["Made for kids"]


def test_a_required_option_that_is_missing_is_told_at_its_field(workspace: Workspace) -> None:
    form = filled(content(workspace), account(workspace, "youtube"), privacy="public", category_id="22")
    assert not form.is_valid()
    assert form.errors == {"made_for_kids": ["This has to be chosen."]}


def test_what_the_platform_asks_for_in_its_own_rules_is_told_at_its_field_too(workspace: Workspace) -> None:
    form = filled(content(workspace), account(workspace, "tiktok"), post_mode="direct", source="upload")
    assert form.fields["privacy_level"].initial is None
    assert list(form.errors) == ["privacy_level"]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("privacy", "secret", "Choose one of those that are offered."),
        ("made_for_kids", "perhaps", "Choose one of those that are offered."),
        ("title", "a < b", "YouTube takes no < and no >. Remove them."),
        ("playlist_id", "my list", "Give the playlist's id"),
        ("tags", "linen, \x00", "Null characters are not allowed."),
    ],
)
def test_what_is_not_offered_or_not_taken_is_refused_at_its_field(
    name: str, value: str, complaint: str, workspace: Workspace
) -> None:
    good = {"privacy": "public", "made_for_kids": "no", "category_id": "22"}
    form = filled(content(workspace), account(workspace, "youtube"), **good | {name: value})
    assert list(form.errors) == [name]
    assert str(form.errors[name][0]).startswith(complaint)


def test_what_is_no_option_is_refused_by_name(workspace: Workspace) -> None:
    form = filled(content(workspace), account(workspace, "youtube"), made_for_kids="no", monetize="yes")
    assert "“monetize” cannot be set here." in form.non_field_errors()


def test_only_what_was_seen_or_filled_in_is_chosen(workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "youtube")
    data = {"o-made_for_kids": "no", "o-privacy": "unlisted", "o-category_id": "22", "o-tags": "linen, autumn"}
    unseen = OptionsForm(data, version=version, connector=connector)
    assert unseen.is_valid()
    assert unseen.chosen == {
        "made_for_kids": False, "privacy": "unlisted", "category_id": "22", "tags": ["linen", "autumn"],
    }  # fmt: skip
    seen = OptionsForm(data | SHOWN, version=version, connector=connector)
    assert seen.is_valid()
    assert seen.chosen == unseen.chosen | {"notify_subscribers": False}


def test_what_the_platform_calls_forbidden_is_off_until_somebody_allows_it(workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "tiktok")
    said_so = {"privacy_level": "SELF_ONLY", "post_mode": "direct", "source": "upload"}
    form = filled(version, connector, **said_so | {"disable_comment": "on"})
    assert form.is_valid(), form.errors
    assert (form.chosen["disable_comment"], form.chosen["disable_duet"]) == (False, True)
    assert "checked" not in str(OptionsForm(version=version, connector=connector)["disable_comment"])


def test_names_slides_and_tagged_people_become_what_the_platform_takes(workspace: Workspace) -> None:
    version = content(workspace, "carousel", media=2)
    form = filled(
        version, account(workspace, "instagram"), collaborators="@maya\njonas, lea", user_tags="@maya 0.5 0.25 2"
    )
    assert form.is_valid(), form.errors
    tag = {"username": "maya", "x": 0.5, "y": 0.25, "medium": 1}
    assert form.chosen == {"collaborators": ["maya", "jonas", "lea"], "user_tags": [tag]}
    wrong = filled(version, account(workspace, "instagram"), user_tags="maya somewhere")
    assert "“maya somewhere” cannot be read" in wrong.errors["user_tags"][0]


def test_the_cover_is_chosen_among_the_slides(workspace: Workspace) -> None:
    version, connector = content(workspace, "carousel", media=2), account(workspace, "tiktok")
    field = str(OptionsForm(version=version, connector=connector)["cover_index"])
    assert re.findall(r">(Slide \d)<", field) == ["Slide 1", "Slide 2"]
    assert "cover_index" in filled(version, connector, cover_index="2").errors
    good = filled(version, connector, cover_index="1", privacy_level="SELF_ONLY", post_mode="direct")
    assert good.is_valid(), good.errors
    assert good.chosen["cover_index"] == 1


def test_what_was_approved_is_shown_and_not_asked_again(workspace: Workspace) -> None:
    version = content(workspace, made_for_kids=True)
    connector = account(workspace, "youtube")
    form = OptionsForm(version=version, connector=connector)
    assert "made_for_kids" not in form.fields
    assert [(one.label, one.words) for one in form.sealed] == [("Made for kids", "Yes")]
    assert not form.opened
    against = filled(version, connector, made_for_kids="no")
    assert "“made_for_kids” cannot be set here." in against.non_field_errors()


def test_a_format_without_options_has_an_empty_form(workspace: Workspace) -> None:
    form = OptionsForm(SHOWN, version=content(workspace, "story"), connector=account(workspace, "youtube"))
    assert form.is_valid()
    assert form.chosen == {}


# --- The panel -------------------------------------------------------------------------------------------------------


def test_what_has_still_to_be_chosen_is_a_reminder_and_keeps_no_form_away(
    manager: Client, workspace: Workspace
) -> None:
    version, youtube, tiktok = content(workspace), account(workspace, "youtube"), account(workspace, "tiktok")
    panel = shown(version, youtube, manager)
    assert "Mind: Choose: made for kids" in text(panel)
    assert url("publish_now", workspace, version.pk) in panel.content.decode()
    assert text(panel).count("Options for YouTube") == 2
    other = text(shown(version, tiktok, manager))
    assert "Choose: who can see it" in other
    assert "Options for YouTube" not in other


def test_ids_stay_unique_though_both_forms_ask(manager: Client, workspace: Workspace) -> None:
    page = shown(content(workspace), account(workspace, "youtube"), manager).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain form", "htmx"])
@pytest.mark.parametrize("name", ["publish_now", "schedule"])
def test_nothing_is_queued_while_a_required_option_is_missing_and_the_rest_stays(
    name: str, headers: dict[str, str], manager: Client, workspace: Workspace
) -> None:
    version, connector = content(workspace), account(workspace, "youtube")
    said_so = {"connector": str(connector.pk), "o-title": "Linen, four ways", "date": "2027-07-01", "time": "18:30"}
    response = manager.post(url(name, workspace, version.pk), PRESETS | said_so, headers=headers)
    assert response.status_code == 200
    assert not Post.objects.exists()
    page = response.content.decode()
    assert "This has to be chosen." in page
    assert "Linen, four ways" in page
    assert "Nothing was sent: see the options for YouTube." in text(response)
    if name == "schedule":
        assert 'value="18:30"' in page


def test_the_options_reach_the_post_its_seal_and_its_page(manager: Client, workspace: Workspace) -> None:
    version, connector = content(workspace, title="As approved"), account(workspace, "youtube")
    said_so = {"connector": str(connector.pk), "o-made_for_kids": "no", "o-tags": "linen, autumn"}
    response = manager.post(url("publish_now", workspace, version.pk), PRESETS | said_so)
    assert response.status_code == 302
    post = Post.objects.get()
    assert post.status == Status.QUEUED
    assert post.options == {
        "privacy": "public", "made_for_kids": False, "notify_subscribers": True, "category_id": "22",
        "tags": ["linen", "autumn"],
    }  # fmt: skip
    page = text(manager.get(url("post", workspace, post.pk)))
    assert "Options for YouTube Title As approved as approved" in page
    assert "Made for kids No" in page
    assert "Tags linen, autumn" in page
    assert "Category People & Blogs" in page


def test_a_scheduled_post_keeps_its_options(manager: Client, workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "tiktok")
    when = timezone.localtime(timezone.now() + timedelta(days=2), connector.zone)
    data = SHOWN | {
        "connector": str(connector.pk), "date": f"{when:%Y-%m-%d}", "time": f"{when:%H:%M}",
        "o-privacy_level": "SELF_ONLY", "o-post_mode": "direct", "o-source": "upload",
    }  # fmt: skip
    manager.post(url("schedule", workspace, version.pk), data, headers=HTMX)
    post = Post.objects.get()
    assert (post.status, post.options["privacy_level"]) == (Status.SCHEDULED, "SELF_ONLY")
    assert ("Who can see it", "Only me") in [(one.label, one.words) for one in said(post)]


def test_the_preflight_judges_what_was_chosen_and_the_form_stays(manager: Client, workspace: Workspace) -> None:
    version, connector = content(workspace), account(workspace, "tiktok")
    data = SHOWN | {
        "connector": str(connector.pk), "o-privacy_level": "SELF_ONLY", "o-post_mode": "direct",
        "o-source": "upload", "o-disclose_commercial": "on",
    }  # fmt: skip
    response = manager.post(url("publish_now", workspace, version.pk), data)
    assert "say whether it promotes your brand, another one (branded content), or both" in text(response)
    assert not Post.objects.exists()
    page = response.content.decode()
    assert '<details class="ask" data-key="p" open>' in page
    assert re.search(r'name="o-privacy_level" value="SELF_ONLY"[^>]* checked', page)


# --- In words --------------------------------------------------------------------------------------------------------


def test_options_are_read_in_words() -> None:
    rules = registry.get("tiktok").rules.formats
    carousel = next(rule.options for rule in rules.values() if "cover_index" in rule.options)
    options: dict[str, Json] = {"cover_index": 1, "disable_comment": True, "new_thing": "x", "title": None}
    assert [(one.label, one.words) for one in spoken(carousel, options)] == [
        ("Allow comments", "No"), ("Cover", "Slide 2"), ("new_thing", "x"),
    ]  # fmt: skip


# --- What is offered at this moment ----------------------------------------------------------------------------------


def unreachable(far: responses.RequestsMock) -> None:
    far.replace(responses.POST, CREATOR_INFO, body=requests.exceptions.ReadTimeout("slow"))


def refused(far: responses.RequestsMock, code: str, status: int = 200) -> None:
    far.replace(responses.POST, CREATOR_INFO, json={"data": {}, "error": {"code": code}}, status=status)


def without(far: responses.RequestsMock, **changes: Any) -> None:
    far.replace(responses.POST, CREATOR_INFO, json={"data": CREATOR | changes, "error": {"code": "ok"}})


DIRECT = {"post_mode": "direct", "source": "upload"}


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
