"""status.yaml as validation reads it: which deliveries are out. Nothing is ever decided by it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from publisher.domain.errors import ContentError
from publisher.domain.history_rules import Out
from publisher.files.yaml_text import read_yaml

_PUBLISHED = "published"  # DeliveryStatus.PUBLISHED, without loading the whole record


def out_in(data: bytes, path: str) -> tuple[Out, ...]:
    """Return what a projection says is out; people may have broken it, then that is nothing."""
    try:
        value = read_yaml(data, path).value
    except ContentError:
        return ()
    return tuple(_deliveries(value))


def _deliveries(value: Any) -> Iterator[Out]:  # noqa: ANN401 - whatever stands in the file
    for task, profiles in _items(value.get("tasks")):
        for profile, shown in _items(profiles):
            if _is_out(shown):
                yield Out(task, profile, _at(shown))
    for name, shown in _items(value.get("no_longer_in_the_epic")):
        task, slash, profile = name.partition("/")
        if slash and _is_out(shown):
            yield Out(task, profile, _at(shown))


def _items(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _is_out(shown: object) -> bool:
    return isinstance(shown, dict) and shown.get("status") == _PUBLISHED


def _at(shown: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(shown.get("published_at")))
    except ValueError:
        return None
