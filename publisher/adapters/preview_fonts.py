"""Fonts for previews: those of this machine, one after the other, until one has the character."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_REGULAR = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial.ttf", "arial.ttf", "Arial Unicode.ttf")
_BOLD = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf")
_OTHERS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "DejaVuSans.ttf",
    "PingFang.ttc",
    "msyh.ttc",
)
_EMOJI = ("NotoColorEmoji.ttf", "Apple Color Emoji.ttc", "seguiemj.ttf")
_EMOJI_SIZES = (109, 160, 96)  # bitmap fonts have one size only
_NOTHING = "\U0010ffff"

Font = ImageFont.FreeTypeFont


@dataclass(slots=True)
class Glyphs:
    """One size and weight: which font draws a character, and how wide it is."""

    size: int
    fonts: tuple[Font, ...]
    emoji: Font | None
    _chosen: dict[str, Font] = field(default_factory=dict)

    @property
    def height(self) -> int:
        return round(self.size * 1.45)

    def width(self, cluster: str, *, is_emoji: bool) -> float:
        if is_emoji and self.emoji is not None:
            return self.size * 1.25
        return self.font(cluster).getlength(cluster)

    def draw(
        self,
        image: Image.Image,
        at: tuple[float, float],
        cluster: str,
        colour: str,
        *,
        is_emoji: bool,
    ) -> None:
        if is_emoji and self.emoji is not None:
            picture = _emoji_picture(self.emoji, cluster).resize((round(self.size * 1.2),) * 2)
            image.paste(picture, (round(at[0]), round(at[1] + self.size * 0.1)), picture)
            return
        ImageDraw.Draw(image).text(at, cluster, font=self.font(cluster), fill=colour)

    def font(self, cluster: str) -> Font:
        """Return the first font that has the character; the first of all when none has."""
        found = self._chosen.get(cluster)
        if found is None:
            able = (font for font in self.fonts if _has(font, cluster[0]))
            found = self._chosen[cluster] = next(able, self.fonts[0])
        return found


@cache
def glyphs(size: int, *, bold: bool = False) -> Glyphs:
    """Return what this machine has; Pillow's own font is always among it."""
    names = (*(_BOLD if bold else _REGULAR), *_OTHERS)
    files = _files()
    found = [ImageFont.truetype(str(files[name]), size) for name in names if name in files]
    own = ImageFont.load_default(size)
    fonts = (*found, *([own] if isinstance(own, Font) else []))
    return Glyphs(size, fonts, _emoji_font())


@cache
def _files() -> dict[str, Path]:
    found = (file for folder in _FOLDERS if folder.is_dir() for file in folder.rglob("*.tt[fc]"))
    return {file.name: file for file in found}


@cache
def _emoji_font() -> Font | None:
    file = next((_files()[name] for name in _EMOJI if name in _files()), None)
    for size in _EMOJI_SIZES if file else ():
        try:
            return ImageFont.truetype(str(file), size)
        except OSError:
            continue
    return None


@cache
def _emoji_picture(font: Font, cluster: str) -> Image.Image:
    side = round(font.size * 1.25)
    picture = Image.new("RGBA", (side, side))
    ImageDraw.Draw(picture).text((0, 0), cluster, font=font, embedded_color=True)
    box = picture.getbbox()
    return picture.crop(box) if box else picture


@cache
def _has(font: Font, character: str) -> bool:
    if character.isspace():
        return True
    return bytes(font.getmask(character)) != bytes(font.getmask(_NOTHING))
