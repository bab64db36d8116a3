"""How an area of the API is made: one router module per area, named in `app.py`."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja import Router
from ninja.parser import Parser

from collavo.api.errors import ApiError


def area(tag: str) -> Router:
    """A router whose answers come in the names of the wire (`by_alias`)."""
    return Router(tags=[tag], by_alias=True)


class StrictParser(Parser):
    """JSON as its standard has it, and text that can be stored."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(request.body, parse_constant=_no_constant)
        if b"\\u" in request.body:
            _require_storable(json.dumps(found, ensure_ascii=False))
        return found

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        _require_storable(str(found))
        for value in found.values():
            _require_storable("".join(value) if isinstance(value, list) else str(value))
        return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON.")


def _require_storable(text: str) -> None:
    """PostgreSQL keeps no NUL, and UTF-8 no half of a surrogate pair."""
    if "\x00" in text or "\\u0000" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ApiError(400, "malformed", _("The request holds characters that cannot be stored. Remove them."))
