"""Keeping links alive: tokens are renewed ahead of their end, by one caller at a time, and given back on disconnect.

A renewal holds no transaction over the network. It claims the row for `LEASE` (longer than any call may take), asks
the platform, and commits what came back before anybody uses it: a rotated refresh token that is used and then lost
would strand the account.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from collavo.accounts.models import User
from connectors import expiry
from connectors.credentials import NO_APP, app_of, known_app
from connectors.models import Connector, ConnectorStatus, renewal
from connectors.platforms.base import Account, NeedsRelink, NotNow, PlatformError, Rejected
from connectors.platforms.oauth import Grant, KeepAlive, OAuth

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # a call ends after 35 s at most (connectors/http.py)
ENOUGH = timedelta(minutes=5)  # a token that lives longer than this is used as it is
A_CALL = timedelta(seconds=30)  # with less than this left, a call would probably come too late
PATIENCE = 20.0  # seconds to wait for somebody else's renewal
LOOK_EVERY = 0.25
TRY_AGAIN = timedelta(minutes=10)  # a renewal that failed for reasons that pass


def fresh_account(connector: Connector) -> Account:
    """The account with a token that lives for some minutes, renewed now if need be.

    Raises NeedsRelink (the link is dead), NotNow (the platform cannot be asked and the token is at its end).
    """
    if not connector.token:
        raise NeedsRelink(
            gettext("%(account)s is not linked. Link it again; its posts wait.") % {"account": connector},
            code="no_token",
        )
    for _ in range(round(PATIENCE / LOOK_EVERY)):
        if _lasts(connector, ENOUGH) or _renewed_now(connector):
            return connector.account
        time.sleep(LOOK_EVERY)  # somebody else is renewing it
        connector.refresh_from_db()
    raise NotNow(
        gettext("The link to %(account)s is being renewed. Collavo tries again.") % {"account": connector},
        code="renewing",
    )


def _lasts(connector: Connector, time_left: timedelta) -> bool:
    """What nobody can renew is tried as it is: the platform says whether it works."""
    ends = connector.token_expires_at
    return connector.renew_at is None or ends is None or ends - timezone.now() >= time_left


def _renewed_now(connector: Connector) -> bool:
    """False: somebody else is at it. While the old token lasts, a renewal that failed may be tried later."""
    try:
        return renew(connector)
    except NeedsRelink:
        raise
    except PlatformError as e:
        if _lasts(connector, A_CALL):
            return True
        raise NotNow(str(e), code=e.code, until=getattr(e, "until", None)) from e


def renew(connector: Connector) -> bool:
    """Renew the token and store it. False: somebody else is at it, or there is nothing to renew it with.

    Raises NeedsRelink (dead; the connector has left ACTIVE), NotNow and Rejected (the app is refused; the present token
    stays as it is, and the connector leaves ACTIVE once that is over).
    """
    oauth, keep = connector.oauth, connector.keep
    if oauth is None or keep is None or not _claim(connector):
        return False
    try:
        grant = _ask(connector, oauth, keep)
    except NeedsRelink as e:
        _give_back(connector, str(e), again_at=None)
        connector.needs_relink(str(e), by="renewal")
        raise
    except Rejected as e:
        _give_back(connector, str(e), again_at=timezone.now() + TRY_AGAIN)
        _app_refused(connector, e)
        raise
    except PlatformError as e:
        until = e.until if isinstance(e, NotNow) and e.until else timezone.now() + TRY_AGAIN * random.uniform(1, 1.5)  # noqa: S311 (no secret)
        _give_back(connector, str(e), again_at=until)
        raise
    except (
        BaseException
    ):  # also when the process is told to end: else nobody else may renew it before the lease is over
        _give_back(
            connector,
            gettext("Collavo itself failed; the operator finds the cause in the log."),
            again_at=timezone.now() + TRY_AGAIN,
        )
        raise
    _store(connector, grant, keep)
    return True


def _app_refused(connector: Connector, error: Rejected) -> None:
    """Nobody can renew it before an operator has put the app right. With its token over, nothing can go out either."""
    with transaction.atomic():
        if Connector.objects.filter(pk=connector.pk, app_refused=False).update(app_refused=True):
            connector.app_refused = True
            expiry.tell_of_app(connector, str(error))
    if _lasts(connector, A_CALL):
        return
    reason = gettext("%(error)s Once that is put right, press Verify.") % {"error": error}
    connector.needs_relink(reason, by="renewal")
    raise NeedsRelink(reason, code=error.code) from error


def _claim(connector: Connector) -> bool:
    """Take the row for one renewal, with the tokens as they are now. One caller gets it."""
    now = timezone.now()
    free = Q(renewing_until=None) | Q(renewing_until__lte=now)
    with transaction.atomic():
        row = Connector.objects.select_for_update().filter(free, pk=connector.pk, renew_at__isnull=False).first()
        if row is None or not row.token or row.token != connector.token:  # the last: renewed meanwhile
            connector.refresh_from_db()
            return False
        Connector.objects.filter(pk=row.pk).update(renewing_until=now + LEASE)
    connector.refresh_from_db()
    return True


def _ask(connector: Connector, oauth: OAuth, keep: KeepAlive) -> Grant:
    app = app_of(connector, oauth) if keep.needs_app else NO_APP
    grant = oauth.refresh(app, connector.account)
    if not grant.token:
        raise NotNow(
            gettext("%(platform)s renewed the link without giving a token. Collavo tries again.")
            % {"platform": connector.spec.name}
        )
    return grant


def _store(connector: Connector, grant: Grant, keep: KeepAlive) -> None:
    """Commit what came, unless somebody linked or disconnected the account while the platform was asked."""
    used = (connector.token, connector.refresh_token)
    with transaction.atomic():
        row = Connector.objects.select_for_update().get(pk=connector.pk)
        if (row.token, row.refresh_token) == used:
            row._assign(_renewed(row, grant, keep))
            log.info("Renewed the link to %s %s", row.platform, row.pk)
    connector.refresh_from_db()


def _renewed(row: Connector, grant: Grant, keep: KeepAlive) -> dict[str, object]:
    """The new values. What did not come stays: an empty token is never stored over a good one."""
    now = timezone.now()
    ends = grant.expires_at or (now + keep.lasts if keep.lasts else None)
    has_refresh_token = bool(grant.refresh_token or row.refresh_token)
    return {
        "token": grant.token,
        "extra_token": grant.extra_token or row.extra_token,
        "refresh_token": grant.refresh_token or row.refresh_token,
        "refresh_expires_at": grant.refresh_expires_at or row.refresh_expires_at,
        "token_expires_at": ends,
        "scopes": sorted(grant.scopes) if grant.scopes else row.scopes,
        "renew_at": renewal(keep, ends, has_refresh_token),
        "renewing_until": None,
        "renew_error": "",
        "app_refused": False,
    }


def _give_back(connector: Connector, error: str, *, again_at: datetime | None) -> None:
    """End a failed renewal. `again_at` None: nothing to wait for, a person has to act."""
    changes: dict[str, object] = {"renewing_until": None, "renew_error": error[:500]}
    if again_at:
        changes["renew_at"] = again_at
    Connector.objects.filter(pk=connector.pk).update(**changes)
    connector.refresh_from_db()


# --- Giving back ----------------------------------------------------------------------------------------------


def disconnect(connector: Connector, *, by: User | str) -> str:
    """Revoke the link at the platform and forget the tokens. A sentence when the platform did not take it back."""
    said = _revoke(connector)
    with transaction.atomic():
        connector.wipe(said, by=by)
    return said


def _revoke(connector: Connector) -> str:
    """ "" when the platform has taken the grant back; else why not, and what the person can do."""
    oauth, name = connector.oauth, connector.spec.name
    if oauth is None or not connector.token:
        return ""
    if others := _sharing(connector):
        return gettext(
            "%(platform)s was not asked to take the access back: %(other)s is linked through the same "
            "sign-in, which that would end, too."
        ) % {"platform": name, "other": others[0]}
    try:
        oauth.revoke(known_app(connector, oauth), fresh_account(connector))
    except NeedsRelink:
        return ""  # it was dead already
    except PlatformError as e:
        log.warning("Connector %s: not revoked at %s: %s", connector.pk, connector.platform, e)
        return gettext(
            "%(platform)s did not confirm it: %(reason)s Remove the app in the account's settings at %(platform)s."
        ) % {
            "platform": name,
            "reason": e,
        }
    return ""


def _sharing(connector: Connector) -> list[Connector]:
    """Other accounts on the same grant: to revoke it would cut them off."""
    if not connector.owner_id:
        return []
    same = Connector.objects.filter(
        platform=connector.platform, login=connector.login, client_id=connector.client_id, owner_id=connector.owner_id
    )
    others = same.exclude(pk=connector.pk).exclude(status=ConnectorStatus.DISCONNECTED)
    return list(others.without_tokens()[:1])


def forget(connector: Connector, *, by: str) -> None:
    """The person wants what is known of them gone: tokens, name and what the platform told of the account.

    The handle stays: it is part of the record of what this workspace published.
    """
    with transaction.atomic():
        connector._assign({"name": "", "kind": "", "details": {}, "can": {}})
        connector.wipe(
            gettext("Its owner asked %(platform)s to have their data deleted.") % {"platform": connector.spec.name},
            by=by,
            verb="forgotten",
        )
