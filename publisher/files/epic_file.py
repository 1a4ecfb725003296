"""epic.yaml and its folder ↔ an Epic: everything that one epic alone can get wrong."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from publisher.domain.epic import NO_OPTIONS, Epic, Media, Override, Part, Task
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.domain.walltime import TimeProblem, WallTime, parse_duration, resolve, zone_named
from publisher.files.media_paths import media_fault
from publisher.files.schema import schema_problems
from publisher.files.words import did_you_mean, shown
from publisher.files.yaml_text import MAX_PROBLEMS, Document, read_yaml

Pointer = tuple[str | int, ...]
Values = Mapping[str, Any]

_NOTHING = "There is neither text nor media here."
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True, slots=True)
class EpicFolder:
    """What a commit or a disk holds of one epic.

    `path` is the folder from the repository's root; `files` maps every path below the folder to
    "file" or "link".
    """

    path: str
    data: bytes
    files: Mapping[str, str]

    @property
    def file(self) -> str:
        return f"{self.path}/epic.yaml" if self.path else "epic.yaml"


def read_epic(folder: EpicFolder) -> Epic:
    """Return the epic, or raise ContentError with everything that is wrong."""
    document = read_yaml(folder.data, folder.file)
    epic_id = folder.path.rpartition("/")[2]
    named = () if _ID.fullmatch(epic_id) else (_bad_name(folder.file, epic_id),)
    refused = schema_problems(document, "epic")
    if refused:
        raise ContentError(named + refused)
    reading = _Reading(document, folder.files)
    epic = reading.epic(epic_id, folder.path)
    if named or reading.problems:
        raise ContentError((*named, *sorted(set(reading.problems))))
    return epic


def _text(written: str) -> str:
    """Drop the line end that `|` leaves; nobody means to publish it."""
    return "" if written.isspace() else written.rstrip("\n")


def _bad_name(path: str, epic_id: str) -> Problem:
    message = f"The folder's name {shown(epic_id)} cannot be the id of an epic."
    hint = "Use lower-case letters, digits and hyphens, at most 80, for example spring-launch."
    return Problem(path, 0, 0, message, hint, Rule.FOLDER_NAME)


@dataclass(slots=True)
class _Reading:
    """One document that passed its schema, on its way to an Epic; collects the problems."""

    document: Document
    files: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def epic(self, epic_id: str, path: str) -> Epic:
        value = self.document.value
        schedule = None
        if "schedule" in value:
            written = value["schedule"]
            schedule = self._time(written["at"], written["timezone"], ("schedule",))
        tasks = tuple(
            self._task(task, ("tasks", index), schedule)
            for index, task in enumerate(value.get("tasks", ()))
        )
        self._twice(
            [task.id for task in tasks],
            "task id",
            Rule.DUPLICATE_TASK,
            lambda i: ("tasks", i, "id"),
        )
        return Epic(
            id=epic_id,
            path=path,
            title=value["title"],
            brief=value.get("brief", ""),
            owner=value.get("owner", ""),
            schedule=schedule,
            tasks=tasks,
        )

    def _task(self, value: Values, at: Pointer, schedule: WallTime | None) -> Task:
        profiles = tuple(value.get("profiles", ()))
        self._twice(profiles, "profile", Rule.DUPLICATE_PROFILE, lambda i: (*at, "profiles", i))
        if not profiles and "schedule" in self.document.value:
            hint = "Add `profiles: [...]`, or remove the task."
            self._add(at, "This task is scheduled and goes to no profile.", hint, Rule.NO_PROFILE)
        parts = (
            self._part(value, at),
            *(
                self._part(entry, (*at, "thread", index))
                for index, entry in enumerate(value.get("thread", ()))
            ),
        )
        return Task(
            id=value["id"],
            profiles=profiles,
            parts=parts,
            subject=value.get("subject"),
            overrides=self._overrides(value, at, profiles, parts[0]),
            params=value.get("params", NO_OPTIONS),
            due=self._due(value, at, schedule),
        )

    def _part(self, value: Values, at: Pointer) -> Part:
        part = Part(_text(value.get("body", "")), tuple(self._media(value, at)))
        if not part.body and not part.media:
            place = (*at, "body") if "body" in value else at
            self._add(place, _NOTHING, "Write a `body`.", Rule.NOTHING_TO_SAY)
        return part

    def _media(self, value: Values, at: Pointer) -> Iterator[Media]:
        for index, item in enumerate(value.get("media", ())):
            place = (*at, "media", index)
            if ("file" in item) == ("url" in item):
                hint = "Write `file: media/…`, or `url: https://…`, and not both."
                message = "An attachment is either a `file` or a `url`."
                self._add(place, message, hint, Rule.MEDIA_PATH)
                continue
            fault = media_fault(item["file"], self.files) if "file" in item else None
            if fault:
                self._add((*place, "file"), *fault)
            yield Media(item.get("file", ""), item.get("alt", ""), item.get("url", ""))

    def _overrides(
        self, value: Values, at: Pointer, profiles: Sequence[str], first: Part
    ) -> dict[str, Override]:
        overrides = {}
        for profile, written in value.get("overrides", {}).items():
            body = written.get("body")
            override = Override(None if body is None else _text(body), written.get("subject"))
            overrides[profile] = override
            place = (*at, "overrides", profile)
            if profile not in profiles:
                hint = did_you_mean(profile, profiles, "Add it to `profiles`, or remove this.")
                message = f"This task does not go to {shown(profile)}."
                self._add(place, message, hint, Rule.FOREIGN_OVERRIDE, key=True)
            if override.body == "" and not first.media:
                self._add((*place, "body"), _NOTHING, "", Rule.NOTHING_TO_SAY)
        return overrides

    def _due(self, value: Values, at: Pointer, schedule: WallTime | None) -> datetime | None:
        if "at" in value:
            return self._own_time(value, at)
        if "timezone" in value:
            hint = "Add `at`, or remove `timezone`."
            message = "`timezone` says nothing without `at`."
            self._add((*at, "timezone"), message, hint, Rule.TWO_TIMES, key=True)
        if "after" not in value:
            return schedule.utc if schedule else None
        try:
            offset = parse_duration(value["after"])
            return schedule.utc + offset if schedule else None
        except TimeProblem as problem:
            self._add((*at, "after"), str(problem), "", Rule.TIME)
        except OverflowError:
            self._add((*at, "after"), "This time is outside the calendar.", "", Rule.TIME)
        return None

    def _own_time(self, value: Values, at: Pointer) -> datetime | None:
        if "after" in value:
            hint = "Keep one of the two."
            message = "A task has its own `at`, or goes out `after` the epic's time, not both."
            self._add((*at, "after"), message, hint, Rule.TWO_TIMES, key=True)
        schedule = self.document.value.get("schedule")
        if schedule is None:
            hint = "Add `schedule` with `at` and `timezone` to the epic."
            message = "This task has its own time, and the epic has no schedule."
            self._add((*at, "at"), message, hint, Rule.NO_SCHEDULE, key=True)
        zone = value.get("timezone") or (schedule and schedule["timezone"]) or "UTC"
        zone_place = at if "timezone" in value else ("schedule",)
        time = self._time(value["at"], zone, at, zone_place)
        return time.utc if time else None

    def _time(
        self, text: str, zone: str, at: Pointer, zone_at: Pointer | None = None
    ) -> WallTime | None:
        try:
            return resolve(text, zone)
        except TimeProblem as problem:
            fault, place, rule = problem, (*at, "at"), Rule.TIME
        try:
            zone_named(zone)
        except TimeProblem as problem:
            fault, place, rule = problem, (*(zone_at or at), "timezone"), Rule.ZONE
        self._add(place, str(fault), "", rule)
        return None

    def _twice(
        self, names: Sequence[str], what: str, rule: Rule, place: Callable[[int], Pointer]
    ) -> None:
        if len(set(names)) == len(names):
            return
        seen: dict[str, int] = {}
        for index, name in enumerate(names):
            first = seen.setdefault(name, index)
            if first < index:
                line = self.document.place(place(first))[0]
                message = f"The {what} {shown(name)} is here twice; line {line} has it already."
                self._add(place(index), message, "Give each its own.", rule)

    def _add(
        self, at: Pointer, message: str, hint: str = "", rule: str = "", *, key: bool = False
    ) -> None:
        self.problems.append(self.document.problem(at, message, hint, rule, key=key))
        if len(self.problems) >= MAX_PROBLEMS:
            raise ContentError(tuple(sorted(set(self.problems))))
