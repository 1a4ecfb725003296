"""Fetching what an epic's addresses hold, where it is being worked on: approvals need the bytes."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace

from publisher.domain.roles import Role
from publisher.files.media_lock import LOCK
from publisher.ports import Commit, Heads
from publisher.usecases.editorial.attempt import Change
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing, Done
from publisher.usecases.pin_media import PinMedia, Pinned


@dataclass(frozen=True, slots=True)
class Pinning:
    """`run` waits for what is fetched."""

    desk: EditorialDesk
    media: PinMedia
    run: Callable[[Coroutine[None, None, Pinned]], Pinned]

    def pin(self, epic: str, doing: Doing, *, again: bool = False) -> tuple[Done, Pinned]:
        """Fetch and commit to the epic's branch, or to main; raised is what an edit raises.

        A push that was raced fetches nothing a second time. `again`: also what is pinned already.
        """
        fetched: list[bytes] = []

        def decide(heads: Heads) -> Change[tuple[Done, Pinned]]:
            self.desk.allow(doing, Role.AUTHOR, "pin media")
            where = self.desk.finder.one(heads, epic)
            version = self.desk.reader.newest(where)
            lock = self.desk.reader.file(where, LOCK)
            known = fetched[-1] if fetched else None
            task = self.media.pin(version.epic, lock, doing.at, known=known, again=again)
            pinned = self.run(task)
            fetched.extend(data for data in pinned.files.values() if data)
            done = Done(
                epic=epic,
                commit=where.commit,
                words=f"Pinned the media of {epic}.",
                branch=where.branch or self.desk.branches.main,
                again=not pinned.files,
            )
            commit = Commit(
                branch=done.branch,
                tip=where.commit,
                message=doing.message("pin", epic),
                author=doing.author,
                files=pinned.files,
            )
            return Change(result=(done, pinned), commits=[commit] if pinned.files else ())

        made = self.desk.attempt.make(decide, doing.at)
        done, pinned = made.result
        return replace(done, commit=made.tips.get(done.branch, done.commit)), pinned
