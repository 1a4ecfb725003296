"""The faults the sandbox can be told to commit, and the queue that decides when one strikes."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Every way the network can misbehave."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    DROP_AFTER_ACCEPT = "drop_after_accept"
    HANG_AFTER_ACCEPT = "hang_after_accept"
    HANG_BEFORE_ACCEPT = "hang_before_accept"
    UNAUTHORIZED = "unauthorized"
    REVOKED = "revoked"
    REJECTED = "rejected"
    INVALID_MEDIA = "invalid_media"
    SLOW = "slow"
    HTML_ERROR = "html_error"
    MALFORMED_JSON = "malformed_json"
    ERROR_IN_SUCCESS = "error_in_success"


class Step(StrEnum):
    """What kind of request it is; a fault is armed for one of the first three."""

    PUBLISH = "publish"
    PREPARE = "prepare"
    LOOK_UP = "look_up"
    DELETE = "delete"


# Kinds that let the normal behaviour happen, at once or after a wait.
ACCEPTING = frozenset(
    {
        Kind.DROP_AFTER_ACCEPT,
        Kind.HANG_AFTER_ACCEPT,
        Kind.HANG_BEFORE_ACCEPT,
        Kind.SLOW,
        Kind.MALFORMED_JSON,
    }
)
WAITS_BEFORE = frozenset({Kind.HANG_BEFORE_ACCEPT, Kind.SLOW})
DROPS = frozenset({Kind.DROP_BEFORE_ACCEPT, Kind.DROP_AFTER_ACCEPT})
USUAL_SECONDS = {
    Kind.RATE_LIMITED: 60.0,
    Kind.HANG_AFTER_ACCEPT: 30.0,
    Kind.HANG_BEFORE_ACCEPT: 30.0,
    Kind.SLOW: 2.0,
}


@dataclass(slots=True)
class Fault:
    """One armed fault; `times` is how often it will still strike, `seconds` what it waits."""

    kind: Kind
    account: str | None = None
    times: int = 1
    seconds: float | None = None
    contains: str | None = None
    step: Step = Step.PUBLISH
    id: str = ""

    def wait(self) -> float:
        """Return the seconds this fault waits or announces: those given, or what is usual."""
        return USUAL_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    def strikes(self, step: Step, account: str, text: str | None) -> bool:
        """Tell whether a request is struck; `text` is None where no post's text is involved."""
        return (
            self.step is step
            and self.account in (None, account)
            and (self.contains is None or (text is not None and self.contains in text))
        )


class FaultQueue:
    """Armed faults in the order they were armed; the first that matches strikes."""

    def __init__(self) -> None:
        """Start with nothing armed."""
        self._armed: list[Fault] = []
        self._count = 0

    def arm(self, fault: Fault) -> Fault:
        """Add a fault at the end of the queue and give it an id like `f7`."""
        self._count += 1
        fault.id = f"f{self._count}"
        self._armed.append(fault)
        return fault

    def take(self, step: Step, account: str, text: str | None) -> Fault | None:
        """Use up one strike of the first matching fault and return that fault, or None."""
        for fault in self._armed:
            if fault.strikes(step, account, text):
                fault.times -= 1
                if fault.times <= 0:
                    self._armed.remove(fault)
                return fault
        return None

    def armed(self) -> list[Fault]:
        """Return the faults that can still strike, oldest first."""
        return list(self._armed)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()
