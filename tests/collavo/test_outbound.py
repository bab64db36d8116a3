"""Addresses that others chose lead nowhere but to public hosts."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import requests
import responses

from collavo.outbound import PublicSession, is_public, problem

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_private_network_is_not_public_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


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
