"""Every operation of the API, as its document names it: for tests that walk all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collavo.accounts.models import Scope
from collavo.api.app import api, document

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True)
class Route:
    """One operation."""

    id: str
    method: str
    path: str  # below /api/v1
    scopes: tuple[Scope, ...]
    body: Mapping[str, Any] | None  # a JSON body's schema

    @property
    def names(self) -> list[str]:
        """Of the ids in its address."""
        return re.findall(r"{(\w+)}", self.path)

    def at(self, pk: object) -> str:
        return re.sub(r"{\w+}", str(pk), self.path)

    def sample(self, pick: Callable[[str], object]) -> Any:
        """A body as the document gives it, each id in it chosen by its field's name."""
        return _sample(self.body, pick) if self.body else None


def routes() -> list[Route]:
    """All operations that ask for a token."""
    return [route for route in _routes() if route.scopes]


def open_routes() -> list[Route]:
    """Those that ask for none."""
    return [route for route in _routes() if not route.scopes]


def _routes() -> Iterator[Route]:
    scopes = _scopes()
    for path, item in document()["paths"].items():
        for method, said in item.items():
            body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            pk = said["operationId"]
            yield Route(pk, method.upper(), path.removeprefix("/api/v1"), scopes[pk], body)


def _scopes() -> dict[str, tuple[Scope, ...]]:
    found = {}
    for bound in api._get_bound_routers():
        for view in bound.path_operations.values():
            for operation in view.operations:
                name = operation.operation_id or api.get_openapi_operation_id(operation)
                found[name] = tuple(s for auth in operation.auth_callbacks for s in getattr(auth, "scopes", ()))
    return found


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        return _resolved(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def _sample(schema: Mapping[str, Any], pick: Callable[[str], object], name: str = "") -> Any:
    found = _resolved(schema)
    if examples := found.get("examples"):
        return _with_ids(examples[0], pick, name)
    if found.get("properties"):
        wanted = [n for n in found["properties"] if n in found.get("required", ()) or _is_id(found["properties"][n])]
        return {n: _sample(found["properties"][n], pick, n) for n in wanted}
    if parts := found.get("anyOf"):
        return _sample(parts[0], pick, name)
    if found.get("format") == "uuid":
        return str(pick(name))
    if found.get("type") == "array":
        return [_sample(found["items"], pick, name)] * max(found.get("minItems", 1), 1)
    plain = {"boolean": False, "integer": found.get("minimum", 1), "object": {}}
    return found["enum"][0] if "enum" in found else plain.get(str(found.get("type")), "x")


def _is_id(schema: Mapping[str, Any]) -> bool:
    return '"uuid"' in str(_resolved(schema)).replace("'", '"')


def _with_ids(value: Any, pick: Callable[[str], object], name: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_ids(inner, pick, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_ids(inner, pick, name) for inner in value]
    return str(pick(name)) if isinstance(value, str) and UUID.fullmatch(value) else value
