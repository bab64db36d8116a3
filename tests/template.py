"""A migrated database to copy test databases from: migrating takes as long as a hundred tests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings

from collavo import embedded


def template(folder: Path) -> str:
    """The template's name on the server in `folder`, made anew when a migration has changed. One makes, others wait."""
    name = f"template_{_digest()}"
    with (folder.parent / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(embedded.url(folder, "postgres"), autocommit=True) as postgres:
            rows = postgres.execute("SELECT datname FROM pg_database WHERE datname ~ '^template_'")
            known = {row[0] for row in rows}
            if name not in known:
                for old in known:
                    postgres.execute(f'DROP DATABASE "{old}" WITH (FORCE)'.encode())
                _make(postgres, folder, name)
    return name


def _make(postgres: psycopg.Connection[tuple[object, ...]], folder: Path, name: str) -> None:
    half = f"{name}_half"
    postgres.execute(f'CREATE DATABASE "{half}"'.encode())
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(
        command, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": embedded.url(folder, half)}, check=True
    )
    postgres.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"'.encode())


def _digest() -> str:
    """Of every migration of every app."""
    files = (path for app in apps.get_app_configs() for path in sorted(Path(app.path).glob("migrations/*.py")))
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()[:24]
