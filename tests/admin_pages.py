"""What the tests of admin pages share: an operator at work, pages to open, and how many queries they take."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from collavo.accounts.models import Membership, User
from tests import console

TOKEN = "EAA-top-secret-token"


def make_operator() -> User:
    return User.objects.create_superuser("operator@example.org", "pass-word-1", name="Olga Operator")


def signed_in(who: Membership | User | None = None) -> Client:
    """A browser of this person, or of an operator."""
    return console.signed_in(who or make_operator())


def list_of(model: type[Model], **query: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query or None)


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def queries(client: Client, address: str) -> int:
    """How many queries it takes to answer this address, which must work."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(captured)


def press(client: Client, action: str, *rows: Model, **data: str) -> HttpResponse:
    """Press a button for these rows; with `sure` or `text`, as its page does."""
    picked = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    if not data:
        picked["index"] = "0"
    elif "text" in data:
        data = {"sure": "yes", **data}
    return client.post(list_of(type(rows[0])), {**picked, **data})  # type: ignore[return-value]


def said(response: HttpResponse) -> list[str]:
    """The messages that the operator reads."""
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]
