"""Taking an epic out of the schedule: at the gate first, in git second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from publisher.domain.delivery import Key
from publisher.domain.errors import Unavailable
from publisher.files.epic_edit import without_schedule
from publisher.ports import Commit
from publisher.usecases.drafting import key_of_claim
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.editorial.where import Where


@dataclass(frozen=True, slots=True)
class Stopping:
    """What unscheduling and editing share."""

    desk: EditorialDesk

    @contextmanager
    def halted(self, epic: str) -> Iterator[tuple[Key, ...]]:
        """Nothing of the epic passes the gate from here on; yields what was under way already.

        When git does not take the change after all, the gate opens again. What is not scheduled
        needs no halting; without a Redis within reach the next round does it.
        """
        brake, known = self.desk.brake, self.desk.index.epic(epic)
        if brake is None or known is None or known.schedule is None:
            yield ()
            return
        try:
            under_way = tuple(key_of_claim(claim) for claim in brake.halt(epic))
        except Unavailable:
            yield ()
            return
        try:
            yield under_way
        except BaseException:
            brake.proceed(epic)
            raise

    def commit(self, where: Where, doing: Doing, verb: str) -> Commit | None:
        """Main without the epic's times; None when it has none there."""
        path = f"{where.main_path}/epic.yaml"
        data = self.desk.store.file(where.heads.main, path) if where.main_path else None
        if data is None:
            return None
        edited = without_schedule(data, path=path)
        if edited == data:
            return None
        return Commit(
            branch=self.desk.branches.main,
            tip=where.heads.main,
            message=doing.message(verb, where.id),
            author=doing.author,
            files={path: edited},
        )
