"""How epics stand: their state, derived from main, branches, pull requests, approvals, ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from publisher.domain.delivery import Record
from publisher.domain.epic import Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.situation import Assessment, BranchStage, EpicSituation, assess
from publisher.domain.standing import TaskApproval
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.reading import Version
from publisher.usecases.editorial.where import Where
from publisher.usecases.standings import EpicApprovals


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One epic: where it is, how it stands there. A version that cannot be read has problems.

    `main` and `proposed` are what main and the branch have of it; `approvals` are those of the
    newest version, by task.
    """

    where: Where
    record: Record
    assessment: Assessment | None
    main: Epic | None = None
    proposed: Epic | None = None
    approvals: Mapping[str, TaskApproval] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    contested: str = ""

    @property
    def epic(self) -> Epic | None:
        """The newest version that can be read."""
        return self.proposed or self.main


@dataclass(frozen=True, slots=True)
class Survey:
    """Reads what one answer needs, at the commits that `where` names."""

    desk: EditorialDesk

    def of(self, where: Where) -> Surveyed:
        """How one epic stands; a broken version is told, never raised."""
        problems: list[Problem] = []
        heads = where.heads
        record = self.desk.store.record(heads.ledger, where.id)
        main = self._version(heads.main, where.main_path, problems)
        proposed = self._version(where.tip, where.branch_path, problems) if where.branch else None
        approvals = self._standings(heads.main, main, record)
        proposed_approvals = self._standings(where.tip, proposed, record)
        contested = self.desk.index.contested(where.id)
        situation = EpicSituation(
            record=record,
            epic=main.epic if main else None,
            approvals=approvals.tasks,
            branch=_stage(where),
            proposed=proposed.epic if proposed else None,
            proposed_approvals=proposed_approvals.tasks,
            contested=contested,
        )
        newest = proposed_approvals if proposed else approvals
        unreadable = bool(problems) and proposed is None and main is None
        return Surveyed(
            where=where,
            record=record,
            assessment=None if unreadable else assess(situation),
            main=situation.epic,
            proposed=situation.proposed,
            approvals=newest.tasks,
            problems=(*problems, *newest.problems),
            contested=contested,
        )

    def _version(self, commit: str, path: str, problems: list[Problem]) -> Version | None:
        if not path:
            return None
        try:
            return self.desk.reader.at(commit, path)
        except ContentError as error:
            problems.extend(error.problems)
            return None

    def _standings(self, commit: str, version: Version | None, record: Record) -> EpicApprovals:
        if version is None:
            return EpicApprovals()
        return self.desk.standings.of(version.epic, commit, record, self.desk.files)


def _stage(where: Where) -> BranchStage:
    if not where.branch:
        return BranchStage.NONE
    if where.pull is None:
        return BranchStage.NO_PULL
    return BranchStage.DRAFT if where.pull.draft else BranchStage.READY
