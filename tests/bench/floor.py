"""The floor: the calls of one post made by a bare loop of `requests`, with no database and no product around them."""

from __future__ import annotations

import time
from itertools import count

import requests

from connectors.platforms.instagram.rules import GRAPH_VERSION
from connectors.sandbox.client import SandboxControl
from tests.bench.stage import NotMeasured

numbers = count(1)


def posts_per_second(control: SandboxControl, posts: int) -> float:
    """Publish `count` pictures one after the other."""
    account = control.add_account(f"floor.{next(numbers)}", quota_total=10**6, containers_total=10**6)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {account['token']}"
    base = f"{control.instagram_url}/{GRAPH_VERSION}"
    begin = time.monotonic()
    for number in range(posts):
        publish(session, base, account["id"], number)
    return posts / (time.monotonic() - begin)


def publish(session: requests.Session, base: str, account: str, number: int) -> None:
    """The same four calls that the publisher makes for a picture that is ready at once."""
    form = {"image_url": f"http://127.0.0.1/{number}.jpg", "caption": f"floor {number}"}
    container = ask(session.post(f"{base}/{account}/media", data=form))["id"]
    status = ask(session.get(f"{base}/{container}", params={"fields": "status_code,status"}))
    if status["status_code"] != "FINISHED":
        raise NotMeasured(f"The sandbox is not done: {status}.")
    live = ask(session.post(f"{base}/{account}/media_publish", data={"creation_id": container}))["id"]
    ask(session.get(f"{base}/{live}", params={"fields": "id,permalink"}))


def ask(answer: requests.Response) -> dict[str, str]:
    answer.raise_for_status()
    values: dict[str, str] = answer.json()
    return values
