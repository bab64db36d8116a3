"""Where creators put content in: the forms of a new asset and of the next round."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from approvals.models import Asset, Media, Version
from approvals.pins import Pin
from collavo.accounts.models import Membership, Role
from tests.approvals.pages import address, form_of, page
from tests.console import signed_in
from tests.factories import (
    jpeg,
    make_case,
    make_media,
    make_member,
    make_slot,
    make_version,
)

pytestmark = pytest.mark.django_db


def picture(colour: str = "teal", name: str = "chairs.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(colour=colour))


def test_a_new_asset_is_in_review_with_its_slot_and_media_in_order(creator: Membership) -> None:
    fields = form_of(creator) | {"files": [picture("red", "a.jpg"), picture("blue", "b.jpg")], "format": "carousel"}
    response = signed_in(creator).post(address("new_asset", creator), fields)
    version = Version.objects.get()
    assert response["Location"] == address("asset", creator, version.asset_id)
    assert version.in_review and [i.media.name for i in version.ordered_items()] == ["a.jpg", "b.jpg"]
    slot = version.asset.slot
    assert slot is not None and slot.connector is not None and slot.channel == "instagram"
    assert f"{timezone.localtime(slot.starts_at, creator.workspace.zone):%H:%M}" == "18:30"
    assert version.asset.title == "Seven chairs"


def test_the_same_form_sent_twice_makes_one_asset(creator: Membership) -> None:
    fields = form_of(creator) | {"media": [str(make_media(creator).pk)]}
    client, url = signed_in(creator), address("new_asset", creator)
    answers = [client.post(url, fields)["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert Asset.objects.count() == 1 and Version.objects.count() == 1 and creator.workspace.slots.count() == 1


def test_text_named_jpg_is_refused_with_its_name_and_nothing_of_it_is_kept(creator: Membership) -> None:
    fields = form_of(creator) | {"files": [picture(name="fake.jpg"), SimpleUploadedFile("text.jpg", b"just words")]}
    body = signed_in(creator).post(address("new_asset", creator), fields).content.decode()
    assert "text.jpg: " in body and "Seven chairs" in body, "what was typed is still there"
    assert not Asset.objects.exists() and not creator.workspace.slots.exists()
    good = Media.objects.get()
    assert good.name == "fake.jpg" and f'value="{good.pk}"' in body, "and so is the good file, to be sent once only"


def test_a_single_upload_answers_its_row_or_the_reason(creator: Membership) -> None:
    client, url = signed_in(creator), address("upload_media", creator)
    row = client.post(url, {"files": picture()})
    assert row.status_code == 200 and f'value="{Media.objects.get().pk}"' in row.content.decode()
    refused = client.post(url, {"files": SimpleUploadedFile("text.jpg", b"just words")})
    assert refused.status_code == 422 and "text.jpg: " in refused.content.decode()
    assert client.post(url).status_code == 422
    assert Media.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"date": ""}, "Choose a date for the slot"),
        ({"date": "2020-01-01"}, "This moment is over"),
        ({"date": "2027-03-28", "time": "02:30"}, "never show this time"),
        ({"channel": ""}, "Choose a channel"),
        ({"caption": "", "format": "text"}, "There is nothing to review yet"),
        ({"slot": "none", "format": "reel"}, "Choose at least one picture or video"),
    ],
)
def test_an_incomplete_form_says_what_is_missing(change: dict[str, str], sentence: str, creator: Membership) -> None:
    body = signed_in(creator).post(address("new_asset", creator), form_of(creator) | change).content.decode()
    assert sentence in body and not Asset.objects.exists()


def test_files_can_be_added_before_the_rest_of_the_form_is_complete(creator: Membership) -> None:
    fields = form_of(creator) | {"caption": "", "date": "", "files": [picture()], "add": "yes"}
    body = signed_in(creator).post(address("new_asset", creator), fields).content.decode()
    assert f'value="{Media.objects.get().pk}"' in body and "Choose a date" not in body
    assert not Asset.objects.exists()


def test_an_asset_for_a_planned_slot_takes_its_case(creator: Membership) -> None:
    slot = make_slot(make_case(creator.workspace, "Coffee"))
    other = make_case(creator.workspace, "Linen")
    fields = form_of(creator) | {"slot": str(slot.pk), "case": str(other.pk), "files": [picture()]}
    client, url = signed_in(creator), address("new_asset", creator)
    assert "belongs to the case “Coffee”" in client.post(url, fields).content.decode()
    client.post(url, fields | {"case": str(slot.case_id), "files": [picture("red")]})
    assert Asset.objects.get().slot == slot


def test_a_creator_finds_what_was_asked_of_them_and_nobody_elses(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    version.regenerate(by=reviewer, feedback="Warmer light")
    other = make_member(creator.workspace, Role.CREATOR)
    mine = page(creator, "queue")
    assert "Changes asked of you" in mine and "Warmer light" in mine
    assert address("new_version", creator, version.asset_id) in mine
    assert "Changes asked of you" not in page(other, "queue")


def test_pins_without_words_are_part_of_the_task(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    version.regenerate(by=reviewer, feedback="", pins=[Pin(1, x=250, y=500, text="too dark")])
    for shown in (page(creator, "queue"), page(creator, "new_version", version.asset_id)):
        assert "medium 1, 25% from the left, 50% from the top" in shown and "too dark" in shown


def test_a_new_round_keeps_the_media_and_takes_alt_texts(creator: Membership, reviewer: Membership) -> None:
    version = make_version(creator)
    version.regenerate(by=reviewer, feedback="Warmer words")
    media = version.items.get().media
    shown = page(creator, "new_version", version.asset_id)
    assert "Warmer words" in shown and "Four ways to wear it." in shown and f'value="{media.pk}"' in shown
    fields = {"round": 1, "caption": "Warm", "format": "image", "media": [str(media.pk)], f"alt-{media.pk}": "A cup"}
    signed_in(creator).post(address("new_version", creator, version.asset_id), fields)
    second = Version.objects.get(round=2)
    item = second.items.get()
    assert second.in_review and item.media == media and item.alt_text == "A cup"


def test_a_round_sent_in_twice_or_too_late_changes_nothing(creator: Membership) -> None:
    version = make_version(creator)
    fields = {"round": 1, "caption": "Again", "format": "text"}
    client, url = signed_in(creator), address("new_version", creator, version.asset_id)
    client.post(url, fields)
    body = client.post(url, fields, follow=True).content.decode()
    assert "Round 2 was sent in meanwhile" in body
    assert version.asset.versions.count() == 2


def test_viewers_and_approvers_put_nothing_in(creator: Membership, reviewer: Membership) -> None:
    for name in ("new_asset", "new_case"):
        response = signed_in(reviewer).get(address(name, reviewer))
        assert response.status_code == 403 and "you cannot upload and submit content" in response.content.decode()
