"""A bucket that cannot be reached: sentences, no half uploads, and no broken pages."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from approvals.models import Asset, Media, Rights
from approvals.storage.base import StorageDown
from collavo import media_storage
from collavo.accounts.models import Role
from collavo.media_storage import Bucket
from tests.collavo.api.client import make_program
from tests.factories import jpeg, make_case, make_media, make_member, make_workspace

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture
def down(settings: Settings) -> None:
    bucket = Bucket("media", endpoint=NOWHERE, access_key="a", secret_key="b")
    settings.STORAGES = {**settings.STORAGES, "default": media_storage.storage("s3", "collavo", bucket)}


@pytest.mark.django_db
def test_an_upload_fails_whole_and_says_so(down: None) -> None:
    with pytest.raises(StorageDown, match="cannot be reached"):
        make_media(make_member(make_workspace(), Role.CREATOR))
    assert not Media.objects.exists()


@pytest.mark.django_db
def test_a_page_answers_that_it_is_for_now(settings: Settings) -> None:
    member = make_member(make_workspace(), Role.CREATOR)
    medium = make_media(member)
    bucket = Bucket("media", endpoint=NOWHERE, access_key="a", secret_key="b")
    settings.STORAGES = {**settings.STORAGES, "default": media_storage.storage("s3", "collavo", bucket)}
    client = Client()
    client.force_login(member.user)
    answer = client.get(reverse("approvals:show_media", args=[member.workspace.slug, medium.pk, "file"]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_reading_and_deleting_say_that_it_is_down(down: None) -> None:
    for ask in (default_storage.open, default_storage.delete, default_storage.exists, default_storage.size):
        with pytest.raises(StorageDown):
            ask("a.jpg")
    with pytest.raises(StorageDown):
        default_storage.save("a.jpg", ContentFile(b"x"))


@pytest.mark.django_db
def test_the_form_says_so_and_keeps_what_was_typed(down: None) -> None:
    member = make_member(make_workspace(), Role.CREATOR)
    client = Client()
    client.force_login(member.user)
    file = SimpleUploadedFile("look.jpg", jpeg())
    answer = client.post(reverse("approvals:upload_media", args=[member.workspace.slug]), {"files": file})
    assert answer.status_code == 422
    assert "look.jpg: The media storage cannot be reached at the moment. Try again" in answer.content.decode()


@pytest.mark.django_db
def test_evidence_that_cannot_be_stored_is_said_at_its_field_and_nothing_is_written_down(down: None) -> None:
    workspace = make_workspace()
    manager = make_member(workspace, Role.MANAGER)
    asset = Asset.objects.create(workspace=workspace, case=make_case(workspace), title="Overshirt")
    client = Client()
    client.force_login(manager.user)
    data = {"status": "granted", "usage": "organic", "proof": SimpleUploadedFile("contract.pdf", b"%PDF-1.4")}
    answer = client.post(reverse("approvals:new_rights", args=[workspace.slug, asset.pk]), data)
    assert answer.status_code == 422
    assert "The media storage cannot be reached at the moment." in answer.content.decode()
    assert not Rights.objects.exists()


@pytest.mark.django_db
def test_a_program_is_told_to_come_again(down: None) -> None:
    program = make_program()
    file = SimpleUploadedFile("look.jpg", jpeg())
    headers = {"Authorization": f"Bearer {program.secret}"}
    answer = program.client.post("/api/v1/media", {"file": file}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert not Media.objects.exists()
