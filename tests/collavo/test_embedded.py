import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from collavo import embedded
from collavo.settings import database

FAST = {"fsync": "off", "shared_buffers": "16MB"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder of a server that tests may start and stop; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="collavo-") as parent:
        yield Path(parent) / "postgres"
        embedded.stop(Path(parent) / "postgres")


def ask(folder: Path, question: str) -> object:
    with psycopg.connect(embedded.url(folder)) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def test_the_first_start_makes_a_server_with_our_database_and_the_second_finds_it(folder: Path) -> None:
    assert embedded.start(folder, **FAST)
    assert not embedded.start(folder, **FAST)
    assert ask(folder, "SELECT current_database()") == "collavo"
    assert ask(folder, "SHOW max_connections") == "200"
    assert ask(folder, "SHOW fsync") == "off"


def test_it_listens_on_no_port_and_lets_only_its_own_user_near_its_socket(folder: Path) -> None:
    assert ask(folder, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(embedded.socket_folder(folder).stat().st_mode) == 0o700


def test_upper_and_lower_case_follow_unicode_whatever_locale_the_machine_has(folder: Path) -> None:
    assert ask(folder, "SELECT lower('ÄÉØ')") == "äéø"


def test_data_survives_a_stop_and_a_start(folder: Path) -> None:
    with psycopg.connect(embedded.url(folder)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    assert embedded.stop(folder)
    assert embedded.process(folder) is None
    assert not embedded.stop(folder)
    assert ask(folder, "SELECT number FROM kept") == 7


def test_a_process_number_left_by_a_crash_is_not_believed(folder: Path) -> None:
    embedded.stop(folder)
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n")
    assert embedded.process(folder) is None
    assert embedded.start(folder, **FAST)


HOLDS_AND_FORKS = """
import os, signal, sys
from pathlib import Path
from collavo import embedded
folder = Path(sys.argv[1])
with embedded.hold(folder):
    if os.fork() == 0:
        sys.exit(0)  # leaves the block as a forked child
    os.wait()
    assert embedded.process(folder)
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def hold_elsewhere(folder: Path, end: str) -> int:
    return subprocess.run([sys.executable, "-c", HOLDS_AND_FORKS, str(folder), end], check=False).returncode


def test_the_last_holder_stops_it_and_neither_others_nor_forks_do(folder: Path) -> None:
    with embedded.hold(folder, **FAST):
        assert hold_elsewhere(folder, "left") == 0
        assert hold_elsewhere(folder, "killed") == -signal.SIGKILL
        assert embedded.process(folder)
    assert embedded.process(folder) is None


def test_a_holder_that_was_killed_is_not_counted(folder: Path) -> None:
    assert hold_elsewhere(folder, "killed") == -signal.SIGKILL
    assert embedded.process(folder)
    assert hold_elsewhere(folder, "left") == 0
    assert embedded.process(folder) is None


def test_a_path_too_long_for_a_socket_gets_a_private_folder_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / "postgres"
    assert len(str(embedded.socket_folder(folder))) < 80
    assert embedded.socket_folder(folder) == embedded.socket_folder(folder)
    assert embedded.socket_folder(folder) != embedded.socket_folder(tmp_path / ("deep" * 21) / "postgres")


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(embedded.Unavailable, match="Set DATA_DIR to a folder this user may write"):
        embedded.start(tmp_path / "file" / "postgres")


def test_data_that_is_broken_is_told_with_the_reason_postgresql_gave(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(embedded.Unavailable, match="pg_ctl failed: could not open file"):
        embedded.start(folder)


def test_its_address_is_understood_by_the_settings(folder: Path) -> None:
    config = database(embedded.url(folder, "another"))
    assert config["HOST"] == str(embedded.socket_folder(folder))
    assert config["NAME"] == "another"
    assert config["ENGINE"] == "django.db.backends.postgresql"


def test_the_first_connection_of_a_process_starts_it_and_a_later_one_does_not(folder: Path) -> None:
    embedded.stop(folder)
    program = """
import django; django.setup()
from django.db import OperationalError, connection
from collavo import embedded
connection.ensure_connection()
embedded.stop(embedded.default_folder())
connection.close()
try:
    connection.ensure_connection()
except OperationalError:
    print("stays stopped")
"""
    env = {**os.environ, "DATA_DIR": str(folder.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "stays stopped\n"
