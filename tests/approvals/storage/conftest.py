"""The same tests run on every place that media can be kept in."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests import buckets
from tests.buckets import Place


@pytest.fixture(params=buckets.PLACES)
def place(request: pytest.FixtureRequest, media_servers: buckets.Servers, settings: Settings) -> Place:
    return buckets.set_up(request.param, media_servers[request.param], settings)
