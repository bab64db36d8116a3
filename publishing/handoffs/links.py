"""Whether a link can be the live post: the right host, the right account, a form that people can open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from approvals.states import IllegalMove
from connectors.http import no_deadline, silent
from connectors.models import Connector
from connectors.platforms.base import Live, PlatformError, PostLink, Publisher
from connectors.tokens import fresh_account
from publishing.models import Post

URL_MAX = 500


@dataclass(frozen=True)
class Checked:
    """A link that may stand. `note` says why the platform did not confirm it; "" when it did."""

    live: Live
    note: str = ""

    @property
    def confirmed(self) -> bool:
        return not self.note


def wanted(post: Post) -> PostLink | None:
    """What a link to this post looks like; None where nobody can give one."""
    rule = post.connector.spec.rules.formats.get(post.version.content().format)
    return rule.link if rule else None


def check(post: Post, url: str, *, sure: bool = False) -> Checked:
    """Raise IllegalMove with a sentence unless `url` can be this post's. Asks the platform where the account works.

    `sure`: the person stands by it though the platform does not show it (yet).
    """
    url = url.strip()
    require_shape(post, url)
    connector = post.connector
    if _is_short(post, url):
        return Checked(Live(url=url), _("Not checked: it is a short link."))
    if connector.problem():
        return Checked(Live(url=url), _("Not checked: %(account)s cannot be asked now.") % {"account": connector})
    try:
        found = asking(connector).find(url)
    except PlatformError as e:
        return Checked(Live(url=url), _("Not checked: %(reason)s") % {"reason": e})
    if found:
        return Checked(found)
    if sure:
        return Checked(
            Live(url=url),
            _("%(account)s does not show it there; the person stands by it.") % {"account": connector},
        )
    raise IllegalMove(
        _(
            "%(account)s shows no post at that link. Open the post there and copy its own link; if you "
            "are sure, say so in a sentence beside it."
        )
        % {"account": connector}
    )


def asking(connector: Connector) -> Publisher:
    """For a question that belongs to no delivery."""
    return connector.spec.publisher(fresh_account(connector), observe=silent, deadline=no_deadline)


def require_shape(post: Post, url: str) -> None:
    """Raise IllegalMove with a sentence unless the address looks like one of the platform's posts of this account."""
    if complaint := next(_complaints(post, url), None):
        raise IllegalMove(complaint)


def _complaints(post: Post, url: str) -> Iterator[str]:
    rule, name = wanted(post), post.connector.spec.name
    parts = split(url)
    if parts is None:
        yield _("Paste the link of the live post: it starts with https://.")
        return
    if rule is None:
        return
    if not post.connector.sandbox and (parts.scheme != "https" or parts.hostname not in rule.hosts):
        yield _("That link does not lead to %(platform)s. It looks like %(example)s.") % {
            "platform": name,
            "example": rule.example,
        }
        return
    found = next((m for path in (*rule.paths, *rule.short) if (m := re.fullmatch(path, parts.path))), None)
    if found is None:
        yield _("That is not the link of one post on %(platform)s. It looks like %(example)s.") % {
            "platform": name,
            "example": rule.example,
        }
    elif not _ours(found.groupdict().get("handle"), post.connector.handle):
        yield _("That link belongs to another account. This post is for %(account)s.") % {
            "account": post.connector.handle
        }


def _is_short(post: Post, url: str) -> bool:
    rule = wanted(post)
    return bool(rule and any(re.fullmatch(path, urlsplit(url).path) for path in rule.short))


def split(url: str) -> SplitResult | None:
    """None for what is no address that people can open."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises for one that is none)
    except ValueError:
        return None
    good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and url.isprintable()
    return parts if good and " " not in url and len(url) <= URL_MAX else None


def _ours(named: str | None, handle: str) -> bool:
    return named is None or named.removeprefix("@").casefold() == handle.removeprefix("@").casefold()
