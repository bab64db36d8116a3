"""What is fetched comes to the disk in pieces, whole, and no more of it than may be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from approvals.studios.fetching import CHUNK, NotFetched, fetch
from collavo.threads import stopping

type Speaking = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def this_machine(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)


def speaker(speak: Speaking) -> str:
    """The address of a server that says this to the first who asks."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        one, _ = server.accept()
        with one, server:
            one.recv(4096)
            try:
                speak(one)
            except OSError:
                return  # it was broken off, as the test wants

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/file"


def without_end(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        one.sendall(b"x" * CHUNK)


def test_a_file_whose_server_says_no_length_is_cut_off_where_it_becomes_too_large(tmp_path: Path) -> None:
    beats: list[int] = []
    with pytest.raises(NotFetched, match="larger than the 1 MB") as refused:
        fetch(speaker(without_end), tmp_path / "a", most=1024**2, beat=lambda: beats.append(1))
    assert not refused.value.later and (tmp_path / "a").stat().st_size <= 1024**2
    assert beats, "there are signs of life while it comes in"


def test_a_process_that_ends_breaks_it_off_for_another_to_fetch(tmp_path: Path) -> None:
    stopping.set()
    try:
        with pytest.raises(NotFetched, match="ended") as refused:
            fetch(speaker(without_end), tmp_path / "a", most=1024**3, beat=lambda: None)
    finally:
        stopping.clear()
    assert refused.value.later


def test_what_is_said_in_pieces_is_put_together(tmp_path: Path) -> None:
    def pieces(one: socket.socket) -> None:
        one.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    fetch(speaker(pieces), tmp_path / "a", most=5, beat=lambda: None)
    assert (tmp_path / "a").read_bytes() == b"abcde"


def test_pieces_that_break_off_are_fetched_again(tmp_path: Path) -> None:
    def broken(one: socket.socket) -> None:
        one.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")

    with pytest.raises(NotFetched) as refused:
        fetch(speaker(broken), tmp_path / "a", most=100, beat=lambda: None)
    assert refused.value.later


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    def elsewhere(one: socket.socket) -> None:
        one.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(NotFetched, match="answered 302") as refused:
        fetch(speaker(elsewhere), tmp_path / "a", most=100, beat=lambda: None)
    assert not refused.value.later
