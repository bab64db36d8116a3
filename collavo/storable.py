"""Characters that no text column keeps. Forms refuse them beside their field; this is for every text without a form."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop

SENTENCE = gettext_noop(
    "What you sent holds a character that cannot be stored (NUL). Nothing was changed: go back and remove it."
)


class StorableMiddleware:
    """PostgreSQL refuses NUL in any text: then nothing was written, and 400 with a sentence is the answer, not 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not (isinstance(exception, DataError | ValueError) and _holds_nul(request)):
            return None
        response = render(request, "unstorable.html", {"sentence": gettext(SENTENCE)}, status=400)
        response["Cache-Control"] = "no-store"
        return response


def _holds_nul(request: HttpRequest) -> bool:
    return any("\x00" in text for said in (request.GET, request.POST) for _, texts in said.lists() for text in texts)
