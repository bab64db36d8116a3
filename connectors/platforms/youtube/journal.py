"""What the journal holds for a YouTube post: the names of its entries, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.platforms.base import Delivery, Journal, Json

SESSION, SENT, FINISH, READY = "session", "sent", "finish", "ready"  # steps
STALLS = "stalls"  # how often in a row the upload has not moved
POLLS = "polls"  # how often the video's processing has been asked about
ABSENT = "absent"  # how often YouTube has not shown a video that it gave an id
LAST_SENT_TO = "last_sent_to"  # the session whose last piece was sent once, as reconcile found
LOOKS = "looks"  # how often the channel was searched
UPLOAD = (SENT, STALLS)  # how far the upload is
EVERYTHING = (SESSION, SENT, STALLS, FINISH, POLLS, ABSENT, LAST_SENT_TO, LOOKS)


@dataclass(frozen=True)
class Session:
    """An upload session of ours: the key that makes an upload happen once. It is written down before the first byte."""

    uri: str
    size: int  # bytes in all
    slug: str  # the file's name at YouTube, which only the channel's owner sees
    at: datetime  # when it was opened

    def entry(self) -> Json:
        return {"uri": self.uri, "size": self.size, "slug": self.slug, "at": self.at.isoformat()}

    def moved(self, uri: str) -> Session:
        """The same upload at the address that YouTube names now."""
        return replace(self, uri=uri)


def session(journal: Mapping[str, Json]) -> Session | None:
    entry = journal.get(SESSION)
    if not isinstance(entry, dict):
        return None
    uri, size, slug, at = (entry.get(name) for name in ("uri", "size", "slug", "at"))
    if not isinstance(uri, str) or not isinstance(size, int) or not isinstance(slug, str) or not isinstance(at, str):
        return None
    return Session(uri, size, slug, datetime.fromisoformat(at))


def needed_session(journal: Mapping[str, Json]) -> Session:
    """LookupError when there is none: steps ran out of order."""
    if found := session(journal):
        return found
    raise LookupError("The journal has no upload session.")


def video(journal: Mapping[str, Json]) -> str:
    """The id that the finished upload was given; "" before that."""
    entry = journal.get(FINISH)
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""


def count(journal: Mapping[str, Json], name: str) -> int:
    value = journal.get(name)
    return value if isinstance(value, int) else 0


def last_piece_was_sent(delivery: Delivery) -> bool:
    """Whether the last piece may have left for this session: then no other session may ever be opened for the post."""
    found = session(delivery.journal)
    told = found is not None and delivery.journal.get(LAST_SENT_TO) == found.slug
    return delivery.commit_sent_at is not None or told


def remember_last_piece(found: Session) -> Journal:
    """For the journal: `Delivery.commit_sent_at` is forgotten when steps run again, and this is not."""
    return {LAST_SENT_TO: found.slug}
