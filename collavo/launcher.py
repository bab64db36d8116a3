"""What `make demo` and `make run` do: look whether everything can work, prepare it, run it, and say where it is."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from collavo import embedded
from collavo.supervisor import Supervisor, read_procfile

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_MARK = "this-is-a-demo"  # a file in DATA_DIR
PARTS = ["web", "worker", "dispatcher"]
HEALTH_PATIENCE = 30.0  # seconds from the first answer of web until we say which part is still missing


class CannotStart(Exception):
    """One line: what is wrong, and what to do."""


def choose_demo_settings(env: MutableMapping[str, str]) -> None:
    """Point a demo at its own data and its own platforms, whatever .env says: it must never touch real ones."""
    env["READ_DOT_ENV"] = "no"
    port, sandbox_port = env.get("PORT") or "8000", env.get("SANDBOX_PORT") or "8001"
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    env.update(SANDBOX_URL=sandbox, INSTAGRAM_API_URL=f"{sandbox}/instagram", FACEBOOK_API_URL=f"{sandbox}/facebook")
    env.update(INSTAGRAM_AUTHORIZE_URL=f"{sandbox}/instagram", INSTAGRAM_TOKEN_URL=f"{sandbox}/instagram")
    env.update(FACEBOOK_AUTHORIZE_URL=f"{sandbox}/facebook")
    env.update(TIKTOK_API_URL=f"{sandbox}/tiktok", TIKTOK_AUTHORIZE_URL=f"{sandbox}/tiktok", TIKTOK_SITE_URL=sandbox)
    env.update(YOUTUBE_API_URL=f"{sandbox}/youtube", YOUTUBE_SITE_URL=sandbox)
    env.update(YOUTUBE_AUTHORIZE_URL=f"{sandbox}/youtube", YOUTUBE_TOKEN_URL=f"{sandbox}/youtube")
    env.update(MEDIA_STORAGE="local", MEDIA_BUCKET="", MEDIA_ADDRESSES="")
    env["TIKTOK_CLIENT_KEY"] = "sandbox-TIKTOK_CLIENT"
    for name in ("INSTAGRAM_APP", "META_APP", "TIKTOK_CLIENT", "YOUTUBE_CLIENT"):
        env.update({f"{name}_ID": f"sandbox-{name}", f"{name}_SECRET": f"secret of sandbox-{name}"})
    env.setdefault("DATA_DIR", str(BASE_DIR / "var" / "demo"))
    env.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
    env["TIKTOK_MEDIA_PREFIXES"] = f"{(env.get('MEDIA_BASE_URL') or env['BASE_URL']).rstrip('/')}/m/"
    env["NO_PROXY"] = env["no_proxy"] = ",".join(filter(None, [env.get("NO_PROXY"), "127.0.0.1", "localhost"]))


def start() -> int:
    """The product: web, worker and dispatcher, until a signal. Returns the exit code."""
    from django.conf import settings

    with _prepared([settings.PORT]):
        return _run(PARTS, lambda: [f"Collavo runs: {settings.BASE_URL}"])


def demo(*, reset: bool = False) -> int:
    """The product with a demo workspace and the sandbox. A second start keeps the data, unless `reset`."""
    from django.conf import settings

    _only_in_a_demo(settings.DATA_DIR, reset=reset)
    with _prepared([settings.PORT, settings.SANDBOX_PORT]):
        told = _seed()
        return _run([*PARTS, "sandbox"], lambda: _welcome(told))


def _run(names: list[str], lines: Callable[[], list[str]]) -> int:
    commands = read_procfile(BASE_DIR / "Procfile")
    supervisor = Supervisor({name: commands[name] for name in names}, _environment())
    return supervisor.run(_announcer(supervisor, lines))


def _environment() -> dict[str, str]:
    """For the processes of the Procfile. They get the embedded server's address, and so never start it themselves."""
    from django.conf import settings

    env = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    env |= {
        name: str(getattr(settings, name)) for name in ("HOST", "PORT", "SANDBOX_PORT", "WEB_WORKERS", "WEB_THREADS")
    }
    if _is_embedded():
        env["DATABASE_URL"] = embedded.url()
    return env


def _is_embedded() -> bool:
    from django.conf import settings

    return str(settings.DATABASES["default"]["ENGINE"]) == "collavo.embedded"


# Before the start


@contextmanager
def _prepared(ports: list[int]) -> Iterator[None]:
    """Everything that must be there before a process starts; the embedded server stops when the block is left."""
    _stop_on_sigterm()
    for port in ports:
        _check_port(port)
    with _alone(), _database():
        _prepare()
        yield


def _stop_on_sigterm() -> None:
    """While preparing, SIGTERM ends us as Ctrl-C does: through every `finally`."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _check_port(port: int) -> None:
    from django.conf import settings

    name = "SANDBOX_PORT" if port == settings.SANDBOX_PORT else "PORT"
    host = settings.HOST if name == "PORT" else "127.0.0.1"
    other = f"{name}={port + 10 if 1024 <= port < 65000 else 8010}"
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except socket.gaierror as e:
        raise CannotStart(f"HOST is {host!r}, which is no address of this machine. Use 127.0.0.1 or 0.0.0.0.") from e
    except PermissionError as e:
        raise CannotStart(f"This user may not listen on port {port}. Choose another: {other}.") from e
    except OSError as e:
        raise CannotStart(f"Port {port} is taken ({e.strerror}). Stop what uses it, or choose another: {other}.") from e


@contextmanager
def _alone() -> Iterator[None]:
    """One launcher per DATA_DIR: two would share uploads, secrets and the sandbox's ledger."""
    from django.conf import settings

    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        file = (settings.DATA_DIR / "launcher.lock").open("w")
    except OSError as e:
        raise CannotStart(
            f"Cannot write in {settings.DATA_DIR}: {e.strerror}. Set DATA_DIR to a folder this user may write."
        ) from e
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise CannotStart(f"Collavo already runs on {settings.DATA_DIR}. Stop it, or set another DATA_DIR.") from e
        yield


def _database() -> AbstractContextManager[None]:
    return embedded.hold(embedded.default_folder()) if _is_embedded() else nullcontext()


def _prepare() -> None:
    """Bring database and static files to this version of the code."""
    from django.core.management import call_command
    from django.db import DatabaseError, connections

    _connect()
    _say("Preparing the database and the static files …")
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as e:
        raise CannotStart(f"The database cannot be brought to this version: {_first_line(e)}") from e
    call_command("collectstatic", verbosity=0, interactive=False)
    connections.close_all()


def _connect() -> None:
    from django.db import DatabaseError, connection

    at = connection.settings_dict
    try:
        connection.ensure_connection()
    except DatabaseError as e:
        raise CannotStart(
            f"The database {at['NAME']} at {at['HOST'] or 'the local socket'} cannot be used: {_first_line(e)}."
            " Correct DATABASE_URL, or remove it to use the embedded PostgreSQL."
        ) from e


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0].rstrip(".")


# The demo


def _only_in_a_demo(data_dir: Path, *, reset: bool) -> None:
    """Refuse to seed, or to wipe, a DATA_DIR that is not a demo's."""
    mark = data_dir / DEMO_MARK
    if not mark.exists() and (data_dir / "postgres").exists():
        raise CannotStart(f"{data_dir} holds data that is not a demo's. Set DATA_DIR to another folder for the demo.")
    if reset:
        if not _is_embedded():
            raise CannotStart(
                "--reset wipes the demo's embedded database only. Empty the one of DATABASE_URL yourself."
            )
        _wipe(data_dir)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as e:
        raise CannotStart(
            f"Cannot write in {data_dir}: {e.strerror}. Set DATA_DIR to a folder this user may write."
        ) from e


def _wipe(data_dir: Path) -> None:
    with _alone():
        embedded.stop(data_dir / "postgres")
        for name in ("postgres", "media", "sandbox"):
            shutil.rmtree(data_dir / name, ignore_errors=not (data_dir / name).exists())


def _seed() -> str:
    """Make the demo workspace, unless it is there. Returns what the seeder says: who can sign in."""
    from io import StringIO

    from django.core.management import call_command
    from django.db import connections

    _say("Preparing the demo workspace …")
    out = StringIO()
    call_command("seed_demo", stdout=out)
    call_command("seed_demo_handoff")
    connections.close_all()
    return out.getvalue().strip()


def _welcome(told: str) -> list[str]:
    from django.conf import settings

    lines = [f"Collavo is ready: {settings.BASE_URL}", *told.splitlines()]
    return [*lines, f"What the sandbox's platforms show: {settings.SANDBOX_URL}", "Ctrl-C stops everything."]


# While it runs


def _announcer(supervisor: Supervisor, lines: Callable[[], list[str]]) -> Callable[[], None]:
    """A function that looks, on each pass, whether all is well, and says so once; or says what is missing."""
    from django.conf import settings

    answered_at: float | None = None
    done = False

    def look() -> None:
        nonlocal answered_at, done
        if done or (answer := _ask_health(settings.HOST, settings.PORT)) is None:
            return
        status, body = answer
        answered_at = answered_at or time.monotonic()
        late = time.monotonic() - answered_at > HEALTH_PATIENCE
        if status == 200 or late:
            done = True
            trouble = [f"Not everything is at work yet: {body}"] if late else []
            _say("\n".join(["", *lines(), *trouble, ""]))

    return look


def _ask_health(host: str, port: int) -> tuple[int, str] | None:
    """Status and body of /healthz; None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=2)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
