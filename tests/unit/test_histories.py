"""Random histories of one epic: whatever people and machines do, what must never happen does not.

The truth is kept apart from the files: what each person really said last about which text.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from publisher.domain import decisions
from publisher.domain.approvals import (
    Approvals,
    Entry,
    EntryKind,
    digests_of,
    overruled,
    sign,
    verified,
)
from publisher.domain.delivery import DeliveryStatus, Record
from publisher.domain.epic import Desk, Epic, Part, Person, Task
from publisher.domain.outcome import GiveUp, NotBegun, Outcome, Published, Report, Retry
from publisher.domain.plan import plan_epic
from publisher.domain.policy import Policy
from publisher.domain.remaining import remaining, wanted
from publisher.domain.report import apply_report
from publisher.domain.roles import Role, may
from publisher.domain.situation import Assessment, BranchStage, EpicSituation, assess
from publisher.domain.standing import TaskApproval, standings
from publisher.domain.states import EpicState
from publisher.domain.walltime import WallTime
from tests.unit.approving import ANA, BO, CY, EPIC, KEY, OLD_KEY, REPOSITORY, X, desk, named
from tests.unit.builders import BAD_TOKEN, BUSY, NOW, facts, fenced
from tests.unit.builders import epic as an_epic

MINUTE = timedelta(minutes=1)
PATIENT = Policy(grace=timedelta(days=9999), ahead=timedelta(0), same_content_within=MINUTE)
TASKS = st.sampled_from(["a", "b"])
TEXTS = st.sampled_from(["one", "two"])
PEOPLE = st.sampled_from([ANA, BO, CY])
KINDS = st.sampled_from(EntryKind)
ANSWERS = st.sampled_from(
    [Published("1", ""), Published("2", ""), GiveUp(BAD_TOKEN), Retry(BUSY), NotBegun("later")]
)
_ids = count(1)


# what somebody with a key of their own, or with an editor, makes of an entry
FORGERIES: dict[str, Callable[[Entry, Entry], Entry]] = {
    "unsigned": lambda bare, _ours: replace(bare, key=KEY.id, mac="0" * 64),
    "another epic's": lambda bare, _ours: sign(bare, REPOSITORY, "autumn-launch", KEY),
    "another repository's": lambda bare, _ours: sign(bare, "other-brand", EPIC, KEY),
    "another secret": lambda bare, _ours: sign(
        bare, REPOSITORY, EPIC, replace(KEY, secret="f" * 32)
    ),
    "one of ours, bent": lambda bare, ours: replace(bare, key=ours.key, mac=ours.mac),
}


@dataclass(frozen=True)
class Tree:
    """What a commit has of the epic; None: no such epic there."""

    epic: Epic | None = None
    approvals: Approvals = field(default_factory=Approvals)

    def with_text(self, name: str, text: str, due: datetime | None) -> "Tree":
        epic = self.epic or an_epic(scheduled=False)
        part = Part(f"{name}: {text}")
        new = Task(id=name, profiles=("x-acme",), parts=(part,), due=due)
        others = tuple(task for task in epic.tasks if task.id != name)
        return replace(self, epic=replace(epic, tasks=(*others, new)))


class Histories(RuleBasedStateMachine):
    """One epic, main and one branch, people with and without the role, and a publisher."""

    @initialize(merged=st.booleans())
    def begin(self, merged: bool) -> None:
        self.now = NOW
        self.main, self.branch = Tree(), Tree()
        if merged:
            self.main = self.main.with_text("a", "one", None)
        self.stage = BranchStage.NONE
        self.past: list[Tree] = [self.main]
        self.record = Record(epic=EPIC)
        self.team: dict[str, Person] = dict(named(replace(ANA, roles=("approver",)), BO, CY))
        self.truth: dict[tuple[str, str, str], EntryKind] = {}
        self.contested = ""
        self.published: frozenset[str] | None = None

    # What the product makes of it.

    def desk(self) -> Desk:
        return desk(*self.team.values())

    def stand(self, tree: Tree) -> dict[str, TaskApproval]:
        if tree.epic is None:
            return {}
        counting = verified(
            tree.approvals.entries, REPOSITORY, EPIC, [KEY, OLD_KEY], self.record.withdrawn
        )
        return dict(standings(tree.epic, counting, self.desk(), _no_media))

    def state(self) -> Assessment:
        return assess(
            EpicSituation(
                record=self.record,
                epic=self.main.epic,
                approvals=self.stand(self.main),
                branch=self.stage,
                proposed=self.branch.epic,
                proposed_approvals=self.stand(self.branch),
                contested=self.contested,
            )
        )

    def truly_approved(self, task: Task) -> bool:
        """Whether somebody who may has said yes to this very text, and has not taken it back."""
        return any(
            word is EntryKind.APPROVE
            and (name, text) == (task.id, task.parts[0].body)
            and may(self.team[who], Role.APPROVER)
            for (who, name, text), word in self.truth.items()
        )

    # What people do.

    @rule(name=TASKS, text=TEXTS)
    def write_on_the_branch(self, name: str, text: str) -> None:
        start = self.branch if self.stage is not BranchStage.NONE else self.main
        due = start.epic.schedule.utc if start.epic and start.epic.schedule else None
        self.branch = start.with_text(name, text, due)
        self.stage = self.stage if self.stage is not BranchStage.NONE else BranchStage.NO_PULL

    @precondition(lambda self: self.stage is not BranchStage.NONE)
    @rule(stage=st.sampled_from([BranchStage.DRAFT, BranchStage.READY]))
    def move_the_pull_request(self, stage: BranchStage) -> None:
        self.stage = stage

    @rule(onto_main=st.booleans(), who=st.sampled_from([BO, CY]))
    def approve_all(self, onto_main: bool, who: Person) -> None:
        tree = self.main if onto_main else self.branch
        for task in tree.epic.tasks if tree.epic else ():
            self.say(onto_main=onto_main, who=who, name=task.id, kind=EntryKind.APPROVE)

    @rule(onto_main=st.booleans(), who=PEOPLE, name=TASKS, kind=KINDS)
    def say(self, onto_main: bool, who: Person, name: str, kind: EntryKind) -> None:
        """As the use cases do it: a signed entry, and the ledger keeps what it ended."""
        tree = self.main if onto_main else self.branch
        task = tree.epic.task(name) if tree.epic else None
        if task is None:
            return
        digest = digests_of([task], self.desk(), _no_media)[name]
        entry = sign(_entry(kind, name, digest, who.id, self.now), REPOSITORY, EPIC, KEY)
        self.truth[who.id, name, task.parts[0].body] = kind
        if kind is not EntryKind.APPROVE:
            everywhere = (*self.main.approvals.entries, *self.branch.approvals.entries,
                          *(e for tree in self.past for e in tree.approvals.entries))  # fmt: skip
            self.record = self.record.without(overruled(entry, everywhere))
        said = replace(tree, approvals=tree.approvals.added(entry))
        self.put(said) if onto_main else setattr(self, "branch", said)

    @precondition(lambda self: self.stage is not BranchStage.NONE)
    @rule()
    def merge(self) -> None:
        """With or without approvals: main is what git makes of it."""
        both = self.main.approvals.added(*self.branch.approvals.entries)
        self.put(Tree(self.branch.epic, both))
        self.branch, self.stage = Tree(), BranchStage.NONE

    @rule(name=TASKS, text=TEXTS)
    def edit_main_by_hand(self, name: str, text: str) -> None:
        due = self.main.epic.schedule.utc if self.main.epic and self.main.epic.schedule else None
        self.put(self.main.with_text(name, text, due))

    @precondition(lambda self: self.main.epic is not None)
    @rule(who=st.sampled_from([BO, CY, CY, ANA]))
    def bring_it_on_its_way(self, who: Person) -> None:
        """What most histories are about; the other rules get in its way."""
        self.contested = ""
        self.approve_all(onto_main=True, who=who)
        self.set_the_schedule(scheduled=True)

    @precondition(lambda self: self.main.epic is not None)
    @rule(back=st.integers(1, 5))
    def revert_main(self, back: int) -> None:
        self.put(self.past[-min(back, len(self.past))])

    @precondition(lambda self: self.main.epic is not None)
    @rule(scheduled=st.sampled_from([True, True, True, False]))
    def set_the_schedule(self, scheduled: bool) -> None:
        epic = self.main.epic
        assert epic is not None
        at = WallTime(self.now.replace(tzinfo=None), "UTC", self.now) if scheduled else None
        tasks = tuple(replace(task, due=at.utc if at else None) for task in epic.tasks)
        self.put(replace(self.main, epic=replace(epic, schedule=at, tasks=tasks)))

    @rule(who=PEOPLE, role=st.sampled_from([("approver",), ("approver:x",), ("approver:y",), ()]))
    def change_roles(self, who: Person, role: tuple[str, ...]) -> None:
        self.team[who.id] = replace(who, roles=role)

    @rule(contested=st.sampled_from(["", "", "#12 changes it"]))
    def contest(self, contested: str) -> None:
        self.contested = contested

    # What forgers do.

    @precondition(lambda self: self.main.epic is not None)
    @rule(who=PEOPLE, how=st.sampled_from(sorted(FORGERIES)))
    def forge(self, who: Person, how: str) -> None:
        """Entries that nobody said, for everything on main; then it is scheduled."""
        assert self.main.epic is not None
        genuine = next(iter(self.main.approvals.entries), None)
        for task in self.main.epic.tasks:
            digest = digests_of([task], self.desk(), _no_media)[task.id]
            bare = _entry(EntryKind.APPROVE, task.id, digest, who.id, self.now)
            made = FORGERIES[how](bare, genuine or bare)
            self.put(replace(self.main, approvals=self.main.approvals.added(made)))
        self.set_the_schedule(scheduled=True)

    @precondition(lambda self: self.main.epic is not None)
    @rule(who=PEOPLE, kind=st.sampled_from([EntryKind.WITHDRAW, EntryKind.CHANGES]))
    def resurrect(self, who: Person, kind: EntryKind) -> None:
        """Take an approval back, and somebody reverts that very commit."""
        assert self.main.epic is not None
        for task in self.main.epic.tasks:
            before = self.main
            self.say(onto_main=True, who=who, name=task.id, kind=kind)
            self.put(before)

    # What the publisher does.

    @precondition(lambda self: self.main.epic is not None and self.main.epic.schedule is not None)
    @rule(answer=ANSWERS, passed=st.sampled_from([True, True, False]))
    def round(self, answer: Outcome | NotBegun, passed: bool) -> None:
        self.now += MINUTE
        stood = self.stand(self.main)
        here = facts(
            self.now, profiles=[X], policy=PATIENT, commit="main",
            approved=lambda task: stood[task.id].complete, contested=self.contested,
        )  # fmt: skip
        step = plan_epic(self.main.epic, self.record, here)
        if step.fence:
            views = {claim: fenced() for claim in step.fence}
            step = plan_epic(self.main.epic, self.record, replace(here, views=views))
        for key in step.claimed:
            assert not self.contested
            assert self.main.epic is not None
            assert all(map(self.truly_approved, remaining(self.main.epic, self.record))), key
        self.record = step.record
        for delivery in self.record.deliveries.values():
            if delivery.claim and passed:
                report = Report(
                    claim=delivery.claim_id, part=0, result=answer, at=self.now, caller="w"
                )
                self.record = self.record.put(apply_report(delivery, report, PATIENT))

    @precondition(lambda self: any(d.attempts for d in self.record.deliveries.values()))
    @rule()
    def retry(self) -> None:
        for delivery in self.record.deliveries.values():
            if delivery.status is DeliveryStatus.FAILED:
                again = decisions.retried(delivery, self.now, "ana")
                self.record = self.record.put(again)

    # What must always be so.

    @invariant()
    def nothing_is_scheduled_without_what_people_really_said(self) -> None:
        if not hasattr(self, "main") or self.state().state is not EpicState.SCHEDULED:
            return
        assert self.main.epic is not None
        assert self.main.epic.schedule
        assert remaining(self.main.epic, self.record)
        assert all(map(self.truly_approved, remaining(self.main.epic, self.record)))

    @invariant()
    def published_stays_published_while_nothing_is_added(self) -> None:
        if not hasattr(self, "main"):
            return
        state = self.state().state
        keys = frozenset(
            str(d.key) for d in (wanted(self.main.epic, self.record) if self.main.epic else ())
        )
        if self.published is not None and keys and keys <= self.published:
            assert state is EpicState.PUBLISHED
        if state is EpicState.PUBLISHED and keys:
            self.published = keys | (self.published or frozenset())

    @invariant()
    def each_post_went_out_once(self) -> None:
        if hasattr(self, "record"):
            assert all(len(d.parts) <= 1 for d in self.record.deliveries.values())

    def put(self, tree: Tree) -> None:
        self.now += MINUTE
        self.past.append(self.main)
        self.main = tree


def _no_media(file: str) -> str:
    raise AssertionError(file)


def _entry(kind: EntryKind, task: str, digest: str, person: str, at: datetime) -> Entry:
    name = f"{next(_ids):032x}"
    return Entry(id=name, kind=kind, task=task, digest=digest, person=person, at=at, via="cli")


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
