"""The Forge port on GitHub: its REST API, and GraphQL where REST has nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import quote

from publisher.adapters.github_auth import Installation
from publisher.adapters.github_client import GitHubClient, Json
from publisher.adapters.github_merge import Merging
from publisher.adapters.github_problems import (
    access_problems,
    branch_problems,
    main_problems,
    merge_problems,
)
from publisher.adapters.github_pulls import is_ours, login_of, pull_of, reviews_of
from publisher.adapters.github_rules import rules_of
from publisher.domain.errors import NotFound, Refused
from publisher.ports import Pull, PullState, Review, Signature

CONTEXT = "copydesk/approvals"
OURS = "copydesk:"
_OPEN_BRANCHES = {"copydesk/*": "copydesk/ledger", "epic/*": "epic/any"}
_LONGEST_COMMENT = 65_000  # GitHub takes 65,536 characters
_LONGEST_STATUS = 140
READY = """
mutation($pull: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $pull}) { pullRequest { isDraft } }
}
"""
DRAFT = """
mutation($pull: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $pull}) { pullRequest { isDraft } }
}
"""


class GitHubForge:
    """One repository, `owner/name`. Writes are left out where nothing would change."""

    def __init__(
        self, client: GitHubClient, repository: str, wait: Callable[[float], object]
    ) -> None:
        self._client, self._asked = client, repository
        self._name = ""
        self._login = ""
        self._merging = Merging(client, f"/repos/{repository}", self._repository, wait)

    # Reading.

    def pulls(self) -> Sequence[Pull]:
        found = self._client.pages(
            f"{self._root}/pulls", "list pull requests", state="open", base=self._main
        )
        return sorted((pull_of(each) for each in found), key=lambda pull: pull.number)

    def pull(self, number: int) -> Pull:
        return pull_of(self._pull(number))

    def pull_of(self, branch: str) -> Pull | None:
        found = self._client.pages(
            f"{self._root}/pulls",
            f"find the pull request of {branch}",
            state="all",
            base=self._main,
            head=f"{self._root.split('/')[2]}:{branch}",
        )
        ours = [pull_of(each) for each in found if is_ours(each)]
        return max(ours, key=lambda pull: pull.number, default=None)

    def reviews(self, number: int) -> Sequence[Review]:
        path, doing = f"{self._root}/pulls/{number}/reviews", f"list the reviews of #{number}"
        return reviews_of(self._client.pages(path, doing))

    def problems(self) -> Iterator[str]:
        client, repository, main = self._client, self._repository(), self._main
        auth = client.auth
        permissions = auth.permissions() if isinstance(auth, Installation) else None
        yield from access_problems(repository, permissions, client.scopes())
        rules = rules_of(client, self._root, main)
        yield from merge_problems(repository, rules)
        yield from main_problems(main, rules, CONTEXT)
        for pattern, example in _OPEN_BRANCHES.items():
            yield from branch_problems(pattern, rules_of(client, self._root, example))

    # Changing.

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def open(self, branch: str, title: str, body: str, who: Signature, *, draft: bool) -> Pull:  # noqa: ARG002 - GitHub names the token's owner
        wanted = {
            "title": title,
            "body": body,
            "head": branch,
            "base": self._main,
            "draft": draft,
        }
        doing = f"open a pull request for {branch}"
        try:
            return pull_of(self._client.write("POST", f"{self._root}/pulls", doing, wanted))
        except Refused:
            there = self.pull_of(branch)
            if there and there.state is PullState.OPEN:
                return there
            raise

    def describe(self, number: int, title: str, body: str) -> None:
        now = self.pull(number)
        if (now.title, now.body) != (title, body):
            self._patch(number, f"describe #{number}", {"title": title, "body": body})

    def set_draft(self, number: int, *, draft: bool) -> None:
        found = self._pull(number)
        if bool(found.get("draft")) != draft:
            doing = f"make #{number} a draft" if draft else f"mark #{number} as ready"
            self._client.graphql(DRAFT if draft else READY, doing, {"pull": found["node_id"]})

    def merge(self, number: int, head: str, message: str, who: Signature) -> str:
        return self._merging.merge(number, head, message, who)

    def close(self, number: int) -> None:
        if self.pull(number).state is PullState.OPEN:
            self._patch(number, f"close #{number}", {"state": "closed"})

    def say(self, number: int, key: str, text: str) -> None:
        marker = f"<!-- copydesk:{key} -->"
        body = f"{marker}\n{text[:_LONGEST_COMMENT]}"
        path, doing = f"{self._root}/issues/{number}/comments", f"comment on #{number}"
        ours = [
            comment
            for comment in self._client.pages(path, f"list the comments of #{number}")
            if (comment.get("body") or "").startswith(marker) and login_of(comment) == self._me
        ]
        if not ours:
            self._client.write("POST", path, doing, {"body": body})
            return
        comments = f"{self._root}/issues/comments"
        if ours[0]["body"] != body:
            self._client.write("PATCH", f"{comments}/{ours[0]['id']}", doing, {"body": body})
        for surplus in ours[1:]:
            self._client.write("DELETE", f"{comments}/{surplus['id']}", doing)

    def comment(self, number: int, text: str, who: Signature) -> None:
        body = f"**{who.name}:** {text}"[:_LONGEST_COMMENT]
        path = f"{self._root}/issues/{number}/comments"
        self._client.write("POST", path, f"comment on #{number}", {"body": body})

    def set_status(self, head: str, *, ok: bool, text: str, url: str = "") -> None:
        wanted = {
            "state": "success" if ok else "pending",
            "context": CONTEXT,
            "description": text[:_LONGEST_STATUS],
            **({"target_url": url} if url else {}),
        }
        doing = f"set the status of commit {head[:12]}"
        path = f"{self._root}/commits/{head}/status"
        newest = self._client.get(path, doing, per_page="100")["statuses"]
        there: Mapping[str, object] = next((s for s in newest if s["context"] == CONTEXT), {})
        if any((there.get(key) or "") != value for key, value in wanted.items()):
            self._client.write("POST", f"{self._root}/statuses/{head}", doing, wanted)

    def set_labels(self, number: int, labels: Sequence[str]) -> None:
        path, doing = f"{self._root}/issues/{number}/labels", f"label #{number}"
        there = {label["name"] for label in self._pull(number)["labels"]}
        for name in sorted(there - set(labels)):
            if name.startswith(OURS):
                self._remove_label(f"{path}/{quote(name, safe='')}", doing)
        new = [name for name in labels if name not in there]
        if new:
            self._client.write("POST", path, doing, {"labels": new})

    def _remove_label(self, path: str, doing: str) -> None:
        try:
            self._client.write("DELETE", path, doing)
        except NotFound:
            return  # somebody else was faster

    def _patch(self, number: int, doing: str, changes: Json) -> None:
        self._client.write("PATCH", f"{self._root}/pulls/{number}", doing, changes)

    def _pull(self, number: int) -> Json:
        return self._client.get(f"{self._root}/pulls/{number}", f"show pull request #{number}")

    def _repository(self) -> Json:
        return self._client.get(f"/repos/{self._asked}", f"show the repository {self._asked}")

    @property
    def _main(self) -> str:
        """Asked each time, which costs nothing: people rename it."""
        return str(self._repository()["default_branch"])

    @property
    def _root(self) -> str:
        """By the repository's present name: GitHub redirects reads of an old one, not writes."""
        if not self._name:
            self._name = str(self._repository()["full_name"])
        return f"/repos/{self._name}"

    @property
    def _me(self) -> str:
        """The name under which our comments appear."""
        if not self._login:
            auth = self._client.auth
            if isinstance(auth, Installation):
                self._login = auth.login()
            else:
                self._login = str(self._client.get("/user", "say who we are")["login"])
        return self._login
