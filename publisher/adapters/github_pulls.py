"""GitHub's JSON as our values. Shapes: GitHub's OpenAPI description, held against it in a test."""

from datetime import datetime

from publisher.adapters.github_client import Json
from publisher.ports import Pull, PullState, Review, Verdict

NOBODY = "ghost"  # what GitHub itself shows for an account that is gone
_VERDICTS = {
    "APPROVED": Verdict.APPROVED,
    "CHANGES_REQUESTED": Verdict.CHANGES_REQUESTED,
    "DISMISSED": Verdict.DISMISSED,
    "COMMENTED": Verdict.COMMENTED,
}


def pull_of(found: Json) -> Pull:
    """A pull request, from a list or alone."""
    merged = found.get("merged_at") is not None
    state = PullState.MERGED if merged else PullState(found["state"])
    return Pull(
        number=found["number"],
        branch=found["head"]["ref"],
        head=found["head"]["sha"],
        title=found["title"],
        author=login_of(found),
        body=found.get("body") or "",
        draft=bool(found.get("draft")),
        state=state,
        fork=not is_ours(found),
        url=found["html_url"],
        merged_as=(found.get("merge_commit_sha") or "") if merged else "",
        updated_at=datetime.fromisoformat(found["updated_at"]),
    )


def is_ours(found: Json) -> bool:
    """Whether the branch lives in this repository; a fork that was deleted is null."""
    base = found["base"].get("repo")
    head = found["head"].get("repo", base)
    return base is None or (head is not None and head["full_name"] == base["full_name"])


def reviews_of(found: list[Json]) -> list[Review]:
    """Reviews that were handed in, oldest first as GitHub lists them."""
    return [
        Review(
            id=str(review["id"]),
            author=login_of(review),
            verdict=_VERDICTS[review["state"]],
            commit=review.get("commit_id") or "",
            at=datetime.fromisoformat(review["submitted_at"]),
            body=review.get("body") or "",
        )
        for review in found
        if review["state"] in _VERDICTS and review.get("submitted_at")
    ]


def login_of(found: Json) -> str:
    user = found.get("user")
    return str(user["login"]) if user else NOBODY
