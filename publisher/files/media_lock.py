"""media.lock.yaml: what each address held when it was fetched. Written by Copydesk alone."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from publisher.domain.errors import ContentError
from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe, Unusable, Usable
from publisher.files.machine_yaml import dump_yaml
from publisher.files.schema import schema_problems
from publisher.files.starter import schema_line
from publisher.files.yaml_text import read_yaml

LOCK = "media.lock.yaml"
_HEADER = """\
# Written by Copydesk: what each address in epic.yaml held when it was fetched. Exactly these
# bytes go out, whatever the address holds later. To fetch them anew: copydesk pin --again {epic}
{schema}
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """One address, when it was fetched (UTC), and what came of it."""

    url: str
    at: datetime
    found: Usable | Unusable


def read_lock(data: bytes, path: str) -> Mapping[str, Pin]:
    """Return the pins by address; raise ContentError when a person has broken the file."""
    document = read_yaml(data, path)
    problems = schema_problems(document, "media.lock")
    if problems:
        raise ContentError(problems)
    return {entry["url"]: _pin(entry) for entry in document.value["media"]}


def dump_lock(pins: Iterable[Pin], epic_path: str) -> bytes:
    """Render the file; the same pins always give the same bytes."""
    entries = [_entry(pin) for pin in pins]
    folder = epic_path.rpartition("/")[2]
    header = _HEADER.format(epic=folder, schema=schema_line(epic_path, "media.lock"))
    return (header + dump_yaml({"media": entries})).encode()


def _entry(pin: Pin) -> dict[str, Any]:
    at = pin.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    entry: dict[str, Any] = {"url": pin.url, "fetched_at": at}
    if isinstance(pin.found, Unusable):
        fault = pin.found.fault
        return {**entry, "failed": {"cause": fault.cause.value, "message": fault.message}}
    probe = {name: value for name, value in asdict(pin.found.probe).items() if value}
    return {**entry, "sha256": pin.found.sha256, "is": {**probe, "kind": probe["kind"].value}}


def _pin(entry: Mapping[str, Any]) -> Pin:
    at = datetime.fromisoformat(entry["fetched_at"])
    if "failed" in entry:
        fault = MediaFault(MediaCause(entry["failed"]["cause"]), entry["failed"]["message"])
        return Pin(entry["url"], at, Unusable(fault))
    values = dict(entry["is"])
    probe = Probe(**{**values, "kind": MediaKind(values["kind"])})
    return Pin(entry["url"], at, Usable(entry["sha256"], probe))
