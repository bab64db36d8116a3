"""manage.py connect"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from collavo.accounts.shell import find_workspace, read_secret, require_time_zone, table, wrong
from collavo.ids import uuid7
from collavo.secrets import UnreadableSecret
from connectors.models import Connector, link
from connectors.platforms import registry
from connectors.platforms.base import Account, NeedsRelink, Platform, PlatformError, Profile, Rejected

UNREADABLE = 1
TOKEN_REFUSED = 3
NOT_REACHED = 4
ABILITIES = {"publish": "publish", "read_status": "tell how a post is doing", "read_metrics": "read metrics"}


class Command(BaseCommand):
    help = (
        "Links an account with an access token that you have. The token is read from stdin (typed unseen at a "
        "terminal), never from the arguments. Linking again renews the token; posts and history stay. Exit codes: "
        "0 linked; 1 the stored token cannot be read with TOKEN_KEYS; 2 wrong input; 3 the platform refused the token; "
        "4 the platform did not answer. Unless it is 0, nothing was linked."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help=f"One of: {', '.join(registry.PLATFORMS)}.")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--login", default="", help="The platform's way of linking that the token comes from.")
        parser.add_argument("--time-zone", default="", help="The account's; the workspace's when left out.")
        parser.add_argument("--account", default="", help="Id or name, when the token opens several accounts.")

    def handle(self, *args: Any, **options: Any) -> None:
        spec = find_platform(options["platform"])
        login = find_login(spec, options["login"])
        workspace = find_workspace(options["workspace"])
        if options["time_zone"]:
            require_time_zone(options["time_zone"])
        token = one_token(read_secret(f"Access token for {spec.name}: ", options.get("stdin")))
        try:
            profile = look_up(spec, login, token, options["account"])
            connector = link(
                workspace, spec.key, login, profile, token=token, by="operator", time_zone=options["time_zone"]
            )
        except PlatformError as e:
            raise refusal(spec, login, e) from e
        except UnreadableSecret as e:
            raise CommandError(f"{e} Nothing was linked.", returncode=UNREADABLE) from e
        self.stdout.write(report(connector))


def find_platform(key: str) -> Platform:
    if key not in registry.PLATFORMS:
        raise wrong(f"There is no platform “{key}”. There are: {', '.join(registry.PLATFORMS)}.")
    return registry.get(key)


def find_login(spec: Platform, login: str) -> str:
    """The named way of linking; the platform's first when none is named."""
    if login and login not in spec.logins:
        raise wrong(f"{spec.name} has no login “{login}”. There are: {', '.join(spec.logins)}.")
    return login or next(iter(spec.logins))


def one_token(text: str) -> str:
    if not text:
        raise wrong("No token came on stdin. Pipe it in, or run this at a terminal and paste it.")
    if len(text.split()) != 1:
        raise wrong("A token is one word; something else came on stdin.")
    return text


def look_up(spec: Platform, login: str, token: str, wanted: str) -> Profile:
    """The one account to link, with what the platform says that it can do. Nothing is stored."""
    found = choose(spec.identify(login, token), wanted)
    account = Account(uuid7(), spec.key, login, found.remote_id, found.handle, found.token or token, found.extra_token)
    seen = spec.verify(account)
    can, extra = {**found.can, **seen.can}, {**found.extra, **seen.extra}
    return replace(
        seen, can=can, extra=extra, token=seen.token or found.token, extra_token=seen.extra_token or found.extra_token
    )


def choose(profiles: Sequence[Profile], wanted: str) -> Profile:
    if wanted:
        name = wanted.removeprefix("@").lower()
        matching = [p for p in profiles if p.remote_id == wanted or p.handle.lower() == name]
    else:
        matching = list(profiles)
    if len(matching) == 1:
        return matching[0]
    rows = table(["ACCOUNT", "NAME", "TYPE"], ((p.remote_id, p.handle, p.kind or p.name) for p in profiles))
    if wanted:
        raise wrong(f"This token does not open the account “{wanted}”. It opens:\n{rows}")
    raise wrong(f"This token opens several accounts. Run it again with --account and one of these:\n{rows}")


def refusal(spec: Platform, login: str, error: PlatformError) -> CommandError:
    """What went wrong, and what to try."""
    if not isinstance(error, NeedsRelink | Rejected):
        return CommandError(f"{error} Nothing was linked; try again later.", returncode=NOT_REACHED)
    others = [f"--login {other}" for other in spec.logins if other != login]
    hint = f" A token of another kind needs {' or '.join(others)}." if others else ""
    return CommandError(f"{error} Nothing was linked.{hint}", returncode=TOKEN_REFUSED)


def report(connector: Connector) -> str:
    """What was linked, what it can do, what to do next."""
    able = [words for key, words in ABILITIES.items() if connector.can.get(key)]
    not_able = [words for key, words in ABILITIES.items() if connector.can.get(key) is False]
    lines = [
        f"Linked {connector}{f' ({connector.kind})' if connector.kind else ''} to {connector.workspace}.",
        f"It can: {', '.join(able) or 'nothing that Collavo knows of'}.",
    ]
    if not_able:
        lines.append(f"It cannot: {', '.join(not_able)}. Link it again with a token that may.")
    if connector.token_expires_at:
        lines.append(f"The token ends {connector.token_expires_at:%d %b %Y %H:%M} UTC.")
    if connector.sandbox:
        lines.append("It was linked at a host that is not the platform's own (a sandbox or a proxy).")
    page = settings.BASE_URL + reverse("connectors:connections", args=[connector.workspace.slug])
    return "\n".join([*lines, f"Times are in {connector.time_zone}.", f"Next: {page}"])
