"""How the tasks of an epic stand at a commit: what its approvals.yaml says, and who signed it.

Roles and policy are main's, whatever commit the epic is read at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from publisher.domain.approvals import SigningKey, fingerprint, verified
from publisher.domain.delivery import Record
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ConfigError
from publisher.domain.problems import Problem
from publisher.domain.remaining import remaining
from publisher.domain.standing import TaskApproval, standings
from publisher.files.approvals_file import ReadApprovals, approvals_path, read_approvals
from publisher.ports import Store
from publisher.usecases.media_hashes import hashes_at


@dataclass(frozen=True, slots=True)
class EpicApprovals:
    """How each task stands, by id; and what is wrong with the file."""

    tasks: Mapping[str, TaskApproval] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Standings:
    """`keys` gives the keys whose signatures count; `keyless` says why there can be none."""

    store: Store
    keys: Callable[[], Sequence[SigningKey]]
    keyless: str = ""

    def of(self, epic: Epic, commit: str, record: Record, desk: Desk) -> EpicApprovals:
        """How every task stands at that commit; an epic with nothing left to send needs nothing."""
        if not remaining(epic, record):
            return EpicApprovals()
        if desk.settings.approvals.off:
            return EpicApprovals(standings(epic, (), desk, _unread))
        read = self.read(epic, commit)
        entries = read.approvals.entries
        ours = verified(entries, desk.settings.id, epic.id, self._keys())
        counting = [entry for entry in ours if entry.id not in record.withdrawn]
        found = standings(epic, counting, desk, hashes_at(self.store, commit, epic.path))
        return EpicApprovals(found, (*read.problems, *read.not_ours(ours)))

    def read(self, epic: Epic, commit: str) -> ReadApprovals:
        """What the file of an epic says at a commit, whether it counts or not."""
        path = approvals_path(epic.path)
        return read_approvals(self.store.file(commit, path), path)

    def trusted(self) -> str:
        """A name for the keys in use: another one, when other approvals may count."""
        return fingerprint(self._keys())

    def trouble(self, desk: Desk) -> str:
        """Why no approval can count at all, where some are needed."""
        if desk.settings.approvals.off:
            return ""
        try:
            return "" if self.keys() else self.keyless
        except ConfigError as error:
            return str(error)

    def _keys(self) -> Sequence[SigningKey]:
        """With a key that cannot be read nothing counts: `trouble` says so."""
        try:
            return self.keys()
        except ConfigError:
            return ()


def _unread(file: str) -> str:
    raise AssertionError(f"{file} is read although nothing needs approval")
