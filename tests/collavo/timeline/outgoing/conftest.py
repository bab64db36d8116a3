"""A receiver on this machine, and an endpoint that leads to it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Endpoint
from collavo.timeline.outgoing import verbs
from tests.collavo.timeline.outgoing.receiver import Receiver, receiving
from tests.factories import make_member, make_workspace


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiving() as one:
        yield one


@pytest.fixture
def workspace(db: None) -> Workspace:
    return make_workspace()


@pytest.fixture
def owner(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.OWNER)


@pytest.fixture
def endpoint(receiver: Receiver, owner: Membership) -> Endpoint:
    return verbs.add(url=receiver.url, note="Newsroom", events=[], by=owner)[0]
