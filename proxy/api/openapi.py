"""The OpenAPI 3.1 document, from the types that the calls take and give. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from proxy.api.endpoints import JSON, Endpoint

REF = "#/components/schemas/{name}"
BASIC = (400, 401, 403, 503)

Schema = dict[str, Any]


class Error(msgspec.Struct, frozen=True):
    """What went wrong, and what to do."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorBody(msgspec.Struct, frozen=True):
    """An error, in OpenAI's shape."""

    error: Error


def document(endpoints: Sequence[Endpoint], version: str) -> Schema:
    """The whole document."""
    kinds = [*_kinds(endpoints), ErrorBody]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    known = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Schema] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, known, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Steno", "version": version, "description": "What Steno recorded."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}, {}],
    }


def _kinds(endpoints: Sequence[Endpoint]) -> Iterable[Any]:
    for endpoint in endpoints:
        yield from (kind for kind in (endpoint.answers, endpoint.query, endpoint.body) if kind is not None)


def _operation(endpoint: Endpoint, known: Mapping[int, Schema], components: Mapping[str, Schema]) -> Schema:
    error = {"content": {JSON: {"schema": known[id(ErrorBody)]}}}
    content = {endpoint.media: {"schema": known[id(endpoint.answers)]}}
    content |= {media: {"schema": {"type": "string"}} for media in endpoint.others}
    answer = {"description": "It went well.", "content": content}
    failing = sorted({*BASIC, *endpoint.fails, *((413,) if endpoint.body is not None else ())})
    failures = {str(status): {"description": HTTPStatus(status).phrase, **error} for status in failing}
    operation: Schema = {
        "operationId": endpoint.handle.__name__,
        "summary": " ".join((endpoint.handle.__doc__ or "").split()),
        "parameters": [*_path(endpoint.path), *_query(components[endpoint.query.__name__])],
        "responses": {str(endpoint.status): answer, **failures},
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": known[id(endpoint.body)]}}}
    return operation


def _path(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query(schema: Schema) -> list[Schema]:
    needed = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _given(said)}
        for name, said in schema.get("properties", {}).items()
    ]


def _given(schema: Schema) -> Schema:
    """A parameter's schema: one that isn't given isn't null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and value is not None}
    return {**kinds[0], **rest} if kinds else rest
