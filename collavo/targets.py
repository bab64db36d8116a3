"""Where addresses that others chose may lead: to the public internet, and to the networks that the operator has named.

A member types a webhook's or a studio's address, a studio says where its results lie, a browser hands over its push
service's, and our machines stand where none of them does: inside the operator's network. So a name is resolved here,
every address that it has is checked, and the connection is made to the checked address itself (`connections.py`,
`outbound.py`); a name that answers otherwise a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last four bytes
# Public by its number, but what answers there is the cloud's own machinery: Azure's WireServer (read 2026-11-21,
# learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
INSIDE = {IPv4Address("168.63.129.16")}


class BadTarget(Exception):
    """str(error) is a sentence for whoever typed the address."""


@dataclass(frozen=True)
class Target:
    """An address of which all was checked: `ip` is what to connect to, `host` what to ask for there."""

    secure: bool
    host: str
    ip: str
    port: int
    path: str  # with its query


def check(url: str) -> None:
    """Raise BadTarget for what can be seen to be wrong without asking anybody for a name."""
    host, _port = _parts(url)
    literal = _literal(host)
    if literal and not allowed(literal):
        raise BadTarget(
            _("%(host)s is not an address of the public internet. Nothing is sent to private networks.")
            % {"host": host}
        )
    if (host == "localhost" or host.endswith(".localhost")) and not _networks():
        raise BadTarget(_("This address leads to the machine of Collavo itself. Enter one of the public internet."))


def find(url: str) -> Target:
    """Resolve and check. Raises BadTarget when any of the addresses must not be reached, OSError when there is none."""
    check(url)
    host, port = _parts(url)
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    ips = [literal] if (literal := _literal(host)) else resolve(host, port)
    for ip in ips:
        if not allowed(ip):
            raise BadTarget(
                _("%(host)s leads to %(ip)s, which is not on the public internet. Nothing was sent.")
                % {"host": host, "ip": ip}
            )
    if not secure and not any(ips[0] in network for network in _networks()):
        raise BadTarget(_("Addresses on the internet need https. Nothing was sent."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, str(ips[0]), port, quote(path, safe="/?&=%:@!$'()*+,;~"))


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a name, in the system's order. Raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(row[4][0]).partition("%")[0]) for row in found]


def allowed(ip: Address) -> bool:
    """Whether something may be sent there."""
    return all(_public(layer) or _named(layer) for layer in _layers(ip))


def public(ip: Address) -> bool:
    """Whether it is one of the open internet, wrapped IPv4 addresses included."""
    return all(map(_public, _layers(ip)))


def _layers(ip: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that travel inside of an IPv6 one: the network may unpack them."""
    if isinstance(ip, IPv4Address):
        yield ip
        return
    inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if ip in NAT64:
        inside = IPv4Address(int(ip) & 0xFFFFFFFF)
    if inside:
        yield inside
    if not ip.ipv4_mapped:
        yield ip


def _public(ip: Address) -> bool:
    if ip in INSIDE or ip.is_multicast or (ip.is_reserved and ip not in NAT64):
        return False
    site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not site_local


def _named(ip: Address) -> bool:
    """Whether the operator allowed it."""
    return any(ip in network for network in _networks())


def _networks() -> Sequence[Network]:
    return [ip_network(text) for text in settings.WEBHOOK_NETWORKS]


def _literal(host: str) -> Address | None:
    """The host as a number; also in the odd spellings (octal, hexadecimal, short) that the system's resolver takes."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _parts(url: str) -> tuple[str, int]:
    """Host and port. Raises BadTarget."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").encode("idna").decode(), parts.port
    except ValueError as e:
        raise BadTarget(_("This is not an address like https://example.com/webhooks.")) from e
    if parts.scheme not in ({"http", "https"} if _networks() else {"https"}) or not host:
        raise BadTarget(_("Enter a whole address that begins with https://, such as https://example.com/webhooks."))
    if parts.username is not None or parts.password is not None:
        raise BadTarget(_("Leave the user name and password out of the address: every delivery is signed instead."))
    return host, port or (443 if parts.scheme == "https" else 80)
