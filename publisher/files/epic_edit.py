"""What the editorial flow changes in an epic.yaml: times, texts and tasks; all else stays.

Every function takes and returns the bytes of the file. It raises ContentError when the file is
broken or would become so, NotFound for a task or a part that is not there, and Refused for a time
that does not exist. The same change a second time gives the same bytes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from publisher.domain.errors import ContentError, NotFound, Refused
from publisher.domain.walltime import TimeProblem, parse_duration, resolve
from publisher.files.schema import schema_problems
from publisher.files.starter import schema_line
from publisher.files.words import did_you_mean, shown
from publisher.files.yaml_edit import Pointer, append, remove, set_value
from publisher.files.yaml_render import Value, block_lines
from publisher.files.yaml_text import read_yaml

Task = Mapping[str, Value]

EPIC_KEYS: Final = ("title", "brief", "owner", "schedule", "tasks")
TASK_KEYS: Final = (
    "id", "at", "timezone", "after", "profiles", "subject", "body", "media", "overrides",
    "params", "thread",
)  # fmt: skip
_SCHEMA_LINE: Final = re.compile(rb"\A(\xef\xbb\xbf)?# yaml-language-server: [^\r\n]*")


def with_title(data: bytes, title: str, *, path: str = "epic.yaml") -> bytes:
    return _set(data, ("title",), title, path, EPIC_KEYS)


def with_schedule(data: bytes, at: str, timezone: str, *, path: str = "epic.yaml") -> bytes:
    """Set the epic's wall-clock time and zone."""
    _exists(at, timezone)
    if not isinstance(_value(data, path).get("schedule"), dict):
        return _set(data, ("schedule",), {"at": at, "timezone": timezone}, path, EPIC_KEYS)
    with_at = set_value(data, ("schedule", "at"), at, path=path)
    return _checked(data, set_value(with_at, ("schedule", "timezone"), timezone, path=path), path)


def without_schedule(data: bytes, *, path: str = "epic.yaml") -> bytes:
    """Take out every time of day: the epic's, and those that tasks have of their own.

    `after` stays: it says nothing without the epic's time. A task's own `at` would stop the epic
    from being read at all.
    """
    for index, task in enumerate(_tasks(data, path)):
        for key in ("at", "timezone"):
            if key in task:
                data = remove(data, ("tasks", index, key), path=path)
    return remove(data, ("schedule",), path=path)


def with_after(data: bytes, task_id: str, duration: str, *, path: str = "epic.yaml") -> bytes:
    """Let the task go out so long after the epic's time (ISO 8601), instead of at its own."""
    try:
        parse_duration(duration)
    except TimeProblem as problem:
        raise Refused(str(problem)) from None
    index = _index(data, task_id, path)
    edited = _set(data, ("tasks", index, "after"), duration, path, TASK_KEYS)
    for key in ("at", "timezone"):
        edited = remove(edited, ("tasks", index, key), path=path)
    return edited


def with_at(
    data: bytes, task_id: str, at: str, *, timezone: str | None = None, path: str = "epic.yaml"
) -> bytes:
    """Let the task go out at its own wall-clock time, in its own zone or in the epic's."""
    index = _index(data, task_id, path)
    schedule = _value(data, path).get("schedule")
    if not isinstance(schedule, dict):
        raise Refused(f"{path} has no schedule yet. Schedule the epic, then the task.")
    zone = timezone or _tasks(data, path)[index].get("timezone") or schedule.get("timezone")
    _exists(at, zone)
    edited = _set(data, ("tasks", index, "at"), at, path, TASK_KEYS)
    if timezone:
        edited = _set(edited, ("tasks", index, "timezone"), timezone, path, TASK_KEYS)
    return remove(edited, ("tasks", index, "after"), path=path)


def with_body(
    data: bytes, task_id: str, text: str, *, part: int = 0, path: str = "epic.yaml"
) -> bytes:
    """Replace what readers see; `part` 0 is the task's own body, 1 the first of its thread."""
    index = _index(data, task_id, path)
    entry: Mapping[str, Any] = _tasks(data, path)[index]
    pointer: Pointer = ("tasks", index, "body")
    if part:
        thread = entry.get("thread") or []
        if not 0 < part <= len(thread):
            count = f"{len(thread) + 1} part" + "s" * bool(thread)
            raise NotFound(f"The task “{task_id}” has {count}; there is no part {part + 1}.")
        entry, pointer = thread[part - 1], ("tasks", index, "thread", part - 1, "body")
    old = str(entry.get("body") or "")
    written = _body(text)
    if old.endswith("\n") and written:
        written = written.rstrip("\n") + "\n"
    if written.rstrip("\n") == old.rstrip("\n") and "body" in entry:
        return data
    return _set(data, pointer, written, path, TASK_KEYS)


def with_task(data: bytes, task: Task, *, path: str = "epic.yaml") -> bytes:
    """Add a task at the end."""
    added = _ordered(task)
    same = [known for known in _tasks(data, path) if known.get("id") == added["id"]]
    if same == [added]:
        return data
    if same:
        raise Refused(f"{path} has a task {shown(str(added['id']))} already. Choose another id.")
    return _checked(data, append(data, ("tasks",), added, path=path), path)


def without_task(data: bytes, task_id: str, *, path: str = "epic.yaml") -> bytes:
    return remove(data, ("tasks", _index(data, task_id, path)), path=path)


def new_epic(
    folder: str,
    *,
    title: str,
    owner: str = "",
    brief: str = "",
    tasks: Sequence[Task] = (),
    schedule: tuple[str, str] | None = None,
) -> bytes:
    """Return the epic.yaml of a new folder (its path from the repository's root).

    `schedule` is the wall-clock time and its zone.
    """
    value: dict[str, Value] = {"title": title}
    if brief.strip():
        value["brief"] = _body(brief).rstrip("\n") + "\n"
    if owner:
        value["owner"] = owner
    if schedule:
        _exists(*schedule)
        value["schedule"] = dict(zip(("at", "timezone"), schedule, strict=True))
    if tasks:
        value["tasks"] = [_ordered(task) for task in tasks]
    lines = [schema_line(folder, "epic"), *block_lines(value)]
    written = "".join(line + "\n" for line in lines).encode()
    problems = schema_problems(read_yaml(written, f"{folder}/epic.yaml"), "epic")
    if problems:
        raise ContentError(problems)
    return written


def duplicate(
    data: bytes, *, title: str, folder: str | None = None, path: str = "epic.yaml"
) -> bytes:
    """Return the same epic with another title and without times of day, for another folder."""
    copy = with_title(without_schedule(data, path=path), title, path=path)
    if folder is None:
        return copy
    line = schema_line(folder, "epic").encode()
    return _SCHEMA_LINE.sub(lambda found: (found[1] or b"") + line, copy)


def _set(data: bytes, pointer: Pointer, value: Value, path: str, order: Sequence[str]) -> bytes:
    return _checked(data, set_value(data, pointer, value, path=path, order=order), path)


def _checked(before: bytes, edited: bytes, path: str) -> bytes:
    """Refuse what the schema refuses, unless the file was as wrong before."""
    if edited == before:
        return edited
    known = {each.message for each in schema_problems(read_yaml(before, path), "epic")}
    problems = schema_problems(read_yaml(edited, path), "epic")
    new = tuple(problem for problem in problems if problem.message not in known)
    if new:
        raise ContentError(new)
    return edited


def _exists(at: str, zone: str | None) -> None:
    try:
        resolve(at, zone)
    except TimeProblem as problem:
        raise Refused(str(problem)) from None


def _value(data: bytes, path: str) -> Mapping[str, Any]:
    return read_yaml(data, path).value


def _tasks(data: bytes, path: str) -> list[dict[str, Any]]:
    """Return the tasks as written; what is no task at all counts as an empty one."""
    tasks = _value(data, path).get("tasks")
    return [task if isinstance(task, dict) else {} for task in tasks or ()]


def _index(data: bytes, task_id: str, path: str) -> int:
    ids = [str(task.get("id", "")) for task in _tasks(data, path)]
    if task_id in ids:
        return ids.index(task_id)
    otherwise = f"It has {', '.join(ids)}." if any(ids) else "It has no tasks."
    hint = did_you_mean(task_id, ids, otherwise)
    raise NotFound(f"There is no task {shown(task_id)} in {path}. {hint}")


def _body(text: str) -> str:
    """Drop blank ends; a text of several lines ends with one line end, as below `|`."""
    bare = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return bare + "\n" if "\n" in bare else bare


def _ordered(task: Task) -> dict[str, Value]:
    """Return the task with its keys in the usual order and its texts as people write them."""
    known = {key: task[key] for key in TASK_KEYS if key in task}
    whole = {**known, **{key: task[key] for key in task if key not in known}}
    return {key: _tidy(key, value) for key, value in whole.items()}


def _tidy(key: str, value: Value) -> Value:
    match value:
        case str():
            return _body(value) if key == "body" else value
        case Mapping():
            return {name: _tidy(name, item) for name, item in value.items()}
        case [*items]:
            return [_tidy(key, item) for item in items]
        case _:
            return value
