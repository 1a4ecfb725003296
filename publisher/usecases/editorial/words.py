"""What people say about tasks: approve, withdraw, ask for changes. One commit a word, one push."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher.domain.approvals import EntryKind
from publisher.domain.errors import CopydeskError, Unavailable
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.ports import LEDGER, Commit, Heads, Pull
from publisher.usecases.editorial.attempt import Change
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing, Done, listed
from publisher.usecases.editorial.sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One request. No `tasks`: all that the person may speak about.

    `seen` are the digests that the person looked at, by task; content that has changed since is
    not approved. `text` is what they want changed.
    """

    kind: EntryKind
    epic: str
    doing: Doing
    tasks: tuple[str, ...] = ()
    seen: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


Answer = Done | CopydeskError

_VERBS = {
    EntryKind.APPROVE: "approve",
    EntryKind.WITHDRAW: "withdraw",
    EntryKind.CHANGES: "request changes",
}
_TRAILERS = {
    EntryKind.APPROVE: "Approved-by",
    EntryKind.WITHDRAW: "Withdrawn-by",
    EntryKind.CHANGES: "Changes-requested-by",
}
_TOLD = {
    EntryKind.APPROVE: "Approved",
    EntryKind.WITHDRAW: "Withdrawn the approval of",
    EntryKind.CHANGES: "Asked for changes to",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Takes words one by one or many at once; those that come together share a push."""

    desk: EditorialDesk

    def say(self, word: Word) -> Done:
        """Raises Refused, NotFound, ContentError, Conflict or Unavailable; then nothing changed."""
        answer = self.say_all([word])[0]
        if isinstance(answer, CopydeskError):
            raise answer
        return answer

    def say_all(self, words: Sequence[Word]) -> list[Answer]:
        """An answer for each; one that is refused keeps back no other."""
        at = words[-1].doing.at
        made = self.desk.attempt.make(lambda heads: self._decided(heads, words), at)
        spoken = made.result
        for pull in spoken.ready:
            self.desk.forge.set_draft(pull.number, draft=False)
        for pull, word in spoken.remarks:
            self.desk.forge.comment(pull.number, word.text, word.doing.author)
        return [_where_it_is(answer, made.tips) for answer in spoken.answers]

    def _decided(self, heads: Heads, words: Sequence[Word]) -> Change["_Spoken"]:
        sheets: dict[str, Sheet] = {}
        commits: list[Commit] = []
        answers: list[Answer] = []
        remarks: list[tuple[Pull, Word]] = []
        for word in words:
            try:
                if word.epic not in sheets:
                    sheets[word.epic] = Sheet.of(self.desk, heads, word.epic)
                sheet = sheets[word.epic]
                answer, commit = self._said(sheet, word)
            except Unavailable:
                raise
            except CopydeskError as error:
                answers.append(error)
                continue
            answers.append(answer)
            commits += [commit] if commit else []
            if commit and word.kind is EntryKind.CHANGES and sheet.where.pull:
                remarks.append((sheet.where.pull, word))
        commits += self._withdrawn(heads, sheets.values(), words)
        ready = [sheet.where.pull for sheet in sheets.values() if sheet.becomes_ready]
        spoken = _Spoken(answers, [pull for pull in ready if pull], remarks)
        return Change(result=spoken, commits=commits)

    def _said(self, sheet: Sheet, word: Word) -> tuple[Done, Commit | None]:
        before = self.desk.attempt.before(word.doing, word.epic, sheet.tips)
        if before is not None:
            return before, None
        tasks = sheet.chosen(word.kind, word.tasks, word.doing.who, word.seen)
        names = [task.id for task in tasks]
        sheet.add(word.kind, tasks, word.doing, word.text)
        trailer = f"{_TRAILERS[word.kind]}: {word.doing.named}"
        message = word.doing.message(
            _VERBS[word.kind], word.epic, ", ".join(names), text=word.text, more=[trailer]
        )
        commit = sheet.commit(message, word.doing.author)
        told = f"{_TOLD[word.kind]} {listed(names)}. {sheet.progress}"
        done = Done(
            epic=word.epic, commit="", branch=commit.branch, words=told, pull=sheet.where.pull
        )
        return done, commit

    def _withdrawn(
        self, heads: Heads, sheets: Iterable[Sheet], words: Sequence[Word]
    ) -> Iterator[Commit]:
        """What is dead for ever goes into the ledger, where nobody can take it back."""
        records = [sheet.record for sheet in sheets if sheet.overruled]
        if records:
            epics = listed([record.epic for record in records])
            yield Commit(
                branch=LEDGER,
                tip=heads.ledger,
                start="" if heads.ledger else self.desk.branches.ledger_start,
                message=f"withdrawn: approvals of {epics}\n",
                author=words[-1].doing.author,
                files={ledger_path(record.epic): dump_record(record) for record in records},
            )


@dataclass(frozen=True, slots=True)
class _Spoken:
    answers: list[Answer]
    ready: list[Pull]
    remarks: list[tuple[Pull, Word]]


def _where_it_is(answer: Answer, tips: Mapping[str, str]) -> Answer:
    if isinstance(answer, CopydeskError) or answer.again:
        return answer
    return replace(answer, commit=tips.get(answer.branch, ""))
