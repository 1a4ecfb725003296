"""Domain values ↔ plain JSON values, without what is empty."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from publisher.domain import outcome as results
from publisher.domain.outcome import Report

T = TypeVar("T")

_RESULTS: Mapping[str, type] = {
    "published": results.Published,
    "accepted": results.Accepted,
    "retry": results.Retry,
    "give_up": results.GiveUp,
    "unknown": results.Unknown,
    "not_begun": results.NotBegun,
    "prepared": results.Prepared,
    "located": results.Located,
    "removed": results.Removed,
}
_KINDS = {kind: name for name, kind in _RESULTS.items()}


def to_plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Turn a value into dicts, lists and scalars; empty fields are left out, but for texts."""
    return _pruned(msgspec.to_builtins(value, str_keys=True))


def from_plain(value: object, kind: type[T]) -> T:
    """Build a value; raise ValueError that says which field is wrong."""
    return msgspec.convert(value, kind, strict=False)


def dump_report(report: Report) -> str:
    """One line of JSON."""
    plain = to_plain(
        {
            "claim": report.claim,
            "part": report.part,
            "at": report.at,
            "called_at": report.called_at,
            "caller": report.caller,
            "handle": report.handle,
        }
    )
    plain["kind"] = _KINDS[type(report.result)]
    plain["result"] = msgspec.to_builtins(report.result)
    return json.dumps(plain, ensure_ascii=False)


def load_report(text: str) -> Report:
    """Read what `dump_report` wrote; raise ValueError for anything else."""
    plain = json.loads(text)
    result: Any = msgspec.convert(plain["result"], _RESULTS[plain["kind"]])
    return Report(
        claim=plain["claim"],
        part=plain.get("part", 0),
        result=result,
        at=datetime.fromisoformat(plain["at"]),
        called_at=datetime.fromisoformat(plain["called_at"]) if "called_at" in plain else None,
        caller=plain.get("caller", ""),
        handle=plain.get("handle", {}),
    )


def _pruned(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        pruned = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if not _is_empty(item)}
    if isinstance(value, list | tuple):
        return [_pruned(item) for item in value]
    return value


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ([], {})
