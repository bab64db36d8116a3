"""Which app an account is linked through: the workspace's own, or this installation's from the settings."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from collavo.accounts.models import Workspace
from connectors.models import AppCredentials, Connector
from connectors.platforms.base import Platform, Rejected
from connectors.platforms.oauth import App, OAuth

NO_APP = App("", "")


def installation_app(oauth: OAuth) -> App | None:
    """None while an operator has not set both names."""
    client_id, client_secret = (str(getattr(settings, name, "")) for name in oauth.app_settings)
    return App(client_id, client_secret) if client_id and client_secret else None


def own_app(workspace: Workspace, platform: str, login: str) -> App | None:
    """The app that this workspace brought."""
    found = AppCredentials.objects.filter(workspace=workspace, platform=platform, login=login).first()
    return App(found.client_id, found.client_secret) if found else None


def app_for(workspace: Workspace, platform: str, login: str, oauth: OAuth) -> App | None:
    """The app that a new link goes through."""
    return own_app(workspace, platform, login) or installation_app(oauth)


def app_of(connector: Connector, oauth: OAuth) -> App:
    """The app that this account was linked through. Raises Rejected when it is not known here any more."""
    app = known_app(connector, oauth)
    if not app.client_id:
        raise Rejected(
            _(
                "%(account)s was linked through an app that is not set up here any more. Set it up again, "
                "or link it again."
            )
            % {"account": connector},
            code="no_app",
        )
    return app


def known_app(connector: Connector, oauth: OAuth) -> App:
    """The app that this account was linked through; NO_APP when it is not known here any more."""
    for app in (own_app(connector.workspace, connector.platform, connector.login), installation_app(oauth)):
        if app and connector.client_id in ("", app.client_id):
            return app
    return NO_APP


def signers(platform: Platform) -> list[App]:
    """Every app that may have signed what this platform tells us."""
    ours = (installation_app(oauth) for oauth in platform.oauth.values())
    brought = AppCredentials.objects.filter(platform=platform.key)
    apps: Iterable[App] = (*(app for app in ours if app), *(App(a.client_id, a.client_secret) for a in brought))
    return list(dict.fromkeys(apps))
