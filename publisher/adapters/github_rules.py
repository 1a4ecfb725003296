"""The branch rules of a GitHub repository: rulesets and classic protection as one value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from publisher.adapters.github_client import GitHubClient, Json
from publisher.domain.errors import NotFound, Refused

_BYPASSED = {"always", "exempt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one branch asks of those who change it and may not bypass it.

    `closed`: nobody may push to it; `unreadable`: there is a protection that our token may not see.
    """

    pull_requests: bool = False
    closed: bool = False
    reviews: int = 0
    dismiss_stale: bool = False
    code_owners: bool = False
    last_push: bool = False
    checks: tuple[str, ...] = ()
    strict: bool = False
    signatures: bool = False
    linear: bool = False
    queue: bool = False
    unreadable: bool = False

    @property
    def forbids_pushes(self) -> bool:
        return self.pull_requests or self.closed or self.queue or bool(self.checks)


def rules_of(client: GitHubClient, root: str, branch: str) -> Rules:
    """What rulesets and the classic protection say together."""
    rules = Rules()
    for each in _active(client, root, branch):
        rules = _with(rules, each)
    return _with_protection(rules, client, root, branch)


def _active(client: GitHubClient, root: str, branch: str) -> Iterator[Json]:
    """The rules of every ruleset that we cannot bypass."""
    doing = f"show the rules of {branch}"
    bypass: dict[int, bool] = {}
    try:
        found = client.pages(f"{root}/rules/branches/{quote(branch, safe='')}", doing)
    except (NotFound, Refused):
        return
    for rule in found:
        number = rule.get("ruleset_id")
        if number is not None and number not in bypass:
            bypass[number] = _may_bypass(client, f"{root}/rulesets/{number}")
        if not bypass.get(number, False):
            yield rule


def _may_bypass(client: GitHubClient, path: str) -> bool:
    try:
        return client.get(path, "show a ruleset").get("current_user_can_bypass") in _BYPASSED
    except (NotFound, Refused):
        return False


def _with(rules: Rules, rule: Json) -> Rules:
    """https://docs.github.com/en/rest/repos/rules: the types that stand in our way."""
    said = rule.get("parameters") or {}
    match rule["type"]:
        case "pull_request":
            return replace(
                rules,
                pull_requests=True,
                reviews=max(rules.reviews, said["required_approving_review_count"]),
                dismiss_stale=rules.dismiss_stale or said["dismiss_stale_reviews_on_push"],
                code_owners=rules.code_owners or said["require_code_owner_review"],
                last_push=rules.last_push or said["require_last_push_approval"],
            )
        case "required_status_checks":
            names = [check["context"] for check in said["required_status_checks"]]
            strict = rules.strict or said["strict_required_status_checks_policy"]
            return replace(rules, checks=(*rules.checks, *names), strict=strict)
        case "required_signatures":
            return replace(rules, signatures=True)
        case "required_linear_history":
            return replace(rules, linear=True)
        case "merge_queue":
            return replace(rules, queue=True)
        case "update" | "creation":
            return replace(rules, closed=True)
        case _:
            return rules


def _with_protection(rules: Rules, client: GitHubClient, root: str, branch: str) -> Rules:
    path = f"{root}/branches/{quote(branch, safe='')}"
    try:
        if not client.get(path, f"show the branch {branch}").get("protected"):
            return rules
        found = client.get(f"{path}/protection", f"show the protection of {branch}")
    except Refused:
        return replace(rules, unreadable=rules == Rules())
    except NotFound:
        return rules
    reviews = found.get("required_pull_request_reviews") or {}
    checks = found.get("required_status_checks") or {}
    return replace(
        rules,
        pull_requests=rules.pull_requests or bool(reviews),
        closed=rules.closed or _on(found, "lock_branch") or bool(found.get("restrictions")),
        reviews=max(rules.reviews, reviews.get("required_approving_review_count", 0)),
        dismiss_stale=rules.dismiss_stale or reviews.get("dismiss_stale_reviews", False),
        code_owners=rules.code_owners or reviews.get("require_code_owner_reviews", False),
        last_push=rules.last_push or reviews.get("require_last_push_approval", False),
        checks=(*rules.checks, *checks.get("contexts", ())),
        strict=rules.strict or bool(checks.get("strict")),
        signatures=rules.signatures or _on(found, "required_signatures"),
        linear=rules.linear or _on(found, "required_linear_history"),
    )


def _on(found: Json, name: str) -> bool:
    return bool((found.get(name) or {}).get("enabled"))
