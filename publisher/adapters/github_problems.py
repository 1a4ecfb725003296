"""What a GitHub repository's settings keep Copydesk from doing, and what to allow."""

from collections.abc import Iterator, Mapping, Sequence

from publisher.adapters.github_client import Json
from publisher.adapters.github_rules import Rules

_NEEDED = {
    "contents": "Contents",
    "pull_requests": "Pull requests",
    "issues": "Issues",
    "statuses": "Commit statuses",
}
_PROJECTION = "set `projection: false` in content/copydesk.yaml"
_BYPASS = "let Copydesk's App bypass the rule"


def access_problems(
    repository: Json, permissions: Mapping[str, str] | None, scopes: Sequence[str] | None
) -> Iterator[str]:
    """The repository itself, and what the App or the token may do there."""
    name = repository["full_name"]
    if repository.get("archived"):
        yield f"{name} is archived on GitHub and takes no change. Unarchive it in its settings."
    if permissions is None and not (repository.get("permissions") or {}).get("push", True):
        yield (
            f"The token may not push to {name}. Give it “Contents: Read and write” for this"
            " repository, or use a token of somebody who may."
        )
    wanted = "repo" if repository.get("private") else "public_repo"
    if scopes and not {"repo", wanted} & set(scopes):
        yield f"The token lacks the scope `{wanted}`. Give it on the token's page."
    if permissions is not None:
        lacking = [
            label
            for key, label in _NEEDED.items()
            if permissions.get(key) not in {"write", "admin"}
        ]
        for label in lacking:
            yield (
                f"The App may not write “{label}” in {name}. Give it “{label}: Read and write” on"
                " the App's page and accept it for the installation."
            )


def merge_problems(repository: Json, rules: Rules) -> Iterator[str]:
    """Whether any way of merging is left."""
    main = repository["default_branch"]
    merge = repository.get("allow_merge_commit", True) and not rules.linear
    squash = repository.get("allow_squash_merge", True)
    if not (merge or squash or repository.get("allow_rebase_merge", True)):
        yield f"No way to merge into {main} is allowed. Allow squash merging in the settings."
    if rules.signatures and not squash:
        yield (
            f"{main} takes only signed commits, which Copydesk's are not. Allow squash merging"
            f" (GitHub signs those), or {_BYPASS}."
        )


def main_problems(main: str, rules: Rules, context: str) -> Iterator[str]:
    """What the rules of the default branch stop, one sentence each."""
    if rules.unreadable:
        yield (
            f"{main} is protected by a rule that the token may not read. Give the token"
            " “Administration: Read”, then `copydesk doctor` can say what stands in the way."
        )
    if rules.forbids_pushes:
        yield (
            f"{main} is protected: Copydesk may not push status.yaml to it. {_capital(_BYPASS)},"
            f" or {_PROJECTION}."
        )
    if rules.reviews:
        yield (
            f"{main} wants {rules.reviews} approving reviews on GitHub, and approvals given"
            f" elsewhere do not count there. Require the status check `{context}` instead, or"
            f" {_BYPASS}."
        )
    if rules.dismiss_stale or rules.last_push:
        yield (
            f"{main} dismisses reviews at every push, and every approval that Copydesk records is"
            " one. Switch that off (Copydesk itself voids the approvals of what changed), or"
            f" {_BYPASS}."
        )
    if rules.code_owners:
        yield (
            f"{main} wants reviews by code owners, which an App's approval never is. Take content/"
            f" out of CODEOWNERS, or {_BYPASS}."
        )
    others = sorted(set(rules.checks) - {context})
    if others:
        yield (
            f"{main} requires the checks {', '.join(others)}. See that they run for pull requests"
            " that change content alone: nothing is merged before they have passed."
        )
    if rules.strict:
        yield (
            f"{main} wants branches up to date before a merge, and every status commit leaves them"
            f" all behind. Switch “Require branches to be up to date” off, or {_PROJECTION}."
        )
    if rules.signatures:
        yield (
            f"{main} takes only signed commits: Copydesk may not push status.yaml to it."
            f" {_capital(_BYPASS)}, or {_PROJECTION}."
        )


def branch_problems(pattern: str, rules: Rules) -> Iterator[str]:
    """Branches that only Copydesk and drafts use must stay open to pushes."""
    if rules.forbids_pushes or rules.signatures:
        yield (
            f"A rule keeps Copydesk from pushing to `{pattern}`. Exclude `{pattern}` from the"
            f" rule, or {_BYPASS}."
        )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
