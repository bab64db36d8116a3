"""Linking an account in the browser: out to the platform with a state that is good once, and back with a code.

The state belongs to one browser's session, one workspace and one person; the verifier and whatever came back stay on
this side, encrypted, until one account is chosen. Nothing here knows a platform.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.accounts.access import membership
from collavo.accounts.models import Ability, Membership, User
from collavo.ids import hashed, new_token, uuid7
from collavo.timeline.notices import settle
from collavo.words import together
from connectors.credentials import app_for
from connectors.models import Connector, LinkRequest, link
from connectors.platforms import registry
from connectors.platforms.base import Account, Platform, PlatformError, Profile
from connectors.platforms.oauth import App, Grant, OAuth, Pkce, Scope, abilities

GOOD_FOR = timedelta(minutes=10)
KEEP_FOR = timedelta(days=1)  # then the request itself, long without secrets, is forgotten


class CannotLink(Exception):
    """str(error) is a sentence: what happened, and what to do. Nothing was linked."""


@dataclass(frozen=True)
class Way:
    """One way of linking one platform, with what it needs."""

    platform: Platform
    login: str
    oauth: OAuth
    app: App

    @property
    def redirect_uri(self) -> str:
        return redirect_uri(self.platform)


def redirect_uri(platform: Platform) -> str:
    """Exactly what has to be registered at the platform."""
    return settings.BASE_URL + reverse("callback", args=[platform.key])


def way(workspace: Any, platform: str, login: str) -> Way:
    """Raises CannotLink where there is no such way, or no app for it yet."""
    spec = registry.PLATFORMS.get(platform)
    oauth = spec.oauth.get(login) if spec else None
    if spec is None or oauth is None:
        raise CannotLink(_("There is no such way to link an account."))
    app = app_for(workspace, platform, login, oauth)
    if app is None:
        names = together(oauth.app_settings)
        raise CannotLink(
            _(
                "No app for %(platform)s (%(login)s) is set up yet. An operator sets %(permissions)s (%(page)s says "
                "how), or a manager adds this workspace's own app."
            )
            % {"platform": spec.name, "login": _(spec.logins[login]), "permissions": names, "page": oauth.guide}
        )
    return Way(spec, login, oauth, app)


# --- Out ------------------------------------------------------------------------------------------------------


def start(member: Membership, platform: str, login: str, *, session_key: str, again: Connector | None = None) -> str:
    """The address at the platform where the person gives consent. Raises CannotLink, PermissionDenied."""
    member.require(Ability.CONNECT)
    found = way(member.workspace, platform, login)
    state, verifier = new_token(), secrets.token_urlsafe(48)
    LinkRequest.objects.create(
        workspace=member.workspace, user=member.user, platform=platform, login=login, connector=again,
        client_id=found.app.client_id, state_hash=hashed(state), session_hash=hashed(session_key),
        verifier=verifier if found.oauth.pkce else "", expires_at=timezone.now() + GOOD_FOR,
    )  # fmt: skip
    anew = again is not None or Connector.objects.filter(workspace=member.workspace, platform=platform).exists()
    return found.oauth.authorize_url(
        found.app,
        redirect_uri=found.redirect_uri,
        state=state,
        challenge=Pkce(found.oauth.pkce).challenge(verifier),
        again=anew,
    )


# --- Back -----------------------------------------------------------------------------------------------------


def take_state(platform: str, state: str, *, user: User, session_key: str) -> LinkRequest:
    """The request that this state belongs to, used up by this. Raises CannotLink for every other state."""
    found = LinkRequest.objects.filter(state_hash=hashed(state), platform=platform).select_related("workspace").first()
    if found is None:
        raise CannotLink(_("This answer belongs to nothing that was begun here. Begin again on the Connections page."))
    if found.user_id != user.pk or not secrets.compare_digest(found.session_hash, hashed(session_key)):
        raise CannotLink(
            _("This was begun by somebody else or in another browser. Begin again on the Connections page.")
        )
    if found.expires_at <= timezone.now():
        raise CannotLink(_("This took longer than ten minutes and is no longer good. Begin again."))
    unused = LinkRequest.objects.filter(pk=found.pk, used_at=None)
    if not unused.update(used_at=timezone.now()):
        raise CannotLink(_("This answer was used already. If the account is not on the page, begin again."))
    return found


def finish(request: LinkRequest, answer: Mapping[str, str]) -> None:
    """Turn the platform's answer into a linked account, a choice (`found`), or `error`. Raises nothing of those."""
    try:
        _take_answer(request, answer)
    except (CannotLink, PermissionDenied) as e:
        _end(request, error=str(e))
    except PlatformError as e:
        _end(request, error=_("%(reason)s Nothing was linked.") % {"reason": e})


def _take_answer(request: LinkRequest, answer: Mapping[str, str]) -> None:
    found = way(request.workspace, request.platform, request.login)
    code = _code(answer, found)
    if found.app.client_id != request.client_id:
        raise CannotLink(_("The app was changed while you were away. Begin again."))
    grant = found.oauth.exchange(found.app, code=code, redirect_uri=found.redirect_uri, verifier=request.verifier)
    require_scopes(found, grant)
    profiles = _fitting(request, found.oauth.choose(found.app, grant))
    if len(profiles) == 1:
        connect(request, found, grant, profiles[0])
    else:
        request.found = _packed(grant, profiles)
        request.expires_at = timezone.now() + GOOD_FOR
        request.save(update_fields=["found", "expires_at"])


def _code(answer: Mapping[str, str], found: Way) -> str:
    """The code; or CannotLink with what the platform answered instead."""
    name = found.platform.name
    if error := answer.get("error", ""):
        if "denied" in f"{error} {answer.get('error_reason', '')}" or "cancel" in error:
            raise CannotLink(
                _("You did not allow it at %(platform)s, so nothing was linked. Link it again when you like.")
                % {"platform": name}
            )
        said = _shown(answer.get("error_description") or answer.get("error_message") or error)
        raise CannotLink(
            _("%(platform)s refused: “%(said)s”. Link it again; if it stays so, an operator checks the app there.")
            % {"platform": name, "said": said}
        )
    if not (code := answer.get("code", "")):
        raise CannotLink(_("%(platform)s sent you back without an answer. Link it again.") % {"platform": name})
    return code


def _shown(said: str) -> str:
    return " ".join(said.split())[:200]


def require_scopes(found: Way, grant: Grant) -> None:
    """Raises CannotLink naming what was left out and is needed."""
    missing = [scope for scope in missing_scopes(found.oauth, grant.scopes) if scope.required]
    if missing:
        names = ", ".join(f"“{scope.label}”" for scope in missing)
        raise CannotLink(
            _(
                "%(platform)s did not grant %(permissions)s, without which nothing can be published. Link again and "
                "leave %(permissions)s ticked."
            )
            % {"platform": found.platform.name, "permissions": names}
        )


def missing_scopes(oauth: OAuth, granted: frozenset[str] | None) -> list[Scope]:
    """What was asked for and not granted; [] where the platform does not tell."""
    return [] if granted is None else [scope for scope in oauth.scopes if scope.name not in granted]


def _fitting(request: LinkRequest, profiles: Sequence[Profile]) -> Sequence[Profile]:
    """What may be chosen. When an account is linked again, only itself. Raises CannotLink when nothing may."""
    if not profiles:
        raise CannotLink(_("That sign-in opens no account that Collavo can post to."))
    if request.connector is None:
        return profiles
    same = [profile for profile in profiles if profile.remote_id == request.connector.remote_id]
    if not same:
        opened = ", ".join(profile.handle or profile.name or profile.remote_id for profile in profiles[:3])
        raise CannotLink(
            _(
                "You signed in as %(opened)s, and this is about %(account)s. Sign out at the platform, then "
                "link %(account)s again; or connect %(opened)s as an account of its own. Nothing was changed."
            )
            % {"opened": opened, "account": request.connector.handle}
        )
    return same


# --- One account ----------------------------------------------------------------------------------------------


def choose(request: LinkRequest, remote_id: str) -> Connector:
    """Link the one that the person chose. Raises CannotLink, PlatformError."""
    with transaction.atomic():
        locked = LinkRequest.objects.select_for_update(of=["self"]).select_related("workspace").get(pk=request.pk)
        if not locked.found or locked.expires_at <= timezone.now():
            raise CannotLink(_("This choice is no longer open. Begin again."))
        grant, profiles = _unpacked(locked.found)
        profile = next((p for p in profiles if p.remote_id == remote_id), None)
        if profile is None:
            raise CannotLink(_("Choose one of the accounts."))
    return connect(locked, way(locked.workspace, locked.platform, locked.login), grant, profile)


def choices(request: LinkRequest) -> Sequence[Profile]:
    """What may be chosen still; without tokens."""
    if not request.found or request.expires_at <= timezone.now():
        return []
    return [replace(profile, token="", extra_token="") for profile in _unpacked(request.found)[1]]


def connect(request: LinkRequest, found: Way, grant: Grant, profile: Profile) -> Connector:
    """Store the account, after the platform has said what it can do."""
    membership(request.user, request.workspace).require(Ability.CONNECT)  # the role may have changed meanwhile
    seen = look(found, grant, profile)
    with transaction.atomic():
        connector = link(
            request.workspace, found.platform.key, found.login, seen,
            token=seen.token or grant.token, by=request.user, grant=grant, client_id=found.app.client_id,
        )  # fmt: skip
        _end(request, linked=connector)
        settle(connector.pk)  # nobody needs to be told any more that it must be linked
    return connector


def look(found: Way, grant: Grant, profile: Profile) -> Profile:
    """The profile with what the platform says that the account can do, and what was granted for it."""
    account = Account(
        uuid7(), found.platform.key, found.login, profile.remote_id, profile.handle, profile.token or grant.token,
        profile.extra_token or grant.extra_token, app_secret=found.app.client_secret,
    )  # fmt: skip
    seen = found.platform.verify(account)
    granted = abilities(found.oauth.scopes, grant.scopes) if grant.scopes is not None else {}
    lost = {ability: False for ability, given in granted.items() if not given}
    return replace(
        seen,
        can={**granted, **profile.can, **seen.can, **lost},
        extra={**profile.extra, **seen.extra},
        token=seen.token or profile.token,
        extra_token=seen.extra_token or profile.extra_token,
        owner_id=seen.owner_id or profile.owner_id,
    )


def _end(request: LinkRequest, *, error: str = "", linked: Connector | None = None) -> None:
    """Keep how it went, and none of the secrets."""
    request.error, request.linked, request.found, request.verifier = error[:800], linked, "", ""
    request.save(update_fields=["error", "linked", "found", "verifier"])


def _packed(grant: Grant, profiles: Sequence[Profile]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        return sorted(value) if isinstance(value, frozenset) else dict(value)  # type: ignore[call-overload]

    return json.dumps({"grant": asdict(grant), "profiles": [asdict(p) for p in profiles]}, default=plain)


def _unpacked(packed: str) -> tuple[Grant, list[Profile]]:
    kept = json.loads(packed)
    grant = Grant(**_moments(kept["grant"], "expires_at", "refresh_expires_at"))
    if grant.scopes is not None:
        grant = replace(grant, scopes=frozenset(grant.scopes))
    return grant, [Profile(**_moments(profile, "expires_at")) for profile in kept["profiles"]]


def _moments(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return values | {name: datetime.fromisoformat(values[name]) for name in names if values[name]}


def forget_old() -> int:
    """Drop what came back and was never chosen, and requests that are long over. How many requests are gone."""
    now = timezone.now()
    LinkRequest.objects.filter(expires_at__lte=now).exclude(found="", verifier="").update(found="", verifier="")
    return LinkRequest.objects.filter(expires_at__lte=now - KEEP_FOR).delete()[0]


def request_of(member: Membership, pk: UUID, *, session_key: str) -> LinkRequest | None:
    """This person's request, in the browser that began it."""
    mine = LinkRequest.objects.filter(workspace=member.workspace, user=member.user, session_hash=hashed(session_key))
    return mine.select_related("workspace", "connector", "linked", "user").filter(pk=pk).first()
