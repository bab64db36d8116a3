"""A studio on this machine, which the operator's settings allow."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.approvals.studios.place import Place, make_place
from tests.collavo.timeline.outgoing.receiver import receiving
from tests.factories import make_workspace


@pytest.fixture
def place(db: None, settings: Settings) -> Iterator[Place]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiving() as program:
        yield make_place(make_workspace(), program)
