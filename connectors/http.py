"""The only door to the network.

One call here is one attempt: nothing is sent twice, no redirect is followed, and nothing starts after the worker's
lease has run out. Transport failures become the errors of `platforms.base` in this file and nowhere else. What
leaves through the observer, a log line or an exception has been redacted.
"""

from __future__ import annotations

import json
import logging
import math
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import BinaryIO, NoReturn
from urllib.parse import parse_qsl, urlsplit

import requests
from django.utils import timezone
from django.utils.translation import gettext
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.retry import Retry

from connectors.platforms.base import CallObserver, CallRecord, Json, LeaseLost, NotNow, OutcomeUnknown, PlatformError
from connectors.redaction import Redactor, origin, shortened

CONNECT_SECONDS = 5.0
LEAST_READ_SECONDS = 1.0  # a call that began just before the lease ends still gets this long
ANSWER_BYTES = 4 * 1024 * 1024  # more is not an answer of any API we speak
LEAST_KEY = 16  # characters: a shorter value in an address names something, a longer one may open it
LONGEST_WAIT = timedelta(days=7)  # what a platform may ask for by Retry-After
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
KEPT_HEADERS = ("Location", "Range", "Content-Range")  # of answers; what uploads in pieces go by
USAGE_HEADERS = ("X-App-Usage", "X-Business-Use-Case-Usage")  # JSON: how much of a rate limit is used up

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # its debug lines hold whole addresses, proofs included


def clock() -> float:
    """Seconds that go on while the machine sleeps, and never jump: what leases are measured by."""
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class Reply:
    """What came back. `body` is as sent by the platform and may hold tokens: store and show only `safe`."""

    status: int
    body: Json = field(repr=False)  # None when the answer was no JSON
    safe: Json
    usage: Mapping[str, Json] = field(default_factory=dict)
    retry_at: datetime | None = None  # from Retry-After
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # those of KEPT_HEADERS that came
    raw: bytes = field(default=b"", repr=False)  # the body as it came, for what is no JSON

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Remark:
    """What a platform's own envelope says of an answer, for the dispatch log."""

    error: str = ""
    code: str = ""
    correlation_id: str = ""


@dataclass(frozen=True)
class Body:
    """`size` bytes of a file from `start` on. They are sent as they are read: none of them stays in memory."""

    open: Callable[[], AbstractContextManager[BinaryIO]]
    start: int
    size: int


@dataclass(frozen=True)
class Call:
    """One request to make. `commit`: after it the world may see something, so silence is not a failure."""

    method: str
    path: str = ""  # below the door's base address, begins with "/"
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    json: Json = None  # sent as a JSON body
    body: Body | None = None  # sent as it is
    headers: Mapping[str, str] = field(default_factory=dict)  # no secrets: they are written down
    url: str = field(default="", repr=False)  # instead of `path`: an address that the platform gave; it is a secret
    bearer: str = field(default="", repr=False)
    commit: bool = False
    read_seconds: float = 30.0


@dataclass(frozen=True)
class _Failure:
    """A call that brought no answer. `detail` is redacted."""

    error: PlatformError
    detail: str


class _Bearer(AuthBase):
    """Sets the header itself, so that a stray .netrc cannot."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def silent(call: CallRecord) -> None:
    """An observer for calls that belong to no delivery."""


def no_deadline() -> float:
    return math.inf


class Door:
    """Calls to one base address. Made per publisher; connections are pooled per thread, whoever made the door."""

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        secrets: Iterable[str] = (),
        observe: CallObserver = silent,
        deadline: Callable[[], float] = no_deadline,
        describe: Callable[[Reply], Remark] = lambda _: Remark(),
        hosts: Iterable[str] = (),
    ) -> None:
        """`name` is the platform's, for sentences. `deadline()` is the end of the lease in seconds of `clock()`.

        `hosts`: where a `Call.url` may lead besides the base address, over HTTPS; ".example.com" means all below it.
        """
        self._base_url = base_url.rstrip("/")
        self._name = name
        self._secrets = tuple(secrets)
        self._observe = observe
        self._deadline = deadline
        self._describe = describe
        self._hosts = tuple(hosts)

    def send(self, call: Call) -> Reply:
        """Make the call once. Any HTTP status is a Reply; what it means is the platform's to say.

        Raises LeaseLost (nothing sent), NotNow (surely nothing done, or repeatable), OutcomeUnknown (commits only).
        """
        redact = Redactor({*self._secrets, call.bearer, *_keys(call.url)}, addresses=_addresses(call))
        self._check_address(call)
        left = self._time_left()
        at, started = timezone.now(), clock()
        with self._opened(call) as body:
            outcome = self._exchange(call, body, redact, min(call.read_seconds, max(left, LEAST_READ_SECONDS)))
        self._report(call, redact, outcome, at, round((clock() - started) * 1000))
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    def _time_left(self) -> float:
        left = self._deadline() - clock()
        if left <= 0:
            raise LeaseLost("The lease ran out before the call began.")
        return left

    def _check_address(self, call: Call) -> None:
        """Raises NotNow for an address that leads elsewhere: our token must not go there, nor a post's file."""
        if call.url and not self._trusts(call.url):
            text = gettext("%(platform)s named an address of another host (%(address)s). Nothing was sent there.") % {
                "platform": self._name,
                "address": origin(call.url) or gettext("none"),
            }
            raise NotNow(text, code="strange_address")

    def _trusts(self, url: str) -> bool:
        if origin(url) == origin(self._base_url):
            return True
        parts = urlsplit(url)
        host = parts.hostname or ""
        ours = any(host.endswith(known) if known.startswith(".") else host == known for known in self._hosts)
        return ours and parts.scheme == "https" and parts.port in {None, 443}

    def _address(self, call: Call) -> str:
        return call.url or self._base_url + call.path

    def _opened(self, call: Call) -> AbstractContextManager[_Piece | None]:
        return _piece(call.body, self._deadline) if call.body else nullcontext()

    def _exchange(self, call: Call, body: _Piece | None, redact: Redactor, read_seconds: float) -> Reply | _Failure:
        """The request itself. Failures are returned, not raised, so that no traceback carries the address along."""
        session = _fresh_session() if call.commit else _session()
        try:
            with closing(self._request(session, call, body, read_seconds)) as response:
                raw = _content(response, clock() + read_seconds)
                return _reply(response, raw, redact)
        except (requests.RequestException, HTTPError, OSError, _TooMuch) as e:
            return self._failure(e, call, redact)
        finally:
            if call.commit:
                session.close()

    def _request(
        self, session: requests.Session, call: Call, body: _Piece | None, read_seconds: float
    ) -> requests.Response:
        return session.request(
            call.method,
            self._address(call),
            params=dict(call.query),
            data=body if body is not None else dict(call.form) or None,
            json=call.json,
            headers=dict(call.headers),
            auth=_Bearer(call.bearer),
            timeout=(CONNECT_SECONDS, read_seconds),
            proxies=_surroundings(self._address(call)).proxies,
            verify=_surroundings(self._address(call)).trusted,
            allow_redirects=False,
            stream=True,
        )

    def _failure(self, cause: Exception, call: Call, redact: Redactor) -> _Failure:
        detail = redact.text(f"{type(cause).__name__}: {cause}")[:500]
        error: PlatformError
        if _never_sent(cause):
            error = NotNow(
                gettext("%(platform)s cannot be reached. Collavo tries again.") % {"platform": self._name},
                code="unreachable",
            )
        elif call.commit:
            error = OutcomeUnknown(
                gettext("%(platform)s did not answer. The post may be public.") % {"platform": self._name},
                code="no_answer",
            )
        else:
            error = NotNow(
                gettext("%(platform)s did not answer. Collavo tries again.") % {"platform": self._name},
                code="no_answer",
            )
        return _Failure(error, detail)

    def _report(self, call: Call, redact: Redactor, outcome: Reply | _Failure, at: datetime, ms: int) -> None:
        url = redact.text(self._address(call).partition("?")[0])
        if isinstance(outcome, _Failure):
            status, answer, usage, remark = None, None, {}, Remark(error=outcome.detail, code=outcome.error.code)
        else:
            status, answer, usage = outcome.status, shortened(outcome.safe), dict(outcome.usage)
            remark = self._describe(outcome)
        logger.info("%s %s: %s in %d ms %s", call.method, url, status or "no answer", ms, redact.text(remark.error))
        self._observe(
            CallRecord(
                method=call.method,
                url=url,
                request=_shown(call, redact),
                started_at=at,
                duration_ms=ms,
                status=status,
                answer=answer,
                error=redact.text(remark.error),
                platform_code=remark.code,
                correlation_id=redact.text(remark.correlation_id),
                usage=usage,
            )
        )


# --- What is sent ---------------------------------------------------------------------------------------------


class _Piece:
    """What `requests` reads a body from: so many bytes of an open file, and none after the lease."""

    def __init__(self, file: BinaryIO, size: int, deadline: Callable[[], float]) -> None:
        self._file, self._size, self._left, self._deadline = file, size, size, deadline

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        if clock() > self._deadline():
            raise TimeoutError("The lease ran out while the file was being sent.")
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


@contextmanager
def _piece(body: Body, deadline: Callable[[], float]) -> Iterator[_Piece]:
    with body.open() as file:
        file.seek(body.start)
        yield _Piece(file, body.size, deadline)


def _shown(call: Call, redact: Redactor) -> dict[str, Json]:
    """What was asked, for the dispatch log."""
    shown = redact.form({**call.query, **call.form, **call.headers})
    if call.json is not None:
        shown["json"] = redact.json(call.json)
    return shown


# --- Connections ----------------------------------------------------------------------------------------------

_local = threading.local()


def _session() -> requests.Session:
    """This thread's session: its connections are kept alive from call to call. Not shared with a forked parent."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.session, _local.pid = _fresh_session(), os.getpid()
    session: requests.Session = _local.session
    return session


def _fresh_session() -> requests.Session:
    """No retries, and no cookies: what one account is given must not reach another.

    A commit takes a session of its own: a kept connection that the far side has just closed fails like a lost answer.
    """
    session = requests.Session()
    session.trust_env = False  # see `_surroundings`
    session.headers["User-Agent"] = "Collavo"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(max_retries=Retry(0, read=False))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@dataclass(frozen=True)
class _Surroundings:
    """What the process's environment says about calls to one address."""

    proxies: dict[str, str]
    trusted: str | bool  # where the certificates to trust are


def _surroundings(address: str) -> _Surroundings:
    """As `requests` reads them, but once: it goes through the whole environment at every call.

    The proxy that the environment names is for the outside; what listens on this machine is not reached by it.
    """
    return _read_surroundings(origin(address), tuple(map(os.environ.get, _ENVIRONMENT)))


@lru_cache(maxsize=256)
def _read_surroundings(address: str, environment: tuple[str | None, ...]) -> _Surroundings:
    host = urlsplit(address).hostname or ""
    proxies = {} if host in LOOPBACK else requests.utils.get_environ_proxies(address, no_proxy=None)
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return _Surroundings(dict(proxies), bundle or True)


_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ENVIRONMENT = (*_PROXIES, *(name.upper() for name in _PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


# --- What went wrong ------------------------------------------------------------------------------------------

_REFUSED_BEFORE_SENDING = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,  # urllib3 says so only while it has not reached the proxy
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


def _never_sent(error: Exception) -> bool:
    """True when surely not one byte of the request has left: no name, no connection, no trust in the certificate."""
    if isinstance(error, _REFUSED_BEFORE_SENDING):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return any(isinstance(e, ssl.SSLCertVerificationError) for e in _chain(error))


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        yield from (arg for arg in error.args if isinstance(arg, BaseException))
        error = error.__cause__ or error.__context__


# --- Reading an answer ----------------------------------------------------------------------------------------


class _TooMuch(Exception):
    """The answer does not end, or not in time."""


def _content(response: requests.Response, until: float) -> bytes:
    """The whole body, or an exception: a cut-off answer is no answer. A trickle does not outlive `until` by much."""
    content = b""
    while chunk := response.raw.read1(65536, decode_content=True):
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise _TooMuch(gettext("The answer is too long."))
        if clock() > until:
            raise _TooMuch(gettext("The answer took too long."))
    return content


def _reply(response: requests.Response, raw: bytes, redact: Redactor) -> Reply:
    body, is_json = _parsed(raw)
    return Reply(
        status=response.status_code,
        body=body,
        safe=redact.json(body if is_json else raw.decode("utf-8", "replace")),
        usage={name: redact.json(value) for name, value in _usage(response.headers)},
        retry_at=_retry_at(response.headers.get("Retry-After", ""), timezone.now()),
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        raw=raw,
    )


def _parsed(raw: bytes) -> tuple[Json, bool]:
    try:
        return json.loads(raw, parse_constant=_no_such_json), True
    except (ValueError, RecursionError):
        return None, False


def _no_such_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _usage(headers: Mapping[str, str]) -> Iterable[tuple[str, Json]]:
    for name in USAGE_HEADERS:
        value, is_json = _parsed(headers.get(name, "").encode())
        if is_json:
            yield name, value


def _retry_at(value: str, now: datetime) -> datetime | None:
    """Retry-After as a moment: it is written in seconds or as a date."""
    if value.strip().isdecimal():
        return now + min(timedelta(seconds=min(int(value), 10**9)), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(now, min(at, now + LONGEST_WAIT))


def _addresses(call: Call) -> list[str]:
    """The media addresses in a call: signed ones, so whoever reads them can read the file."""
    found = [v for name, v in call.form.items() if name.endswith("url") and origin(v)]
    found += [text for text in _texts(call.json) if origin(text) and not any(map(str.isspace, text))]
    return [*found, *([call.url] if "?" in call.url else [])]


def _texts(value: Json) -> Iterator[str]:
    """Every text in a JSON value, however deep."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _keys(url: str) -> list[str]:
    """What is secret in an address that a platform gave: the longer values of its query."""
    return [value for _, value in parse_qsl(urlsplit(url).query) if len(value) >= LEAST_KEY]
