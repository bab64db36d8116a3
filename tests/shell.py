"""How tests run a command: what it said, and its exit code."""

from __future__ import annotations

import io
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError


def run(*words: object, **options: Any) -> tuple[int, str]:
    """Exit code and everything that was printed, as at a shell."""
    out = io.StringIO()
    try:
        call_command(*map(str, words), stdout=out, stderr=out, **options)
    except CommandError as e:
        return e.returncode, f"{out.getvalue()}{e}"
    except SystemExit as e:
        return int(e.code or 0), out.getvalue()
    return 0, out.getvalue()


def piped(text: str) -> io.StringIO:
    """What comes on stdin."""
    return io.StringIO(text)
