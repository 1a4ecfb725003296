"""Many people at once: nothing is lost, nobody is told “failed” who only had to wait."""

import threading
from collections.abc import Sequence

import pytest

from publisher.domain.approvals import EntryKind
from publisher.domain.errors import Conflict, CopydeskError, Refused
from publisher.domain.states import EpicState
from publisher.files.epic_edit import with_title
from publisher.usecases.editorial.doing import Done
from publisher.usecases.editorial.schedules import Times
from publisher.usecases.editorial.turnstile import Turnstile
from publisher.usecases.editorial.words import Answer, Word
from tests.editorial.team import LAUNCH, Team
from tests.integration.hooks import counted, hook
from tests.integration.world import task

TASKS = [f"task-{number}" for number in range(12)]


def words(team: Team) -> list[Word]:
    """Bo and Cy approve twelve tasks one by one, each a request of its own."""
    return [
        Word(kind=EntryKind.APPROVE, epic=LAUNCH, doing=team.doing(who), tasks=(name,))
        for name in TASKS
        for who in ("bo", "cy")
    ]


def test_words_that_come_together_share_a_push_and_keep_a_commit_each(team: Team) -> None:
    team.draft(*(task(name, "x") for name in TASKS))
    pushes = hook(team.world.remote, "post-receive", 'cat >/dev/null; echo 1 >> "$COUNT"')

    answers = team.app.editorial.words.say_all(words(team))

    assert all(isinstance(answer, Done) and answer.commit for answer in answers)
    told = [line for line in team.log(f"epic/{LAUNCH}") if "approve" in line]
    assert len(told) == 2 * len(TASKS)
    assert {line.split("|")[0] for line in told} == {"Bo Chen", "Cy Okafor"}
    assert counted(pushes) == 2  # the approvals, and the pull request that became ready
    assert all(len(one.by) == 2 for one in team.survey().approvals.values())


def test_one_word_that_is_refused_keeps_back_no_other(team: Team) -> None:
    team.draft()
    asked = [
        Word(kind=EntryKind.APPROVE, epic=LAUNCH, doing=team.doing("bo"), tasks=("teaser",)),
        Word(kind=EntryKind.APPROVE, epic=LAUNCH, doing=team.doing("eve"), tasks=("teaser",)),
        Word(kind=EntryKind.APPROVE, epic="nowhere", doing=team.doing("bo")),
        Word(kind=EntryKind.APPROVE, epic=LAUNCH, doing=team.doing("bo"), tasks=("letter",)),
    ]

    answers = team.app.editorial.words.say_all(asked)

    assert [isinstance(answer, Done) for answer in answers] == [True, False, False, True]
    assert team.state() is EpicState.REVIEW


class SlowForge:
    """Answers words one push at a time, and waits where a test says so."""

    def __init__(self) -> None:
        self.pushes: list[int] = []
        self.may_go = threading.Event()

    def say_all(self, together: Sequence[Word]) -> list[Answer]:
        self.pushes.append(len(together))
        assert self.may_go.wait(10)
        return [Done(epic=word.epic, commit="c", words="said") for word in together]


def test_whoever_comes_while_a_push_is_under_way_is_queued_and_shares_the_next(team: Team) -> None:
    forge = SlowForge()
    turnstile = Turnstile(forge.say_all)
    queued, done = threading.Semaphore(0), list[Done]()

    def say(word: Word) -> None:
        done.append(turnstile.say(word, queued.release))

    first, *others = (threading.Thread(target=say, args=(word,)) for word in words(team))
    first.start()
    while not forge.pushes:
        pass
    for thread in others:
        thread.start()
    for _thread in others:
        assert queued.acquire(timeout=10)
    forge.may_go.set()
    for thread in (first, *others):
        thread.join()

    assert forge.pushes == [1, len(others)]
    assert len(done) == 1 + len(others)


def test_what_a_push_ends_in_is_told_to_everybody_who_shared_it(team: Team) -> None:
    def fails(_together: Sequence[Word]) -> list[Answer]:
        raise Conflict("Others saved first.")

    with pytest.raises(Conflict, match="Others saved first"):
        Turnstile(fails).say(words(team)[0])


def test_two_installations_at_once_lose_no_word(team: Team) -> None:
    team.draft(*(task(name, "x") for name in TASKS))
    found: list[CopydeskError] = []

    def approve_all(who: str) -> None:
        words_of = team.world.publisher(f"state-of-{who}").editorial.words
        for name in TASKS:
            doing = team.doing(who)
            word = Word(kind=EntryKind.APPROVE, epic=LAUNCH, doing=doing, tasks=(name,))
            for _try in range(20):
                try:
                    words_of.say(word)
                except Conflict:
                    continue
                except CopydeskError as error:
                    found.append(error)
                break

    threads = [threading.Thread(target=approve_all, args=(who,)) for who in ("bo", "cy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == []
    assert all(len(one.by) == 2 for one in team.survey().approvals.values())


def test_of_two_people_who_schedule_at_once_the_second_is_told(team: Team) -> None:
    team.draft()
    team.approve("bo")
    read = Times(at="2030-01-01T09:00", timezone="UTC")
    whole = team.app.editorial.schedules.read(LAUNCH, read)
    team.schedule()

    with pytest.raises(Conflict, match="changed since you read it through"):
        team.app.editorial.schedules.schedule(
            LAUNCH, team.doing("ana"), read, confirmed=whole.digest
        )

    assert b"2030" not in team.text("main")


def test_scheduling_for_the_same_time_again_changes_nothing(team: Team) -> None:
    team.draft()
    team.approve("bo")
    times = Times(at="2030-01-01T09:00", timezone="UTC")
    schedules = team.app.editorial.schedules
    schedules.schedule(LAUNCH, team.doing("ana"), times)
    before = team.log("main")

    assert schedules.schedule(LAUNCH, team.doing("ana"), times).again
    assert team.log("main") == before


def test_a_change_that_is_raced_three_times_keeps_the_text(team: Team) -> None:
    team.draft()
    hook(
        team.world.remote,
        "update",
        'case "$1" in refs/heads/epic/*) echo "cannot lock ref" >&2; exit 1;; esac',
    )

    with pytest.raises((Conflict, Refused)):
        team.edit(lambda now: with_title(now, "Other"))

    assert b"Other" not in team.text()
