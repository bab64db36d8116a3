"""What every test may count on: the embedded PostgreSQL, held while the session lasts, and its own media folder."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from collavo import embedded
from tests.template import template

if TYPE_CHECKING:
    from tests import buckets


FIRST = "browser", "crash"  # they wait more than they compute, so that others have room beside them


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # which has no types
    """Side by side, a file's tests stay together; and all of the browser's, which share one demo."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "browser" if "browser" in Path(path).parts else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Ours, because the groups of xdist 3.8 (`--dist loadgroup`) do nothing under pytest 9.2, without a word."""
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not set(FIRST) & set(item.path.parts))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Hold the server from before the test database is made until after it is dropped; the last session stops it.

    Its disk is not waited for: a test database is worth nothing after a power cut.
    """
    folder = Path(django_settings.DATA_DIR) / "postgres"
    with embedded.hold(folder, fsync="off", synchronous_commit="off", full_page_writes="off"):
        drop_leftovers(folder)
        connection.settings_dict["TEST"]["TEMPLATE"] = template(folder)
        yield


def drop_leftovers(folder: Path) -> None:
    """Drop the databases of sessions that were killed; a session's process id is the end of its database's name."""
    with psycopg.connect(embedded.url(folder, "postgres"), autocommit=True) as postgres:
        names = [row[0] for row in postgres.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_collavo_'")]
        for name in names:
            if not psutil.pid_exists(int(name.split("_")[2])):
                postgres.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """Every test writes its files into a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(scope="session")
def media_servers(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[buckets.Servers]":
    """S3 and GCS on loopback, for those tests that want them (`tests.buckets.set_up`)."""
    from tests import buckets  # which loads both clouds' libraries: not for everybody

    with buckets.servers(tmp_path_factory.mktemp("media_servers")) as found:
        yield found


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A DATA_DIR for an embedded PostgreSQL of its own, stopped afterwards.

    Not below tmp_path: each new pytest session shuts that folder to the user that PostgreSQL runs as under root.
    """
    with tempfile.TemporaryDirectory(prefix="collavo-") as folder:
        yield Path(folder)
        embedded.stop(Path(folder) / "postgres")


@pytest.fixture
def process_env(transactional_db: None, media: Path) -> dict[str, str]:
    """The environment for a real process (`manage.py …`) that works on this test's database."""
    folder = Path(django_settings.DATA_DIR) / "postgres"
    own = {"DATA_DIR": str(media.parent), "DATABASE_URL": embedded.url(folder, connection.settings_dict["NAME"])}
    return {**os.environ, **own}
