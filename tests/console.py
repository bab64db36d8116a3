"""The console as tests use it: the browser of somebody who is signed in, and what a person reads on a page."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from collavo.accounts.models import Membership, User


def signed_in(who: Membership | User, **options: Any) -> Client:
    """A browser of this person; `options` are the client's."""
    client = Client(**options)
    client.force_login(who.user if isinstance(who, Membership) else who)
    return client


def text(response: Any) -> str:
    """What a person reads: without tags, entities and the space between them."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
