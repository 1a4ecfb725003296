"""Runs where aiogram is installed: judges calls of the Bot API by its typed description of it.

Reads a JSON list of {"method", "fields", "files", "result"} and prints a JSON list of faults.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from aiogram import methods, types

SEVERAL = {"sendMediaGroup"}


def faults_of(call: dict[str, Any]) -> Iterator[str]:
    name = call["method"][0].upper() + call["method"][1:]
    method = getattr(methods, name)
    given = {**call["fields"], **dict.fromkeys(call["files"], "attach://file")}
    given = {name: value for name, value in given.items() if not name.startswith("file")}
    unknown = sorted(given.keys() - method.model_fields.keys())
    if unknown:
        yield f"{call['method']} has no {unknown}"
    for item in given.get("media", []):
        kind = getattr(types, f"InputMedia{item['type'].title()}")
        if item.keys() - kind.model_fields.keys():
            yield f"{kind.__name__} has no {sorted(item.keys() - kind.model_fields.keys())}"
    for part, kind in (
        ("reply_parameters", types.ReplyParameters),
        ("link_preview_options", types.LinkPreviewOptions),
    ):
        if given.get(part, {}).keys() - kind.model_fields.keys():
            yield f"{part} has too many fields: {given[part]}"
    method.model_validate(given)
    results = call["result"] if call["method"] in SEVERAL else [call["result"]]
    for result in results:
        if result is not True:
            message = types.Message.model_validate(result)
            if message.model_extra:
                yield f"a message has no {sorted(message.model_extra)}"


def judged(call: dict[str, Any]) -> list[str]:
    try:
        return list(faults_of(call))
    except ValueError as error:
        return [f"{call['method']}: {error}"]


calls = json.load(sys.stdin)
sys.stdout.write(json.dumps([fault for call in calls for fault in judged(call)]))
