"""For tests, proofs and benchmarks: a client of `/_sandbox`, and sandboxes to run beside them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import requests

from connectors.sandbox.serve import LISTENING
from connectors.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0


class SandboxRefused(Exception):
    """The sandbox did not take an order. str(error) is its sentence."""


class FaultHandle:
    """One ordered fault."""

    def __init__(self, control: SandboxControl, key: str) -> None:
        self.control = control
        self.id = key

    def state(self, wait: float = 0.0) -> dict[str, Any]:
        """What has become of it: hits, calls, reached, held, released."""
        return self.control.ask("GET", f"faults/{self.id}", params={"wait": wait})

    def wait_reached(self, seconds: float = 10.0) -> dict[str, Any]:
        """Return once a call met it (for a hold: stands still). Raises TimeoutError."""
        state = self.state(wait=seconds)
        if not state["reached"]:
            raise TimeoutError(f"No call met fault {self.id} ({state['do']}) within {seconds} s.")
        return state

    def release(self, then: Literal["go", "drop"] = "go") -> None:
        """Let a held call go on, or cut it where it stands (held before its work: nothing is done)."""
        self.control.ask("POST", f"release/{self.id}", {"then": then})


class SandboxControl:
    """The control door of a running sandbox. One may be shared by threads."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._local = threading.local()

    @property
    def instagram_url(self) -> str:
        """What INSTAGRAM_API_URL is set to."""
        return f"{self.url}/instagram"

    @property
    def facebook_url(self) -> str:
        """What FACEBOOK_API_URL is set to."""
        return f"{self.url}/facebook"

    @property
    def tiktok_url(self) -> str:
        """What TIKTOK_API_URL is set to."""
        return f"{self.url}/tiktok"

    @property
    def youtube_url(self) -> str:
        """What YOUTUBE_API_URL is set to; YOUTUBE_SITE_URL is `url`."""
        return f"{self.url}/youtube"

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """One call of the control door. Raises SandboxRefused with its sentence."""
        address = f"{self.url}/_sandbox/{path}"
        answer = self._session().request(method, address, json=body, params=params, timeout=90)
        values: dict[str, Any] = answer.json()
        if answer.status_code >= 400:
            raise SandboxRefused(values["error"])
        return values

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session

    def ping(self) -> float:
        """The sandbox's clock: Unix seconds."""
        return float(self.ask("GET", "ping")["now"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings (see `options.py`); all of them."""
        return self.ask("POST", "settings", changes)

    def add_account(self, username: str, **values: Any) -> dict[str, Any]:
        """A new account of `platform` (Instagram). The answer has `id`, `token` and the platform's other tokens."""
        return self.ask("POST", "accounts", {"username": username, **values})

    def change_account(self, key: str, **values: Any) -> dict[str, Any]:
        """Change quota_total, usage_percent, token_state, token_expires_in (seconds), …"""
        return self.ask("POST", f"accounts/{key}", values)

    def fault(
        self,
        do: str,
        *,
        method: str = "",
        path: str = "",
        account: str = "",
        token: Literal["", "instagram", "page", "user"] = "",
        nth: int = 1,
        times: int = 1,
        **options: Any,
    ) -> FaultHandle:
        """Order a fault (kinds and options: `faults.KINDS`). `path` is a regular expression; `times` 0 means always."""
        match = {"method": method, "path": path, "account": account, "token": token, "nth": nth, "times": times}
        return FaultHandle(self, self.ask("POST", "faults", {"do": do, "match": match, **options})["id"])

    def clear_faults(self) -> None:
        """Forget all faults; held calls go on."""
        self.ask("DELETE", "faults")

    def posts(self, account: str = "", *, hidden: bool = False) -> list[dict[str, Any]]:
        """Live posts that came by the API, oldest first. `hidden`: also deleted ones and those made by hand."""
        found = self.ask("GET", "posts", params={"account": account, "hidden": str(hidden).lower()})
        posts: list[dict[str, Any]] = found["data"]
        return posts

    def containers(self, account: str = "") -> list[dict[str, Any]]:
        """Every container, oldest first."""
        containers: list[dict[str, Any]] = self.ask("GET", "containers", params={"account": account})["data"]
        return containers

    def calls(self, *, account: str = "", method: str = "", path: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Platform calls in the order of their arrival; `path` is a regular expression, `after` a call's id."""
        params = {"account": account, "method": method, "path": path, "after": after}
        calls: list[dict[str, Any]] = self.ask("GET", "calls", params=params)["data"]
        return calls

    def count_calls(self, *, account: str = "", method: str = "", path: str = "", after: int = 0) -> int:
        """How many calls there were."""
        params = {"account": account, "method": method, "path": path, "after": after, "count": "true"}
        return int(self.ask("GET", "calls", params=params)["count"])

    def clock(self, offset: float) -> float:
        """Set the sandbox's clock to real time + offset seconds; the moment it then shows."""
        return float(self.ask("POST", "clock", {"offset": offset})["now"])

    def reset(self) -> None:
        """Forget posts, containers, calls, faults and added accounts; the clock is right again. Settings stay."""
        self.ask("POST", "reset")


# --- running one --------------------------------------------------------------------------------------------------


class SandboxProcess:
    """A sandbox in a process of its own, which a proof may kill and start again on the same port and ledger."""

    def __init__(self, state: Path, port: int = 0, settings: Mapping[str, Any] | None = None) -> None:
        self.state = state
        self.port = port
        self.settings = dict(settings or {})
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> SandboxControl:
        """Start it and wait until it listens. Raises RuntimeError with what it said instead."""
        command = [sys.executable, "-m", "connectors.sandbox", "--port", str(self.port), "--state", str(self.state)]
        command += ["--settings", json.dumps(self.settings)]
        self.process = process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.startswith(LISTENING):
            self.stop()
            raise RuntimeError("The sandbox did not start; it said why on its stderr.")
        url = line.removeprefix(LISTENING)
        self.port = int(url.rsplit(":", 1)[1])
        return SandboxControl(url)

    @property
    def pid(self) -> int:
        """Of the running process."""
        if self.process is None:
            raise RuntimeError("The sandbox does not run.")
        return self.process.pid

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help."""
        self._end(lambda process: process.terminate())

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        if self.process is None:
            return
        how(self.process)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None


@contextmanager
def running_sandbox(
    how: Literal["in_thread", "subprocess"] = "in_thread",
    *,
    state: Path | None = None,
    port: int = 0,
    **settings: Any,
) -> Iterator[SandboxControl]:
    """A sandbox on a free port with a ledger of its own, for as long as the block lasts.

    `settings` are those of `options.py`, e.g. image_seconds=0.05.
    """
    with ExitStack() as stack:
        place = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        if how == "subprocess":
            process = SandboxProcess(place, port, settings)
            stack.callback(process.stop)
            yield process.start()
        else:
            sandbox = Sandbox("127.0.0.1", port, place, settings)
            stack.callback(sandbox.stop)
            sandbox.start()
            yield SandboxControl(sandbox.world.base_url)


def wait_until_up(control: SandboxControl, seconds: float = START_SECONDS) -> None:
    """Return once it answers. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while True:
        try:
            control.ping()
            return
        except requests.ConnectionError as e:
            if time.monotonic() > end:
                raise TimeoutError(f"No sandbox answers at {control.url}.") from e
            time.sleep(0.05)
