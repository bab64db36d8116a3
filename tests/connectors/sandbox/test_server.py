"""HTTP itself."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from connectors.sandbox.client import SandboxControl
from tests.connectors.sandbox.conftest import FJORD


def connection(sandbox: SandboxControl) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=5)


def test_one_connection_carries_many_calls(sandbox: SandboxControl) -> None:
    caller = connection(sandbox)
    places = set()
    for _ in range(3):
        caller.request("GET", "/instagram/me", headers={"Authorization": "Bearer sandbox-token-fjord"})
        assert json.loads(caller.getresponse().read())["id"]
        places.add(caller.sock.getsockname())
    caller.close()
    assert len(places) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"POST /instagram/me HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /instagram/me HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /instagram/me HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
    ],
)
def test_what_is_no_http_gets_a_400_and_the_end(sandbox: SandboxControl, raw: bytes) -> None:
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as caller:
        caller.sendall(raw)
        answer = b"".join(iter(lambda: caller.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_parameters_may_come_as_a_form_as_json_or_in_the_address(sandbox: SandboxControl, jpeg: str) -> None:
    url, head = f"{sandbox.instagram_url}/v26.0/{FJORD}/media", {"Authorization": "Bearer sandbox-token-fjord"}
    tags = [{"username": "x", "x": 0.5, "y": 0.5}]
    ways: list[dict[str, Any]] = [
        {"data": {"image_url": jpeg, "user_tags": json.dumps(tags)}},
        {"json": {"image_url": jpeg, "user_tags": tags, "is_carousel_item": True}},
        {"params": {"image_url": jpeg, "user_tags": json.dumps(tags)}},
    ]
    for how in ways:
        assert "id" in requests.post(url, headers=head, timeout=5, **how).json()
    assert {c["kind"] for c in sandbox.containers()} == {"image", "child_image"}


def test_a_path_that_no_platform_knows_is_refused_in_its_envelope(sandbox: SandboxControl) -> None:
    answer = requests.get(f"{sandbox.instagram_url}/v26.0/a/b/c", timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 2500)
