"""Short ways to say domain values. Everything has a default; name only what the test is about."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.domain.delivery import (
    Attempt,
    Claim,
    Delivery,
    DeliveryStatus,
    Doubt,
    Key,
    LivePart,
    LostCall,
    Mark,
    Record,
    Work,
)
from publisher.domain.epic import Epic, Media, Override, Part, Profile, Task
from publisher.domain.facts import Facts, GateView
from publisher.domain.media import MediaKind, Probe, Usable
from publisher.domain.outcome import ErrorKind, Fault, GiveUp, Report, Retry, Unknown
from publisher.domain.policy import Policy
from publisher.domain.standing import TaskApproval
from publisher.domain.traits import Safety, Traits
from publisher.domain.walltime import WallTime

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
KEY = Key("spring-launch", "teaser", "x-acme")
CLAIM_ID = f"{KEY}#1"
GENERATION = "here.1.run"
POLICY = Policy()
AHEAD, LEASE = POLICY.ahead, POLICY.lease
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SETTLE, MEMORY = timedelta(seconds=30), timedelta(minutes=50)

IDEMPOTENT = Traits(safety=Safety.IDEMPOTENT, settle=SETTLE, key_memory=MEMORY)
IDEMPOTENT_UNSEEN = Traits(safety=Safety.IDEMPOTENT, key_memory=MEMORY, can_look_up=False)
CHECKABLE = Traits(safety=Safety.CHECKABLE, settle=SETTLE)
CHECKABLE_UNSEEN = Traits(safety=Safety.CHECKABLE, settle=SETTLE, can_look_up=False)
SEARCHABLE = Traits(safety=Safety.SEARCHABLE, settle=SETTLE)
BLIND = Traits(safety=Safety.BLIND, can_look_up=False)
EVERY_CLASS = {
    "idempotent": IDEMPOTENT,
    "idempotent_unseen": IDEMPOTENT_UNSEEN,
    "checkable": CHECKABLE,
    "searchable": SEARCHABLE,
    "blind": BLIND,
}

BUSY = Fault(ErrorKind.UNAVAILABLE, "The platform is busy.")
BAD_TOKEN = Fault(ErrorKind.INVALID_CREDENTIALS, "The token is not valid.")
NO_ANSWER = Fault(ErrorKind.TIMEOUT, "No answer came.")
LATER, NEVER, LOST = Retry(BUSY), GiveUp(BAD_TOKEN), Unknown(NO_ANSWER)


def at(**ago: float) -> datetime:
    """Return that long after NOW; negative numbers are before it."""
    return NOW + timedelta(**ago)


def claim(work: Work = Work.CALL, **changes: Any) -> Claim:
    due = changes.get("due", NOW)
    values: dict[str, Any] = {
        "seq": 1,
        "attempt": 1,
        "due": due,
        "lease_until": due + LEASE,
        "generation": GENERATION,
        "digest": "digest",
        "commit": "c0ffee",
        "path": "content/epics/spring-launch",
        "owner": "worker-1",
        "parts": 1,
    }
    return Claim(work=work, **(values | changes))


def delivery(
    status: DeliveryStatus = DeliveryStatus.PENDING, *, key: Key = KEY, **changes: Any
) -> Delivery:
    return Delivery(key=key, place="sandbox:acme", status=status, **changes)


def claimed(work: Work = Work.CALL, *, parts: int = 1, **changes: Any) -> Delivery:
    """Return a delivery with the open claim CLAIM_ID; a doubt or parts make it `processing`."""
    begun = any(changes.get(name) for name in ("doubt", "parts_out", "accepted"))
    status = DeliveryStatus.PROCESSING if begun else DeliveryStatus.PENDING
    live = changes.pop("parts_out", 0)
    values: dict[str, Any] = {
        "status": status,
        "seq": 1,
        "claim": claim(work, parts=parts),
        "parts": tuple(live_part(n) for n in range(live)),
    }
    return delivery(**(values | changes))


def live_part(n: int = 0, when: datetime = NOW) -> LivePart:
    return LivePart(str(100 + n), f"https://acme.test/{100 + n}", when)


def lost_call(caller: str = "worker-1", *, claim: str = CLAIM_ID, ended: bool = False) -> LostCall:
    return LostCall(claim, caller, ended=ended)


def doubt(*calls: LostCall, called_at: datetime = NOW, **changes: Any) -> Doubt:
    values: dict[str, Any] = {
        "first_called_at": called_at,
        "last_called_at": called_at,
        "calls": calls or (lost_call(),),
        "commit": "c0ffee",
        "path": "content/epics/spring-launch",
        "digest": "digest",
    }
    return Doubt(**(values | changes))


def attempt(n: int = 1, result: str = "retry", when: datetime = NOW, **changes: Any) -> Attempt:
    return Attempt(n=n, part=changes.pop("part", 0), at=when, result=result, **changes)


def published_delivery(key: Key = KEY, **changes: Any) -> Delivery:
    values = {"parts": (live_part(),), "attempts": (attempt(result="published"),), "seq": 1}
    return delivery(DeliveryStatus.PUBLISHED, key=key, **(values | changes))


def report(result: Any, part: int = 0, when: datetime = NOW, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "claim": CLAIM_ID,
        "caller": "worker-1",
        "called_at": when,
    }
    return Report(part=part, result=result, at=when, **(values | changes))


def mark(code: str = "", why: str = "because", when: datetime = NOW) -> Mark:
    return Mark(why, when, code=code)


def profile(name: str = "x-acme", account: str = "acme", platform: str = "sandbox") -> Profile:
    return Profile(id=name, platform=platform, account=account)


def task(
    name: str = "teaser",
    profiles: Iterable[str] = ("x-acme",),
    body: str = "Spring is here.",
    due: datetime | None = NOW,
    **changes: Any,
) -> Task:
    thread = changes.pop("thread", ())
    media: tuple[Media, ...] = changes.pop("media", ())
    overrides: Mapping[str, Override] = changes.pop("overrides", {})
    parts = (Part(body, media), *(Part(text) for text in thread))
    return Task(
        id=name,
        profiles=tuple(profiles),
        parts=parts,
        due=due,
        overrides=overrides,
        **changes,
    )


def epic(*tasks: Task, name: str = "spring-launch", scheduled: bool = True) -> Epic:
    schedule = WallTime(NOW.replace(tzinfo=None), "UTC", NOW) if scheduled else None
    return Epic(
        id=name,
        path=f"content/epics/{name}",
        title="Spring launch",
        schedule=schedule,
        tasks=tasks,
    )


def approved(of: Epic) -> Mapping[str, TaskApproval]:
    """Every task of the epic with all the approvals that it needs."""
    return {t.id: TaskApproval(task=t.id, digest="digest", complete=True) for t in of.tasks}


def one_task(**changes: Any) -> Epic:
    return epic(task(**changes))


def record(*deliveries: Delivery, name: str = "spring-launch") -> Record:
    return Record(epic=name, path=f"content/epics/{name}").put(*deliveries)


def usable(name: str, **changes: Any) -> Usable:
    """An attachment that was looked at and is fine: a small picture unless said otherwise."""
    values: dict[str, Any] = {
        "kind": MediaKind.IMAGE,
        "content_type": "image/jpeg",
        "size": 1000,
        "width": 400,
        "height": 300,
        "colour": "RGB",
    }
    return Usable(f"sha of {name}", Probe(**(values | changes)))


def facts(
    now: datetime = NOW,
    traits: Traits | Callable[[Profile], Traits] = IDEMPOTENT,
    profiles: Iterable[Profile] = (),
    **changes: Any,
) -> Facts:
    known = tuple(profiles) or (profile(), profile("linkedin-acme", "acme-inc"))
    values: dict[str, Any] = {
        "policy": POLICY,
        "commit": "main-1",
        "generation": GENERATION,
        "owner": "worker-1",
        "profiles": {p.id: p for p in known},
        "traits": traits if callable(traits) else lambda _profile: traits,
        "media": usable,
    }
    return Facts(now=now, **(values | changes))


def fenced(calling: Mapping[int, datetime] | None = None, caller: str = "") -> GateView:
    return GateView(same_generation=True, fenced=True, calling=calling or {}, caller=caller)


def alive(until: datetime) -> GateView:
    return GateView(same_generation=True, lease_end=until)


def elsewhere(*, same_installation: bool = True) -> GateView:
    return GateView(same_generation=False, same_installation=same_installation)
