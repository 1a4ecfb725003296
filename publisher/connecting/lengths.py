"""How long a text is, in the units that platforms count in."""

import regex

_GRAPHEME = regex.compile(r"\X")


def graphemes(text: str) -> int:
    """What readers call characters: 👩‍👩‍👧 is one, é is one however it is written."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def utf16_units(text: str) -> int:
    """UTF-16 code units: one for most characters, two for those beyond U+FFFF."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
