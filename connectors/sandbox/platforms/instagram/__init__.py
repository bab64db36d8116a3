"""Instagram's content publishing API on both of its hosts: `/instagram/…` is graph.instagram.com (Instagram Login),
`/facebook/…` is graph.facebook.com (Facebook Login: Page and user tokens). Versions in the path are optional.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.platforms import graph
from connectors.sandbox.platforms.graph import GraphError, Session, bad, missing
from connectors.sandbox.platforms.instagram.containers import Containers, numbered
from connectors.sandbox.platforms.instagram.oauth import OAuth
from connectors.sandbox.platforms.instagram.params import is_true
from connectors.sandbox.platforms.instagram.reads import SCOPES, STRANGE, Reads, visible
from connectors.sandbox.records import Account, LivePost, Token
from connectors.sandbox.wire import Answer, Call, World

KINDS_OF_HOST = {"instagram": ("instagram",), "facebook": ("page", "user")}
PATH = re.compile(r"^/(?P<host>instagram|facebook)(?:/v\d+\.\d+)?/(?P<node>[\w.-]+)(?:/(?P<edge>\w+))?/?$")

FJORD = Account(
    "17841400000000001", "fjord.supply", name="Fjord Supply", app_scoped_id="26000000000000001",
    biography="Wool, wax and weather. Bergen.",
)  # fmt: skip
NORD = Account(
    "17841400000000002", "nord.kaffe", name="Nord Kaffe", login="facebook", app_scoped_id="26000000000000002",
    page_id="1001", page_name="Nord Kaffe", biography="Small roastery, long winters.",
)  # fmt: skip
HAVN = Account(
    "17841400000000003", "havn.studio", name="Havn Studio", app_scoped_id="26000000000000003",
    biography="Prints from the harbour.",
)  # fmt: skip
LYS = Account(
    "17841400000000004", "lys.atelier", name="Lys Atelier", login="facebook", app_scoped_id="26000000000000004",
    page_id="1002", page_name="Lys Atelier", biography="Lamps, mostly.",
)  # fmt: skip


class Instagram:
    """The platform in one world."""

    key = "instagram"
    prefixes: Sequence[str] = ("instagram", "facebook")

    def __init__(self, world: World) -> None:
        self.world = world
        self.containers = Containers(world)
        self.reads = Reads(world, self.containers)
        self.oauth = OAuth(world)

    def preset(self) -> None:
        """The two accounts that the demo's seed links, and two that a person may link in the browser."""
        ledger, now = self.world.ledger, self.world.clock.now()
        ledger.save_account(FJORD)
        ledger.save_token(Token("sandbox-token-fjord", FJORD.id, "instagram", "live", now, now + 60 * 86400))
        ledger.save_account(NORD)
        ledger.save_token(Token("sandbox-token-nord", NORD.id, "page", "live", now))
        ledger.save_token(Token("sandbox-user-token-nord", NORD.id, "user", "live", now, now + 60 * 86400))
        ledger.save_account(HAVN)
        ledger.save_account(LYS)

    def new_account(self, values: Mapping[str, Any]) -> Account:
        """With a Page for Facebook Login."""
        number = f"{secrets.randbelow(10**10):010d}"
        defaults = {"id": f"1784150{number}", "app_scoped_id": f"2600000{number}", "username": f"sandbox.{number}"}
        account = Account(**defaults | dict(values))
        if account.login not in ("instagram", "facebook"):
            raise ValueError("'login' is 'instagram' or 'facebook'.")
        if account.login == "facebook" and not account.page_id:
            account = replace(account, page_id=f"2{number}")
        return account

    def token_kinds(self, account: Account) -> Mapping[str, str]:
        """A Page's token comes with that of the user who got it."""
        return {"token": "page", "user_token": "user"} if account.login == "facebook" else {"token": "instagram"}

    def resume(self) -> None:
        """Fetch the films that were not fetched when the sandbox stopped."""
        self.containers.resume()

    def caller(self, call: Call) -> tuple[str, str]:
        """By the token: with a user token of several accounts, the one that the path names, else the first."""
        rows = self.world.ledger.tokens(call.token) if call.token else []
        if not rows:
            return "", ""
        named = next((row for row in rows if f"/{row.account}/" in f"{call.path}/"), rows[0])
        return named.account, named.kind

    def refuse(self, fault: Fault, call: Call) -> Answer:
        """A refusal on order."""
        answer = graph.ordered_refusal(fault, call).answer()
        answer.headers |= fault.options.get("headers", {})
        if fault.do == "rate_limit":
            minutes, percent = fault.options["minutes"], fault.options["percent"]
            answer.headers |= self._usage(self.caller(call)[0], percent, minutes)
        return answer

    def _usage(self, account: str, percent: int, minutes: int) -> dict[str, str]:
        return {"X-Business-Use-Case-Usage": graph.usage_header(account or "0", percent, minutes)}

    def answer(self, call: Call) -> Answer:
        """Do what is asked."""
        account = self.caller(call)[0]
        try:
            answer = self._oauth(call) or Answer(self._do(call))
        except GraphError as e:
            answer = e.answer()
        if found := self.world.ledger.account(account) if account else None:
            wish = call.fault("usage")
            use = (wish.options["percent"], wish.options["minutes"]) if wish else (found.usage_percent, 0)
            answer.headers |= self._usage(account, *use)
        answer.headers |= {"facebook-api-version": "v26.0", "x-fb-trace-id": graph.trace_id()}
        return answer

    def _oauth(self, call: Call) -> Answer | None:
        parts = PATH.match(call.path)
        return self.oauth.answer(call, parts["host"], parts["node"], parts["edge"] or "") if parts else None

    def _do(self, call: Call) -> dict[str, Any]:
        parts = PATH.match(call.path)
        if not parts:
            raise GraphError(2500, 0, "Unknown path components", status=404)
        host, node, edge = parts["host"], parts["node"], parts["edge"] or ""
        if host == "facebook" and node == "debug_token" and call.method == "GET":
            return self.reads.debug_token(call)
        session = graph.session(self.world, call, KINDS_OF_HOST[host])
        if host == "facebook":
            graph.check_proof(self.world, call)
        if node == "me" and (call.method, edge) in ME:
            return self._me(call, session, edge)
        if account := self._account(session, node):
            return self._on_account(call, session, account, edge, host)
        if account := next((a for a in session.accounts if a.page_id and a.page_id == node), None):
            return self._on_page(call, account, edge)
        if post := self.reads.post(node, session):
            return self._on_post(call, post, edge, host)
        return self._on_container(call, session, node, edge)

    def _me(self, call: Call, session: Session, edge: str) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "accounts":
                return self.reads.pages(call, session)
            case "GET", "permissions":
                return self.oauth.permissions(call.token, SCOPES)
            case "DELETE", "permissions":
                return self.oauth.revoke(call.token)
        return self.reads.me(call, session)

    def _account(self, session: Session, node: str) -> Account | None:
        """`me` stands for the account on the host where tokens belong to one."""
        if node == "me" and session.token.kind == "instagram":
            return session.account
        return next((a for a in session.accounts if a.id == node), None)

    def _on_account(self, call: Call, session: Session, account: Account, edge: str, host: str) -> dict[str, Any]:
        match call.method, edge:
            case "POST", "media":
                return {"id": self.containers.create(call, account, host).id} | STRANGE
            case "POST", "media_publish":
                return {"id": self.containers.publish(call, account).id} | STRANGE
            case "GET", "":
                return self.reads.account(call, account)
            case "GET", "media":
                return self.reads.posts(call, account)
            case "GET", "stories":
                return self.reads.stories(call, account)
            case "GET", "content_publishing_limit":
                return self.reads.quota(call, account)
        raise unsupported(call, account.id, edge)

    def _on_page(self, call: Call, account: Account, edge: str) -> dict[str, Any]:
        if (call.method, edge) == ("GET", ""):
            return self.reads.page(call, account, self.reads.page_token(account))
        raise unsupported(call, account.page_id, edge)

    def _on_post(self, call: Call, post: LivePost, edge: str, host: str) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                return self.reads.medium(call, post)
            case "GET", "insights":
                return self.reads.insights(call, post)
            case "GET", "comments":
                return self.reads.comments(call, post)
            case "POST", "comments":
                return self._comment(call, post)
            case "POST", "" if "comment_enabled" in call.params:
                return self._enable_comments(call, post)
            case "DELETE", "" if host == "facebook":
                return self._delete(post)
        raise unsupported(call, post.id, edge)

    def _on_container(self, call: Call, session: Session, key: str, edge: str) -> dict[str, Any]:
        container = self.containers.readable(key, session)
        if (call.method, edge) != ("GET", ""):
            raise unsupported(call, key, edge)
        self.containers.touch(call, container)
        shown = self.containers.shown(container)
        known = {name: (lambda _, v=value: v) for name, value in (shown | {"id": key}).items()}
        return graph.pick("IGContainer", known, call.params.get("fields", "id")) | STRANGE

    def _comment(self, call: Call, post: LivePost) -> dict[str, Any]:
        account = self.world.ledger.account(post.account)
        if not (text := call.params.get("message")):
            raise bad("The parameter message is required")
        if not post.comments_enabled:
            raise GraphError(10, 0, "(#10) Comments are turned off for this media.")
        row = {"id": numbered("1794"), "post": post.id, "username": account.username if account else "", "text": text}
        self.world.ledger.insert("comments", row | {"at": self.world.clock.now()})
        return {"id": row["id"]} | STRANGE

    def _enable_comments(self, call: Call, post: LivePost) -> dict[str, Any]:
        enabled = is_true(call.params, "comment_enabled")
        self.world.ledger.run("UPDATE posts SET comments_enabled = ? WHERE id = ?", int(enabled), post.id)
        return {"success": True} | STRANGE

    def _delete(self, post: LivePost) -> dict[str, Any]:
        if post.kind == "story":
            raise GraphError(-1, 2207073)
        self.world.ledger.run("UPDATE posts SET deleted_at = ? WHERE id = ?", self.world.clock.now(), post.id)
        return {"success": True, "deleted_id": visible(post, post.id).id} | STRANGE


ME = {("GET", ""), ("GET", "accounts"), ("GET", "permissions"), ("DELETE", "permissions")}


def unsupported(call: Call, key: str, edge: str) -> GraphError:
    """For an edge that does not exist, or not with this verb."""
    if call.method == "GET" and edge:
        return bad(f"Tried accessing nonexisting field ({edge}) on node type (IGUser)")
    return missing(key)
