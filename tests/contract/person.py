"""A person at a platform's consent page: reads what it asks, decides, and comes back with what the platform says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests


class _Form(HTMLParser):
    """The fields of the page's one form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.action, self.fields, self.radios = "", {}, {}  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "input" and values["type"] == "radio":
            self.radios.setdefault(values["name"], []).append(values["value"])
            if "checked" in values:
                self.fields[values["name"]] = values["value"]
        elif tag == "input" and (values["type"] == "hidden" or "checked" in values):
            self.fields[values["name"]] = values.get("value", "")


@dataclass
class Person:
    """Decides the same way at every page."""

    account: str = ""  # a radio to choose instead of the first
    without: Iterable[str] = field(default_factory=tuple)  # fields to untick
    decision: str = "allow"

    def visit(self, address: str) -> dict[str, str]:
        """Go to the platform; what it hangs onto the way back, and where that leads as "to"."""
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(address, timeout=10)
            assert page.status_code == 200, page.text
            form = _Form()
            form.feed(page.text)
            answer = browser.post(urljoin(address, form.action), self.fill(form), timeout=10, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        parts = urlsplit(answer.headers["Location"])
        return {**dict(parse_qsl(parts.query)), "to": f"{parts.scheme}://{parts.netloc}{parts.path}"}

    def fill(self, form: _Form) -> dict[str, str]:
        chosen = {"account": self.account} if self.account else {}
        sent = {name: value for name, value in {**form.fields, **chosen}.items() if name not in set(self.without)}
        return {**sent, "decision": self.decision}
