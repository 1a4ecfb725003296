"""What the core needs from outside. Each port is small, and owned by those who call it."""

from publisher.ports.branches import Branches, BranchIndex, Commit, Revision
from publisher.ports.forge import Forge, Pull, PullState, Review, Verdict
from publisher.ports.gate import (
    Brake,
    ClaimFence,
    Gate,
    HandedClaim,
    Lane,
    Passed,
)
from publisher.ports.git import (
    LEDGER,
    Draft,
    Heads,
    Index,
    PastCommit,
    PushResult,
    Signature,
    Store,
)
from publisher.ports.media import MediaDesk, MediaFetcher, MediaStore
from publisher.ports.platforms import (
    Account,
    Attachment,
    Candidate,
    Deletes,
    Edits,
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
    "LEDGER",
    "Account",
    "Attachment",
    "Brake",
    "BranchIndex",
    "Branches",
    "Candidate",
    "ClaimFence",
    "ClockGuard",
    "Commit",
    "Contents",
    "Deletes",
    "Draft",
    "Edits",
    "Forge",
    "Gate",
    "HandedClaim",
    "Heads",
    "Http",
    "HttpAnswer",
    "Index",
    "Lane",
    "MediaDesk",
    "MediaFetcher",
    "MediaStore",
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
    "Revision",
    "Signature",
    "Store",
    "Verdict",
]
