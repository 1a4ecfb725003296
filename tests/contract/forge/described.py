"""GitHub's own OpenAPI description, held against what we ask and against what our server answers.

Our requests must be right to the last name. The server's answers may leave fields out (its tests
need few), but what they hold must be as GitHub describes it.
"""

import json
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from tests.contract.forge.trim_openapi import KEPT

HOST = "https://api.github.com"


@cache
def _description() -> tuple[OpenAPI, dict[str, Any]]:
    plain = json.loads(KEPT.read_text())
    for methods in plain["paths"].values():
        for operation in methods.values():
            _close(operation.get("requestBody"))
            for answer in operation["responses"].values():
                _loosen(answer)
    _loosen(plain["components"])
    return OpenAPI.from_dict(plain), plain


def _close(body: Any) -> None:
    """Refuse names that GitHub does not know: it would ignore them without a word."""
    for content in body["content"].values() if body else ():
        for schema in (content["schema"], *content["schema"].get("oneOf", ())):
            if "properties" in schema:
                schema["additionalProperties"] = False


def _loosen(value: Any) -> None:
    """Let fields be missing."""
    if isinstance(value, dict):
        if isinstance(value.get("required"), list):
            del value["required"]
        for inner in value.values():
            _loosen(inner)
    elif isinstance(value, list):
        for inner in value:
            _loosen(inner)


def check_request(method: str, raw_path: str, query: str, body: bytes) -> MockRequest:
    """Raise when GitHub does not describe such a request; return it."""
    args = dict(parse_qsl(query))
    request = MockRequest(HOST, method.lower(), raw_path, args=args, data=body or None)
    description, plain = _description()
    description.validate_request(request)
    found = description.unmarshal_request(request)
    known = {parameter["name"] for parameter in _parameters(plain, raw_path, method)}
    assert args.keys() <= known, f"{method} {raw_path} knows no {args.keys() - known}"
    assert not found.errors
    return request


def check_answer(request: MockRequest, status: int, body: bytes) -> None:
    """Raise when GitHub would not answer so."""
    _description()[0].validate_response(request, MockResponse(body, status))


def _parameters(plain: dict[str, Any], raw_path: str, method: str) -> list[dict[str, Any]]:
    parts = raw_path.split("/")
    found = []
    for template, methods in plain["paths"].items():
        names = template.split("/")
        fits = len(names) == len(parts) and all(
            name == part or name.startswith("{") for name, part in zip(names, parts, strict=True)
        )
        if fits and method.lower() in methods:
            found += methods[method.lower()].get("parameters", [])
    shared = plain["components"]["parameters"]
    return [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in found]
