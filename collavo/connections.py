"""Connections to addresses that were checked (`targets.py`): no proxy, no redirect, no end that others can put off."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import certifi
from django.utils.translation import gettext as _

from collavo.targets import Target

CONNECT_SECONDS = 5.0


@contextmanager
def connected(target: Target, *, read: float, whole: float) -> Iterator[HTTPConnection]:
    """A connection to the checked address itself; the name is only said there, in TLS and in the Host header.

    `read`: seconds that one read may take. `whole`: seconds after which whoever trickles is cut off.
    """
    raw = socket.create_connection((target.ip, target.port), timeout=CONNECT_SECONDS)
    limit = threading.Timer(whole, _cut, [raw])
    try:
        limit.start()
        connection = (HTTPSConnection if target.secure else HTTPConnection)(target.host, target.port)
        connection.sock = _tls().wrap_socket(raw, server_hostname=target.host) if target.secure else raw
        connection.sock.settimeout(read)
        yield connection
        connection.close()
    finally:
        limit.cancel()
        raw.close()


def _cut(raw: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        raw.shutdown(socket.SHUT_RDWR)


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())


def sentence(error: Exception, *, read: float) -> str:
    """What went wrong with a connection: an OSError or HTTPException."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("Its certificate is not to be trusted: %(reason)s.") % {"reason": error.verify_message}
    if isinstance(error, ssl.SSLError):
        return _("TLS failed: it does not speak https there.")
    if isinstance(error, TimeoutError):
        return _("It did not answer in time (%(connecting)s s to connect, %(reading)s s to answer).") % {
            "connecting": f"{CONNECT_SECONDS:.0f}",
            "reading": f"{read:.0f}",
        }
    if isinstance(error, ConnectionRefusedError):
        return _("It refused the connection: nothing listens there.")
    if isinstance(error, HTTPException | ConnectionError):
        return _("It broke the connection off, or did not answer in time or not in HTTP.")
    return _("It could not be reached: %(reason)s.") % {
        "reason": getattr(error, "strerror", "") or type(error).__name__
    }
