"""Where X sees links in a text: the rules of twitter-text v3, in linear time."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[int, int]
Domains = Callable[[], AbstractSet[str]]

_LONGEST_URL = 4096
_LONGEST_LABEL = 63
_LONGEST_TCO_SLUG = 40
_MARKS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NEVER = "\ufffe\ufeff\uffff"
_SPACES = "\x09-\x0d\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_OUTSIDE = r"!'#%&()*+,\\/:;<=>?@\[\]^{|}~$" + _SPACES + _NEVER + _MARKS
_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
_LATIN += "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
_CYRILLIC = "\u0400-\u04ff"
_IN_PATH = rf"[a-zA-Z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"

_HOST = re.compile(rf"(https?://)?((?:(?!https?://)[^{_OUTSIDE}])+)", re.IGNORECASE)
_LATIN_HOST = re.compile(rf"(?>[-a-z0-9{_LATIN}]+\.)+[^.]+", re.IGNORECASE)
_BRACKETS = rf"\((?>{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\)"
_PATH = re.compile(rf"/(?>{_IN_PATH}+|{_BRACKETS})*")
_PATH_END = re.compile(rf"[+\-a-zA-Z{_CYRILLIC}0-9=_#/{_LATIN})]")
_QUERY = re.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*")
_QUERY_END = re.compile(r"[a-zA-Z0-9\-_&=#/]")
_PORT = re.compile(r":[0-9]+")
_SLUG = re.compile(r"/([a-z0-9]+)", re.IGNORECASE)
_BEFORE = re.compile(rf"[^A-Za-z0-9@＠$#＃{_NEVER}]")
_BEFORE_BARE = re.compile(r"[^-_./]")
_TAIL = re.compile(r"[0-9A-Za-z@+-]")
_LABEL = re.compile(r"(?![-_]).+(?<![-_])")
_LEADING_ASCII = re.compile(r"[A-Za-z0-9-]+")


def find_links(text: str, domains: Domains) -> list[Span]:
    """Return the spans of links, in order; `domains` gives the known top-level domains."""
    found: list[Span] = []
    here = 0
    while match := _HOST.search(text, here):
        here = match.end()
        protocol, host = match[1] or "", match[2]
        start = match.start()
        if not protocol and "." not in host:
            continue
        candidate = _Candidate(text, start, match.start(2), bool(protocol), domains())
        spans, here = candidate.spans(host)
        found.extend(spans)
        # a link takes the character after it, which then stands before what follows
        here += bool(spans) and spans[-1][1] == here
    return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something that may be a link: `start` with its protocol, `host_at` without."""

    text: str
    start: int
    host_at: int
    has_protocol: bool
    domains: AbstractSet[str]

    def spans(self, run: str) -> tuple[list[Span], int]:
        """Return the links here, and where to look on."""
        before = self.text[self.start - 1 : self.start] if self.start else ""
        if before and not _BEFORE.match(before):
            return [], self._after(run)
        host = self._host(run, 0)
        if host is None:
            return [], self.host_at + len(run)
        end = self._end(self.host_at + len(host))
        if not _is_valid(host, end - self.start + (0 if self.has_protocol else len("https://"))):
            return [], end
        if self.has_protocol:
            return self._with_protocol(host, end), end
        if before and not _BEFORE_BARE.match(before):
            return [], end
        return self._bare(host, end), end

    def _after(self, run: str) -> int:
        """Behind a character that no link follows; a link may begin later in the run."""
        if self.has_protocol:
            return self.host_at
        later = re.compile(r"[^A-Za-z0-9]").search(run)
        return self.host_at + (later.end() if later else len(run))

    def _with_protocol(self, host: str, end: int) -> list[Span]:
        if host.lower() == "t.co" and (slug := _SLUG.match(self.text, self.host_at + len(host))):
            fits = len(slug[1]) <= _LONGEST_TCO_SLUG
            return [(self.start, self._query_end(slug.end()))] if fits else []
        return [(self.start, end)]

    def _bare(self, host: str, end: int) -> list[Span]:
        """Without a protocol only the parts in Latin letters are links; a path is the last's."""
        spans: list[Span] = []
        here = 0
        while match := _LATIN_HOST.search(host, here):
            known = self._host(match[0], match.start())
            here = match.start() + len(known) if known else match.end()
            if known:
                spans.append((self.host_at + match.start(), self.host_at + here))
        if spans and self.host_at + len(host) < end:
            spans[-1] = (spans[-1][0], end)
        return spans

    def _host(self, run: str, offset: int) -> str | None:
        """Return the longest beginning of the run that ends with a top-level domain."""
        labels = run.split(".")
        ends, best = 0, 0
        for before, label in pairwise(labels):
            if not _LABEL.fullmatch(before):
                break
            ends += len(before) + 1
            size = 0 if "_" in before else self._top(label, self.host_at + offset + ends)
            best = ends + size if size else best
        return run[:best] if best else None

    def _top(self, label: str, at: int) -> int:
        """How many characters at the label's beginning are a top-level domain."""
        leading = _LEADING_ASCII.match(label)
        sizes = {leading.end()} if leading else set()
        if not label.isascii():
            sizes.update(range(2, min(len(label), _LONGEST_LABEL) + 1))
        for size in sorted(sizes, reverse=True):
            name = label[:size].lower()
            following = self.text[at + size : at + size + 1]
            known = name in self.domains or name.startswith("xn--")
            if known and not (following and _TAIL.match(following)):
                return size
        return 0

    def _end(self, at: int) -> int:
        """Where port, path and query end that follow the host."""
        if port := _PORT.match(self.text, at):
            at = port.end()
        if path := _PATH.match(self.text, at):
            at = _trimmed(self.text, at + 1, path.end(), _PATH_END)
        return self._query_end(at)

    def _query_end(self, at: int) -> int:
        query = _QUERY.match(self.text, at)
        end = _trimmed(self.text, at + 1, query.end(), _QUERY_END) if query else at
        return end if end > at + 1 else at


def _trimmed(text: str, start: int, end: int, last: re.Pattern[str]) -> int:
    """Leave off what no link ends with, such as the full stop of a sentence."""
    while end > start and not last.match(text, end - 1):
        end -= 1
    return end


def _is_valid(host: str, size: int) -> bool:
    if host.startswith("xn--") and not host.isascii():
        return False
    return size <= _LONGEST_URL and all(_fits(label) for label in host.split("."))


def _fits(label: str) -> bool:
    if not 1 <= len(label) <= _LONGEST_LABEL:
        return False
    return label.isascii() or len(label.encode("punycode")) + len("xn--") <= _LONGEST_LABEL
