"""Every page of the console, for the tests that hold all pages to the same promises. A new page is one line here."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.demo import Demo

PLACES: dict[str, Callable[[Demo], str]] = {
    "approvals": lambda demo: f"{demo.console}/approvals/",
    "approvals, searched": lambda demo: f"{demo.console}/approvals/?q=linen&channel=instagram",
    "a second round": lambda demo: f"{demo.console}/approvals/{demo.version('Blanket stack')}/?show=compare",
    "as Instagram shows it": lambda demo: (
        f"{demo.console}/approvals/{demo.version('Night train north')}/?show=instagram"
    ),
    "links for a client": lambda demo: f"{demo.console}/versions/{demo.version('Blanket stack')}/links/",
    "board": lambda demo: f"{demo.console}/board/",
    "board, searched": lambda demo: f"{demo.console}/board/?q=linen",
    "board with panel": lambda demo: f"{demo.console}/board/?v={demo.version('First light')}",
    "calendar": lambda demo: f"{demo.console}/calendar/",
    "gallery": lambda demo: f"{demo.console}/gallery/",
    "rights": lambda demo: f"{demo.console}/rights/",
    "performance": lambda demo: f"{demo.console}/performance/",
    "posts": lambda demo: f"{demo.console}/posts/",
    "log": lambda demo: f"{demo.console}/log/",
    "connections": lambda demo: f"{demo.console}/connections/",
    "notices": lambda demo: f"{demo.console}/notices/",
    "cases": lambda demo: f"{demo.console}/cases/",
    "a case": lambda demo: f"{demo.console}/cases/{demo.sql('SELECT id FROM approvals_case LIMIT 1')[0][0]}/",
    "an asset": lambda demo: f"{demo.console}/assets/{demo.sql('SELECT id FROM approvals_asset LIMIT 1')[0][0]}/",
    "hand-offs": lambda demo: f"{demo.console}/handoffs/",
    "use in a studio": lambda demo: f"{demo.console}/studio/{demo.version('First light')}/",
    "a reel of a picture": lambda demo: f"{demo.console}/studio/{demo.version('First light')}/?recipe=reel",
    "settings": lambda demo: f"{demo.console}/settings/",
    "tokens": lambda demo: f"{demo.console}/settings/tokens/",
    "webhooks": lambda demo: f"{demo.console}/settings/webhooks/",
    "studios": lambda demo: f"{demo.console}/settings/studios/",
    "new asset": lambda demo: f"{demo.console}/assets/new/",
}
