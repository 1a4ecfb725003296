"""Previews as one page that stands alone: no script, no request, pictures inside it. Pure."""

from collections.abc import Callable, Iterator
from html import escape

from publisher.domain.preview import Card, CardMedia, CardPart, Preview
from publisher.usecases.pr_comment import go_live

Address = Callable[[CardMedia], str]

_STYLE = """\
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#65676b;--line:#d8dade;--paper:#fff;
--desk:#eef0f3}
@media(prefers-color-scheme:dark){:root{--ink:#e6e7ea;--soft:#a0a4ab;--line:#3a3d42;--paper:#1f2125;
--desk:#131417}}
body{margin:0;background:var(--desk);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
main{max-width:1360px;margin:0 auto;padding:24px}
h1{margin:0 0 4px}h2{margin:32px 0 4px}.when,.who,.alt{color:var(--soft);font-size:.88em}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:16px;
align-items:start}
article{background:var(--paper);border:1px solid var(--line);border-radius:16px;padding:16px}
header b{display:block}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:10px 0}
.post+.post{border-top:1px solid var(--line);margin-top:12px;padding-top:4px}
.subject{font-weight:600;font-size:1.1em;margin-top:10px}.count{font-size:.88em;color:#26a269}
.over{color:#c01c28;font-weight:600}.media{display:flex;flex-wrap:wrap;gap:8px}
figure{margin:0;flex:1 1 120px}img{max-width:100%;max-height:320px;border-radius:8px}
figcaption{font-size:.8em;color:var(--soft)}ul.problems{padding-left:1.2em}.error{color:#c01c28}
.warning{color:#b5830a}.hint{color:var(--soft)}"""


def preview_page(preview: Preview, address: Address) -> str:
    """Return the page; `address` gives what stands in `src` for a picture, or an empty string."""
    return "\n".join(_page(preview, address)) + "\n"


def _page(preview: Preview, address: Address) -> Iterator[str]:
    title = escape(preview.title)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield '<meta http-equiv="Content-Security-Policy"'
    yield " content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
    yield f"<title>{title} · Copydesk</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{title}</h1><p class=when>{escape(preview.epic)}</p>"
    if preview.problems:
        yield "<ul class=problems>"
        for one in preview.problems:
            place = f" (line {one.line})" if one.line else ""
            said = escape(f"{one.message} {one.hint}".strip())
            yield f"<li class={one.severity}>{escape(one.rule)} {said}{place}</li>"
        yield "</ul>"
    for task in preview.tasks:
        cards = [card for card in preview.cards if card.task == task]
        yield f"<h2>{escape(task)}</h2>"
        yield f"<p class=when>{escape(go_live(cards[0].due, preview.zone))}</p><div class=cards>"
        for card in cards:
            yield from _card(card, address)
        yield "</div>"
    yield "</main></body></html>"


def _card(card: Card, address: Address) -> Iterator[str]:
    who = f"{escape(card.platform)} · {escape(card.profile)}"
    yield f"<article><header><b>{escape(card.name)}</b><span class=who>{who}</span></header>"
    if card.subject:
        yield f"<div class=subject>{escape(card.subject)}</div>"
    for part in card.parts:
        yield from _part(part, address)
    yield "</article>"


def _part(part: CardPart, address: Address) -> Iterator[str]:
    yield f"<section class=post><div class=text dir=auto>{escape(part.text)}</div>"
    if part.media:
        yield "<div class=media>"
        for media in part.media:
            source = address(media)
            seen = f'<img src="{escape(source)}" alt="{escape(media.alt)}">' if source else ""
            alt = escape(media.alt) or "no alt text"
            yield f"<figure>{seen}<figcaption>{escape(media.file)}: {alt}</figcaption></figure>"
        yield "</div>"
    for link in part.links:
        yield f'<p class=who><a rel="noreferrer" href="{escape(link)}">{escape(link)}</a></p>'
    over = " over" if part.count.over else ""
    yield f'<div class="count{over}">{part.count}</div></section>'
