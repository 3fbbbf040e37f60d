"""The schema as OpenAPI 3, and the same readable: a page rendered here, without a script of anybody's."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from newsroom.views import in_publication

# Values of the examples, by the name of the field; the rest are made from the type.
EXAMPLES: dict[str, object] = {
    "author_name": "Wulan Prameswari",
    "author_email": "wulan@contoh.id",
    "author_url": "https://contoh.id",
    "body": "Terima kasih, liputannya jernih.",
    "parent": None,
    "reason": "spam",
    "detail": "Tautan ke situs judi.",
    "outcome": "approve",
    "revision": 1,
    "note": "",
    "text": "Daftar sekarang, bonus member baru seratus persen.",
    "language": "id",
}


@lru_cache(maxsize=1)
def read_schema() -> dict[str, Any]:
    """The schema as the generator makes it; the addresses do not change while the process runs."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


@lru_cache(maxsize=1)
def as_json() -> bytes:
    return json.dumps(read_schema(), ensure_ascii=False, indent=1).encode()


@lru_cache(maxsize=1)
def as_yaml() -> bytes:
    rendered: bytes = OpenApiYamlRenderer().render(read_schema())  # type: ignore[no-untyped-call]
    return rendered


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The schema for programs: JSON, or YAML if asked by `?format=yaml` or `Accept`. Made once: it costs more than a page."""
    wanted = request.GET.get("format") or ("yaml" if "yaml" in request.headers.get("Accept", "") else "json")
    if wanted == "yaml":
        response = HttpResponse(as_yaml(), content_type="application/yaml; charset=utf-8")
    else:
        response = HttpResponse(as_json(), content_type="application/json")
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
@in_publication
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, bodies and an example for curl."""
    document = read_schema()
    origin = request.build_absolute_uri("/").rstrip("/")
    operations = [
        describe(document, origin, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = [
        (name, fields_of(document, shape)) for name, shape in sorted(document["components"]["schemas"].items()) if shape.get("properties")
    ]
    response = render(request, "comments/api_docs.html", {"info": document["info"], "operations": operations, "shapes": shapes})
    response["Cache-Control"] = "no-cache"
    return response


def describe(schema: dict[str, Any], origin: str, path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of one operation."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = []
    for status, answer in operation["responses"].items():
        contents: list[dict[str, Any]] = list(answer.get("content", {}).values())
        answers.append((status, name_of(contents[0].get("schema", {})) if contents else ""))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "words": operation.get("description", ""),
        "parameters": [one for one in operation.get("parameters", []) if one["in"] != "path"],
        "fields": fields_of(schema, resolve(schema, body)) if body else [],
        "answers": answers,
        "schemes": [name for scheme in operation.get("security", []) for name in scheme],
        "curl": curl(schema, origin, path, method, operation, body),
    }


def resolve(schema: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """The declaration behind a reference."""
    if "$ref" not in shape:
        return shape
    found: dict[str, Any] = schema["components"]["schemas"][name_of(shape)]
    return found


def name_of(shape: dict[str, Any]) -> str:
    reference = shape.get("$ref") or shape.get("items", {}).get("$ref", "")
    return str(reference).rsplit("/", 1)[-1]


def fields_of(schema: dict[str, Any], shape: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, type, necessity and meaning of each field."""
    required = shape.get("required", [])
    rows = []
    for name, field in shape.get("properties", {}).items():
        inner = field["allOf"][0] if "allOf" in field else field
        values = resolve(schema, inner).get("enum", []) if "$ref" in inner else inner.get("enum", [])
        rows.append(
            {
                "name": name,
                "type": inner.get("type", "") or name_of(inner),
                "of": name_of(inner),
                "format": field.get("format", ""),
                "values": values,
                "required": name in required,
                "nullable": field.get("nullable", False),
                "words": field.get("description", ""),
            }
        )
    return rows


def curl(schema: dict[str, Any], origin: str, path: str, method: str, operation: dict[str, Any], body: dict[str, Any] | None) -> str:
    """The operation as somebody would type it into a shell."""
    parts = ["curl" if method == "get" else f"curl -X {method.upper()}"]
    schemes = {name for scheme in operation.get("security", []) for name in scheme}
    optional = {} in operation.get("security", [{}])
    if "editToken" in schemes and not optional:
        parts.append("-H 'Authorization: EditToken <edit token>'")
    elif "tokenAuth" in schemes and "apiKey" not in schemes and not optional:
        parts.append("-H 'Authorization: Token <token>'")
    elif "apiKey" in schemes:
        parts.append("-H 'Authorization: ApiKey <key>'")
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", [])):
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        names = resolve(schema, body).get("properties", {})
        example = {name: EXAMPLES[name] for name in names if name in EXAMPLES}
        parts.append("-H 'Content-Type: application/json'")
        parts.append(f"-d '{json.dumps(example, ensure_ascii=False)}'")
    parts.append(f"{origin}{path.replace('{', '<').replace('}', '>')}" if "{" not in path else f"'{origin}{path}'")
    return " \\\n  ".join(parts)
