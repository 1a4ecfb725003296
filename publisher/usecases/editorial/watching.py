"""Open pull requests, whoever opened them: what they hold up, who reviewed them, what we say there.

Level-triggered: it looks at what is there now, so a webhook that got lost only delays it.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from publisher.domain.approvals import EntryKind, digests_of
from publisher.domain.epic import Person
from publisher.domain.errors import ContentError, CopydeskError, NotFound, Unavailable
from publisher.domain.roles import Role, may, person_of
from publisher.domain.states import EpicState
from publisher.ports import BranchIndex, Heads, Pull, PullState, Review, Verdict
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.editorial.pull_page import PullPage, pull_page
from publisher.usecases.editorial.survey import Survey, Surveyed
from publisher.usecases.editorial.where import Where
from publisher.usecases.editorial.words import Word, Words

log = logging.getLogger(__name__)

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
_PAGE = "epics"
_UNAPPROVED = "unapproved"
_KINDS = {
    Verdict.APPROVED: EntryKind.APPROVE,
    Verdict.CHANGES_REQUESTED: EntryKind.CHANGES,
    Verdict.DISMISSED: EntryKind.WITHDRAW,
}


Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found in one pull request, good as long as nothing of it has changed."""

    key: Key
    pull: int
    epics: Mapping[str, Surveyed]
    contested: Mapping[str, str]


@dataclass(slots=True)
class Watch:
    """Looks at most once in `every`; what has not changed since is not looked at again."""

    desk: EditorialDesk
    survey: Survey
    words: Words
    seen: BranchIndex
    every: timedelta
    _looks: dict[int, _Look] = field(default_factory=dict)
    _said: dict[int, PullPage] = field(default_factory=dict)
    _heard: set[str] = field(default_factory=set)
    _next: datetime | None = None

    def keep(self, now: datetime, *, force: bool = False) -> str:
        """Look if it is time; return what kept it back, in a sentence. Rounds go on regardless."""
        if self._next is not None and now < self._next and not force:
            return ""
        self._next = now + self.every
        try:
            self.once(self.desk.attempt.fresh(), now)
        except CopydeskError as error:
            self._looks.clear()
            self._said.clear()  # what waited for the same push was dropped with it
            return str(error)
        return ""

    def once(self, heads: Heads, now: datetime) -> None:
        """Look at every open pull request; raise Unavailable when the forge does not answer.

        What they hold up is known first: speaking takes its time on some forges.
        """
        open_now = {pull.number: pull for pull in self.desk.forge.pulls() if not pull.fork}
        fresh = {number: self._look(heads, pull) for number, pull in open_now.items()}
        self._contest(look for look in (self._looks | fresh).values() if look.pull in open_now)
        with self.desk.forge.together():
            for number, look in fresh.items():
                if self._looks.get(number) != look:
                    self._answer(open_now[number], look, now)
            self._looks = {n: look for n, look in self._looks.items() if n in open_now}
            self._ended(heads, fresh)

    def _look(self, heads: Heads, pull: Pull) -> _Look:
        """What one pull request changes; as it was known when nothing of it has changed."""
        found = self.desk.finder.touched(heads, pull)
        key = self._key(heads, pull, found)
        known = self._looks.get(pull.number)
        if known is not None and known.key == key:
            return known
        epics = {epic: self.survey.of(where) for epic, where in found.items()}
        return _Look(key, pull.number, epics, dict(self._contested(heads, pull, epics)))

    def _contest(self, looks: Iterable[_Look]) -> None:
        contested: dict[str, str] = {}
        for look in looks:
            contested.update(look.contested)
        news = self.seen.contest(contested)
        self.desk.index.set_wake([(epic, AT_ONCE) for epic in news])

    def _answer(self, pull: Pull, look: _Look, now: datetime) -> None:
        """One pull request that the forge does not let us speak in keeps back no other."""
        try:
            if look.epics and self._listen(pull, look.epics, now):
                return  # its head has moved: the next look tells how it stands now
            if look.epics:
                self._speak(pull, pull_page(pull, look.epics, look.contested, self.desk.files))
        except Unavailable:
            raise
        except CopydeskError as error:
            said = {"action": "pull_failed", "pull": pull.number, "why": str(error)}
            log.warning("pull request", extra=said)
        self._looks[pull.number] = look

    def _key(self, heads: Heads, pull: Pull, found: Mapping[str, Where]) -> Key:
        """Everything that the result of a look depends on."""
        paths = [(epic, where.main_path) for epic, where in found.items()]
        main = [
            (epic, tuple(self.desk.branches.entries(heads.main, path).items()) if path else ())
            for epic, path in paths
        ]
        return pull.head, pull.draft, pull.updated_at, self.desk.store.desk_id(heads.main), *main

    def _contested(
        self, heads: Heads, pull: Pull, epics: Mapping[str, Surveyed]
    ) -> Iterator[tuple[str, str]]:
        """Scheduled epics whose content an author wants to change in an open pull request."""
        author = self._person(pull.author)
        if author is None or not may(author, Role.AUTHOR):
            return
        for epic, surveyed in epics.items():
            if self._is_scheduled(surveyed) and self._differs(heads, surveyed):
                yield epic, f"#{pull.number} changes it"

    def _is_scheduled(self, surveyed: Surveyed) -> bool:
        return surveyed.assessment is not None and surveyed.assessment.state is EpicState.SCHEDULED

    def _differs(self, heads: Heads, surveyed: Surveyed) -> bool:
        """Whether other bytes would go out; a pull request that cannot be read holds nothing."""
        where = surveyed.where
        if surveyed.proposed is None or not where.main_path:
            return False
        try:
            before = self.desk.reader.at(heads.main, where.main_path)
            after = self.desk.reader.at(where.tip, where.branch_path)
        except (ContentError, NotFound):
            return False
        old, new = (
            digests_of(v.epic.tasks, self.desk.files, v.sha256.__getitem__) for v in (before, after)
        )
        return old != new

    def _listen(self, pull: Pull, epics: Mapping[str, Surveyed], now: datetime) -> bool:
        """Take reviews on the forge as words of the people who gave them; whether any was new."""
        words = [
            word
            for review in self.desk.forge.reviews(pull.number)
            for word in self._heard_in(review, epics, now)
        ]
        if not words:
            return False
        answers = self.words.say_all(words)
        for word, answer in zip(words, answers, strict=True):
            self._heard.add(f"{word.doing.request}/{word.epic}")
            if isinstance(answer, CopydeskError):
                log.info("review", extra={"action": "review_refused", "why": str(answer)})
        return any(not isinstance(answer, CopydeskError) and not answer.again for answer in answers)

    def _heard_in(
        self, review: Review, epics: Mapping[str, Surveyed], now: datetime
    ) -> Iterator[Word]:
        """A review speaks about what its author saw: the content at the commit it was given for."""
        person, kind = self._person(review.author), _KINDS.get(review.verdict)
        if person is None or kind is None:
            return
        request = f"review-{review.id}-{kind}"
        for epic, surveyed in epics.items():
            if f"{request}/{epic}" in self._heard:
                continue
            tasks = tuple(self._unchanged(review, surveyed))
            doing = Doing(who=person, request=request, at=min(review.at, now), via="github")
            if tasks:
                yield Word(kind=kind, epic=epic, doing=doing, tasks=tasks, text=review.body)
            else:
                self._heard.add(f"{request}/{epic}")

    def _unchanged(self, review: Review, surveyed: Surveyed) -> Iterator[str]:
        """The tasks that still are what the reviewer saw, and that they may speak about."""
        where = surveyed.where
        try:
            saw = self.desk.reader.at(review.commit, where.branch_path)
        except (ContentError, NotFound):
            return
        person = self._person(review.author)
        digests = digests_of(saw.epic.tasks, self.desk.files, saw.sha256.__getitem__)
        for task, standing in surveyed.approvals.items():
            able = any(person and may(person, Role.APPROVER, [p]) for p in standing.needed)
            if able and digests.get(task) == standing.digest:
                yield task

    def _speak(self, pull: Pull, page: PullPage) -> None:
        """One comment, one commit status and our labels; only when there is something new."""
        if self._said.get(pull.number) == page:
            return
        forge = self.desk.forge
        forge.set_status(pull.head, ok=page.approved, text=page.summary)
        forge.set_labels(pull.number, page.labels)
        forge.say(pull.number, _PAGE, page.text)
        self._said[pull.number] = page

    def _ended(self, heads: Heads, open_now: Mapping[int, _Look]) -> None:
        """Tell the owner, once, when something was merged that nobody has approved."""
        for number, epics in self.seen.pulls().items():
            if number not in open_now:
                self._said.pop(number, None)
                pull = self.desk.forge.pull(number)
                if pull.state is PullState.MERGED:
                    for epic in epics:
                        self._tell_unapproved(heads, pull, epic)
        self.seen.keep_pulls({number: tuple(look.epics) for number, look in open_now.items()})

    def _tell_unapproved(self, heads: Heads, pull: Pull, epic: str) -> None:
        if not self.desk.index.path_of(epic):
            return
        surveyed = self.survey.of(self.desk.finder.one(heads, epic))
        waits = surveyed.assessment is not None and surveyed.assessment.state is EpicState.REVIEW
        if not waits or surveyed.main is None or surveyed.main.schedule is None:
            return
        owner = self.desk.files.people.get(surveyed.main.owner)
        missing = " ".join(s.missing for s in surveyed.approvals.values() if s.missing)
        call = f"@{owner.github} " if owner and owner.github else ""
        text = f"{call}{epic} was merged without approval: nothing of it goes out. {missing}"
        self.desk.forge.say(pull.number, f"{_UNAPPROVED}-{epic}", text.strip())

    def _person(self, author: str) -> Person | None:
        people = self.desk.files.people
        return person_of(people, github=author) or person_of(people, email=author)
