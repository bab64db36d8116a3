"""A sandbox that the YouTube publisher is pointed at, and a channel in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from connectors.platforms.base import Account
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.contract.youtube.channel import PIECE, channel


@pytest.fixture(scope="package")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(video_seconds=0.03) as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    settings.YOUTUBE_API_URL, settings.YOUTUBE_SITE_URL = one_sandbox.youtube_url, one_sandbox.url
    settings.YOUTUBE_CHUNK_BYTES = PIECE
    return one_sandbox


@pytest.fixture
def account(sandbox: SandboxControl) -> Account:
    return channel(sandbox)
