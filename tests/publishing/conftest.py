"""A workspace that is not on UTC with an account and something to publish; and a sandbox over real HTTP for the engine.

The sandbox keeps a ledger of its own, and that is the judge.
"""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from approvals.models import Version
from collavo.accounts.models import Workspace
from connectors.models import Connector
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.factories import make_approved, make_connector, make_workspace


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace(time_zone="Europe/Zurich")


@pytest.fixture
def connector(workspace: Workspace) -> Connector:
    return make_connector(workspace, time_zone="Europe/Zurich")


@pytest.fixture
def version(workspace: Workspace) -> Version:
    return make_approved(workspace)


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(image_seconds=0.0, video_seconds=0.0, check_media=False) as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    """The session's sandbox, emptied, with the product's settings pointing at it."""
    one_sandbox.reset()
    settings.INSTAGRAM_API_URL = one_sandbox.instagram_url
    settings.FACEBOOK_API_URL = one_sandbox.facebook_url
    return one_sandbox
