"""Searching an account's own posts page by page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.connecting.answers import Fields
from publisher.connecting.line import Line, Request
from publisher.domain.outcome import GiveUp, Retry
from publisher.ports import Candidate, HttpAnswer

MOST_PAGES = 10

Seen = tuple[Candidate, Fields]


@dataclass(frozen=True, slots=True)
class Page:
    """Some posts, each with what the platform says of it, and where more of them are.

    `descending` is for platforms that promise the newest first: the search may stop early.
    """

    posts: Sequence[Seen]
    more: Request | None = None
    descending: bool = True


def page_of(
    listed: object,
    seen: Callable[[Fields], Candidate | None],
    more: Request | None = None,
    *,
    descending: bool = True,
) -> Page | None:
    """The page of a JSON list; None when it is no list or any post of it cannot be read."""
    if not isinstance(listed, list):
        return None
    posts: list[Seen] = []
    for entry in listed:
        candidate = seen(entry) if isinstance(entry, dict) else None
        if candidate is None:
            return None
        posts.append((candidate, entry))
    return Page(posts, more if posts else None, descending)


async def search(
    line: Line,
    first: Request,
    read: Callable[[HttpAnswer], Page | None],
    same: Callable[[Fields], bool],
    since: datetime,
) -> Sequence[Candidate] | Retry | GiveUp:
    """Every post not older than `since` that is the `same`; what was not searched proves nothing.

    `since` is cut to the second, as many platforms cut their times.
    """
    since = since.replace(microsecond=0)
    found: list[Candidate] = []
    request, last = first, None
    for _ in range(MOST_PAGES):
        answer = await line.ask(request)
        if not isinstance(answer, HttpAnswer):
            return answer
        page, last = read(answer), answer
        if page is None:
            return line.ask_again(answer)
        found += _matching(page.posts, same, since)
        if page.more is None or (page.descending and page.posts[-1][0].at < since):
            return found
        request = page.more
    if found or last is None:
        return found
    return line.ask_again(last, "Too many newer posts there to find this one.")


def _matching(
    posts: Iterable[Seen], same: Callable[[Fields], bool], since: datetime
) -> Iterable[Candidate]:
    return (candidate for candidate, entry in posts if candidate.at >= since and same(entry))
