"""A little world of people, processes and one platform: nothing goes out twice, nothing is lost."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from publisher.domain import decisions
from publisher.domain.delivery import Delivery, DeliveryStatus, Key
from publisher.domain.epic import Task
from publisher.domain.errors import Refused
from publisher.domain.left_open import NOT_WANTED
from publisher.domain.traits import Safety, Traits
from tests.unit.builders import EVERY_CLASS, MEMORY, NOW, SETTLE, at, task
from tests.unit.little_world import POLICY, LittleWorld

S = DeliveryStatus
ANSWERS = [*["publish"] * 4, *["lost_after"] * 2, "lost_before", "retry", "give_up", "accept"]
WAITS = [1, 1, 2, 4, 6, 10, 35, 65, 310, 3000]
LAGS = st.sampled_from([0, 1, 10, 30]).map(lambda s: timedelta(seconds=s))
MANY = st.integers(0, 7)
HOW = st.sampled_from(ANSWERS)
EARLY_ENDS = ["refused", "before_hand_out", "before_forget"]
ENDS = st.sampled_from(["whole"] * 5 + EARLY_ENDS)
DECISIONS = ["retry", "release", "cancel", "resolve"]
HISTORIES = 100


class World(RuleBasedStateMachine):
    """People, time, rounds, carriers and accidents, in any order.

    Half of the rules make progress; otherwise most histories would end before the first call.
    """

    traits: Traits

    @initialize()
    def begin(self) -> None:
        self.world = LittleWorld(self.traits)
        self.texts = 0
        self.tasks: dict[str, Task] = {
            "one": task("one", body=self._fresh()),
            "thread": task("thread", body=self._fresh(), thread=(self._fresh(),)),
        }
        self.removed: dict[str, Task] = {}
        self.done: dict[Key, Delivery] = {}
        self._push()

    def _fresh(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    def _push(self) -> None:
        self.world.want(*self.tasks.values())

    # Progress

    @rule(how=HOW, steps=st.integers(1, 3), lag=LAGS, ends=ENDS)
    def the_next_wake_comes(self, how: str, steps: int, lag: timedelta, ends: str) -> None:
        """Nobody is stopped: a round, and a few steps of every carrier."""
        if self.world.wake is not None:
            self.world.now = max(self.world.now, self.world.wake)
        self.world.keep()
        self.world.round(ends)
        self._all_go_on(how, steps, lag)

    @rule(seconds=st.sampled_from(WAITS), how=HOW, steps=st.integers(0, 3), lag=LAGS, ends=ENDS)
    def time_passes(self, seconds: int, how: str, steps: int, lag: timedelta, ends: str) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.world.keep()
        self._all_go_on(how, steps, lag)
        self.world.round(ends)

    @rule(seconds=st.sampled_from(WAITS), ends=ENDS)
    def time_passes_while_every_process_is_stopped(self, seconds: int, ends: str) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.world.round(ends)

    @rule(which=MANY, how=HOW, lag=LAGS)
    def one_carrier_goes_on(self, which: int, how: str, lag: timedelta) -> None:
        if self.world.carried:
            self.world.go_on(self.world.carried[which % len(self.world.carried)], how, lag)

    def _all_go_on(self, how: str, steps: int, lag: timedelta) -> None:
        for carried in list(self.world.carried):
            for _ in range(steps):
                if carried in self.world.carried:
                    self.world.go_on(carried, how, lag)

    # Accidents

    @rule(which=MANY, proof=st.booleans(), steps=st.integers(0, 2), how=HOW, lag=LAGS)
    def a_carrier_dies(self, which: int, proof: bool, steps: int, how: str, lag: timedelta) -> None:
        """Before the gate, after it, or with the answer in its hands."""
        if not self.world.carried:
            return
        carried = self.world.carried[which % len(self.world.carried)]
        for _ in range(steps):
            if carried in self.world.carried and carried.answer is None:
                self.world.go_on(carried, how, lag)
        if carried in self.world.carried:
            self.world.die(carried, proof=proof)

    @rule(restart=st.booleans())
    def redis_is_emptied_or_restarted(self, restart: bool) -> None:
        if restart:
            self.world.gate.restarted()
        else:
            self.world.gate.flushed()

    # People

    @rule(which=MANY, parts=st.integers(1, 3), keep=st.booleans())
    def somebody_edits(self, which: int, parts: int, keep: bool) -> None:
        """Write a new text, or (keep) only make the thread longer or shorter."""
        if not self.tasks:
            return
        name = self._pick(which)
        bodies = [part.body for part in self.tasks[name].parts][:parts] if keep else []
        bodies += [self._fresh() for _ in range(parts - len(bodies))]
        self._write(name, bodies, self.tasks[name].due)

    @rule(which=MANY, minutes=st.sampled_from([-90, -1, 0, 1, 2, 30, None]))
    def somebody_reschedules(self, which: int, minutes: int | None) -> None:
        if not self.tasks:
            return
        name = self._pick(which)
        due = None if minutes is None else self.world.now + timedelta(minutes=minutes)
        self._write(name, [part.body for part in self.tasks[name].parts], due)

    @rule(which=MANY, to=st.sampled_from(["one", "other", "thread", ""]))
    def somebody_renames_removes_or_restores(self, which: int, to: str) -> None:
        if to and to not in self.tasks and to in self.removed:
            self.tasks[to] = self.removed.pop(to)
            self._push()
        elif self.tasks and to not in self.tasks:
            name = self._pick(which)
            old = self.tasks.pop(name)
            if to:
                self._write(to, [part.body for part in old.parts], old.due)
            else:
                self.removed[name] = old
                self._push()

    @rule(paused=st.booleans())
    def somebody_pauses_or_resumes(self, paused: bool) -> None:
        self.world.paused = paused
        self.world.gate.paused = "1" if paused else self.world.gate.paused
        self._push()

    @rule(which=MANY, word=st.sampled_from(DECISIONS))
    def somebody_decides(self, which: int, word: str) -> None:
        keys = sorted(self.world.record.deliveries)
        if not keys:
            return
        key = keys[which % len(keys)]
        if word == "resolve" and any(carried.key == key for carried in self.world.carried):
            return  # it must be certain that nobody writes any more
        with suppress(Refused):
            self.world.decide(key, lambda before: self._decided(before, word))

    def _decided(self, before: Delivery, word: str) -> Delivery:
        now = self.world.now
        if word == "resolve":
            out = {(p.key, p.part) for p in self.world.platform.posts}
            live = "https://acme.test" if (before.key, len(before.parts)) in out else None
            return decisions.resolved(before, live, now, "ana")
        if word == "cancel":
            return decisions.cancelled(before, now, "ana")
        return (decisions.retried if word == "retry" else decisions.released)(before, now, "ana")

    def _pick(self, which: int) -> str:
        return sorted(self.tasks)[which % len(self.tasks)]

    def _write(self, name: str, bodies: list[str], due: datetime | None) -> None:
        self.tasks[name] = task(name, body=bodies[0], thread=tuple(bodies[1:]), due=due)
        self._push()

    # What must hold

    @invariant()
    def nothing_is_out_twice(self) -> None:
        out = [(post.key, post.part) for post in self.world.platform.posts]
        assert len(out) == len(set(out)), "a delivery went out twice"

    @invariant()
    def no_reader_sees_a_text_twice_unless_a_person_said_so(self) -> None:
        said = {k for k, d in self.world.record.deliveries.items() if d.released}
        texts = [p.text for p in self.world.platform.posts if p.key not in said]
        assert len(texts) == len(set(texts)), "the same content went out under two names"

    @invariant()
    def published_never_changes_again(self) -> None:
        for key, before in self.done.items():
            now = self.world.record.deliveries[key]
            assert replace(now, gone=None) == replace(before, gone=None)
        for key, delivery in self.world.record.deliveries.items():
            if delivery.status is S.PUBLISHED:
                self.done[key] = delivery

    @invariant()
    def only_people_and_weak_platforms_leave_it_unconfirmed(self) -> None:
        for delivery in self.world.record.deliveries.values():
            if delivery.status is S.UNCONFIRMED and delivery.doubt is not None:
                forgotten = self.world.now - delivery.doubt.first_called_at >= MEMORY
                safety = self.traits.safety
                unscheduled = NOT_WANTED in {note.why for note in delivery.notes}
                assert safety in {Safety.SEARCHABLE, Safety.BLIND} or (
                    unscheduled or (safety is Safety.IDEMPOTENT and forgotten)
                )

    @invariant()
    def what_the_ledger_says_is_live_is_live(self) -> None:
        live = {post.id for post in self.world.platform.posts}
        for delivery in self.world.record.deliveries.values():
            assert {part.id for part in delivery.parts if part.id} <= live

    @invariant()
    def calls_never_exceed_the_limit(self) -> None:
        for delivery in self.world.record.deliveries.values():
            assert delivery.count <= POLICY.attempts_limit

    def all_that_must_hold(self) -> None:
        self.nothing_is_out_twice()
        self.no_reader_sees_a_text_twice_unless_a_person_said_so()
        self.published_never_changes_again()
        self.only_people_and_weak_platforms_leave_it_unconfirmed()
        self.what_the_ledger_says_is_live_is_live()
        self.calls_never_exceed_the_limit()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        assert self.world.come_to_rest(), "it never comes to rest"
        self.all_that_must_hold()
        for wanted in self.tasks.values():
            if wanted.due is not None:
                self._not_lost(Key("spring-launch", wanted.id, "x-acme"), len(wanted.parts))

    def _not_lost(self, key: Key, parts: int) -> None:
        delivery = self.world.record.get(key)
        assert delivery is not None, f"{key} was never looked at"
        waits_for_people = delivery.status in {S.FAILED, S.UNCONFIRMED}
        if waits_for_people or delivery.held or delivery.cancelled:
            return
        assert delivery.status is S.PUBLISHED, f"{key} was lost: {delivery}"


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_nothing_twice_and_nothing_lost_whatever_happens(traits: Traits) -> None:
    machine = type("World", (World,), {"traits": traits})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30))


# ── The same world, thrown dice for: longer histories than Hypothesis has time for ───────────


def a_step(world: World, dice: random.Random) -> None:
    """One rule with any arguments; most of them make progress."""
    how, ends = dice.choice(ANSWERS), dice.choice(["whole"] * 6 + EARLY_ENDS)
    lag, which = timedelta(seconds=dice.choice([0, 1, 10, 30])), dice.randrange(8)
    wait, steps = dice.choice(WAITS), dice.randint(0, 3)
    people = (
        lambda: world.somebody_edits(which, dice.randint(1, 3), dice.random() < 0.5),
        lambda: world.somebody_reschedules(which, dice.choice([-90, -1, 0, 1, 2, 30, None])),
        lambda: world.somebody_renames_removes_or_restores(
            which, dice.choice(["one", "other", "thread", ""])
        ),
        lambda: world.somebody_pauses_or_resumes(dice.random() < 0.3),
    )
    rules = (
        (30, lambda: world.the_next_wake_comes(how, steps, lag, ends)),
        (15, lambda: world.time_passes(wait, how, steps, lag, ends)),
        (7, lambda: world.time_passes_while_every_process_is_stopped(wait, ends)),
        (15, lambda: world.one_carrier_goes_on(which, how, lag)),
        (8, lambda: world.a_carrier_dies(which, dice.random() < 0.5, steps, how, lag)),
        (3, lambda: world.redis_is_emptied_or_restarted(dice.random() < 0.5)),
        (8, dice.choice(people)),
        (8, lambda: world.somebody_decides(which, dice.choice(DECISIONS))),
    )
    dice.choices([step for _, step in rules], [weight for weight, _ in rules])[0]()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_hundreds_of_long_histories_end_well(traits: Traits) -> None:
    for seed in range(HISTORIES):
        dice = random.Random(seed)
        world = World()
        world.traits = traits
        world.begin()
        for _ in range(dice.randint(5, 60)):
            a_step(world, dice)
            world.all_that_must_hold()
        world.teardown()


# ── The same world, walked by hand ───────────────────────────────────────────────────────────


def world_of(traits: Traits, *parts: str) -> LittleWorld:
    world = LittleWorld(traits, now=NOW)
    world.want(task("one", body=parts[0], thread=parts[1:]))
    world.round()
    return world


def walk(world: LittleWorld, how: str = "publish", steps: int = 3) -> None:
    """Let the only carrier take these steps: the gate, the call, the report."""
    (carried,) = world.carried
    for _ in range(steps):
        world.go_on(carried, how)


def only(world: LittleWorld) -> Delivery:
    (one,) = world.record.deliveries.values()
    return one


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
@pytest.mark.parametrize("parts", [("a",), ("a", "b"), ("a", "b", "c")], ids=["1", "2", "3"])
def test_when_all_goes_well_all_of_it_is_out_once(traits: Traits, parts: tuple[str, ...]) -> None:
    world = world_of(traits, *parts)

    assert world.come_to_rest()
    assert only(world).status is S.PUBLISHED
    assert [post.text for post in world.platform.posts] == list(parts)


@pytest.mark.parametrize("proof", [True, False])
@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_process_that_dies_before_the_gate_costs_nothing(traits: Traits, proof: bool) -> None:
    world = world_of(traits, "a")
    world.die(world.carried[0], proof=proof)

    assert world.come_to_rest()
    assert only(world).status is S.PUBLISHED
    assert len(world.platform.posts) == 1


@pytest.mark.parametrize("proof", [True, False])
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_process_that_dies_between_the_gate_and_the_answer(
    traits: Traits, written: bool, proof: bool
) -> None:
    world = world_of(traits, "a")
    if traits.safety is Safety.CHECKABLE:
        walk(world, steps=2)
        world.round()
    walk(world, "publish" if written else "lost_before", steps=2)
    world.die(world.carried[0], proof=proof)

    assert world.come_to_rest()
    blind = traits.safety is Safety.BLIND
    unsure = traits.safety is Safety.SEARCHABLE and not written and not proof
    assert only(world).status is (S.UNCONFIRMED if blind or unsure else S.PUBLISHED)
    assert len(world.platform.posts) == (0 if (blind or unsure) and not written else 1)


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_redis_emptied_in_the_middle_of_a_thread_sends_no_part_twice(traits: Traits) -> None:
    """The reports of parts that are out are gone with it."""
    world = world_of(traits, "a", "b")
    if traits.safety is Safety.CHECKABLE:
        walk(world, steps=2)
        world.round()
        walk(world, steps=3)
    else:
        walk(world, steps=6)
    world.gate.flushed()

    assert world.come_to_rest()
    weak = traits.safety in {Safety.SEARCHABLE, Safety.BLIND}
    texts = [post.text for post in world.platform.posts]
    assert len(texts) == len(set(texts))
    assert only(world).status is S.PUBLISHED or (weak and only(world).status is S.UNCONFIRMED)


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_report_that_comes_after_its_claim_was_taken_over_settles_it(traits: Traits) -> None:
    world = world_of(traits, "a", "b")
    if traits.safety is Safety.CHECKABLE:
        walk(world, steps=2)
        world.round()
    walk(world, steps=2)
    (stopped,) = world.carried
    world.now += timedelta(seconds=20)
    world.round()
    assert only(world).doubt is not None
    world.go_on(stopped)

    assert world.come_to_rest()
    assert only(world).status is S.PUBLISHED
    assert [p.text for p in world.platform.posts] == ["a", "b"]


def test_a_post_that_shows_late_is_found_by_the_second_look() -> None:
    world = world_of(EVERY_CLASS["searchable"], "a")
    (carried,) = world.carried
    world.go_on(carried)
    world.now += timedelta(minutes=3)
    world.go_on(carried, "lost_after", SETTLE)
    world.go_on(carried)

    assert world.come_to_rest()
    assert only(world).status is S.PUBLISHED
    assert len(world.platform.posts) == 1


def test_a_key_that_the_platform_has_forgotten_is_not_relied_on() -> None:
    world = world_of(EVERY_CLASS["idempotent_unseen"], "a")
    walk(world, "lost_after")
    world.now = at(hours=2)

    assert world.come_to_rest()
    assert only(world).status is S.UNCONFIRMED
    assert len(world.platform.posts) == 1
