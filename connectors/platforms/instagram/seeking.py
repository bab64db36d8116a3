"""Finds a post that a person made by hand: by its words, or by its picture. Never "the newest one".

A post or a reel is found by its caption, which has to be there and to be shown. A story has no caption, so the live
stories' pictures are looked at: the app may have put a sticker on ours, and nothing else looks like it by chance. A
story that is a film shows nothing to compare; a person says that it is posted.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from django.utils import timezone

from connectors.platforms.base import Account, Content, Format, Live
from connectors.platforms.instagram.client import GraphClient, Listed
from connectors.platforms.instagram.likeness import fingerprint, same_picture
from connectors.platforms.instagram.matching import Row, Wanted, matches, moment, normalised


def seek(
    content: Content, since: datetime, bound: frozenset[str], client: GraphClient, account: Account
) -> Live | None:
    wanted = Wanted(content, not_before=since, now=timezone.now(), bound=bound)
    if content.format == Format.STORY:
        return _only(_stories(wanted, client, account), complete=True)
    if not normalised(content.caption):
        return None
    listed = client.posts_since(account.remote_id, since)
    return _only(matches(listed.posts, wanted), complete=listed.complete)


def _stories(wanted: Wanted, client: GraphClient, account: Account) -> list[Row]:
    medium = wanted.content.media[0]
    if medium.kind != "image" or medium.open is None:
        return []
    listed: Listed = client.stories(account.remote_id)
    candidates = matches(listed.posts, wanted) if listed.complete else []
    if not candidates:
        return []
    with medium.open() as file:
        ours = fingerprint(file)
    return [row for row in candidates if ours and same_picture(ours, fingerprint(BytesIO(client.picture(row))))]


def _only(rows: list[Row], *, complete: bool) -> Live | None:
    if len(rows) != 1 or not complete:
        return None
    link = rows[0].get("permalink")
    return Live(str(rows[0]["id"]), link if isinstance(link, str) else "", moment(rows[0].get("timestamp")))
