"""LinkedIn's posts and comments as its API shows them: ids, links, times, pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.line import Request
from publisher.connecting.linkedin_words import same_text
from publisher.connecting.timeline import Page, page_of
from publisher.ports import Candidate, HttpAnswer, Post

PAGE = 50
COMMENT = re.compile(r"urn:li:comment:\((urn:li:\w+:\d+),(\d+)\)")


def root_of(parent: str) -> str:
    """The post under which a part goes that follows `parent`."""
    comment = COMMENT.fullmatch(parent)
    return comment[1] if comment else parent


def id_of(answer: HttpAnswer) -> str:
    return answers.identity(answer.headers, "x-restli-id")


def comment_id(comment: Fields) -> str:
    named = (answers.identity(comment, name) for name in ("commentUrn", "$URN"))
    return next((urn for urn in named if COMMENT.fullmatch(urn)), "")


def link_of(urn: str) -> str:
    comment = COMMENT.fullmatch(urn)
    query = f"?{urlencode({'commentUrn': urn})}" if comment else ""
    return f"https://www.linkedin.com/feed/update/{quote(root_of(urn), safe=':')}/{query}"


def read_page(
    page: Callable[[int], Request], seen: Callable[[Fields], Candidate | None], answer: HttpAnswer
) -> Page | None:
    found = answers.fields(answers.json_of(answer))
    listed, paging = found.get("elements"), answers.fields(found.get("paging"))
    start, count = paging.get("start"), len(listed) if isinstance(listed, list) else 0
    if not isinstance(start, int):
        return None
    links = answers.entries(paging.get("links"))
    more = count >= PAGE or any(each.get("rel") == "next" for each in links)
    newest_first = seen is seen_post  # comments come in an order that nobody promises
    older = page(start + count) if more else None
    return page_of(listed, seen, older, descending=newest_first)


def seen_post(post: Fields) -> Candidate | None:
    known, at = answers.identity(post), _moment(post.get("publishedAt", post.get("createdAt")))
    return Candidate(known, link_of(known), at) if known and at else None


def seen_comment(comment: Fields) -> Candidate | None:
    known, at = comment_id(comment), _moment(answers.fields(comment.get("created")).get("time"))
    return Candidate(known, link_of(known), at) if known and at else None


def same_post(post: Post, found: Fields) -> bool:
    same = same_text(answers.text(found, "commentary"), post.text)
    return same and _media_count(found) == len(post.media)


def same_comment(author: str, post: Post, found: Fields) -> bool:
    shown = answers.text(answers.fields(found.get("message")), "text")
    return (answers.text(found, "actor"), len(answers.entries(found.get("content")))) == (
        author,
        len(post.media),
    ) and answers.one_line(shown) == answers.one_line(post.text)


def _moment(found: object) -> datetime | None:
    """LinkedIn's times are milliseconds since 1970."""
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 1 << 47:
        return None
    return datetime.fromtimestamp(found / 1000, UTC)


def _media_count(post: Fields) -> int:
    """How many files a post of the API shows."""
    content = answers.fields(post.get("content"))
    images = answers.entries(answers.fields(content.get("multiImage")).get("images"))
    return len(images) or int(bool(answers.identity(answers.fields(content.get("media")))))
