"""Schemathesis over the whole OpenAPI document: no answer from 500 on, and every answer as the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collavo.api.app import document
from tests.collavo.api.test_walls import furnish
from tests.publishing.api.stage import make_place

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OUR_HEADERS = {"authorization", "prefer"}
thorough = settings(
    max_examples=12,  # of each operation; the whole has to stay below a minute
    deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(ctx: Any, value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.django_db(transaction=True)
def test_every_answer_is_as_the_document_says(settings: Settings, subtests: Any) -> None:
    """Requests through the whole WSGI application, with a token that may everything."""
    settings.API_RATE_PER_MINUTE = 1_000_000
    place = make_place()
    furnish(place)
    headers = {"Authorization": f"Bearer {place.program.secret}", "Prefer": "wait=0"}
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
    schema.app = get_wsgi_application()
    operations = [found.ok() for found in all_of(schema)]
    assert len(operations) >= 40
    for operation in operations:
        with subtests.test(operation.label):
            tried(operation, headers)


def all_of(schema: Any) -> Any:
    return schema.get_all_operations()


def tried(operation: Any, headers: dict[str, str]) -> None:
    @given(data=st.data())
    @thorough
    def each(data: Any) -> None:
        case = data.draw(operation.as_strategy())
        case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() not in OUR_HEADERS}
        case.call_and_validate(headers=headers, checks=CHECKS)

    each()
