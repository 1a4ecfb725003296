"""One neutral card a delivery, drawn with Pillow: no browser, no network."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from publisher.adapters.preview_fonts import Glyphs, glyphs
from publisher.domain.preview import Card, CardMedia, CardPart
from publisher.files.unicode_tables import UNICODE, clusters

WIDTH = 640
_EDGE = 24
_INSIDE = WIDTH - 2 * _EDGE
_INK, _SOFT, _LINE, _BAD, _GOOD = (
    "#1c1e21", "#65676b", "#d8dade", "#c01c28", "#26a269",
)  # fmt: skip
_TALLEST = 12_000
_MOST_LINES = 120

Thumbnail = Callable[[CardMedia, tuple[int, int]], Image.Image | None]


def card_png(card: Card, when: str, thumbnail: Thumbnail) -> bytes:
    """Return the card as a PNG; `when` is its go-live in words."""
    drawing = _Drawing(thumbnail)
    drawing.head(card, when)
    for number, part in enumerate(card.parts):
        drawing.part(part, number, len(card.parts))
    out = io.BytesIO()
    drawing.finished().save(out, "PNG", optimize=True)
    return out.getvalue()


@dataclass(slots=True)
class _Drawing:
    thumbnail: Thumbnail
    y: int = _EDGE
    image: Image.Image = field(default_factory=lambda: Image.new("RGB", (WIDTH, 800), "white"))

    def head(self, card: Card, when: str) -> None:
        self._avatar(card.name)
        left = _EDGE + 60
        self._line(card.name, glyphs(20, bold=True), _INK, left)
        self._line(f"{card.platform} · {card.profile} · {card.task}", glyphs(15), _SOFT, left)
        self.y += 8
        self._line(when, glyphs(15), _SOFT, _EDGE)
        self._rule()
        if card.subject:
            self._text(card.subject, glyphs(22, bold=True), _INK)
            self.y += 6

    def part(self, part: CardPart, number: int, parts: int) -> None:
        if number:
            self._rule()
            self._line(f"Post {number + 1} of {parts}", glyphs(14), _SOFT, _EDGE)
        self._text(part.text, glyphs(18), _INK)
        self._pictures(part.media)
        count = f"{part.count}" + (" — too long" if part.count.over else "")
        self.y += 6
        self._line(
            count, glyphs(14, bold=part.count.over), _BAD if part.count.over else _GOOD, _EDGE
        )

    def finished(self) -> Image.Image:
        height = self.y + _EDGE
        self._room(_EDGE)
        card = self.image.crop((0, 0, WIDTH, height))
        ImageDraw.Draw(card).rounded_rectangle((0, 0, WIDTH - 1, height - 1), 16, outline=_LINE)
        return card

    def _avatar(self, name: str) -> None:
        draw = ImageDraw.Draw(self.image)
        draw.ellipse((_EDGE, self.y, _EDGE + 48, self.y + 48), fill="#5b6b8c")
        letter = next((c for c in name if c.isalnum()), "?").upper()
        font = glyphs(24, bold=True)
        left = _EDGE + 24 - font.width(letter, is_emoji=False) / 2
        font.draw(self.image, (left, self.y + 8), letter, "white", is_emoji=False)

    def _text(self, text: str, font: Glyphs, colour: str) -> None:
        lines = list(_wrapped(text, font))
        for line in lines[:_MOST_LINES]:
            self._clusters(line, font, colour, _EDGE)
        if len(lines) > _MOST_LINES:
            self._line(f"… {len(lines) - _MOST_LINES} more lines", glyphs(14), _SOFT, _EDGE)

    def _line(self, text: str, font: Glyphs, colour: str, left: int) -> None:
        line = next(_wrapped(text, font, WIDTH - left - _EDGE), ())
        self._clusters(line, font, colour, left)

    def _clusters(self, line: Sequence["Cluster"], font: Glyphs, colour: str, left: float) -> None:
        self._room(font.height)
        for cluster in line:
            at = (left, float(self.y))
            font.draw(self.image, at, cluster.text, colour, is_emoji=cluster.is_emoji)
            left += cluster.width
        self.y += font.height

    def _pictures(self, media: Sequence[CardMedia]) -> None:
        if not media:
            return
        columns = 1 if len(media) == 1 else 2
        side = (_INSIDE - (columns - 1) * 8) // columns
        for start in range(0, len(media), columns):
            row = media[start : start + columns]
            shown = [self.thumbnail(item, (side, 320)) for item in row]
            tall = max((image.height for image in shown if image), default=60)
            self.y += 8
            self._room(tall + 8)
            for column, (item, image) in enumerate(zip(row, shown, strict=True)):
                self._picture(item, image, _EDGE + column * (side + 8), (side, tall))
            self.y += tall

    def _picture(
        self, item: CardMedia, image: Image.Image | None, left: int, box: tuple[int, int]
    ) -> None:
        if image is not None:
            at = (left + (box[0] - image.width) // 2, self.y + (box[1] - image.height) // 2)
            self.image.paste(image, at, image if image.mode == "RGBA" else None)
            return
        draw = ImageDraw.Draw(self.image)
        frame = (left, self.y, left + box[0] - 1, self.y + box[1] - 1)
        draw.rounded_rectangle(frame, 8, outline=_LINE, fill="#f4f5f7")
        name = next(_wrapped(item.file, glyphs(14), box[0] - 16), ())
        below, self.y = self.y, self.y + 18
        self._clusters(name, glyphs(14), _SOFT, left + 8)
        self.y = below

    def _rule(self) -> None:
        self.y += 10
        self._room(12)
        ImageDraw.Draw(self.image).line((_EDGE, self.y, WIDTH - _EDGE, self.y), fill=_LINE)
        self.y += 12

    def _room(self, more: int) -> None:
        """Make the paper longer when the next thing would not fit."""
        need = self.y + more + _EDGE
        if need > self.image.height and self.image.height < _TALLEST:
            longer = Image.new("RGB", (WIDTH, min(_TALLEST, need + 800)), "white")
            longer.paste(self.image)
            self.image = longer


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is drawn as one character."""

    text: str
    width: float
    is_emoji: bool = False


def _wrapped(text: str, font: Glyphs, width: float = _INSIDE) -> Iterator[tuple[Cluster, ...]]:
    """Break a text into lines at spaces, and words that are too long wherever they must."""
    for paragraph in text.split("\n"):
        line: list[Cluster] = []
        used = 0.0
        for word in _words(paragraph, font):
            size = sum(cluster.width for cluster in word)
            if line and used + size > width:
                yield tuple(line)
                line, used = [], 0.0
                word = word[1:] if word[0].text == " " else word  # noqa: PLW2901 - the rest of it
            for cluster in word:
                if line and used + cluster.width > width:
                    yield tuple(line)
                    line, used = [], 0.0
                line.append(cluster)
                used += cluster.width
        yield tuple(line)


def _words(paragraph: str, font: Glyphs) -> Iterator[list[Cluster]]:
    """Yield words, each with the space before it."""
    emoji = {place for start, end in UNICODE.emoji(paragraph) for place in range(start, end)}
    word: list[Cluster] = []
    at = 0
    for text in clusters(paragraph):
        shown = " " if text == "\t" else text
        if shown == " " and word:
            yield word
            word = []
        is_emoji = at in emoji
        if shown.isprintable() or is_emoji:
            word.append(Cluster(shown, font.width(shown, is_emoji=is_emoji), is_emoji))
        at += len(text)
    if word:
        yield word
