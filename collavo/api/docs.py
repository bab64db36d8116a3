"""The docs as a page of our own, made from the OpenAPI document: no script, nothing from other hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from collavo.api.app import api, document
from collavo.api.errors import CODES

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@dataclass(frozen=True)
class Field:
    """One parameter, or one field of a body or answer."""

    name: str
    type: str
    required: bool
    text: str
    where: str = ""


@dataclass(frozen=True)
class Reply:
    status: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Call:
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scopes: list[str]
    parameters: list[Field]
    body: list[Field]
    media_type: str
    example: str
    replies: list[Reply]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation by area."""
    codes = [(code, text.partition(": ")) for code, text in CODES.items()]
    rows = [(code, status, text) for code, (status, _, text) in codes]
    return render(request, "api/docs.html", {"areas": areas(), "codes": rows, "about": paragraphs()})


def paragraphs() -> list[list[str]]:
    """Each in parts, every second of which is code."""
    text = str(document()["info"]["description"]).strip()
    return [part.replace("\n", " ").split("`") for part in text.split("\n\n")]


@cache
def areas() -> dict[str, list[Call]]:
    """The operations by their tag, in the order of the document."""
    found: dict[str, list[Call]] = {}
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                found.setdefault(item[method].get("tags", ["Other"])[0], []).append(_call(path, method, item[method]))
    return found


def _call(path: str, method: str, said: Mapping[str, Any]) -> Call:
    body = said.get("requestBody", {}).get("content", {})
    media_type, schema = next(((kind, part.get("schema", {})) for kind, part in body.items()), ("", {}))
    return Call(
        id=said["operationId"], method=method.upper(), path=path, summary=said.get("summary", ""),
        text=said.get("description", ""), scopes=scopes().get(said["operationId"], []),
        parameters=[_parameter(part) for part in said.get("parameters", [])], body=list(_fields(schema)),
        media_type=media_type, example=_example(schema), replies=list(_replies(said["responses"])),
    )  # fmt: skip


@cache
def scopes() -> dict[str, list[str]]:
    """Which scopes each operation asks for (one of them is enough)."""
    found = {}
    for bound in api._get_bound_routers():
        for view in bound.path_operations.values():
            for operation in view.operations:
                name = operation.operation_id or api.get_openapi_operation_id(operation)
                found[name] = [str(s) for auth in operation.auth_callbacks for s in getattr(auth, "scopes", ())]
    return found


def _parameter(said: Mapping[str, Any]) -> Field:
    schema = said.get("schema", {})
    return Field(said["name"], _type(schema), said.get("required", False), schema.get("description", ""), said["in"])


def _replies(said: Mapping[Any, Any]) -> Iterator[Reply]:
    for status, reply in said.items():
        if int(status) < 400:
            schema = reply.get("content", {}).get("application/json", {}).get("schema", {})
            yield Reply(str(status), _resolved(schema).get("description", ""), list(_fields(schema)))


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        return _resolved(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    found = _resolved(schema)
    for name, field in found.get("properties", {}).items():
        text = field.get("description", "") or _resolved(field).get("description", "")
        yield Field(name, _type(field), name in found.get("required", ()), text)


def _type(schema: Mapping[str, Any]) -> str:
    """In a few words: "uuid", "array of string", "PUBLIC or PRIVATE", "null or integer"."""
    if "$ref" in schema:
        inner = _resolved(schema)
        return _type(inner) if "enum" in inner or "const" in inner else str(schema["$ref"].rpartition("/")[2])
    if parts := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(part) for part in parts)
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def _example(schema: Mapping[str, Any]) -> str:
    examples = _resolved(schema).get("examples") or []
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""
