"""The pages of approvals as tests open them, and the form of a new asset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Membership
from tests.console import signed_in
from tests.factories import make_case, make_connector


def address(name: str, member: Membership, *args: object) -> str:
    return reverse(f"approvals:{name}", args=[member.workspace.slug, *args])


def page(member: Membership, name: str, *args: object, **options: Any) -> str:
    response = signed_in(member).get(address(name, member, *args), **options)
    assert response.status_code == 200
    return response.content.decode()


def form_of(creator: Membership) -> dict[str, Any]:
    """A new asset, filled in completely."""
    make_connector(creator.workspace)
    case = creator.workspace.cases.first() or make_case(creator.workspace)
    return {
        "key": str(uuid4()), "case": str(case.pk), "format": "image", "caption": "Seven chairs", "slot": "new",
        "date": f"{timezone.now() + timedelta(days=9):%Y-%m-%d}", "time": "18:30",
        "channel": str(creator.workspace.connectors.get().pk), "angle": "Table",
    }  # fmt: skip
