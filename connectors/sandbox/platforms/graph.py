"""What all Meta hosts have in common: the error envelope, `fields`, tokens, paging.

Source: the fact sheet platforms/meta.md, §0, §8 and §11 (November 2026).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.records import Account, Token
from connectors.sandbox.wire import Answer, Call, World

type Fields = dict[str, "Fields"]

MESSAGES: dict[tuple[int, int], str] = {
    (1, 0): "An unknown error has occurred.",
    (2, 0): "An unexpected error has occurred. Please retry your request later.",
    (4, 0): "(#4) Application request limit reached",
    (4, 2207051): "Application request limit reached",
    (9, 2207042): "The user has reached the maximum number of posts that can be published by the API.",
    (190, 463): "Error validating access token: Session has expired. The current time is later than its end.",
    (190, 467): "Error validating access token: The user may have logged out.",
    (190, 460): "Error validating access token: The session has been invalidated because the password was changed.",
    (190, 459): "Error validating access token: The user is enrolled in a blocking, logged-in checkpoint.",
    (190, 458): "Error validating access token: The user has not authorized application 123.",
    (100, 33): "Unsupported get request. Object with ID '{key}' does not exist, cannot be loaded due to missing "
    "permissions, or does not support this operation.",
    (80002, 0): "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
    (-1, 2207001): "Instagram server error. Try again.",
    (-1, 2207032): "Create media failed, please try to re-create media.",
    (-1, 2207073): "This media type cannot be deleted.",
    (-2, 2207003): "It takes too long to download the media.",
    (-2, 2207020): "The media you are trying to access has expired. Please try to upload again.",
    (24, 2207006): "The media could not be found.",
    (24, 2207008): "The media builder with this creation id does not exist, it may have expired.",
    (100, 2207023): "The media type is unknown.",
    (100, 2207028): "Your post won't work as a carousel: it needs 2 to 10 photos or videos.",
    (100, 2207040): "Cannot use more than 20 tags in created media.",
    (9004, 2207052): "Only photo or video can be accepted as media type.",
    (9007, 2207027): "Media ID is not available",
    (36000, 2207004): "The image size is too large.",
    (36001, 2207005): "The image format is not supported.",
    (36003, 2207009): "The aspect ratio of the submitted image is outside the supported range.",
    (36004, 2207010): "The caption is too long. At most 2200 characters, 30 hashtags and 20 @ tags.",
    (352, 2207026): "The video format is not supported. Please check spec for supported streams format.",
    (1, 2207057): "The thumbnail offset must be within the length of the video.",
}  # fmt: skip

TITLES: dict[tuple[int, int], tuple[str, str]] = {
    (4, 2207051): ("Action is blocked", "We restrict certain activity to protect our community."),
    (9007, 2207027): ("Media not ready", "The media is not ready for publishing, please wait for a moment."),
    (9004, 2207052): ("Media download has failed", "The media could not be fetched from this URI."),
    (9, 2207042): ("Limit reached", "You have reached the number of posts for 24 hours."),
}

DEAD_TOKEN = {"expired": 463, "revoked": 458, "password": 460, "checkpoint": 459, "invalid": 467}


class GraphError(Exception):
    """A refusal in Meta's envelope. `subcode` 0 means: none."""

    def __init__(
        self, code: int, subcode: int = 0, message: str = "", *, status: int = 400, kind: str = "", **more: Any
    ) -> None:
        self.code, self.subcode, self.status = code, subcode, status
        self.message = message or MESSAGES.get((code, subcode)) or MESSAGES.get((code, 0)) or "An error has occurred."
        self.type = kind or ("GraphMethodException" if (code, subcode) == (100, 33) else "OAuthException")
        self.more = more
        super().__init__(self.message)

    def answer(self) -> Answer:
        """As it goes over the wire."""
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode:
            error |= {"error_subcode": self.subcode, "is_transient": False}
        if titles := TITLES.get((self.code, self.subcode)):
            error |= {"error_user_title": titles[0], "error_user_msg": titles[1]}
        error |= self.more | {"fbtrace_id": trace_id()}
        return Answer({"error": error}, self.status)


def trace_id() -> str:
    """As Meta's: opaque, and different each time."""
    return "A" + secrets.token_urlsafe(16)


def missing(key: str) -> GraphError:
    """What Meta says of ids that do not exist and of those that the token may not see: the same."""
    return GraphError(100, 33, MESSAGES[(100, 33)].format(key=key))


def bad(message: str, subcode: int = 0) -> GraphError:
    """Invalid parameter."""
    return GraphError(100, subcode, f"(#100) {message}")


def ordered_refusal(fault: Fault, call: Call) -> GraphError:
    """The refusal that a fault asks for."""
    if fault.do == "hundred_33":
        return missing(call.path.rsplit("/", 1)[-1])
    if fault.do == "rate_limit":
        return GraphError(fault.options["code"], status=fault.options["status"])
    wish = fault.options
    more = {"is_transient": wish["transient"]}
    more |= {f"error_{k}": wish[k] for k in ("user_title", "user_msg") if wish[k]}
    return GraphError(wish["code"], wish["subcode"], wish["message"], status=wish["status"], kind=wish["type"], **more)


def usage_header(account: str, percent: int, minutes: int) -> str:
    """Value of X-Business-Use-Case-Usage; `minutes` until calls are let through again."""
    use = {
        "type": "instagram",
        "call_count": percent,
        "total_cputime": min(percent, 20),
        "total_time": min(percent, 20),
    }
    return json.dumps({account: [use | {"estimated_time_to_regain_access": minutes}]})


# --- fields -------------------------------------------------------------------------------------------------------


def parse_fields(text: str) -> Fields:
    """`id,children{media_type}` → {"id": {}, "children": {"media_type": {}}}. Raises GraphError on bad syntax."""
    fields, rest = _fields(text.replace(" ", ""))
    if rest:
        raise GraphError(2500, 0, f"Syntax error \"Expected end of string instead of '{rest[0]}'.\"")
    return fields


def _fields(text: str) -> tuple[Fields, str]:
    fields: Fields = {}
    while text and text[0] != "}":
        end = next((i for i, c in enumerate(text) if c in ",{}"), len(text))
        name, text = text[:end], text[end:]
        fields[name] = {}
        if text.startswith("{"):
            fields[name], text = _fields(text[1:])
            if not text.startswith("}"):
                raise GraphError(2500, 0, 'Syntax error "Expected end of field list."')
            text = text[1:]
        text = text.removeprefix(",")
    fields.pop("", None)
    return fields, text


def pick(
    node: str, known: Mapping[str, Callable[[Fields], Any]], wanted: str | Fields, default: Sequence[str] = ("id",)
) -> dict[str, Any]:
    """The asked fields of a node. `id` always comes along, empty values never do, unknown names are refused."""
    fields = parse_fields(wanted) if isinstance(wanted, str) else wanted
    fields = fields or {name: {} for name in default}
    for name in fields:
        if name not in known:
            raise bad(f"Tried accessing nonexisting field ({name}) on node type ({node})")
    picked = {name: known[name](inner) for name, inner in fields.items()}
    picked = {name: value for name, value in picked.items() if value is not None}
    return picked | ({"id": known["id"]({})} if "id" in known else {})


def timestamp(at: float) -> str:
    """As Meta writes moments: 2026-11-20T10:00:03+0000."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


# --- paging -------------------------------------------------------------------------------------------------------


def page_of[T](call: Call, items: Sequence[T], key: Callable[[T], str]) -> tuple[list[T], dict[str, Any]]:
    """One page of a list, by `limit` and `after`, and its `paging` object."""
    limit = min(max(whole(call.params, "limit", 25), 1), 100)
    start = 0
    if after := call.params.get("after"):
        start = next((i + 1 for i, item in enumerate(items) if _cursor(key(item)) == after), len(items))
    page = list(items[start : start + limit])
    if not page:
        return [], {}
    paging: dict[str, Any] = {"cursors": {"before": _cursor(key(page[0])), "after": _cursor(key(page[-1]))}}
    if start + limit < len(items):
        here = f"http://{call.headers.get('host', '')}{call.path}"  # a whole address, as Meta's
        paging["next"] = f"{here}?limit={limit}&after={paging['cursors']['after']}"
    return page, paging


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def whole(params: Mapping[str, str], name: str, default: int) -> int:
    """A parameter as a whole number. Raises GraphError when it is none."""
    try:
        return int(params.get(name, default))
    except ValueError:
        raise bad(f"Param {name} must be an integer") from None


# --- tokens -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Session:
    """A live token and the accounts that it opens."""

    token: Token
    accounts: tuple[Account, ...]

    @property
    def account(self) -> Account:
        """The account of a token that opens only one."""
        return self.accounts[0]

    def opens(self, account: str) -> bool:
        """Whether the token may act for this account."""
        return any(a.id == account for a in self.accounts)


def dead_subcode(token: Token, now: float) -> int:
    """Subcode of 190 for a token that is dead, or 0."""
    if token.state == "live" and 0 < token.expires_at <= now:
        return DEAD_TOKEN["expired"]
    return DEAD_TOKEN.get(token.state, 0)


def session(world: World, call: Call, kinds: Sequence[str]) -> Session:
    """The caller's session on a host that takes these kinds of token. Raises GraphError 104 or 190."""
    if not call.token:
        raise GraphError(104, 0, "An access token is required to request this resource.")
    rows = [row for row in world.ledger.tokens(call.token) if row.kind in kinds]
    if not rows:
        raise GraphError(190, 0, "Invalid OAuth access token - Cannot parse access token")
    if subcode := dead_subcode(rows[0], world.clock.now()):
        raise GraphError(190, subcode)
    accounts = (world.ledger.account(row.account) for row in rows)
    return Session(rows[0], tuple(a for a in accounts if a))


def check_proof(world: World, call: Call) -> None:
    """Raises GraphError 100 when an app secret is set and `appsecret_proof` does not come from it."""
    if not (secret := world.options.app_secret):
        return
    if not (proof := call.params.get("appsecret_proof")):
        raise GraphError(100, 0, "API calls from the server require an appsecret_proof argument")
    right = hmac.new(secret.encode(), call.token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof, right):
        raise GraphError(100, 0, "Invalid appsecret_proof provided in the API argument")
