"""Merging on GitHub: exactly one head, by a method that is allowed, or the reason why not."""

from collections.abc import Callable

from publisher.adapters.github_client import GitHubClient, Json
from publisher.adapters.github_pulls import pull_of
from publisher.adapters.merging import already_merged
from publisher.domain.errors import Conflict, Queued, Refused, Unavailable
from publisher.ports import Pull, Signature

_METHODS = {
    "merge": "allow_merge_commit",
    "squash": "allow_squash_merge",
    "rebase": "allow_rebase_merge",
}
_NOT_MERGEABLE = "not mergeable"
_BASE_MOVED = "base branch was modified"
_NOT_ALLOWED = ("not allowed on this repository", "is not an allowed merge method")
_TRIES = 3
ENQUEUE = """
mutation($pull: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $pull, expectedHeadOid: $head}) {
    mergeQueueEntry { position }
  }
}
"""


class Merging:
    """One repository's merges; `settings` is what GitHub says of it.

    `wait` (seconds) lets GitHub finish what it is computing.
    """

    def __init__(
        self,
        client: GitHubClient,
        root: str,
        settings: Json,
        wait: Callable[[float], object],
    ) -> None:
        self._client, self._root, self._settings, self._wait = client, root, settings, wait

    def merge(self, number: int, head: str, message: str, who: Signature) -> str:
        """The commit of main that holds the head; see the port.

        Raises Queued when a merge queue has taken it.
        """
        found = self._pull(number)
        pull = pull_of(found)
        if already_merged(pull, head):
            return pull.merged_as
        try:
            return self._by_some_method(pull, head, message, who)
        except Unavailable:
            later = pull_of(self._pull(number))
            if later.merged_as and later.head == head:
                return later.merged_as
            raise
        except Refused as refused:
            raise self._meant(refused, found, head) from refused

    def _by_some_method(self, pull: Pull, head: str, message: str, who: Signature) -> str:
        """Try the methods that the repository allows, in our order; rules may allow fewer."""
        refusals = []
        for method in self._methods():
            try:
                return self._merged(pull, head, method, message, who)
            except Refused as refused:
                if not any(words in str(refused) for words in _NOT_ALLOWED):
                    raise
                refusals.append(refused)
        raise refusals[-1]

    def _merged(self, pull: Pull, head: str, method: str, message: str, who: Signature) -> str:
        title, _blank, rest = message.strip().partition("\n")
        credit = f"Co-authored-by: {who.name} <{who.email}>"
        text = rest.strip() if credit in rest else f"{rest.strip()}\n{credit}".strip()
        body = {
            "sha": head,
            "merge_method": method,
            "commit_title": title,
            "commit_message": text,
        }
        path, doing = f"{self._root}/pulls/{pull.number}/merge", f"merge #{pull.number}"
        for attempt in range(_TRIES):
            try:
                return str(self._client.write("PUT", path, doing, body)["sha"])
            except Refused as refused:
                if not self._passes(refused, pull.number):
                    raise
                self._wait(2.0**attempt)
        raise Conflict(
            f"GitHub was not ready to merge #{pull.number} {_TRIES} times: main keeps moving."
            " Nothing was merged: try again."
        )

    def _passes(self, refused: Refused, number: int) -> bool:
        """Whether it refused for a moment only: main has just moved, or it is still computing."""
        said = str(refused).lower()
        unknown = _NOT_MERGEABLE in said and self._pull(number).get("mergeable") is None
        return _BASE_MOVED in said or unknown

    def _methods(self) -> list[str]:
        """What the settings allow; all of them where the token may not see the settings."""
        return [name for name, key in _METHODS.items() if self._settings.get(key, True)]

    def _meant(self, refused: Refused, before: Json, head: str) -> Exception:
        """What a 405 means, from GitHub's own words and the pull request's state."""
        if "merge queue" in str(refused).lower():
            return self._enqueued(before, head)
        found = self._pull(before["number"])
        branch, state = found["head"]["ref"], found.get("mergeable_state")
        main = found["base"]["ref"]
        if state == "dirty" or found.get("mergeable") is False:
            return Conflict(
                f"{main} and {branch} have changed the same lines. Nothing was merged: merge"
                f" {main} into the branch, settle it, try again."
            )
        if state == "behind":
            return Refused(
                f"{branch} is behind {main}, and the branch rules of {main} want it up to date:"
                f" press “Update branch” in #{found['number']}, then merge again."
            )
        return refused

    def _enqueued(self, found: Json, head: str) -> Exception:
        try:
            answer = self._client.graphql(
                ENQUEUE, "put it into the merge queue", {"pull": found["node_id"], "head": head}
            )
        except Refused as refused:
            return refused
        entry = answer["enqueuePullRequest"]["mergeQueueEntry"]
        return Queued(
            f"#{found['number']} waits in GitHub's merge queue (place {entry['position']}). It is"
            " merged when its checks have passed: nothing to do."
        )

    def _pull(self, number: int) -> Json:
        return self._client.get(f"{self._root}/pulls/{number}", f"show pull request #{number}")
