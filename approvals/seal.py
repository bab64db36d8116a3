"""The seal: by what everybody sees that what goes out is what was approved."""

from __future__ import annotations

import hashlib
import json

from connectors.platforms.base import Content


def seal_of(content: Content) -> str:
    """SHA-256 over caption, ordered media hashes with their alt texts, format and options."""
    said = {
        "caption": content.caption,
        "media": [[m.sha256, m.alt_text] for m in content.media],
        "format": content.format.value,
        "options": dict(content.options),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
