"""Addresses that others chose lead to the public internet, whatever they, a name server or an answer says."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from collavo.targets import BadTarget, allowed, check, find
from collavo.timeline.outgoing import sending
from tests.collavo.timeline.outgoing.receiver import receiving

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254",  # metadata of AWS, GCP, Azure and others
    "100.100.100.200",  # of Alibaba, in the carriers' network
    "168.63.129.16",  # Azure's WireServer
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:0a00:1::", "2001:0:7f00:1::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

type Names = dict[str, list[list[str]]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A name server: for each name the answers to the first, second, … question; the last one is repeated."""
    known: Names = {}

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host not in known:
            return ask(host, port, *args, **options)
        answers = known[host]
        ips = answers.pop(0) if len(answers) > 1 else answers[0]
        if not ips:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    ask: Callable[..., list[Any]] = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.mark.parametrize("ip", INSIDE)
def test_no_address_of_the_inside_is_allowed(ip: str) -> None:
    assert not allowed(ip_address(ip))
    with pytest.raises(BadTarget):
        check(f"https://{f'[{ip}]' if ':' in ip else ip}/hooks")


@pytest.mark.parametrize("ip", OUTSIDE)
def test_public_addresses_are_allowed(ip: str) -> None:
    assert allowed(ip_address(ip))


@pytest.mark.parametrize("ip", INSIDE)
def test_a_name_that_leads_inside_is_refused(ip: str, names: Names) -> None:
    names["hooks.example.com"] = [[ip]]
    with pytest.raises(BadTarget, match="not on the public internet"):
        find("https://hooks.example.com/")


def test_a_name_with_one_address_inside_is_refused_whatever_the_others_are(names: Names) -> None:
    names["hooks.example.com"] = [["8.8.8.8", "127.0.0.1"]]
    with pytest.raises(BadTarget):
        find("https://hooks.example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.1/", "https://0x7f.1/", "https://2130706433/", "https://0177.0.0.1/", "https://0x7f000001/",
        "https://localhost/", "https://LOCALHOST./", "https://api.localhost/", "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/",
    ],
)  # fmt: skip
def test_odd_spellings_of_this_machine_are_refused(url: str) -> None:
    with pytest.raises(BadTarget):
        check(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/", "begins with https://"),
        ("ftp://example.com/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("//example.com/", "begins with https://"),
        ("example.com", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://ada:secret@example.com/", "Leave the user name and password out"),
        ("https://example.com:99999/", "not an address"),
        ("https://[::1/", "not an address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_a_sentence(url: str, said: str) -> None:
    with pytest.raises(BadTarget, match=said):
        check(url)


def test_the_connection_goes_to_the_checked_address_and_asks_for_the_name(names: Names) -> None:
    names["hooks.xn--bcher-kva.example"] = [["8.8.8.8"]]
    target = find("https://hooks.bücher.example:8443/in/ä?x=1 2#part")
    assert (target.ip, target.host, target.port) == ("8.8.8.8", "hooks.xn--bcher-kva.example", 8443)
    assert target.path == "/in/%C3%A4?x=1%202"


def test_a_name_that_changes_its_answer_after_the_check_changes_nothing(names: Names, settings: Settings) -> None:
    """DNS rebinding: the first answer is allowed, the next one leads inside. One question is asked."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.2/32",)
    names["hooks.example.com"] = [["127.0.0.2"], ["127.0.0.1"]]
    with receiving() as inside:
        port = inside.server.server_port
        answer = sending.post(f"http://hooks.example.com:{port}/", "{}", {})
        assert inside.got == [], "what listens at 127.0.0.1 is not reached"
        assert not answer.taken
        answer = sending.post(f"http://hooks.example.com:{port}/", "{}", {})
        assert "leads to 127.0.0.1" in answer.error and inside.got == []


def test_the_operators_networks_are_allowed_and_nothing_beside_them(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ("10.1.0.0/16", "fd00:1::/32")
    assert allowed(ip_address("10.1.2.3")) and allowed(ip_address("fd00:1::5"))
    assert allowed(ip_address("::ffff:10.1.2.3"))
    assert not allowed(ip_address("10.2.0.1")) and not allowed(ip_address("127.0.0.1"))


def test_http_is_for_the_operators_networks_alone(settings: Settings, names: Names) -> None:
    settings.WEBHOOK_NETWORKS = ("10.1.0.0/16",)
    names["hooks.example.com"] = [["8.8.8.8"]]
    assert find("http://10.1.0.1/").secure is False
    with pytest.raises(BadTarget, match="need https"):
        find("http://hooks.example.com/")


def test_a_name_that_nobody_knows_is_said_so(names: Names) -> None:
    names["hooks.example.com"] = [[]]
    assert sending.post("https://hooks.example.com/", "{}", {}).error == "Its name could not be found."
