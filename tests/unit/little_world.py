"""A little world around the plan: people, carriers, a platform and the gate, all in memory.

Nothing here decides anything: decisions are `plan_epic`, `apply_report` and `decisions`. The gate
does what the scripts in publisher/adapters/lua do, line by line; a round does what
usecases/round.py and usecases/drafting.py do, less git.

Two assumptions of the design are built in. A call that passed the gate is written within
WRITES_WITHIN or never (PunctualHttp and the HTTP time-out), and what was written shows in a
search within the platform's settle time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher.domain.delivery import Claim, Delivery, DeliveryStatus, Key, Record, Work
from publisher.domain.epic import Epic, Task
from publisher.domain.facts import Facts, GateView
from publisher.domain.outcome import (
    Accepted,
    Located,
    NotBegun,
    Prepared,
    Published,
    Report,
)
from publisher.domain.payload import payload_of
from publisher.domain.plan import plan_epic
from publisher.domain.policy import Policy
from publisher.domain.report import apply_report
from publisher.domain.traits import Safety, Traits
from tests.unit.builders import LATER, LOST, NEVER, NOW, SECOND, epic, profile, usable

BUDGET = timedelta(seconds=3)
LEASE = timedelta(seconds=9)
VISIBLE_AFTER = timedelta(seconds=3)
WRITES_WITHIN = timedelta(minutes=4)
CARRIED_FOR = timedelta(minutes=5)
KEYS_REALLY_KEPT = timedelta(minutes=60)
CLOCKS_DIFFER = timedelta(seconds=2)
POLICY = Policy(attempts_limit=3)
PROFILE = profile()
S = DeliveryStatus


# ── The gate ─────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class ClaimMark:
    due: datetime
    lease: datetime
    fenced: bool = False
    caller: str = ""
    called: dict[int, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class GateModel:
    """Redis. `run` is its run id; `flushed` and `restarted` are what happens to it."""

    now: Callable[[], datetime]
    run: int = 1
    generation: str = ""
    paused: str = ""
    claims: dict[str, ClaimMark] = field(default_factory=dict)
    leases: dict[str, datetime] = field(default_factory=dict)
    calls: dict[str, datetime] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    founded: int = 0

    def flushed(self) -> None:
        self.generation = self.paused = ""
        for everything in (self.claims, self.leases, self.calls, self.reports, self.dead):
            everything.clear()

    def restarted(self) -> None:
        self.run += 1

    def in_force(self) -> str:
        return self.generation if self.generation.endswith(f".{self.run}") else ""

    def open(self, *, paused: bool) -> str:
        if not self.in_force():
            self.founded += 1
            self.generation = f"here.{self.founded}.{self.run}"
        self.paused = "1" if paused else "0"
        return self.generation

    def install(self, generation: str, claims: Mapping[str, Claim]) -> bool:
        if not generation or self.in_force() != generation:
            return False
        for name, claim in claims.items():
            if name not in self.claims:
                self.claims[name] = ClaimMark(claim.due, claim.lease_until)
                self.leases[name] = claim.lease_until
        return True

    def renew(self, name: str, caller: str) -> bool:
        mark = self.claims.get(name)
        if mark is None or mark.fenced or (mark.caller and mark.caller != caller):
            return False
        mark.lease, mark.caller = self.now() + LEASE, caller
        self.leases[name] = mark.lease
        return True

    def enter(self, name: str, generation: str, part: int, caller: str) -> str:
        mark, now = self.claims.get(name), self.now()
        refusals: tuple[tuple[str, bool], ...] = (
            ("generation", self.in_force() != generation),
            ("paused", self.paused != "0"),
            ("missing", mark is None),
        )
        for word, refused in refusals:
            if refused:
                return word
        assert mark is not None
        refusals = (
            ("revoked", mark.fenced),
            ("taken", bool(mark.caller) and mark.caller != caller),
            ("early", now < mark.due),
            ("late", now >= mark.lease - BUDGET),
            ("called", part in mark.called),
        )
        for word, refused in refusals:
            if refused:
                return word
        mark.called[part], mark.caller = now, caller
        self.calls.setdefault(name, now)
        return "ok"

    def report(self, report: Report, *, closes: bool) -> None:
        self.reports[f"{report.claim}|{report.part}"] = report
        self.calls.pop(report.claim, None)
        if closes:
            self.leases.pop(report.claim, None)
            if report.claim in self.claims:
                self.claims[report.claim].fenced = True

    def forget(self, reports: Mapping[str, Report]) -> None:
        for name, report in reports.items():
            if self.reports.get(name) == report:
                del self.reports[name]

    def expired(self) -> frozenset[str]:
        return frozenset(name for name, lease in self.leases.items() if lease <= self.now())

    def fence(self, fence: Mapping[str, bool], claims: Mapping[str, Claim]) -> dict[str, GateView]:
        return {name: self._fenced(name, claims[name], force) for name, force in fence.items()}

    def _fenced(self, name: str, claim: Claim, force: bool) -> GateView:
        if not self.in_force() or self.in_force() != claim.generation:
            return GateView(same_generation=False)
        mark = self.claims.get(name)
        if mark and mark.lease > self.now() and not force:
            return GateView(same_generation=True, lease_end=mark.lease)
        if mark is None:
            mark = self.claims[name] = ClaimMark(claim.due, self.now())
        mark.fenced = True
        self.leases.pop(name, None)
        called = dict(mark.called)
        return GateView(same_generation=True, fenced=True, calling=called, caller=mark.caller)


# ── The platform ─────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Post:
    id: str
    key: Key
    part: int
    text: str
    written: datetime
    shows: datetime
    handle: str = ""


@dataclass(slots=True)
class PlatformModel:
    """One account. It forgets keys after KEYS_REALLY_KEPT; a container is published once."""

    traits: Traits
    posts: list[Post] = field(default_factory=list)
    jobs: dict[str, tuple[Key, int, str, datetime]] = field(default_factory=dict)
    containers: int = 0

    def container(self) -> dict[str, str]:
        self.containers += 1
        return {"container": str(self.containers)}

    def publish(
        self, key: Key, part: int, text: str, handle: str, now: datetime, lag: timedelta
    ) -> Post:
        for post in self.posts:
            same_key = self.traits.safety is Safety.IDEMPOTENT and (
                (post.key, post.part) == (key, part)
            )
            remembered = now - post.written < KEYS_REALLY_KEPT
            if (same_key and remembered) or (handle and post.handle == handle):
                return post
        post = Post(str(len(self.posts)), key, part, text, now, now + lag, handle)
        self.posts.append(post)
        return post

    def accept(self, key: Key, part: int, text: str, now: datetime) -> str | Post:
        """Take the work; the same key gets the same job, or the post that is there already."""
        for post in self.posts:
            if (post.key, post.part) == (key, part):
                return post
        for job, (of, at_part, _text, _ready) in self.jobs.items():
            if (of, at_part) == (key, part):
                return job
        job = f"job-{len(self.jobs)}"
        self.jobs[job] = (key, part, text, now + timedelta(seconds=40))
        return job

    def search(self, text: str, since: datetime, now: datetime) -> Post | None:
        found = [p for p in self.posts if p.text == text and p.shows <= now and p.written >= since]
        return found[-1] if found else None


# ── Carriers ─────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Carried:
    """One claim in the hands of one process. `passed` is when its call went through the gate."""

    name: str
    key: Key
    claim: Claim
    caller: str
    part: int
    handle: dict[str, str]
    since: datetime
    taken: datetime
    passed: datetime | None = None
    answer: Report | None = None


Result = object


@dataclass(slots=True)
class LittleWorld:
    """One epic on one account, and everything that happens to it."""

    traits: Traits
    now: datetime = NOW - timedelta(minutes=1)
    paused: bool = False
    wanted: Epic | None = None
    record: Record = field(default_factory=lambda: Record(epic="spring-launch"))
    commits: dict[str, Epic | None] = field(default_factory=dict)
    wake: datetime | None = NOW - timedelta(minutes=1)
    carried: list[Carried] = field(default_factory=list)
    processes: int = 0
    gate: GateModel = field(init=False)
    platform: PlatformModel = field(init=False)

    def __post_init__(self) -> None:
        self.gate = GateModel(lambda: self.now)
        self.platform = PlatformModel(self.traits)

    # People

    def want(self, *tasks: Task) -> None:
        """Push to main; whoever reads it looks at once."""
        self.wanted = epic(*tasks)
        self.commits[f"main-{len(self.commits)}"] = self.wanted
        self.wake = self.now

    def decide(self, key: Key, decision: Callable[[Delivery], Delivery]) -> None:
        self.record = self.record.put(decision(self.record.deliveries[key]))
        self.wake = self.now

    # The round

    def must_look(self) -> bool:
        ours = {d.claim_id for d in self.record.deliveries.values() if d.claim}
        waiting = bool(self.gate.reports) or bool(ours & self.gate.expired())
        calling = any(at <= self.now - VISIBLE_AFTER for at in self.gate.calls.values())
        return waiting or calling or (self.wake is not None and self.wake <= self.now)

    def round(self, ends: str = "whole") -> None:
        """Run one round. It may end early: `refused` push, `before_hand_out`, `before_forget`."""
        generation = self.gate.open(paused=self.paused)
        if not self.must_look():
            return
        reports = dict(self.gate.reports)
        before = self._drained(reports)
        facts = self._facts(generation)
        step = plan_epic(self.wanted, before, facts)
        if step.fence:
            claims = {d.claim_id: d.claim for d in before.deliveries.values() if d.claim}
            views = self.gate.fence(step.fence, claims)
            dead = facts.dead | {v.caller for v in views.values() if v.caller in self.gate.dead}
            facts = replace(facts, views=views, dead=dead)
            step = plan_epic(self.wanted, before, facts)
            assert not step.fence, "a claim that the gate has answered for is fenced again"
        again = plan_epic(self.wanted, step.record, facts)
        assert again.record == step.record, "planning the result again changed it"
        assert not again.claimed
        if ends == "refused":
            return
        self.record = step.record
        if ends == "before_hand_out":
            return
        claims = {
            d.claim_id: d.claim
            for k, d in step.record.deliveries.items()
            if k in step.claimed and d.claim
        }
        if self.gate.install(generation, claims):
            for key in step.claimed:
                self._hand_out(self.record.deliveries[key])
        if ends == "before_forget":
            return
        self.gate.forget(reports)
        self.wake = step.wake_at

    def _drained(self, reports: Mapping[str, Report]) -> Record:
        record = self.record
        for report in sorted(reports.values(), key=lambda r: (r.claim, r.part)):
            key = Key(*report.claim.rsplit("#", 1)[0].split("/"))
            delivery = record.deliveries[key]
            record = record.put(
                apply_report(delivery, self._only_ours(record, key, report), POLICY)
            )
        for delivery in record.deliveries.values():
            called = self.gate.calls.get(delivery.claim_id)
            if called is not None and called <= self.now - VISIBLE_AFTER:
                record = record.put(delivery.begun())
        return record

    def _only_ours(self, record: Record, key: Key, report: Report) -> Report:
        if not isinstance(report.result, Located) or report.result.found is None:
            return report
        for other in record.deliveries.values():
            if other.key != key and any(p.id == report.result.found.id for p in other.parts):
                return replace(report, result=Located(None))
        return report

    def _facts(self, generation: str) -> Facts:
        deliveries = list(self.record.deliveries.values())
        callers = {c.caller for d in deliveries if d.doubt for c in d.doubt.calls}

        def same_content(key: Key, place: str, print_: str) -> str | None:
            for other in deliveries:
                same = (other.place, other.fingerprint) == (place, print_)
                if same and other.key != key and other.occupies:
                    return str(other.key)
            return None

        return Facts(
            now=self.now,
            policy=POLICY,
            commit=f"main-{len(self.commits) - 1}",
            generation=generation,
            owner="round",
            profiles={PROFILE.id: PROFILE},
            traits=lambda _profile: self.traits,
            media=usable,
            may_claim=not self.paused,
            expired=self.gate.expired(),
            dead=frozenset(callers & self.gate.dead),
            same_content=same_content,
        )

    def _hand_out(self, delivery: Delivery) -> None:
        claim = delivery.claim
        assert claim is not None
        self.processes += 1
        carried = Carried(
            name=delivery.claim_id,
            key=delivery.key,
            claim=claim,
            caller=f"w{self.processes}",
            part=len(delivery.parts),
            handle=dict(delivery.handle),
            since=delivery.doubt.first_called_at if delivery.doubt else claim.due,
            taken=self.now,
        )
        if self.gate.renew(carried.name, carried.caller):
            self.carried.append(carried)

    # Carriers

    def keep(self) -> None:
        """The heartbeat of every process that is not stopped."""
        for carried in self.carried:
            if carried.passed or self.now - max(carried.taken, carried.claim.due) < CARRIED_FOR:
                self.gate.renew(carried.name, carried.caller)

    def die(self, carried: Carried, *, proof: bool) -> None:
        self.carried.remove(carried)
        if proof:
            self.gate.dead.add(carried.caller)

    def go_on(self, carried: Carried, how: str = "publish", lag: timedelta = SECOND) -> None:
        """Take one step: enter the gate, or make the call, or report its answer."""
        if carried.answer is not None:
            self._tell(carried, carried.answer)
        elif carried.claim.work is not Work.CALL:
            self._answered(carried, self._looked(carried, how))
        elif carried.passed is None:
            self._enter(carried)
        else:
            self._answered(carried, self._called(carried, how, lag))

    def _enter(self, carried: Carried) -> None:
        if carried.part >= carried.claim.parts:
            self.carried.remove(carried)  # the carrier's loop over parts has nothing to do
            return
        if self.traits.safety is Safety.CHECKABLE and not carried.handle:
            carried.handle = self.platform.container()
        word = self.gate.enter(carried.name, carried.claim.generation, carried.part, carried.caller)
        if word == "ok":
            carried.passed = self.now
        elif word in {"taken", "called"}:
            self.carried.remove(carried)
        elif word != "early":
            self._tell(carried, self._report(carried, NotBegun(word)))

    def _called(self, carried: Carried, how: str, lag: timedelta) -> Result:
        assert carried.passed is not None
        if self.now - carried.passed > WRITES_WITHIN:
            return LATER
        text, handle = self._text(carried), carried.handle.get("container", "")
        if how == "accept" and self.traits.safety is Safety.IDEMPOTENT:
            job = self.platform.accept(carried.key, carried.part, text, self.now)
            if isinstance(job, Post):
                return Published(job.id, "https://acme.test")
            return Accepted({"job": job}, timedelta(seconds=20))
        if how in {"publish", "lost_after"}:
            post = self.platform.publish(carried.key, carried.part, text, handle, self.now, lag)
            return Published(post.id, "https://acme.test") if how == "publish" else LOST
        return {"lost_before": LOST, "give_up": NEVER}.get(how, LATER)

    def _looked(self, carried: Carried, how: str) -> Result:
        if how in {"retry", "give_up"}:
            return LATER
        if carried.claim.work is Work.PREPARE:
            return Prepared(self.platform.container())
        if carried.claim.work is Work.LOOK_UP:
            since = carried.since - CLOCKS_DIFFER
            post = self.platform.search(self._text(carried), since, self.now)
            return Located(Published(post.id, "https://acme.test") if post else None)
        if "job" in carried.handle:
            key, part, text, ready = self.platform.jobs[carried.handle["job"]]
            if self.now < ready:
                return Accepted(carried.handle, timedelta(seconds=20))
            handle = carried.handle["job"]
            post = self.platform.publish(key, part, text, handle, self.now, SECOND)
            return Published(post.id, "https://acme.test")
        made = [p for p in self.platform.posts if p.handle == carried.handle.get("container")]
        return Published(made[0].id, "https://acme.test") if made else NotBegun("not there")

    def _text(self, carried: Carried) -> str:
        """Return what the carrier reads in git, at the commit that the claim names."""
        wanted = self.commits[carried.claim.commit]
        task = wanted.task(carried.key.task) if wanted else None
        assert task is not None, "a claim must name a commit that has its content"
        return payload_of(task, PROFILE).parts[carried.part].text

    def _report(self, carried: Carried, result: Result) -> Report:
        return Report(
            claim=carried.name,
            part=carried.part,
            result=result,  # type: ignore[arg-type]
            at=self.now,
            called_at=carried.passed,
            caller=carried.caller,
            handle=carried.handle if carried.passed else {},
        )

    def _answered(self, carried: Carried, result: Result) -> None:
        carried.answer = self._report(carried, result)

    def _tell(self, carried: Carried, report: Report) -> None:
        last = not isinstance(report.result, Published) or carried.part + 1 >= carried.claim.parts
        self.gate.report(report, closes=last)
        if last or carried.claim.work is not Work.CALL:
            self.carried.remove(carried)
            return
        carried.part, carried.passed, carried.answer = carried.part + 1, None, None
        carried.handle = {}
        if self.traits.safety is Safety.CHECKABLE:
            self.gate.report(self._report(carried, NotBegun("its container first")), closes=True)
            self.carried.remove(carried)

    # The end

    def _leases(self) -> list[datetime]:
        """Leases of this generation; what another left behind is not ours to wait for."""
        ours = {d.claim_id for d in self.record.deliveries.values() if d.claim}
        return [lease for name, lease in self.gate.leases.items() if name in ours]

    def come_to_rest(self, looks: int = 400) -> bool:
        """Let everything go well from now on; return whether it ever comes to rest."""
        self.paused = False
        self.wake = self.now
        for _ in range(looks):
            self.round()
            for carried in list(self.carried):
                for _step in range(3):
                    if carried in self.carried:
                        self.go_on(carried)
            if self.gate.reports:
                continue
            times = [*self._leases(), *([self.wake] if self.wake else [])]
            times += [c.claim.due for c in self.carried if c.passed is None and not c.answer]
            if not times:
                return True
            self.now = max(self.now + SECOND / 10, min(times))
        return False
