"""The branch that the local forge lives on: reading it, and changing it by one push."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from publisher.adapters.git_branches import GitBranches
from publisher.adapters.git_store import BOT, GitStore
from publisher.adapters.local_documents import README, Document, Documents
from publisher.adapters.local_merges import Merges
from publisher.domain.errors import Conflict, NotFound, Refused
from publisher.ports import Pull, PullState, PushResult, Signature

FORGE = "copydesk/forge"
_TRIES = 4

Edit = Callable[[Documents], None]
T = TypeVar("T")


class ForgeBranch:
    """Documents as they are now, and compare-and-swap pushes: four tries, a rest between them."""

    def __init__(
        self, store: GitStore, clock: Callable[[], datetime], rest: Callable[[int], None]
    ) -> None:
        self._store, self._clock, self._rest = store, clock, rest
        self._branches = GitBranches(store)
        self._merges = Merges(store.objects)
        self._known: dict[str, Document] = {}
        self._waiting: list[Edit] | None = None

    def look(self) -> None:
        """Fetch what moved: always when looking costs nothing, else as often as the store polls."""
        self._store.sync(force=self._store.remote.local)

    @contextmanager
    def together(self) -> Iterator[None]:
        if self._waiting is not None:
            yield
            return
        self._waiting = []
        try:
            yield
            edits = self._waiting
        finally:
            self._waiting = None
        if edits:
            self.push(lambda documents: _all(edits, documents), "Update pull requests")

    def change(
        self, number: int, changed: Callable[[Document], Document], who: Signature = BOT
    ) -> None:
        def edit(documents: Documents) -> None:
            old = self.document(documents, number)
            new = changed(old)
            if new != old:
                head = self._branches.tip(old.branch) or old.head
                documents.put(replace(new, head=head, updated_at=self._clock()))

        self.do(edit, f"Update pull request {number}", who)

    def do(self, edit: Edit, message: str, who: Signature = BOT) -> None:
        if self._waiting is None:
            self.push(edit, message, who)
        else:
            self._waiting.append(edit)

    def push(self, edit: Callable[[Documents], T], message: str, who: Signature = BOT) -> T:
        """Make the edit, and those that wait, in one push; return what the edit returned.

        Raises Conflict when others were faster every time, Refused when the forge says no.
        """
        before = tuple(self._waiting or ())
        for attempt in range(_TRIES):
            if attempt:
                self._rest(attempt)
                self._branches.fetch()
            documents = self.documents()
            try:
                for each in before:
                    each(documents)
                made = edit(documents)
            except NotFound:
                if attempt:
                    raise
                continue  # it may be newer than our clone
            if not documents.changes:
                return made
            result = self._store.push_refs(self._refs(documents, message, who))
            if result.done:
                if self._waiting is not None:
                    del self._waiting[: len(before)]
                return made
            if result.refused:
                raise Refused(self._refusal(documents, result))
        raise Conflict(
            f"Others were faster {_TRIES} times on the branch {FORGE} of {self._store.remote.url}."
            " Nothing was changed: try again."
        )

    def _refs(
        self, documents: Documents, message: str, who: Signature
    ) -> dict[str, tuple[str | None, str]]:
        """Every branch that moves, with the commit it must be at and the new one."""
        self._settle(documents)
        objects, tip = self._store.objects, documents.commit
        parent = tip or self._store.beginning(README, "Begin the local forge\n")
        tree = objects.write_tree(objects.tree(parent), documents.changes)
        commit = objects.write_commit(tree, [parent], f"{message}\n", who, BOT, self._clock())
        return {FORGE: (tip, commit), **documents.moves}

    def _settle(self, documents: Documents) -> None:
        """Write down which were merged with git, or lost their branch."""
        for document in list(documents.open()):
            pull = self.pull(document)
            if pull.state is not PullState.OPEN:
                ended = replace(document, state=pull.state, merged_as=pull.merged_as)
                documents.put(replace(ended, head=pull.head))

    def _refusal(self, documents: Documents, result: PushResult) -> str:
        main = self._branches.main
        if documents.moves:
            return (
                f"{main} may not be pushed to: {result.refused} Let {BOT.email} push merges to it,"
                f" or merge the branch with git yourself: Copydesk notices."
            )
        return f"The branch {FORGE} may not be pushed to: {result.refused} Let {BOT.email} do so."

    def documents(self) -> Documents:
        return Documents(self._store.objects, self._branches.tip(FORGE), self._known)

    def document(self, documents: Documents, number: int) -> Document:
        found = documents.get(number)
        if found is None:
            raise NotFound(f"There is no pull request {number} in {self._store.remote.url}.")
        return found

    def pull(self, document: Document) -> Pull:
        """As it is now: a branch that is gone closes it, a main that contains it has merged it."""
        state, merged_as = document.state, document.merged_as
        tip = self._branches.tip(document.branch) if state is PullState.OPEN else None
        head = tip or document.head
        if state is PullState.OPEN:
            main = self.main_tip()
            if self._merges.contains(main, head, document.base):
                state, merged_as = PullState.MERGED, self._store.objects.brought_by(main, head)
            elif tip is None:
                state = PullState.CLOSED
        return Pull(
            number=document.number,
            branch=document.branch,
            head=head,
            title=document.title,
            author=document.email,
            body=document.body,
            draft=document.draft,
            state=state,
            merged_as=merged_as,
            updated_at=document.updated_at,
        )

    def main_tip(self) -> str:
        return self._branches.tip(self._branches.main) or self._branches.fetch().main

    def tip_of(self, branch: str) -> str:
        found = self._branches.tip(branch)
        if found is None:
            self._branches.fetch()
            found = self._branches.tip(branch)
        if found is None:
            raise NotFound(f"{self._store.remote.url} has no branch {branch}: push it first.")
        return found


def _all(edits: Sequence[Edit], documents: Documents) -> None:
    for edit in edits:
        edit(documents)
