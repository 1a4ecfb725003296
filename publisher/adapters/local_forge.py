"""The Forge port without a server: pull requests as documents on a branch of the repository."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from msgspec.structs import replace

from publisher.adapters.git_branches import GitBranches
from publisher.adapters.git_store import BOT, GitStore
from publisher.adapters.local_branch import ForgeBranch
from publisher.adapters.local_documents import (
    Document,
    Documents,
    Reviewed,
    Status,
    Written,
)
from publisher.adapters.local_merges import work_tree_problems
from publisher.adapters.merging import already_merged
from publisher.domain.errors import NotFound, Refused
from publisher.ports import Pull, PullState, Review, Signature, Verdict

OURS = "copydesk:"


class LocalForge:
    """Every change is one compare-and-swap push, tried again when somebody was faster.

    `clock` gives the time in UTC; `rest` waits before the second try and every later one.
    """

    def __init__(
        self, store: GitStore, clock: Callable[[], datetime], rest: Callable[[int], None]
    ) -> None:
        self._store, self._clock = store, clock
        self._branches = GitBranches(store)
        self._branch = ForgeBranch(store, clock, rest)

    # Reading.

    def pulls(self) -> Sequence[Pull]:
        self._branch.look()
        seen = (self._branch.pull(document) for document in self._branch.documents().open())
        return [pull for pull in seen if pull.state is PullState.OPEN]

    def pull(self, number: int) -> Pull:
        self._branch.look()
        return self._branch.pull(self._branch.document(self._branch.documents(), number))

    def pull_of(self, branch: str) -> Pull | None:
        self._branch.look()
        found = self._branch.documents().newest_of(branch)
        return self._branch.pull(found) if found else None

    def reviews(self, number: int) -> Sequence[Review]:
        self._branch.look()
        return [
            Review(
                id=review.id,
                author=review.email,
                verdict=review.verdict,
                commit=review.commit,
                at=review.at,
                body=review.body,
            )
            for review in self._branch.document(self._branch.documents(), number).reviews
        ]

    def document(self, number: int) -> Document:
        """All that is kept of a pull request; raise NotFound."""
        self._branch.look()
        return self._branch.document(self._branch.documents(), number)

    def problems(self) -> Iterator[str]:
        self._branch.look()
        yield from self._branch.documents().broken()
        path = self._store.remote.path
        if path:
            yield from work_tree_problems(path, self._store.main)

    # Changing.

    def together(self) -> AbstractContextManager[None]:
        return self._branch.together()

    def open(self, branch: str, title: str, body: str, who: Signature, *, draft: bool) -> Pull:
        head = self._branch.tip_of(branch)
        if self._branches.contains(self._branch.main_tip(), head):
            raise Refused(
                f"{branch} holds nothing that {self._branches.main} does not have: commit something"
                " to it first."
            )

        def edit(documents: Documents) -> Document:
            there = documents.newest_of(branch)
            if there and self._branch.pull(there).state is PullState.OPEN:
                return there
            now = self._clock()
            made = Document(
                number=documents.next_number(),
                branch=branch,
                title=title,
                body=body,
                draft=draft,
                name=who.name,
                email=who.email,
                head=head,
                base=self._branch.main_tip(),
                opened_at=now,
                updated_at=now,
            )
            documents.put(made)
            documents.point(made)
            return made

        return self._branch.pull(self._branch.push(edit, f"Open a pull request for {branch}", who))

    def describe(self, number: int, title: str, body: str) -> None:
        self._branch.change(number, lambda document: replace(document, title=title, body=body))

    def set_draft(self, number: int, *, draft: bool) -> None:
        self._branch.change(number, lambda document: replace(document, draft=draft))

    def close(self, number: int) -> None:
        def closed(document: Document) -> Document:
            if self._branch.pull(document).state is PullState.OPEN:
                return replace(document, state=PullState.CLOSED)
            return document

        self._branch.change(number, closed)

    def say(self, number: int, key: str, text: str) -> None:
        def said(document: Document) -> Document:
            others = [comment for comment in document.comments if comment.key != key]
            before = [comment for comment in document.comments if comment.key == key]
            if before and before[0].text == text:
                return document
            at = before[0].at if before else self._clock()
            ours = Written(name=BOT.name, email=BOT.email, text=text, at=at, key=key)
            comments = sorted([*others, ours], key=lambda comment: comment.at)
            return replace(document, comments=comments)

        self._branch.change(number, said)

    def comment(self, number: int, text: str, who: Signature) -> None:
        now = self._clock()
        said = Written(name=who.name, email=who.email, text=text, at=now)
        self._branch.change(number, lambda old: replace(old, comments=[*old.comments, said]), who)

    def review(self, number: int, verdict: Verdict, who: Signature, body: str = "") -> None:
        """What a person says of the head: the button that this forge does not have."""
        now = self._clock()

        def reviewed(document: Document) -> Document:
            said = Reviewed(
                id=f"{number}-{len(document.reviews) + 1}",
                name=who.name,
                email=who.email,
                verdict=verdict,
                commit=self._branch.pull(document).head,
                at=now,
                body=body,
            )
            return replace(document, reviews=[*document.reviews, said])

        self._branch.change(number, reviewed, who)

    def set_status(self, head: str, *, ok: bool, text: str, url: str = "") -> None:
        """Kept where somebody sees it: in the open pull requests that have this head."""
        if not self._store.has(head):
            raise NotFound(f"There is no commit {head}.")
        status = Status(head=head, ok=ok, text=text, url=url)

        def edit(documents: Documents) -> None:
            for document in list(documents.open()):
                if self._branch.pull(document).head == head and document.status != status:
                    documents.put(replace(document, status=status, updated_at=self._clock()))

        self._branch.do(edit, f"Set the status of {head[:12]}")

    def set_labels(self, number: int, labels: Sequence[str]) -> None:
        def labelled(document: Document) -> Document:
            theirs = [label for label in document.labels if not label.startswith(OURS)]
            return replace(document, labels=[*theirs, *labels])

        self._branch.change(number, labelled)

    def merge(self, number: int, head: str, message: str, who: Signature) -> str:
        self._branches.fetch()

        def edit(documents: Documents) -> str:
            document = self._branch.document(documents, number)
            pull, main, now = self._branch.pull(document), self._branch.main_tip(), self._clock()
            if already_merged(pull, head):
                return pull.merged_as
            merged = self._branches.merged(main, head, message, who, now)
            documents.moves[self._branches.main] = (main, merged)
            documents.put(
                replace(
                    document, state=PullState.MERGED, merged_as=merged, head=head, updated_at=now
                )
            )
            return merged

        return self._branch.push(edit, f"Merge pull request {number}", who)
