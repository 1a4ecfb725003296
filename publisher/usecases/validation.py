"""Every rule that content can break, in one pass: a checked folder in, all problems out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from publisher.domain.epic import Desk, Epic
from publisher.domain.findings import Finding
from publisher.domain.history_rules import (
    Out,
    Said,
    again_findings,
    gone_findings,
    machine_files,
    said_by,
)
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.domain.time_rules import (
    blackout_findings,
    clashes,
    lead_findings,
    past_findings,
    slots_of,
)
from publisher.files.allowances import allowances_in, apply_allowances
from publisher.files.epic_file import EpicFolder
from publisher.files.folder import Checked, twin_problem
from publisher.files.limits_file import limits_for, title_of
from publisher.files.status_view import out_in
from publisher.files.yaml_text import read_yaml
from publisher.usecases.media_check import MediaCheck

if TYPE_CHECKING:
    from publisher.ports.content_files import ContentFiles
    from publisher.ports.neighbours import Neighbours

Found = Mapping[str, list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the files alone do not say.

    `now` is UTC. `fresh` are the folders of epics whose time must still be ahead. `edited` are
    paths that people changed. `others` are the epics that were not read for this check.
    """

    now: datetime
    fresh: Collection[str] = ()
    edited: Collection[str] = ()
    others: "Neighbours | None" = None


def validate(checked: Checked, files: "ContentFiles", around: Circumstances) -> tuple[Problem, ...]:
    """Return every problem, in order of file and place."""
    validation = _Validation(checked, files, around)
    problems = list(checked.problems)
    for folder in checked.folders.values():
        problems.extend(validation.of_epic(folder))
    problems.extend(validation.twins())
    problems.extend(_machine_problems(around.edited))
    return tuple(sorted(set(problems)))


@dataclass
class _Validation:
    checked: Checked
    files: "ContentFiles"
    around: Circumstances
    media: MediaCheck = field(init=False)

    def __post_init__(self) -> None:
        self.media = MediaCheck(self.files)

    @cached_property
    def desk(self) -> Desk | None:
        return self.checked.desk

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Each profile's account."""
        profiles = self.desk.profiles if self.desk else {}
        return {name: profile.place for name, profile in profiles.items()}

    @cached_property
    def epics(self) -> Mapping[str, Epic]:
        return {epic.path: epic for epic in self.checked.epics}

    @cached_property
    def out(self) -> Mapping[str, tuple[Out, ...]]:
        """What is out of each epic, by its folder."""
        return {path: self._out(folder) for path, folder in self.checked.folders.items()}

    @cached_property
    def said(self) -> Mapping[Said, str]:
        """Every text that is out, and the epic that said it."""
        profiles = self.desk.profiles if self.desk else {}
        return {
            said: epic.id
            for path, epic in self.epics.items()
            for said in said_by(epic, profiles, self.out[path])
        }

    @cached_property
    def clashes(self) -> Found:
        """What is still ahead and clashes, by the epic's id."""
        found = defaultdict[str, list[Finding]](list)
        if self.desk is None:
            return found
        within, others = self.desk.settings.clash_within, self.around.others
        slots = [
            slot
            for epic in self.epics.values()
            for slot in slots_of(epic, self.places)
            if slot.due >= self.around.now
        ]
        beside = () if others is None else others.near(slots, within)
        for slot, finding in clashes(dict.fromkeys((*slots, *beside)), within):
            found[slot.epic].append(finding)
        return found

    def twins(self) -> Iterator[Problem]:
        """Find ids that an epic which was not read has too."""
        if self.around.others is None:
            return
        names = {epic.id: f"{path}/epic.yaml" for path, epic in self.epics.items()}
        for epic_id, holders in self.around.others.holders(names).items():
            if holders:
                yield twin_problem(names[epic_id], epic_id, holders)

    def of_epic(self, folder: EpicFolder) -> Iterator[Problem]:
        epic = self.epics[folder.path]
        findings = list(self._findings(epic, folder))
        allowed = allowances_in(folder.data)
        if not findings and not allowed:
            return
        problems = _placed(folder, findings)
        complete = self.desk is not None
        yield from apply_allowances(folder.file, problems, allowed, complete=complete)

    def _findings(self, epic: Epic, folder: EpicFolder) -> Iterator[Finding]:
        out = self.out[folder.path]
        yield from self.media.findings(epic, folder, self.desk)
        yield from gone_findings(epic, out)
        if folder.path in self.around.fresh and not out:
            yield from past_findings(epic, self.around.now)
        if self.desk is None:
            return
        if self.said or self.around.others is not None:
            yield from again_findings(epic, self.desk.profiles, out, self._saying)
        yield from self.clashes.get(epic.id, ())
        yield from self._times(epic, self.desk, out)

    def _saying(self, said: Said) -> str | None:
        others = self.around.others
        return self.said.get(said) or (others.saying(said) if others is not None else None)

    def _times(self, epic: Epic, desk: Desk, out: Iterable[Out]) -> Iterator[Finding]:
        done = {(one.task, one.profile) for one in out}
        for slot in slots_of(epic, self.places):
            if (slot.task_id, slot.profile) in done:
                continue
            profile = desk.profiles[slot.profile]
            limits = limits_for(profile)
            if limits is not None:
                yield from lead_findings(slot, limits, title_of(profile), self.around.now)
            if slot.due >= self.around.now:
                yield from blackout_findings(slot, desk.settings.blackouts)

    def _out(self, folder: EpicFolder) -> tuple[Out, ...]:
        if folder.files.get("status.yaml") != "file":
            return ()
        path = f"{folder.path}/status.yaml"
        data = self.files.text(path)
        return out_in(data, path) if data is not None else ()


def _placed(folder: EpicFolder, findings: Iterable[Finding]) -> Iterator[Problem]:
    """Find the line and column of each; an empty pointer means the file as a whole."""
    document = read_yaml(folder.data, folder.file)
    for one in dict.fromkeys(findings):
        if one.pointer:
            yield document.problem(one.pointer, one.message, one.hint, one.rule)
        else:
            yield Problem(folder.file, 0, 0, one.message, one.hint, one.rule)


def _machine_problems(edited: Iterable[str]) -> Iterator[Problem]:
    for path in machine_files(edited):
        message = "Only Copydesk writes this file, and a person changed it."
        hint = "Take the change back with `git checkout BASE -- FILE`."
        yield Problem(path, 0, 0, message, hint, Rule.MACHINE_FILE)
