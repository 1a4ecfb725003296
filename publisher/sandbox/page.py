"""The sandbox's pages as HTML text: the timeline in columns, one post, and a missing post."""

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from publisher.sandbox.faults import Fault, Step
from publisher.sandbox.look import SCRIPT, STYLE
from publisher.sandbox.model import Attachment, Plays, Post, iso
from publisher.sandbox.network import Network

MOST_COLUMNS = 24
MOST_POSTS = 60
HUES = 12
MEANS = {
    Plays.IDEMPOTENT: "Remembers idempotency keys: the same key never makes a second post.",
    Plays.CHECKABLE: "Publishes prepared containers, each of them once, and tells which it did.",
    Plays.SEARCHABLE: "Lists its posts, perhaps late, but knows nothing of keys.",
    Plays.BLIND: "Takes posts and lets nobody look them up.",
}
STEPS = {Step.PUBLISH: "publishing", Step.PREPARE: "preparing", Step.LOOK_UP: "looking up"}


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; style-src {_digest(STYLE)}; script-src {_digest(SCRIPT)}; "
    "img-src 'self' data:; media-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What every card needs to know: the network, and the time in unix seconds."""

    network: Network
    now: float


def timeline(network: Network, account: str | None, address: str, now: float) -> str:
    """Render the timeline, of one account if given; `address` is this server's, for examples."""
    scene = Scene(network, now)
    keys = list(network.timelines)
    chosen = [key for key in keys if account in (None, key[1])]
    drawn = sorted(chosen, key=lambda key: network.timelines[key][-1].created_at)
    recent = set(drawn[-MOST_COLUMNS:])
    columns = [_column(scene, key, account) for key in chosen if key in recent]
    if not columns:
        body = _empty(account, address)
    else:
        body = f'<div class="columns">{"".join(columns)}</div>'
    alone = ' class="alone"' if len(columns) == 1 else ""
    hidden = len(chosen) - len(recent)
    more = f'<p class="empty more">{hidden} quieter accounts are not shown.</p>' if hidden else ""
    names = list(dict.fromkeys(name for _, name in keys))
    live = (
        f'<div id="live"{alone}>{_top(network, len(names))}{_chips(names, account)}'
        f"{_strip(network.faults.armed())}<main>{body}{more}</main></div>"
    )
    return _document("Sandbox network", live)


def single(network: Network, post: Post, now: float) -> str:
    """Render one post with a link back to its account."""
    back = f'<a href="{_account_link(post.account)}">All posts of '
    card = _card(Scene(network, now), post, parent_shown=False)
    body = (
        f'<header class="top">{_name()}</header><main class="single">'
        f'<div class="thread">{card}</div><p>{back}{escape(post.account)}</a></p></main>'
    )
    return _document(f"{post.account} on the sandbox network", body)


def missing(sentence: str) -> str:
    """Render the page for a post that is not there."""
    body = (
        f'<header class="top">{_name()}</header><main class="empty"><h2>{escape(sentence)}</h2>'
        '<p><a href="/">Open the timeline</a></p></main>'
    )
    return _document("Sandbox network", body)


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body>{body}<script>{SCRIPT}</script></body></html>"
    )


def _name() -> str:
    return '<h1><a href="/">Sandbox network</a></h1>'


def _account_link(account: str) -> str:
    return f"/?account={quote(account.encode('utf-8', 'replace'), safe='')}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _top(network: Network, accounts: int) -> str:
    tally = f"{_many(len(network.posts), 'post')}, {_many(accounts, 'account')}"
    return (
        f'<header class="top">{_name()}<span class="tally">{tally}</span>'
        '<span class="state" role="status">connecting</span></header>'
    )


def _chips(names: list[str], account: str | None) -> str:
    if len(names) < 2 and account is None:  # noqa: PLR2004 - nothing to choose between
        return ""
    links = [
        _chip("/", "All accounts", current=account is None),
        *(_chip(_account_link(n), n, current=n == account) for n in names[-MOST_COLUMNS:]),
    ]
    return f'<nav aria-label="Accounts">{"".join(links)}</nav>'


def _chip(href: str, name: str, *, current: bool) -> str:
    mark = ' aria-current="page"' if current else ""
    return f'<a href="{href}"{mark}>{escape(name)}</a>'


def _strip(faults: list[Fault]) -> str:
    if not faults:
        return ""
    items = "".join(f"<li>{escape(_told(fault))}</li>" for fault in faults)
    return f'<section class="faults"><strong>Armed faults</strong><ul>{items}</ul></section>'


def _told(fault: Fault) -> str:
    often = "once" if fault.times == 1 else f"{fault.times} times"
    parts = [f"{fault.kind.value.replace('_', ' ')}, {often}, when {STEPS[fault.step]}"]
    if fault.account is not None:
        parts.append(f"on {fault.account}")
    if fault.contains is not None:
        parts.append(f"a text with “{fault.contains}”")
    if fault.seconds is not None:
        parts.append(f"({fault.seconds:g} s)")
    return " ".join(parts)


def _empty(account: str | None, address: str) -> str:
    name = "demo" if account is None else account
    path = quote(name.encode("utf-8", "replace"), safe="")
    heading = "Nothing has been posted yet"
    if account is not None:
        heading = f"{name} has not posted anything yet"
    example = (
        f"curl {address}/searchable/{path}/posts \\\n"
        '  -H "Authorization: Bearer anything" \\\n'
        """  -d '{"text": "Hello from the sandbox"}'"""
    )
    return (
        f'<div class="empty"><h2>{escape(heading)}</h2>'
        "<p>Publish something to this network and it appears here at once. "
        "Any account name works, and so does any access token:</p>"
        f"<pre>{escape(example)}</pre><p>In place of <code>searchable</code> the account can play "
        "<code>idempotent</code> or <code>blind</code>, and <code>checkable</code> publishes "
        "through <code>/containers</code>.</p></div>"
    )


def _column(scene: Scene, key: tuple[Plays, str], account: str | None) -> str:
    plays, name = key
    every = scene.network.timelines[key]
    shown = [post for post in every[-MOST_POSTS:] if not post.deleted]
    cards = "".join(_thread(scene, thread) for thread in reversed(_threads(shown)))
    if not cards:
        cards = '<p class="more">Every recent post was deleted.</p>'
    if len(every) > MOST_POSTS:
        cards += f'<p class="more">Only the latest {MOST_POSTS} posts are shown.</p>'
    link = f'<a href="{_account_link(name)}">{escape(name)}</a>'
    title = link if account is None else escape(name)
    return (
        f'<section class="column"><header>{_avatar(name)}<div><h2>{title}</h2>'
        f"<p>{_many(len(every), 'post')}</p></div>"
        f'<span class="badge {plays.value}" title="{escape(MEANS[plays])}">{plays.value}</span>'
        f"</header>{cards}</section>"
    )


def _threads(posts: list[Post]) -> list[list[Post]]:
    """Group posts, oldest first, so that each reply follows the post it belongs to."""
    home: dict[str, list[Post]] = {}
    threads: list[list[Post]] = []
    for post in posts:
        thread = home.get(post.reply_to or "")
        if thread is None:
            thread = []
            threads.append(thread)
        thread.append(post)
        home[post.id] = thread
    return threads


def _thread(scene: Scene, posts: list[Post]) -> str:
    cards = [_card(scene, post, parent_shown=index > 0) for index, post in enumerate(posts)]
    return f'<div class="thread">{"".join(cards)}</div>'


def _card(scene: Scene, post: Post, *, parent_shown: bool) -> str:
    when = iso(post.created_at)
    notes = ""
    if post.reply_to is not None and not parent_shown:
        parent = escape(post.reply_to)
        notes += f'<p class="note">In reply to <a href="/p/{parent}">{parent}</a></p>'
    until = post.created_at + scene.network.settings(post.account).lag
    if post.plays is Plays.SEARCHABLE and until > scene.now:
        notes += f'<p class="note" data-until="{until:.3f}">Not in the search yet</p>'
    text = f'<p class="text">{escape(post.text)}</p>' if post.text else ""
    return (
        f'<article id="{post.id}">{_avatar(post.account)}<div><div class="by">'
        f'<b>{escape(post.account)}</b><a href="/p/{post.id}">'
        f'<time datetime="{when}">{when[:16].replace("T", " ")} UTC</time></a></div>'
        f"{notes}{text}{_shots(post.media)}</div></article>"
    )


def _shots(media: tuple[Attachment, ...]) -> str:
    if not media:
        return ""
    return f'<div class="shots">{"".join(_shot(item) for item in media)}</div>'


def _shot(item: Attachment) -> str:
    source, alt = f"/media/{item.media.id}", escape(item.alt or "")
    if item.media.content_type.startswith("image/"):
        return f'<img src="{source}" alt="{alt}" title="{alt}" loading="lazy">'
    if item.media.content_type.startswith("video/"):
        return f'<video src="{source}" aria-label="{alt}" controls preload="metadata"></video>'
    name = escape(item.media.name or "File")
    return f'<a class="file" href="{source}">{name}</a>'


def _avatar(account: str) -> str:
    words = re.findall(r"[^\W_]+", account)
    initials = "".join(word[0] for word in words[:2]).upper() or "?"
    hue = zlib.crc32(account.encode("utf-8", "replace")) % HUES
    return f'<span class="avatar h{hue}" aria-hidden="true">{escape(initials)}</span>'
