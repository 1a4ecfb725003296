"""The one comment on a pull request, as Markdown: pure, and the same values give the same text.

What people wrote stands in code blocks, so that it mentions nobody and acts on nothing.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from publisher.domain.media import MediaKind
from publisher.domain.preview import Card, CardPart, Preview
from publisher.domain.rules import Severity
from publisher.usecases.markdown import code, code_block, in_html, plain, spoken

MARK = "<!-- copydesk:preview {epic} -->"
LONGEST = 65_000  # GitHub takes 65,536 characters in a comment
_ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.HINT: "💡"}
_SHOWN = frozenset({MediaKind.IMAGE, MediaKind.ANIMATION})
_MOST_PROBLEMS = 30

Picture = Callable[[str], str]


def pr_comment(preview: Preview, picture: Picture | None = None) -> str:
    """Return the comment; its first line marks it, so that it can be found and updated in place.

    `picture` gives the web address of a media file (a path from the epic's folder).
    """
    whole = "\n".join(_lines(preview, picture))
    if len(whole) <= LONGEST:
        return whole
    short = "\n".join(_lines(preview, None, texts=False))
    return short if len(short) <= LONGEST else short[: LONGEST - 2] + "\n…"


def mark_of(epic: str) -> str:
    """Return the line by which the comment of an epic is found again."""
    return MARK.format(epic=epic)


def go_live(due: datetime | None, zone: str) -> str:
    """Say when, in the team's zone and in UTC."""
    if due is None:
        return "not scheduled"
    local = due.astimezone(ZoneInfo(zone))
    shown = f"{local:%a %d %b %Y %H:%M} {zone}"
    return shown if zone == "UTC" else f"{shown} ({due.astimezone(UTC):%d %b %H:%M} UTC)"


def _lines(preview: Preview, picture: Picture | None, *, texts: bool = True) -> Iterator[str]:
    yield mark_of(preview.epic)
    yield f"### {plain(preview.title)} (`{preview.epic}`)"
    yield ""
    if not texts:
        yield "Too long to be shown in full: `copydesk preview` shows every text."
        yield ""
    yield from _problems(preview)
    for task in preview.tasks:
        yield from _task(preview, task, picture, texts=texts)


def _task(preview: Preview, task: str, picture: Picture | None, *, texts: bool) -> Iterator[str]:
    cards = [card for card in preview.cards if card.task == task]
    yield f"#### Task `{task}`"
    yield ""
    yield f"🕘 {go_live(cards[0].due, preview.zone)}"
    if preview.missing is not None:
        missing = preview.missing.get(task)
        yield f"⏳ Approvals still missing: {plain(missing)}" if missing else "✅ Approved"
    yield ""
    for card in cards:
        yield from _card(card, picture, texts=texts)


def _card(card: Card, picture: Picture | None, *, texts: bool) -> Iterator[str]:
    counts = ", ".join(_counted(part) for part in card.parts)
    yield "<details open><summary>" if texts else "<details><summary>"
    yield f"<b>{in_html(card.name)}</b> on {in_html(card.platform)}: {counts}</summary>"
    yield ""
    if card.subject:
        yield from (code_block(f"Subject: {card.subject}"), "")
    for number, part in enumerate(card.parts if texts else ()):
        if number:
            yield f"Post {number + 1} of {len(card.parts)}"
            yield ""
        yield from (code_block(part.text), "")
        for link in part.links:
            yield f"🔗 {code(link)}  "
        yield from _media(part, picture)
    yield "</details>"
    yield ""


def _media(part: CardPart, picture: Picture | None) -> Iterator[str]:
    for media in part.media:
        facts = f" {media.probe.width}×{media.probe.height}" if media.probe else ""
        alt = plain(media.alt) or "no alt text"
        shown = code(media.file)
        if picture is not None and media.probe is not None and media.probe.kind in _SHOWN:
            source, seen = _attribute(picture(media.file)), _attribute(media.alt)
            yield f'<img src="{source}" alt="{seen}" height="120">'
        yield f"🖼 {shown}{facts}: {alt}"
        yield ""


def _problems(preview: Preview) -> Iterator[str]:
    for problem in preview.problems[:_MOST_PROBLEMS]:
        place = f" (line {problem.line})" if problem.line else ""
        said = spoken(f"{problem.message} {problem.hint}".strip())
        yield f"- {_ICONS[problem.severity]} `{problem.rule}` {said}{place}"
    if len(preview.problems) > _MOST_PROBLEMS:
        yield f"- … and {len(preview.problems) - _MOST_PROBLEMS} more: `copydesk validate`"
    if preview.problems:
        yield ""


def _counted(part: CardPart) -> str:
    return f"<b>{part.count}, too long</b>" if part.count.over else str(part.count)


def _attribute(text: str) -> str:
    return escape(" ".join(text.split()))
