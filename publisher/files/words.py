"""Small turns of phrase that every message shares."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 60


def shown(text: str) -> str:
    """Quote what people wrote on one line, shortened: a message never repeats a whole file."""
    line = " ".join(text.split())
    return f"“{line[:_LONGEST]}…”" if len(line) > _LONGEST else f"“{line}”"


def near(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty string."""
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    match = near(word, known)
    return f"Did you mean “{match}”?" if match else otherwise
