"""Calls to addresses that somebody typed in or a browser handed over: https only, and only to public hosts.

The name is resolved once, every address it stands for must be public, and the connection goes to the one that was
looked at, so that a name cannot point elsewhere between the look and the call. Redirects are not followed.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from collavo import targets


def problem(address: str, most: int = 1000) -> str:
    """Why this cannot be called, as a sentence; "" when its form is fine. Where its name leads is seen at the call."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return _("That is not an address.")
    if parts.scheme != "https" or not parts.hostname or len(address) > most:
        return _("The address must begin with https:// and name a host.")
    if parts.username is not None or port not in (None, 443):
        return _("The address must not name a user, a password or a port.")
    try:
        return "" if targets.public(ip_address(parts.hostname)) else _("The address leads into a private network.")
    except ValueError:  # a name
        return "" if "." in parts.hostname else _("The address leads into a private network.")


class _Connection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        """To the address that was looked at; TLS still asks for the name."""
        name = self._dns_host
        self._dns_host = self._looked_up(name)
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name

    def _looked_up(self, name: str) -> str:
        try:
            found = targets.resolve(name, self.port or 443)
        except (socket.gaierror, UnicodeError) as e:
            raise NameResolutionError(name, self, socket.gaierror(str(e))) from e
        if not found or not all(map(targets.public, found)):
            raise NewConnectionError(self, _("%(name)s leads into a private network") % {"name": name})
        return str(min(found, key=lambda ip: ip.version))  # IPv4 first: it is what every machine can reach


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _PublicOnly(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": _Pool}


class PublicSession(requests.Session):
    """A session that reaches public https addresses and nothing else. A refusal is a `requests.ConnectionError`."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy and no .netrc: both would lead elsewhere
        self.max_redirects = 0  # a redirect raises TooManyRedirects
        self.adapters.clear()
        self.mount("https://", _PublicOnly(max_retries=0))
