"""A platform's page for people: the same text in the terminal and in docs/platforms."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from publisher.domain.about import Named, Refusal
from publisher.domain.epic import Profile
from publisher.domain.outcome import WHO_MUST_ACT
from publisher.usecases.platform_cards import PlatformCard

NOTICE = "<!-- Made from publisher/platforms/{}.py by `make docs`; edit that file instead. -->"
INDEX_NOTICE = "<!-- Made from publisher/platforms by `make docs`. -->"
LONG = timedelta(days=3650)


def page_of(card: PlatformCard) -> str:
    """The page as Markdown."""
    return "\n".join([NOTICE.format(card.name), "", *_lines(card)]) + "\n"


def index_of(cards: Iterable[PlatformCard]) -> str:
    """The list of all pages as Markdown."""
    rows = [
        (f"[{card.about.title}]({card.name}.md)", card.traits.safety.value, card.about.summary)
        for card in cards
    ]
    table = _table(("platform", "safety", "what it is"), rows)
    return "\n".join([INDEX_NOTICE, "", "# Platforms", "", *table]) + "\n"


def _lines(card: PlatformCard) -> Iterator[str]:
    about = card.about
    yield from (f"# {about.title}", "", about.summary, "")
    yield from _table(("", ""), _facts(card))
    yield from ("", "## When an answer is lost", "", card.lost)
    if about.setup:
        steps = (f"{number}. {step}" for number, step in enumerate(about.setup, 1))
        yield from ("", "## Credentials", "", *steps)
    if about.secrets:
        yield from ("", "A profile with `credentials: ACME` reads these variables:", "")
        yield from _named("variable", _variables(about.secrets))
    if about.scopes:
        yield from ("", "It needs these rights:", "", *_named("right", about.scopes))
    if about.example is not None:
        yield from ("", "## A profile", "", "```yaml", *_profile(about.example), "```")
    for title, what, found in (
        ("Options of a profile", "option", about.options),
        (f"Parameters of a task (`params: {{{card.name}: …}}`)", "parameter", about.params),
        ("Limits", "limit", about.limits),
    ):
        if found:
            yield from ("", f"## {title}", "", *_named(what, found))
    if about.refusals:
        rows = [_refusal(each) for each in about.refusals]
        table = _table(("it says", "that is", "who acts"), rows)
        yield from ("", "## What its refusals mean", "", *table)
    yield from ("", f"Facts checked: {about.checked}.")
    if about.sources:
        yield from ("", *(f"- <{source}>" for source in about.sources))


def _facts(card: PlatformCard) -> list[tuple[str, str]]:
    about, traits = card.about, card.traits
    able = [word for word, can in (("delete", card.deletes), ("edit", card.edits)) if can]
    facts = [
        ("name", f"`{card.name}`"),
        ("safety", traits.safety.value),
        ("account", about.account),
        ("media", about.media),
        ("threads", about.threads),
        ("scheduling", about.scheduling),
        ("its API can", ", ".join(("publish", *able))),
        ("cost", about.cost),
    ]
    if traits.key_memory:
        kept = "for ever" if traits.key_memory > LONG else f"for {_span(traits.key_memory)}"
        facts.append(("keys are trusted", kept))
    if traits.settle:
        facts.append(("a new post may be invisible for", _span(traits.settle)))
    return facts


def _variables(secrets: Sequence[Named]) -> list[Named]:
    return [Named(f"`ACME_{secret.name.upper()}`", secret.meaning) for secret in secrets]


def _profile(example: Profile) -> Iterator[str]:
    yield from (f"- id: {example.id}", f"  platform: {example.platform}")
    account = example.account
    plain = account[:1].isalpha()
    yield f"  account: {account}" if plain else f'  account: "{account}"'
    if example.credentials:
        yield f"  credentials: {example.credentials}"
    if example.options:
        yield "  options:"
        yield from (f"    {name}: {value}" for name, value in example.options.items())


def _refusal(refusal: Refusal) -> tuple[str, str, str]:
    status = [str(int(refusal.status))] if refusal.status is not None else []
    code = [f"`{refusal.code}`"] if refusal.code else []
    says = [" or ".join(f"“{words}”" for words in refusal.says)] if refusal.says else []
    who = WHO_MUST_ACT[refusal.kind]
    acts = "nobody: tried again" if who == "nobody" else who
    return " ".join((*status, *code, *says)), refusal.kind.value, acts


def _named(what: str, found: Iterable[Named]) -> list[str]:
    return _table((what, "meaning"), [(each.name, each.meaning) for each in found])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '¦') for cell in line)} |" for line in lines]


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            many = seconds // length
            return f"{many} {unit}" if many == 1 else f"{many} {unit}s"
    return f"{seconds} seconds"
