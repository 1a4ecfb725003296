"""What the core needs from outside. Each port is small, and owned by those who call it."""

from publisher.ports.branches import Branches, Commit
from publisher.ports.forge import Forge, Pull, PullState, Review, Verdict
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
    "Branches",
    "Candidate",
    "ClaimFence",
    "ClockGuard",
    "Commit",
    "Contents",
    "Draft",
    "Forge",
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
    "Pull",
    "PullState",
    "PushResult",
    "Queue",
    "Review",
    "Signature",
    "Store",
    "Verdict",
]
