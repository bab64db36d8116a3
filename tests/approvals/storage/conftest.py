"""The same tests run on every place that media can be kept in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests import buckets
from tests.buckets import Meter, Place


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Meter | None, buckets.Bucket]]]:
    with buckets.servers(tmp_path_factory.mktemp("key")) as found:
        yield found


@pytest.fixture(params=buckets.PLACES)
def place(
    request: pytest.FixtureRequest,
    servers: dict[str, tuple[Meter | None, buckets.Bucket]],
    settings: Settings,
) -> Place:
    return buckets.set_up(request.param, servers[request.param], settings)
