"""The OpenAPI document as a page that a person can read: one file, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
code { font: 0.9em ui-monospace, monospace } h2 { border-top: 1px solid #8886; padding-top: 1rem }
table { border-collapse: collapse; width: 100% }
td { vertical-align: top; padding: 0.2rem 1rem 0.2rem 0 }
.method { font-weight: bold; display: inline-block; min-width: 4.5rem }
""".strip()
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

Json = Mapping[str, Any]


def page(document: Json) -> str:
    """The page."""
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    body = "\n".join([*_calls(document), "<h1>Shapes</h1>", *_shapes(document)])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}: /api</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f'<body><h1>{title}: <code>/api</code></h1><p><a href="/api/openapi.json">openapi.json</a></p>\n'
        f"{body}\n</body></html>\n"
    )


def _calls(document: Json) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            said = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code>'
            yield f'<h2 id="{escape(call["operationId"])}">{said}</h2>'
            yield f"<p>{escape(call['summary'])}</p>"
            yield from _table((one["name"], one["schema"]) for one in call["parameters"])
            if "requestBody" in call:
                yield f"<p>Body: {_kind(next(iter(call['requestBody']['content'].values()))['schema'])}</p>"
            told = (
                f"{status} {_kind(next(iter(answer['content'].values()))['schema'])}"
                for status, answer in call["responses"].items()
            )
            yield f"<p>Answers: {', '.join(told)}</p>"


def _shapes(document: Json) -> Iterator[str]:
    for name, shape in document["components"]["schemas"].items():
        yield f'<h2 id="{escape(name)}"><code>{escape(name)}</code></h2><p>{escape(shape.get("description", ""))}</p>'
        yield from _table(shape.get("properties", {}).items())


def _table(fields: Any) -> Iterator[str]:
    rows = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{_kind(schema)}</td></tr>" for name, schema in fields)
    if rows:
        yield f"<table>{rows}</table>"


def _kind(schema: Json) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return "list of " + ", ".join(map(_kind, schema.get("prefixItems") or [schema.get("items", {})]))
    return escape(str(schema.get("const", schema.get("type", "anything"))))
