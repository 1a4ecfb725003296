"""What a decision about one epic may depend on, and what it comes to."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from publisher.domain.delivery import Key, Record
from publisher.domain.epic import Profile, Task
from publisher.domain.fit import NO_LIMITS, Steps
from publisher.domain.limits import Limits
from publisher.domain.media import MediaFault, Seen, Unprobed, Usable
from publisher.domain.policy import Policy
from publisher.domain.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """What the gate knows about one claim. `calling` maps parts to the time they were called.

    `fenced` means that this claim can never pass the gate again. Another generation of this
    installation is as good as fenced; that of another installation may still be alive.
    """

    same_generation: bool
    same_installation: bool = True
    fenced: bool = False
    lease_end: datetime | None = None
    calling: Mapping[int, datetime] = field(default_factory=dict)
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision about one epic may depend on, besides the epic and its record.

    `commit` is where the epic was read. `same_content` answers which other delivery occupies an
    account with the same fingerprint. `media` knows the epic's media by name, `limits` what the
    platform of a profile takes, `fitted` what came of fitting them (None: they will fit).
    `approved` says whether a task has all the approvals that it needs; `contested` which open pull
    request changes the epic. `unusable` are profiles that are there, but broken: what needs one
    waits until it is mended.
    """

    now: datetime
    policy: Policy
    commit: str
    generation: str
    owner: str
    profiles: Mapping[str, Profile]
    traits: Callable[[Profile], Traits]
    media: Callable[[str], Seen]
    unusable: Sequence[Profile] = ()
    may_claim: bool = True
    views: Mapping[str, GateView] = field(default_factory=dict)
    expired: AbstractSet[str] = frozenset()
    dead: AbstractSet[str] = frozenset()
    same_content: Callable[[Key, str, str], str | None] = lambda _key, _place, _print: None
    limits: Callable[[Profile], Limits] = lambda _profile: NO_LIMITS
    fitted: Callable[[str, Steps], MediaFault | Unprobed | None] = lambda _name, _steps: None
    replaces: str = ""
    approved: Callable[[Task], bool] = lambda _task: True
    contested: str = ""

    def sha256(self, name: str) -> str:
        """The hash of an attachment's bytes; empty while they are not known."""
        seen = self.media(name)
        return seen.sha256 if isinstance(seen, Usable) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one look at one epic decided.

    `fence` names claims that must not pass the gate any more (True: even inside their lease);
    the look is repeated once the gate has answered. `wake_at` is when to look again.
    """

    record: Record
    claimed: tuple[Key, ...] = ()
    fence: Mapping[str, bool] = field(default_factory=dict)
    wake_at: datetime | None = None
