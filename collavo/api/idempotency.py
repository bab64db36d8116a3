"""`Idempotency-Key`: a call that came twice has one effect and one answer, kept for a day.

The key is written in the transaction that has the effect, so after a crash there are both or neither. A second call
with the key waits in the database for the first one's transaction, and then gets its answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial, wraps
from typing import Annotated, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header
from ninja.signature.utils import get_typed_signature
from pydantic import BaseModel

from collavo.accounts.models import ApiAnswer
from collavo.api.auth import Caller, caller
from collavo.api.errors import ApiError
from collavo.ids import uuid7

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
KEPT = timedelta(hours=24)
MOST = 255
Key = Annotated[
    str | None,
    Header(alias=HEADER, description="Sent again within a day: the same answer, nothing twice.", max_length=MOST),
]  # of every creating operation: for the document, the wrapper reads the header itself
PATIENCE = "10s"  # for the transaction of another call with the same key
CLAIM_SQL = """
INSERT INTO accounts_apianswer (id, token_id, key, request_hash, status, body)
VALUES (%s, %s, %s, %s, 0, '') ON CONFLICT (token_id, key) DO UPDATE
SET id = excluded.id, request_hash = excluded.request_hash, status = 0, body = '', created_at = statement_timestamp()
WHERE accounts_apianswer.created_at < statement_timestamp() - make_interval(secs => %s) RETURNING id
"""


@dataclass(frozen=True)
class Made:
    """What a creating call answers. `later` is asked once its transaction has committed, for what takes time."""

    status: int
    answer: BaseModel | None
    later: Callable[[], Made] | None = None
    headers: dict[str, str] | None = None

    def body(self) -> bytes:
        return self.answer.model_dump_json(by_alias=True).encode() if self.answer else b""


def creating(
    view: Callable[..., Made] | None = None, *, before: Callable[..., object] | None = None
) -> Callable[..., Any]:
    """An operation that makes something: in one transaction, and once per `Idempotency-Key` where one is sent.

    `before` gets the same arguments outside of the transaction: for what asks the network.
    """
    return partial(_creating, before) if view is None else _creating(before, view)


def _creating(before: Callable[..., object] | None, view: Callable[..., Made]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if before:
            before(request, *args, **kwargs)
        key = request.headers.get(HEADER, "")
        if not key:
            with transaction.atomic():
                made = view(request, *args, **kwargs)
            return _response(made.later() if made.later else made)
        return _once(_Key(caller(request), _checked(key), request), lambda: view(request, *args, **kwargs))

    # Ninja reads the parameters off the wrapper, whose module knows none of the names in the view's annotations.
    wrapper.__signature__ = get_typed_signature(view)  # type: ignore[attr-defined]
    return wrapper


class _Key:
    """One key of one token, and what it is sent for."""

    def __init__(self, who: Caller, key: str, request: HttpRequest) -> None:
        self.token_id, self.key, self.hash = who.token.pk, key, fingerprint(request)

    def claim(self) -> UUID | None:
        """The id of the row; None when the key is taken (after waiting for its transaction). After a day it is free."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(CLAIM_SQL, [uuid7(), self.token_id, self.key, self.hash, KEPT.total_seconds()])
            row = cursor.fetchone()
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
        return row[0] if row else None

    def answer(self) -> HttpResponse:
        """The same answer again. 422 when the key came with something else."""
        row = ApiAnswer.objects.get(token_id=self.token_id, key=self.key)
        if row.request_hash != self.hash:
            text = _("This %(header)s came with another request before. Use a new key for a new request.") % {
                "header": HEADER
            }
            raise ApiError(422, "idempotency_mismatch", text)
        response = HttpResponse(bytes(row.body), status=row.status, content_type="application/json; charset=utf-8")
        response[REPLAYED] = "true"
        return response


def _once(key: _Key, run: Callable[[], Made]) -> HttpResponse:
    try:
        with transaction.atomic():
            pk = key.claim()
            made = run() if pk else None
            if pk and made:
                _keep(pk, made)
    except OperationalError as e:
        if getattr(e.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        text = _("A call with this %(header)s is still being answered. Send it again in a moment.") % {"header": HEADER}
        raise ApiError(409, "idempotency_in_progress", text, headers={"Retry-After": "1"}) from e
    if pk is None or made is None:
        return key.answer()
    if made.later:
        made = made.later()
        _keep(pk, made)  # outside: what it was answered at last is what a second call gets
    return _response(made)


def _keep(pk: UUID, made: Made) -> None:
    ApiAnswer.objects.filter(pk=pk).update(status=made.status, body=made.body())


def _response(made: Made) -> HttpResponse:
    return HttpResponse(
        made.body(), status=made.status, content_type="application/json; charset=utf-8", headers=made.headers
    )


def _checked(key: str) -> str:
    if len(key) > MOST or not key.isprintable() or not key.isascii():
        raise ApiError(
            422,
            "invalid",
            _("%(header)s takes up to %(most)s visible characters, such as a UUID.") % {"header": HEADER, "most": MOST},
        )
    return key


def fingerprint(request: HttpRequest) -> str:
    """Of what was asked for: method, address, body (of an upload its fields and the bytes of its files)."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, file in _files(request):
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _files(request: HttpRequest) -> list[tuple[str, UploadedFile[Any]]]:
    return [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]


def prune() -> int:
    """Scheduled hourly: forgets the answers that are older than a day. How many."""
    return ApiAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
