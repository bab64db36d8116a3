"""The API's accounts: what is linked, what it may do, how much of its limits is used; and asking the platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field

from collavo.accounts.models import Scope
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import ApiError, answers
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment
from connectors import hooks
from connectors.hooks import Window
from connectors.models import Connector, ConnectorStatus
from connectors.platforms.base import FormatRule, OptionRule, Platform
from connectors.platforms.registry import PLATFORMS

router = area("Accounts")
ANY = (Scope.READ, Scope.PUBLISH, Scope.SCHEDULE, Scope.CONNECTORS)


class LimitAnswer(Answer):
    """A rolling window of the account."""

    what: str
    used: int
    limit: int | None = Field(description="null: no limit is known.")
    left: int | None
    window_hours: int


class AccountAnswer(Answer):
    """One linked account."""

    id: UUID
    platform: str
    handle: str
    name: str
    kind: str = Field(description="The account's type in the platform's own word.")
    status: str = Field(description="active, needs_relink, paused, disabled or disconnected.")
    problem: str | None = Field(description="Why nothing goes out through it now.")
    granted_scopes: list[str]
    can: dict[str, bool]
    limits: list[LimitAnswer]
    scheduling_enabled: bool
    time_zone: str
    sandbox: bool
    verified_at: Moment | None


class Accounts(Answer):
    """By platform and name."""

    accounts: list[AccountAnswer]


class Connectors(Answer):
    """Every linked account, by platform and name."""

    connectors: list[AccountAnswer]


@router.get("/connectors", auth=needs(*ANY), response=answers({200: Connectors}), operation_id="connectors")
def connectors(request: HttpRequest) -> Connectors:
    """The linked accounts of every platform, as far as the token may use them."""
    return Connectors(connectors=_answers(_rows(caller(request))))


@router.get(
    "/connectors/{connector_id}", auth=needs(*ANY), response=answers({200: AccountAnswer}), operation_id="connector"
)
def connector(request: HttpRequest, connector_id: UUID) -> AccountAnswer:
    """One linked account."""
    return _answers([_one(caller(request), connector_id)])[0]


@router.post(
    "/connectors/{connector_id}/verify", auth=needs(Scope.CONNECTORS), response=answers({200: AccountAnswer}),
    operation_id="verifyConnector",
)  # fmt: skip
def verify(request: HttpRequest, connector_id: UUID) -> AccountAnswer:
    """Ask the platform whether the link still works, and how much of its limit is used. 502 with what it said."""
    who = caller(request)
    found = _one(who, connector_id)
    if found.status == ConnectorStatus.DISCONNECTED:
        raise ApiError(
            409, "conflict", _("%(account)s is disconnected. Link it again in Connections first.") % {"account": found}
        )
    found.verify(by=who.user)
    found.ask_usage()
    return _answers([found])[0]


def add(key: str) -> None:
    """Register GET /<platform>/accounts."""
    name = PLATFORMS[key].name

    def accounts(request: HttpRequest) -> Accounts:
        return Accounts(accounts=_answers(_rows(caller(request)).filter(platform=key)))

    router.get(
        f"/{key}/accounts", auth=needs(*ANY), response=answers({200: Accounts}), operation_id=f"{key}Accounts",
        summary=f"{name} accounts", description=f"The linked {name} accounts; their ids go into the publish endpoints.",
    )(accounts)  # fmt: skip


for each in PLATFORMS:
    add(each)


def _rows(who: Caller) -> Any:
    return who.rows(Connector.objects.without_tokens(), "pk").order_by("platform", "handle", "id")


def _one(who: Caller, pk: UUID) -> Connector:
    return who.one(Connector.objects.without_tokens(), pk, "account", connector="pk")


def _answers(rows: Iterable[Connector]) -> list[AccountAnswer]:
    found = list(rows)
    windows = hooks.windows(found)
    return [_answer(row, windows.get(row.pk)) for row in found]


def _answer(row: Connector, window: Window | None) -> AccountAnswer:
    return AccountAnswer(
        id=row.pk, platform=row.platform, handle=row.handle, name=row.name, kind=row.kind, status=row.status,
        problem=row.problem() or None, granted_scopes=row.scopes, can=row.can,
        limits=[_limit(window)] if window else [],
        scheduling_enabled=row.scheduling, time_zone=row.time_zone, sandbox=row.sandbox, verified_at=row.verified_at,
    )  # fmt: skip


def _limit(window: Window) -> LimitAnswer:
    left = None if window.most is None else max(window.most - window.used, 0)
    return LimitAnswer(what="posts", used=window.used, limit=window.most, left=left, window_hours=window.hours)


# --- What can be posted where ----------------------------------------------------------------------------------------


class OptionAnswer(Answer):
    """One option of a format."""

    name: str
    label: str
    kind: str
    required: bool
    choices: list[str] = Field(description="Empty: not a choice.")
    default: Any


class FormatAnswer(Answer):
    """One format."""

    format: str
    min_media: int
    max_media: int
    by_api: bool = Field(description="false: handed to the creator.")
    options: list[OptionAnswer]


class PlatformAnswer(Answer):
    """One platform."""

    platform: str
    name: str
    caption_max: int
    formats: list[FormatAnswer]


class Platforms(Answer):
    platforms: list[PlatformAnswer]


@router.get("/platforms", auth=needs(*Scope), response=answers({200: Platforms}), operation_id="platforms")
def platforms(request: HttpRequest) -> Platforms:
    """Formats and options of every platform: what POST /publish takes."""
    return Platforms(platforms=[_platform(spec) for spec in PLATFORMS.values()])


def _platform(spec: Platform) -> PlatformAnswer:
    formats = [_format(format.value, rule) for format, rule in spec.rules.formats.items()]
    return PlatformAnswer(platform=spec.key, name=spec.name, caption_max=spec.rules.caption_max, formats=formats)


def _format(name: str, rule: FormatRule) -> FormatAnswer:
    options = [_option(option, wanted) for option, wanted in rule.options.items()]
    return FormatAnswer(
        format=name, min_media=rule.min_media, max_media=rule.max_media, by_api=rule.by_api, options=options
    )


def _option(name: str, rule: OptionRule) -> OptionAnswer:
    return OptionAnswer(
        name=name, label=rule.label, kind=rule.kind, required=rule.required, choices=list(rule.choices),
        default=rule.default,
    )  # fmt: skip
