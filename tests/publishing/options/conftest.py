"""A workspace, its manager at the console, and TikTok's answer to what an account may choose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from django.test import Client

from collavo.accounts.models import Role, Workspace
from connectors.composing import forget
from tests.connectors.platforms.tiktok.api import CREATOR
from tests.console import signed_in
from tests.factories import make_member
from tests.publishing.options.choosing import CREATOR_INFO


@pytest.fixture
def manager(workspace: Workspace) -> Client:
    return signed_in(make_member(workspace, Role.MANAGER))


@pytest.fixture(autouse=True)
def tiktok_answers() -> Iterator[responses.RequestsMock]:
    """What the account may choose is asked whenever TikTok's options are shown."""
    forget()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as far:
        far.post(CREATOR_INFO, json={"data": CREATOR, "error": {"code": "ok"}})
        yield far
