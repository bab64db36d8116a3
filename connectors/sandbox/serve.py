"""Starting a sandbox from a shell: where it may run, and the line that says where it listens."""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.ledger import LedgerInUse
from connectors.sandbox.server import Sandbox

RULE = (
    "The sandbox is for development: it starts only on a loopback address, and not where BASE_URL is https or public."
)
LISTENING = "Sandbox listening on "


class CannotStart(Exception):
    """str(error) says why in one line."""


def check_place(host: str, base_url: str) -> None:
    """Raises CannotStart where a sandbox has no business to be."""
    if not _loopback(host):
        raise CannotStart(f"{RULE} '{host}' is no loopback address.")
    parts = urlsplit(base_url)
    if base_url and (parts.scheme == "https" or not _private(parts.hostname or "")):
        raise CannotStart(f"{RULE} BASE_URL is {base_url}.")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _private(host: str) -> bool:
    """Loopback, a private network, or a name that no public zone holds."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".test", ".internal"))


def open_sandbox(host: str, port: int, state: Path, options: Mapping[str, Any] | None = None) -> Sandbox:
    """A sandbox that is bound and ready to serve. Raises CannotStart."""
    try:
        return Sandbox(host, port, state, options)
    except (LedgerInUse, ValueError) as e:
        raise CannotStart(str(e)) from e
    except PermissionError as e:
        raise CannotStart(f"The sandbox may not write to {state}.") from e
    except OSError as e:
        raise CannotStart(f"The sandbox cannot listen on {host}:{port}: {e.strerror}. Set SANDBOX_PORT.") from e


def serve(sandbox: Sandbox, say: Callable[[str], Any]) -> None:
    """Serve until SIGTERM or SIGINT."""

    def end(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=sandbox.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    say(f"{LISTENING}{sandbox.world.base_url}")
    try:
        sandbox.serve_forever(poll_interval=0.1)
    finally:
        sandbox.stop()
