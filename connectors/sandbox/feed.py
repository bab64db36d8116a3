from __future__ import annotations

from connectors.sandbox.wire import Answer, Call, World


def answer(world: World, call: Call) -> Answer:
    return Answer(b"", 404, content_type="text/plain")
