"""What has happened: one task on its way to one profile, and every step it may take.

pending ──► processing ──► published
   ▲          │ │ │  ▲
   │          │ │ │  └── failed_waiting_for_retry ◄─ (the platform said: later)
   │          │ │ └────► failed        (waits for a person; a manual retry makes it pending)
   │          │ └──────► unconfirmed   (may be out; waits for a person or a late answer)
   └──────────┘                        (the call never began)

`handed_off` and `cancelling` belong to real scheduling: the platform holds content and time.
A claim is a field beside the status: what people see turns to `processing` when the call begins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self

from publisher.domain.errors import IllegalStep
from publisher.domain.media import UnreadyMedia
from publisher.domain.outcome import Fault, Handle


class DeliveryStatus(StrEnum):
    """The platform layer, with the names of the HTTP API."""

    PENDING = "pending"
    PROCESSING = "processing"
    PUBLISHED = "published"
    FAILED = "failed"
    WAITING = "failed_waiting_for_retry"
    HANDED_OFF = "handed_off"
    CANCELLING = "cancelling"
    UNCONFIRMED = "unconfirmed"


_S = DeliveryStatus
TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = MappingProxyType(
    {
        _S.PENDING: frozenset({_S.PROCESSING, _S.HANDED_OFF, _S.FAILED}),
        _S.PROCESSING: frozenset(
            {_S.PENDING, _S.PUBLISHED, _S.FAILED, _S.WAITING, _S.HANDED_OFF, _S.UNCONFIRMED}
        ),
        _S.WAITING: frozenset({_S.PROCESSING, _S.PENDING, _S.FAILED}),
        _S.FAILED: frozenset({_S.PENDING, _S.PUBLISHED}),  # published: a lost answer came late
        _S.UNCONFIRMED: frozenset({_S.PUBLISHED, _S.PENDING}),
        _S.HANDED_OFF: frozenset({_S.CANCELLING, _S.PUBLISHED, _S.FAILED}),
        _S.CANCELLING: frozenset({_S.PENDING, _S.PUBLISHED, _S.HANDED_OFF}),
        _S.PUBLISHED: frozenset(),
    }
)


class Key(NamedTuple):
    """Names a delivery for ever."""

    epic: str
    task: str
    profile: str

    def __str__(self) -> str:
        return "/".join(self)


class Work(StrEnum):
    """What a claim is for. Only CALL is dangerous; the others may be repeated at will."""

    PREPARE = "prepare"
    CALL = "call"
    LOOK_UP = "look_up"
    CHECK = "check"


LOOKING = frozenset({Work.LOOK_UP, Work.CHECK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The ledger's word that this is about to happen. `lease_until` holds until a worker takes it.

    `commit` and `path` say where the content is read; `generation` names the Redis that guards it.
    """

    seq: int
    work: Work
    attempt: int
    due: datetime
    lease_until: datetime
    generation: str
    digest: str
    commit: str
    path: str
    owner: str
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call (or the end of a claim that failed before it). `n` counts from 1 for ever."""

    n: int
    part: int
    at: datetime
    result: str
    called_at: datetime | None = None
    fault: Fault | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LivePart:
    """One post that is out; a thread has several."""

    id: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LostCall:
    """A call without an answer. `ended`: its process is known to never write again."""

    claim: str
    caller: str
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The current part may be out already. Sticky: from now on, look before every call.

    The parts up to `last_part` may have been called, of `parts` in all. `looks` counts the
    look-ups for the current part that found nothing since its last call.
    """

    first_called_at: datetime
    last_called_at: datetime
    calls: tuple[LostCall, ...]
    commit: str
    path: str
    digest: str
    parts: int = 1
    last_part: int = 0
    looks: int = 0
    looks_failed: int = 0
    looked_at: datetime | None = None
    look_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark with its time and, where a person made it, their name."""

    why: str
    at: datetime
    by: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`due` (UTC) is set once the delivery has a time of its own: a retry, a release.

    A `handle` that is `half_ready` came from a preparation that stopped on its way.
    """

    key: Key
    place: str = ""
    status: DeliveryStatus = DeliveryStatus.PENDING
    due: datetime | None = None
    seq: int = 0
    count: int = 0
    attempts: tuple[Attempt, ...] = ()
    claim: Claim | None = None
    doubt: Doubt | None = None
    parts: tuple[LivePart, ...] = ()
    handle: Handle = field(default_factory=dict)
    half_ready: bool = False
    accepted: bool = False
    digest: str = ""
    fingerprint: str = ""
    held: Mark | None = None
    released: Mark | None = None
    cancelled: Mark | None = None
    gone: Mark | None = None
    removed: Mark | None = None
    notes: tuple[Mark, ...] = ()

    @property
    def claim_id(self) -> str:
        """The id of the open claim; empty without one."""
        return claim_id(self.key, self.claim.seq) if self.claim else ""

    @property
    def ready(self) -> bool:
        """Whether everything before the dangerous call was made and its ids are kept."""
        return bool(self.handle) and not self.half_ready

    @property
    def somewhere(self) -> bool:
        """Whether the platform has, or may have, any of it."""
        return bool(self.parts or self.doubt or self.accepted)

    @property
    def out(self) -> bool:
        """Whether any of it is out or may be out: such a delivery keeps its place for ever."""
        return self.somewhere or self.status in _OUT

    @property
    def occupies(self) -> bool:
        """Whether its content is out, may be out, or is about to go out."""
        calling = self.claim is not None and self.claim.work is Work.CALL
        return self.removed is None and (self.out or calling)

    @property
    def first(self) -> bool:
        """Whether nothing was ever called: the only case in which grace and holds apply."""
        return self.status is DeliveryStatus.PENDING and not self.attempts and not self.out

    @property
    def told(self) -> bool:
        """Whether there is anything to tell people yet; a claim alone is not."""
        return self.status is not DeliveryStatus.PENDING or bool(
            self.attempts or self.held or self.cancelled
        )

    def step(self, status: DeliveryStatus) -> Self:
        """Take one step of the table; standing still is always legal."""
        if status is not self.status and status not in TRANSITIONS[self.status]:
            raise IllegalStep(f"{self.key}: {self.status} → {status}")
        return replace(self, status=status)

    def begun(self) -> Self:
        """What every answered call passed through, seen by people or not."""
        if self.status in {DeliveryStatus.PENDING, DeliveryStatus.WAITING}:
            return self.step(DeliveryStatus.PROCESSING)
        return self

    def noted(self, why: str, at: datetime, by: str = "") -> Self:
        return replace(self, notes=(*self.notes, Mark(why, at, by)))


_OUT = frozenset({_S.PROCESSING, _S.PUBLISHED, _S.UNCONFIRMED, _S.HANDED_OFF, _S.CANCELLING})


def claim_id(key: Key, seq: int) -> str:
    return f"{key}#{seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The ledger's file for one epic: all that ever happened to it.

    `withdrawn` are the ids of approvals that never count again, whatever people revert.
    `media` are the attachments that keep deliveries back now.
    """

    epic: str
    path: str = ""
    title: str = ""
    deliveries: Mapping[Key, Delivery] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    media: tuple[UnreadyMedia, ...] = ()

    def get(self, key: Key) -> Delivery | None:
        return self.deliveries.get(key)

    def put(self, *changed: Delivery) -> Self:
        merged = {**self.deliveries, **{delivery.key: delivery for delivery in changed}}
        return replace(self, deliveries=merged)

    def without(self, approvals: Iterable[str]) -> Self:
        """The same with these approvals withdrawn for ever."""
        return replace(self, withdrawn=tuple(dict.fromkeys((*self.withdrawn, *approvals))))
