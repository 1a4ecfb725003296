"""limits.json, the dated table of what platforms accept, and a profile's own limits."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from publisher.domain.epic import Profile
from publisher.domain.limits import Limits, PlatformLimits

Table = Mapping[str, Any]
Entry = TypeVar("Entry")


@cache
def limits_table() -> Mapping[str, PlatformLimits]:
    """Every platform's entry, by each of its names (`x` and `twitter`)."""
    entries = {name: _read(entry, PlatformLimits) for name, entry in _raw().items()}
    return entries | {also: entry for entry in entries.values() for also in entry.also}


def limits_for(profile: Profile) -> Limits | None:
    """What this very account accepts; None for a platform that the table does not know."""
    entry = limits_table().get(profile.platform)
    if entry is None:
        return _read(dict(profile.limits), Limits) if profile.limits else None
    if not profile.limits:
        return entry.limits
    names = {profile.platform, *entry.also}
    raw = next(e for name, e in _raw().items() if names & {name, *e.get("also", ())})
    return _read(_merged(raw["limits"], profile.limits), Limits)


def title_of(profile: Profile) -> str:
    """The platform's name as people know it."""
    entry = limits_table().get(profile.platform)
    return entry.title if entry else profile.platform


def _read(plain: object, kind: type[Entry]) -> Entry:
    from publisher.files.codec import from_plain  # noqa: PLC0415 - a single file needs no table

    return from_plain(plain, kind)


def _merged(table: Table, own: Table) -> dict[str, Any]:
    """Set single limits anew; those of one kind of media one by one."""
    merged = dict(table)
    for name, value in own.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if both and before else value
    return merged


@cache
def _raw() -> Table:
    text = Path(__file__).with_name("limits.json").read_text(encoding="utf-8")
    platforms: Table = json.loads(text)["platforms"]
    return platforms
