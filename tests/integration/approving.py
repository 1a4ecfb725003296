"""Approving as the bot does it: signed entries, committed to main or to a branch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from publisher.adapters.clock import utc_now
from publisher.adapters.git_remote import TRACKING
from publisher.domain.approvals import Approvals, Entry, EntryKind, digests_of, sign
from publisher.domain.epic import Epic
from publisher.domain.standing import TaskApproval
from publisher.files.approvals_file import approvals_path, dump_approvals, read_approvals
from publisher.files.epic_file import read_epic
from publisher.usecases.media_hashes import hashes_at
from publisher.usecases.queries import EpicView
from tests.integration.world import SPRING, World

TEAM = """\
people:
  - {id: ana, name: Ana Silva, email: ana@example.com, roles: [author, scheduler, admin]}
  - {id: bo, name: Bo Chen, email: bo@example.com, roles: [approver]}
  - {id: cy, name: Cy Ray, email: cy@example.com, roles: ["approver:sandbox"]}
  - {id: dee, name: Dee Fox, email: dee@example.com, roles: [author]}
"""


def needing_approval(world: World, policy: str = "{required: 1}") -> "Approving":
    """The same world with a team and a policy."""
    world.people.write("content/people.yaml", TEAM)
    world.people.change("content/copydesk.yaml", "{required: 0}", policy)
    world.people.push("Ask for approvals")
    return Approving(world)


@dataclass
class Approving:
    """What people see and say about the epic in `path`."""

    world: World
    path: str = SPRING

    def epic(self, branch: str = "main") -> Epic:
        folder = self.world.app.store.folder(self.path, commit=self._tip(branch))
        assert folder is not None
        return read_epic(folder)

    def say(
        self,
        *tasks: str,
        who: str = "bo",
        kind: EntryKind = EntryKind.APPROVE,
        branch: str = "main",
        at: datetime | None = None,
    ) -> list[Entry]:
        """Sign it for what the branch has now, and push it there."""
        app, epic, commit = self.world.app, self.epic(branch), self._tip(branch)
        desk = app.store.desk(self._tip("main"))
        chosen = [task for task in epic.tasks if not tasks or task.id in tasks]
        digests = digests_of(chosen, desk, hashes_at(app.store, commit, epic.path))
        entries = [
            sign(
                Entry(
                    id=uuid4().hex,
                    kind=kind,
                    task=name,
                    digest=digest,
                    person=who,
                    at=at or utc_now(),
                    via="cli",
                ),
                desk.settings.id,
                epic.id,
                app.keys.signing(),
            )
            for name, digest in digests.items()
        ]
        self.put(self.kept(branch).added(*entries), branch, f"{kind} as {who}")
        return entries

    def kept(self, branch: str = "main") -> Approvals:
        path = approvals_path(self.path)
        return read_approvals(self.world.file(path, branch), path).approvals

    def put(self, approvals: Approvals, branch: str = "main", message: str = "Approve") -> None:
        people = self.world.people
        people.git("fetch", "--quiet", "origin")
        people.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
        people.write(approvals_path(self.path), dump_approvals(self.path, approvals))
        people.commit(message)
        people.git("push", "--quiet", "origin", branch)

    def sent(self) -> list[str]:
        """Run the publisher until it rests; every text that has gone out, in any epic."""
        self.world.run()
        return sorted(self.world.network.texts())

    def standing(self, branch: str = "main") -> Mapping[str, TaskApproval]:
        """How each task of the branch stands, by main's roles and policy."""
        app = self.world.app
        epic, record = self.epic(branch), self.world.record(self.path.rsplit("/", 1)[1])
        desk = app.store.desk(self._tip("main"))
        return app.standings.of(epic, self._tip(branch), record, desk).tasks

    def complete(self, branch: str = "main") -> dict[str, bool]:
        return {name: one.complete for name, one in self.standing(branch).items()}

    def view(self) -> EpicView:
        """What `copydesk status` knows."""
        app = self.world.app
        heads = app.store.sync(force=True)
        app.index.catch_up(heads)
        return app.queries.epic(heads, self.path.rsplit("/", 1)[1], utc_now(), frozenset())

    def state(self) -> tuple[Any, str]:
        view = self.view()
        return view.state, view.why

    def _tip(self, branch: str) -> str:
        self.world.app.store.sync(force=True)
        tip = self.world.app.store.objects.head(TRACKING + branch)
        assert tip is not None
        return tip
