"""Files are stored before their row, outside of its transaction, and go again when the row does not come to be."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection
from pytest_django.fixtures import Settings

from approvals import rights
from approvals.models import Media, Rights
from approvals.storage.local import LocalStorage
from collavo.accounts.models import Membership, Role
from tests.factories import make_media, make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
saved: list[bool] = []  # for each file whether it was stored inside of a transaction


class Watched(LocalStorage):
    def _save(self, name: str, content: File[Any]) -> str:
        saved.append(connection.in_atomic_block)
        return super()._save(name, content)  # type: ignore[misc,no-any-return]


@pytest.fixture(autouse=True)
def _watched(settings: Settings) -> None:
    saved.clear()
    backend = {"BACKEND": f"{Watched.__module__}.{Watched.__qualname__}"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}


@pytest.fixture
def manager() -> Membership:
    return make_member(make_workspace(), Role.MANAGER)


def contract(words: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("contract.pdf", words)


def test_no_transaction_waits_for_the_storage(manager: Membership) -> None:
    make_media(manager)
    asset = make_version(make_member(manager.workspace, Role.CREATOR)).asset
    made = rights.add(asset, {}, by=manager, evidence=contract(b"one"))
    rights.change(made, {"territory": "CH"}, by=manager, evidence=contract(b"two"))
    assert saved and not any(saved)


def test_a_row_that_cannot_be_written_leaves_no_file_and_takes_no_older_one_along(manager: Membership) -> None:
    asset = make_version(make_member(manager.workspace, Role.CREATOR)).asset
    made = rights.add(asset, {}, by=manager, evidence=contract(b"one"))
    storage, first = made.evidence.storage, str(made.evidence.name)
    with pytest.raises(DataError):
        rights.change(made, {"territory": "C" * 200}, by=manager, evidence=contract(b"two"))
    assert storage.exists(first) and not storage.exists(str(made.evidence.name))
    assert Rights.objects.get().evidence.name == first


def test_what_is_no_picture_leaves_nothing(manager: Membership) -> None:
    with pytest.raises(Exception, match=r"read|known|picture"):
        make_media(manager, b"words")
    assert saved == [] and not Media.objects.exists()
