"""What the core needs from outside. Each port is small, and owned by those who call it."""

from publisher.ports.gate import (
    ClaimFence,
    Gate,
    HandedClaim,
    Lane,
    Passed,
)
from publisher.ports.git import (
    Draft,
    Heads,
    Index,
    PastCommit,
    PushResult,
    Signature,
    Store,
)
from publisher.ports.platforms import (
    Account,
    Attachment,
    Candidate,
    Http,
    HttpAnswer,
    NoAnswer,
    NotSent,
    Platform,
    Post,
)
from publisher.ports.work import (
    ClockGuard,
    Contents,
    Queue,
)

__all__ = [
    "Account",
    "Attachment",
    "Candidate",
    "ClaimFence",
    "ClockGuard",
    "Contents",
    "Draft",
    "Gate",
    "HandedClaim",
    "Heads",
    "Http",
    "HttpAnswer",
    "Index",
    "Lane",
    "NoAnswer",
    "NotSent",
    "Passed",
    "PastCommit",
    "Platform",
    "Post",
    "PushResult",
    "Queue",
    "Signature",
    "Store",
]
