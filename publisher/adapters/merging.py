"""May this head of a pull request be merged? The same answer on every forge."""

from publisher.domain.errors import Conflict, Refused
from publisher.ports import Pull, PullState


def already_merged(pull: Pull, head: str) -> bool:
    """Whether nothing is left to do; raise what keeps this head of it from being merged."""
    if pull.state is PullState.CLOSED:
        raise Refused(f"Pull request {pull.number} is closed. Open a new one for {pull.branch}.")
    if pull.head != head:
        raise Conflict(
            f"{pull.branch} has moved from {head[:12]} to {pull.head[:12]}. Nothing was merged:"
            " look at what is new, then try again."
        )
    if pull.state is PullState.MERGED:
        return True
    if pull.draft:
        raise Refused(f"Pull request {pull.number} is a draft. Mark it ready first.")
    return False
