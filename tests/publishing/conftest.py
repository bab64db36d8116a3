"""A sandbox over real HTTP for the tests of the engine: the far side keeps its own ledger, and that is the judge."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from connectors.sandbox.client import SandboxControl, running_sandbox


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
