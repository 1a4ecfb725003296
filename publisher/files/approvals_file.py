"""approvals.yaml: what people said about the tasks of an epic. Written by the machine alone.

What cannot be read, or was written by hand, is a problem with its place and counts as nothing; it
never stops anything else.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from publisher.domain.approvals import Approvals, Entry, EntryKind
from publisher.domain.errors import ContentError, Refused
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.schema import load_schema, schema_problems
from publisher.files.yaml_text import MAX_BYTES, Document, read_yaml

HEADER = """\
# Written by Copydesk: who said what about which task. Every entry is signed; what is added or
# changed here by hand counts as nothing.
# yaml-language-server: $schema={up}schemas/approvals.schema.json
"""
_HINT = "It counts as nothing. Let Copydesk write this file: take your change back."


@dataclass(frozen=True, slots=True)
class ReadApprovals:
    """What the file of one epic says, and what is wrong with it."""

    approvals: Approvals = field(default_factory=Approvals)
    problems: tuple[Problem, ...] = ()
    document: Document | None = None

    def not_ours(self, genuine: Collection[Entry]) -> Iterator[Problem]:
        """A problem for each entry that we have not signed here; the genuine ones are given."""
        if self.document is None or len(genuine) == len(self.approvals.entries):
            return
        ours = set(genuine)
        for index, written in enumerate(self.document.value["entries"]):
            entry = _entry(written)
            if entry is not None and entry not in ours:
                message = f"Copydesk has not signed this entry ({entry.kind} by {entry.person})."
                yield self.document.problem(("entries", index), message, _HINT, Rule.BAD_APPROVAL)


def approvals_path(epic_path: str) -> str:
    """Where the approvals of the epic in that folder are."""
    return f"{epic_path}/approvals.yaml"


def read_approvals(data: bytes | None, path: str) -> ReadApprovals:
    """Read the file (None: there is none); what is broken becomes a problem, nothing is raised."""
    if data is None:
        return ReadApprovals()
    try:
        document = read_yaml(data, path)
    except ContentError as error:
        return ReadApprovals(problems=error.problems)
    problems = schema_problems(document, "approvals")
    written = document.value.get("entries")
    if not isinstance(written, list):
        return ReadApprovals(problems=problems)
    found = [_entry(item) for item in written]
    if None in found and not problems:
        problems = tuple(
            document.problem(
                ("entries", index, "at"), "This time does not exist.", _HINT, Rule.BAD_APPROVAL
            )
            for index, entry in enumerate(found)
            if entry is None
        )
    entries = tuple(entry for entry in found if entry is not None)
    return ReadApprovals(Approvals(entries), problems, document)


def dump_approvals(epic_path: str, approvals: Approvals) -> bytes:
    """Render the file; the same entries always give the same bytes."""
    # PyYAML is slow to import, and needed only where something is written
    from publisher.files.machine_yaml import dump_yaml  # noqa: PLC0415

    header = HEADER.format(up="../" * (epic_path.count("/") + 1))
    plain = {"entries": [_plain(entry) for entry in approvals.entries]}
    data = (header + dump_yaml(plain)).encode()
    if len(data) > MAX_BYTES:
        raise Refused(f"{approvals_path(epic_path)} would be larger than 1 MiB: begin a new epic.")
    return data


def _entry(written: Any) -> Entry | None:  # noqa: ANN401 - whatever the file holds
    """One entry; None when its shape is not exactly the schema's."""
    if not _shape().is_valid(written):
        return None
    values: dict[str, Any] = {**written, "kind": EntryKind(written["kind"])}
    try:
        values["at"] = datetime.fromisoformat(written["at"]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Entry(**values)


@cache
def _shape() -> Draft202012Validator:
    return Draft202012Validator(load_schema("approvals")["$defs"]["entry"])


def _plain(entry: Entry) -> Mapping[str, str]:
    values = {
        "id": entry.id,
        "kind": entry.kind.value,
        "task": entry.task,
        "digest": entry.digest,
        "person": entry.person,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "via": entry.via,
        "request": entry.request,
        "text": entry.text,
        "key": entry.key,
        "mac": entry.mac,
    }
    return {name: value for name, value in values.items() if value}
