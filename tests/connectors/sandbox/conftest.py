"""A sandbox in a thread, a server with files, and callers that speak to the API as a client would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.connectors.sandbox.files import Files, file_server, film, picture

FJORD, NORD = "17841400000000001", "17841400000000002"


@dataclass
class Api:
    """One account's caller on one host."""

    base: str
    account: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, **params: Any) -> requests.Response:
        """One call, with the token in its header and no retry."""
        form, query = (params, None) if method == "POST" else (None, params)
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.base}/v26.0/{path}"
        return self.session.request(method, url, params=query, data=form, headers=headers, timeout=10)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a read, whatever its status."""
        answer: dict[str, Any] = self.ask("GET", path, **params).json()
        return answer

    def post(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a write, whatever its status."""
        answer: dict[str, Any] = self.ask("POST", path, **params).json()
        return answer

    def container(self, **params: Any) -> str:
        """A new container's id."""
        return str(self.post(f"{self.account}/media", **params)["id"])

    def status(self, container: str) -> str:
        """Its status_code once it is no longer IN_PROGRESS."""
        end = time.monotonic() + 5
        while (code := self.get(container, fields="status_code")["status_code"]) == "IN_PROGRESS":
            assert time.monotonic() < end
            time.sleep(0.01)
        return str(code)

    def publish(self, container: str) -> dict[str, Any]:
        """Wait for it, then publish it: the answer."""
        self.status(container)
        return self.post(f"{self.account}/media_publish", creation_id=container)


@pytest.fixture(scope="package")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox() as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl) -> SandboxControl:
    """As new."""
    one_sandbox.reset()
    one_sandbox.settings(image_seconds=0.0, video_seconds=0.0, check_media=True, fetch_seconds=5.0, app_secret="")
    return one_sandbox


@pytest.fixture
def api(sandbox: SandboxControl) -> Api:
    """fjord.supply on the Instagram host."""
    return Api(sandbox.instagram_url, FJORD, "sandbox-token-fjord")


@pytest.fixture
def page_api(sandbox: SandboxControl) -> Api:
    """nord.kaffe on the Facebook host, with its Page token."""
    return Api(sandbox.facebook_url, NORD, "sandbox-token-nord")


@pytest.fixture(scope="package")
def files() -> Iterator[Files]:
    with file_server() as served:
        yield served


@pytest.fixture
def jpeg(files: Files) -> str:
    """Address of a good picture."""
    return files.put("good.jpg", picture())


@pytest.fixture
def mp4(files: Files) -> str:
    """Address of a good film."""
    return files.put("good.mp4", film())
