"""Addresses that others chose lead nowhere but to public hosts."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import requests
import responses
from pytest_django.fixtures import Settings

from collavo.outbound import PublicSession, problem


@pytest.mark.parametrize(
    "address",
    [
        "", "push.example.com", "http://push.example.com/x", "ftp://push.example.com", "https://", "https://[",
        "https://user:secret@push.example.com/", "https://push.example.com:8443/", "https://localhost/",
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", f"https://push.example.com/{'x' * 1000}",
    ],
)  # fmt: skip
def test_what_may_not_be_called_is_told_in_a_sentence(address: str) -> None:
    assert problem(address).endswith(".")


def test_a_public_https_address_may_be_called() -> None:
    assert problem("https://push.example.com/send/abc") == "" == problem("https://8.8.8.8/")


@pytest.fixture
def listener() -> Any:
    """Somebody inside who counts the connections that arrive."""
    arrived: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        try:
            arrived.append(server.accept())
        except OSError:
            return  # closed by the test's end

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield server.getsockname()[1], arrived
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_a_name_that_leads_inside_is_not_connected_to(listener: Any) -> None:
    port, arrived = listener
    with PublicSession() as session, pytest.raises(requests.ConnectionError, match="private network"):
        session.get(f"https://localhost:{port}/", timeout=5)
    assert arrived == []


def test_nothing_but_https_is_spoken() -> None:
    with PublicSession() as session, pytest.raises(requests.exceptions.InvalidSchema):
        session.get("http://push.example.com/", timeout=5)


def test_a_name_that_nobody_knows_is_a_failed_connection() -> None:
    with PublicSession() as session, pytest.raises(requests.ConnectionError):
        session.get("https://nobody.invalid/", timeout=5)


@responses.activate
def test_a_redirect_is_not_followed() -> None:
    responses.get("https://push.example.com/", status=302, headers={"Location": "https://other.example.com/"})
    with PublicSession() as session, pytest.raises(requests.TooManyRedirects):
        session.get("https://push.example.com/", timeout=5)
    assert len(responses.calls) == 1


def test_the_networks_that_webhooks_may_reach_are_closed_to_it(settings: Settings, listener: Any) -> None:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    port, arrived = listener
    with PublicSession() as session, pytest.raises(requests.ConnectionError, match="private network"):
        session.get(f"https://localhost:{port}/", timeout=5)
    assert arrived == []
