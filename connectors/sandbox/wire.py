"""What passes between the server and a platform: calls, answers, and the world that all of them share."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from connectors.sandbox.faults import Fault, FaultBook
    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.options import Options

HIDDEN = frozenset(
    {
        "access_token", "appsecret_proof", "client_secret", "code_verifier", "fb_exchange_token", "input_token",
        "refresh_token", "upload_token",
    }
)  # fmt: skip


@dataclass(slots=True)
class Call:
    """One request as it arrived. `params` holds query and body together, as the Graph API reads them."""

    method: str
    path: str
    params: dict[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    faults: list[Fault] = field(default_factory=list)
    number: int = 0  # row in the ledger
    upload: BinaryIO | None = None  # a large body, kept out of memory; `body` is empty then

    def content(self) -> BinaryIO:
        """The body to read, wherever it is."""
        return self.upload or BytesIO(self.body)

    @property
    def token(self) -> str:
        """The bearer token, or the access_token parameter, or ""."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() in ("bearer", "oauth") else self.params.get("access_token", "")

    def fault(self, do: str) -> Fault | None:
        """The fault of this kind that hit this call, if one did."""
        return next((fault for fault in self.faults if fault.do == do), None)

    def shown_params(self) -> dict[str, str]:
        """The parameters without secrets, for the ledger."""
        return {k: "•••" if k in HIDDEN else v for k, v in self.params.items()}


@dataclass(slots=True)
class Answer:
    """What goes back. `body` is sent as JSON unless it is bytes."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"

    def payload(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


class NoAnswer(Exception):
    """The connection is to be cut without a byte of answer. str(error) is the word for the ledger."""


class Clock:
    """Unix seconds, which tests may move. The offset is kept by whoever owns the ledger."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> float:
        """Seconds since 1970, as the sandbox believes."""
        return time.time() + self.offset


@dataclass(slots=True)
class World:
    """Everything that one running sandbox shares."""

    ledger: Ledger
    clock: Clock
    options: Options
    faults: FaultBook
    base_url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    in_background: Callable[[Callable[[], None]], None] = lambda job: job()

    def sleep(self, seconds: float) -> None:
        """Wait in real time. Raises NoAnswer when the server stops meanwhile."""
        if self.stopping.wait(seconds):
            raise NoAnswer("stopped")
