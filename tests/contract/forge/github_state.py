"""What the GitHub of our tests remembers: pull requests over a real bare repository."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.integration.people import git

Json = dict[str, Any]


class Answer(Exception):
    """A refusal as GitHub documents it."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"message": message, "documentation_url": "", **more}


@dataclass
class GitHubState:
    """One repository. People change `settings`, `rules` and `protection` as they like.

    `computing`: for so many seconds of waiting GitHub cannot say yet what can be merged.
    """

    remote: Path
    name: str = "acme/site"
    default_branch: str = "main"
    settings: Json = field(default_factory=dict)
    rules: dict[str, list[Json]] = field(default_factory=dict)
    rulesets: dict[int, Json] = field(default_factory=dict)
    protection: dict[str, Json] = field(default_factory=dict)
    pulls: dict[int, Json] = field(default_factory=dict)
    comments: dict[int, Json] = field(default_factory=dict)
    reviews: dict[int, list[Json]] = field(default_factory=dict)
    labels: dict[int, list[str]] = field(default_factory=dict)
    statuses: dict[str, list[Json]] = field(default_factory=dict)
    queue: list[int] = field(default_factory=list)
    refuse_merge: list[str] = field(default_factory=list)
    computing: int = 0
    _ids: Any = field(default_factory=lambda: itertools.count(100))

    def now(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_id(self) -> int:
        return int(next(self._ids))

    def tip(self, branch: str) -> str | None:
        try:
            return git(self.remote, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        except AssertionError:
            return None

    def contains(self, newer: str, older: str) -> bool:
        return git(self.remote, "merge-base", newer, older) == older

    def commit(self, sha: str) -> bool:
        try:
            return git(self.remote, "cat-file", "-t", sha) == "commit"
        except AssertionError:
            return False

    def merged_tree(self, base: str, head: str) -> str | None:
        try:
            return git(self.remote, "merge-tree", "--write-tree", base, head).split("\n")[0]
        except AssertionError:
            return None

    def look(self) -> None:
        """What a push did to open pull requests."""
        for pull in self.pulls.values():
            if pull["state"] != "open" or pull["fork"]:
                continue
            tip, main = self.tip(pull["head"]), self.tip(pull["base"]) or ""
            pull["sha"] = tip or pull["sha"]
            if self.contains(main, pull["sha"]):
                self.end(pull, main)
            elif tip is None:
                pull["state"] = "closed"

    def end(self, pull: Json, commit: str) -> None:
        pull.update(state="closed", merged_at=self.now(), merge=commit, updated=self.now())

    def repository(self) -> Json:
        owner, name = self.name.split("/")
        return {
            "id": 1,
            "name": name,
            "full_name": self.name,
            "owner": {"login": owner},
            "private": True,
            "archived": False,
            "default_branch": self.default_branch,
            "permissions": {"admin": False, "push": True, "pull": True},
            **self.settings,
        }

    def shown(self, pull: Json) -> Json:
        owner, name = self.name.split("/")
        repo = {"full_name": self.name, "name": name}
        theirs = {"full_name": f"stranger/{name}", "name": name}
        merged = pull["merged_at"] is not None
        return {
            "id": pull["number"] + 5000,
            "node_id": f"PR_{pull['number']}",
            "number": pull["number"],
            "state": pull["state"],
            "title": pull["title"],
            "body": pull["body"],
            "draft": pull["draft"],
            "user": {"login": pull["user"]} if pull["user"] else None,
            "html_url": f"https://github.com/{self.name}/pull/{pull['number']}",
            "created_at": pull["updated"],
            "updated_at": pull["updated"],
            "labels": [{"name": name} for name in self.labels.get(pull["number"], [])],
            "merged_at": pull["merged_at"],
            "merge_commit_sha": pull["merge"] if merged else "0" * 40,
            "head": {
                "ref": pull["head"],
                "sha": pull["sha"],
                "label": f"{owner}:{pull['head']}",
                "repo": (None if pull["fork"] == "gone" else theirs) if pull["fork"] else repo,
            },
            "base": {
                "ref": pull["base"],
                "sha": self.tip(pull["base"]),
                "label": f"{owner}:{pull['base']}",
                "repo": repo,
            },
        }

    def details(self, pull: Json) -> Json:
        """The same alone: GitHub says then whether it can be merged."""
        main = self.tip(pull["base"]) or ""
        clean = self.merged_tree(main, pull["sha"]) is not None
        strict = any(
            rule["type"] == "required_status_checks"
            and rule["parameters"]["strict_required_status_checks_policy"]
            for rule in self.rules.get(pull["base"], [])
        )
        behind = strict and not self.contains(pull["sha"], main)
        state = "draft" if pull["draft"] else "behind" if behind else "clean"
        return {
            **self.shown(pull),
            "merged": pull["merged_at"] is not None,
            "mergeable": None if self.computing else clean,
            "mergeable_state": "unknown" if self.computing else state if clean else "dirty",
        }

    def opened(self, wanted: Json, user: str) -> Json:
        main = self.tip(wanted["base"])
        sha = self.tip(wanted["head"])
        invalid = {"resource": "PullRequest", "code": "invalid"}
        if main is None or sha is None:
            name = "base" if main is None else "head"
            errors = [{**invalid, "field": name}]
            raise Answer(422, "Validation Failed", errors=errors)
        custom = {"resource": "PullRequest", "code": "custom"}
        there = [p for p in self.pulls.values() if p["head"] == wanted["head"]]
        if any(pull["state"] == "open" for pull in there):
            said = f"A pull request already exists for acme:{wanted['head']}."
            raise Answer(422, "Validation Failed", errors=[{**custom, "message": said}])
        if self.contains(main, sha):
            said = f"No commits between {wanted['base']} and {wanted['head']}"
            raise Answer(422, "Validation Failed", errors=[{**custom, "message": said}])
        return self.add(wanted, user, sha)

    def add(self, wanted: Json, user: str | None, sha: str, fork: str = "") -> Json:
        """Put a pull request there; `fork`: it comes from another copy (`gone`: a deleted one)."""
        number = len(self.pulls) + 1
        self.pulls[number] = {
            "number": number,
            "title": wanted["title"],
            "body": wanted.get("body") or None,
            "draft": bool(wanted.get("draft")),
            "head": wanted["head"],
            "base": wanted["base"],
            "sha": sha,
            "state": "open",
            "user": user,
            "merged_at": None,
            "merge": None,
            "updated": self.now(),
            "fork": fork,
        }
        return self.pulls[number]

    def merge(self, pull: Json, wanted: Json) -> Json:
        """https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request"""
        if pull["state"] != "open":
            raise Answer(405, "Pull Request is not mergeable")
        if wanted["sha"] != pull["sha"]:
            raise Answer(409, "Head branch was modified. Review and try the merge again.")
        if pull["draft"]:
            raise Answer(405, "Pull Request is still a draft")
        if self.refuse_merge:
            raise Answer(405, self.refuse_merge.pop(0))
        if self.computing:
            raise Answer(405, "Pull Request is not mergeable")
        method, main = wanted["merge_method"], self.tip(pull["base"]) or ""
        allowed = {"merge": "allow_merge_commit", "squash": "allow_squash_merge"}
        if not self.settings.get(allowed.get(method, "allow_rebase_merge"), True):
            raise Answer(405, f"{method.title()} commits are not allowed on this repository.")
        if self.details(pull)["mergeable_state"] == "behind":
            raise Answer(405, "Head branch is out of date")
        tree = self.merged_tree(main, pull["sha"])
        if tree is None:
            raise Answer(405, "Pull Request is not mergeable")
        parents = ["-p", main, *(["-p", pull["sha"]] if method == "merge" else [])]
        message = f"{wanted['commit_title']}\n\n{wanted['commit_message']}"
        commit = git(self.remote, "commit-tree", tree, *parents, "-m", message)
        git(self.remote, "update-ref", f"refs/heads/{pull['base']}", commit, main)
        self.end(pull, commit)
        return {"sha": commit, "merged": True, "message": "Pull Request successfully merged"}
