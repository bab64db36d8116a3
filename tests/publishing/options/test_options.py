"""A post's own options, chosen on screen: from the rules of the platform to `Post.options`."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from collavo.accounts.models import Workspace
from connectors.option_fields import FIELDS
from connectors.platforms import registry
from connectors.platforms.base import Json
from publishing.models import Post, Status
from publishing.options import OptionsForm, said, spoken
from tests.console import text
from tests.publishing.options.choosing import HTMX, SHOWN, account, content, filled, shown
from tests.publishing.pages import url

pytestmark = pytest.mark.django_db
PRESETS = {"o-privacy": "public", "o-notify_subscribers": "on", "o-category_id": "22"} | SHOWN

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
