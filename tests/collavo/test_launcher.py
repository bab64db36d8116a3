import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collavo.launcher import choose_demo_settings

ROOT = Path(__file__).resolve().parents[2]


def manage(data_dir: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to refuse: on free ports, unless `env` names others."""
    surroundings = {**os.environ, "DATA_DIR": str(data_dir), "PORT": free_port(), "SANDBOX_PORT": free_port(), **env}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=60)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with an error, one line long, that has these words."""
    assert done.returncode != 0
    assert done.stderr.strip().count("\n") == 0, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_moves_it(tmp_path: Path, taken: str, name: str) -> None:
    refused(manage(tmp_path, "demo", **{name: taken}), f"Port {taken} is taken", f"{name}=")


def test_the_product_itself_does_not_mind_what_runs_on_the_sandboxs_port(tmp_path: Path, taken: str) -> None:
    refused(manage(tmp_path, "start", SANDBOX_PORT=taken, DATABASE_URL="postgres://u:p@127.0.0.1:9/d"), "DATABASE_URL")


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    done = manage(tmp_path, "start", DATABASE_URL="postgres://somebody:secret@127.0.0.1:9/nowhere")
    refused(done, "The database nowhere at 127.0.0.1 cannot be used", "Correct DATABASE_URL")
    assert "secret" not in done.stderr


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    refused(manage(tmp_path, "start", DATABASE_URL="sqlite:///x"), "DATABASE_URL must be PostgreSQL")


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in ("start", "demo"):
        refused(manage(tmp_path / "file", command), "Set DATA_DIR to a folder this user may write")


def test_a_host_that_is_not_ours_is_told(tmp_path: Path) -> None:
    refused(manage(tmp_path, "start", HOST="no.such.host.invalid"), "HOST is 'no.such.host.invalid'")


def test_a_second_launcher_on_the_same_data_is_told(tmp_path: Path) -> None:
    with (tmp_path / "launcher.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(manage(tmp_path, "start"), f"Collavo already runs on {tmp_path}")


def test_a_demo_neither_seeds_nor_wipes_data_that_is_not_a_demos(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "precious").touch()
    for arguments in (["demo"], ["demo", "--reset"]):
        refused(manage(tmp_path, *arguments), "holds data that is not a demo's")
    assert (tmp_path / "postgres" / "precious").exists()


def test_a_demo_wipes_no_database_of_somebody_else(tmp_path: Path) -> None:
    done = manage(tmp_path, "demo", "--reset", DATABASE_URL="postgres://u:p@127.0.0.1:9/d")
    refused(done, "--reset wipes the demo's embedded database only")


def test_a_demo_never_talks_to_the_real_platforms_whatever_was_configured() -> None:
    env = {"INSTAGRAM_API_URL": "https://graph.instagram.com", "SANDBOX_PORT": "9001", "PORT": "9000"}
    env |= {"META_APP_SECRET": "real"}
    choose_demo_settings(env)
    assert env["INSTAGRAM_API_URL"] == "http://127.0.0.1:9001/instagram"
    assert env["FACEBOOK_API_URL"] == "http://127.0.0.1:9001/facebook"
    assert env["BASE_URL"] == "http://127.0.0.1:9000"
    assert env["META_APP_SECRET"] != "real"
    assert env["READ_DOT_ENV"] == "no"
    assert env["DATA_DIR"] == str(ROOT / "var" / "demo")


def test_a_python_too_old_is_told_before_anything_else() -> None:
    text = (ROOT / "manage.py").read_text()
    assert text.index("sys.version_info") < text.index("import django") if "import django" in text else True
    compile(text, "manage.py", "exec", flags=0, dont_inherit=True)


def test_the_database_command_starts_shows_and_stops_the_embedded_server(data_dir: Path) -> None:
    refused(manage(data_dir, "database", "status"), "It does not run.")
    assert "Started: postgres://" in manage(data_dir, "database", "start").stdout
    assert "It runs as process" in manage(data_dir, "database", "status").stdout
    assert manage(data_dir, "database", "stop").stdout == "Stopped.\n"
    refused(manage(data_dir, "database", "status"), "It does not run.")
