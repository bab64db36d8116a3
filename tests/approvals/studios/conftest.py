"""Who asks a studio for what; and a studio on this machine, which the operator's settings allow."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from approvals.models import Version
from collavo.accounts.models import Membership, Role
from tests.approvals.studios.place import Place, make_place
from tests.collavo.timeline.outgoing.receiver import receiving
from tests.factories import jpeg, make_media, make_member, make_version, make_workspace


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR)


@pytest.fixture
def version(creator: Membership) -> Version:
    """In review, with one picture that is quickly made into others."""
    return make_version(creator, media=[make_media(creator, jpeg(120, 90))])


@pytest.fixture
def place(db: None, settings: Settings) -> Iterator[Place]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiving() as program:
        yield make_place(make_workspace(), program)
