"""The two Graph hosts, played by `responses`: what they answer, and what they were asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import responses

from connectors.http import clock
from connectors.platforms.base import CallRecord
from connectors.platforms.instagram.client import GraphClient, Tokens
from connectors.platforms.instagram.publisher import InstagramPublisher
from tests.connectors.platforms.samples import IG, account

INSTAGRAM = "https://graph.instagram.com/v26.0"
FACEBOOK = "https://graph.facebook.com/v26.0"
BAD_GATEWAY = "<html>Bad gateway</html>"


def base(login: str = "instagram") -> str:
    return FACEBOOK if login == "facebook" else INSTAGRAM


def client(login: str = "instagram", observed: list[CallRecord] | None = None) -> GraphClient:
    who = account(login)
    calls = [] if observed is None else observed
    return GraphClient(login, Tokens(who.token, who.extra_token), observe=calls.append, deadline=lambda: clock() + 60)


def publisher(login: str = "instagram") -> InstagramPublisher:
    return InstagramPublisher(account(login), client(login))


def created(container: str, login: str = "instagram") -> None:
    responses.post(f"{base(login)}/{IG}/media", json={"id": container})


def refused(body: Any, status: int = 400, login: str = "instagram") -> None:
    responses.post(f"{base(login)}/{IG}/media", json=body, status=status)


def published(body: Any, status: int = 200) -> None:
    responses.post(f"{INSTAGRAM}/{IG}/media_publish", json=body, status=status)


def status(container: str, code: str, text: str = "", login: str = "instagram") -> None:
    responses.get(f"{base(login)}/{container}", json={"id": container, "status_code": code, "status": text})


def listed(*rows: dict[str, Any], login: str = "instagram", after: str = "") -> None:
    paging = {"paging": {"cursors": {"after": after}, "next": "https://evil.example/?access_token=x"}} if after else {}
    responses.get(f"{base(login)}/{IG}/media", json={"data": list(rows), **paging})


def form(index: int = -1) -> dict[str, str]:
    """What a call sent in its body."""
    return dict(parse_qsl(str(sent(index).body or ""), keep_blank_values=True))


def query(index: int = -1) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(str(sent(index).url)).query))


def sent(index: int = -1) -> Any:
    calls: Sequence[Any] = responses.calls
    return calls[index].request


def paths() -> list[str]:
    """METHOD and the end of the path of every call made."""
    return [f"{c.request.method} {urlsplit(str(c.request.url)).path.removeprefix('/v26.0')}" for c in responses.calls]
