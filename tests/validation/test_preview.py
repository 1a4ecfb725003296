"""Previews: cards as values, the one comment, the page, and the pictures."""

import io
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from publisher.adapters.content_files import DiskFiles
from publisher.adapters.preview_cards import WIDTH, card_png
from publisher.adapters.preview_pictures import thumbnail
from publisher.domain.media import MediaKind, Probe
from publisher.domain.preview import Card, CardMedia, CardPart, Count, Preview
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.entrypoints.reports.preview_html import preview_page
from publisher.files.folder import check_folder
from publisher.usecases.pr_comment import LONGEST, go_live, mark_of, pr_comment
from publisher.usecases.previewing import preview_of
from tests.validation.folders import EPIC, Folder, film, picture
from tests.validation.test_command import copydesk

NASTY = "```\n@everyone <script>alert(1)</script> ![x](y) #1 ````"
DUE = datetime(2026, 12, 24, 9, tzinfo=UTC)


def card(text: str = "Spring is here.", **changed: object) -> Card:
    values: dict[str, object] = {
        "task": "teaser",
        "profile": "x-acme",
        "platform": "X",
        "name": "Acme",
        "parts": (CardPart(text, Count(len(text), 280)),),
        "due": DUE,
    }
    return Card(**{**values, **changed})  # type: ignore[arg-type]


def preview(*cards: Card, **changed: object) -> Preview:
    values: dict[str, object] = {
        "epic": "spring", "path": "p", "title": "Spring", "zone": "Europe/Berlin", "cards": cards,
    }  # fmt: skip
    return Preview(**{**values, **changed})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "repository")
    text = EPIC.replace("[x-acme]", "[x-acme, toot, hook]").replace(
        "body: Spring is here.",
        "body: See https://www.example.org/a/very/long/path/to/somewhere 😷\n"
        "    overrides: {toot: {body: Hello from toot}}",
    )
    folder.epic(
        text + "      - file: media/clip.mp4\n    thread:\n      - body: More\n",
        hero_jpg=picture(tmp_path / "scratch.jpg", 900, 600),
        clip_mp4=film(tmp_path / "scratch.mp4"),
    )
    return folder


def read(folder: Folder) -> Preview:
    checked = check_folder(folder.root)
    assert checked.desk is not None, checked.problems
    (epic,) = checked.epics
    return preview_of(epic, checked.desk, DiskFiles(folder.root), folder.problems())


def test_a_card_has_what_its_readers_will_see(folder: Folder) -> None:
    first, toot, hook = read(folder).cards
    assert first.parts[0].text == "See example.org/a/very/long/path/t… 😷"
    assert first.parts[0].links == ("https://www.example.org/a/very/long/path/to/somewhere",)
    assert str(first.parts[0].count) == "30 of 280"
    assert [media.probe and media.probe.kind for media in first.parts[0].media] == [
        MediaKind.IMAGE, MediaKind.VIDEO,
    ]  # fmt: skip
    assert (first.platform, first.due) == ("X", DUE)
    assert toot.parts[0].text == "Hello from toot"
    assert hook.parts[0].text.startswith("See https://www."), "unknown platforms show it whole"
    assert [part.text for part in hook.parts[1:]] == ["More"]


def test_the_go_live_is_told_in_the_teams_zone_and_in_utc() -> None:
    assert go_live(DUE, "Europe/Berlin") == (
        "Thu 24 Dec 2026 10:00 Europe/Berlin (24 Dec 09:00 UTC)"
    )
    assert go_live(DUE, "UTC") == "Thu 24 Dec 2026 09:00 UTC"
    assert go_live(None, "UTC") == "not scheduled"


def test_the_comment_has_counts_times_problems_and_missing_approvals() -> None:
    long = card("a" * 281, profile="other")
    problem = Problem("p/epic.yaml", 7, 1, "Too long: `body`.", "", Rule.TEXT_LONG)
    said = pr_comment(
        preview(card(), long, problems=(problem,), missing={"teaser": "1 of 2 (ana, bo)"})
    )
    assert said.startswith(mark_of("spring") + "\n### Spring (`spring`)\n")
    assert "<b>Acme</b> on X: 15 of 280</summary>" in said
    assert "<b>281 of 280, too long</b>" in said
    assert "Thu 24 Dec 2026 10:00 Europe/Berlin (24 Dec 09:00 UTC)" in said
    assert "⏳ Approvals still missing: 1 of 2 (ana, bo)" in said
    assert "- ❌ `CD601` Too long: `body`. (line 7)" in said
    assert "✅ Approved" in pr_comment(preview(card(), missing={}))
    assert "pproved" not in pr_comment(preview(card()))


def test_what_people_write_acts_on_nothing_in_the_comment() -> None:
    nasty = card(NASTY, name=NASTY, subject=NASTY)
    said = pr_comment(preview(nasty, title=NASTY))
    block = f"`````text\n{NASTY}\n`````"
    assert block in said
    outside = said.replace(block, "").replace(f"`````text\nSubject: {NASTY}\n`````", "")
    assert "@everyone" not in outside
    assert "<script" not in outside
    for line in outside.split("\n"):
        assert "![x]" not in line or line.endswith("</summary>"), "HTML, where Markdown rests"


def test_pictures_have_addresses_where_there_are_some() -> None:
    probe = Probe(kind=MediaKind.IMAGE, content_type="image/jpeg", size=1, width=9, height=8)
    media = (CardMedia("media/a.jpg", 'A "tulip"', probe), CardMedia("media/b.mp4", ""))
    one = card(parts=(CardPart("x", Count(1, None), (), media),))
    said = pr_comment(preview(one), lambda file: f"https://example.org/{file}?a&b")
    assert (
        '<img src="https://example.org/media/a.jpg?a&amp;b" alt="A &quot;tulip&quot;" height="120">'
        in said
    )
    assert said.count("<img") == 1
    assert "<img" not in pr_comment(preview(one))


def test_a_comment_fits_into_a_comment() -> None:
    many = [card("x" * 3000, task=f"t{number}") for number in range(60)]
    said = pr_comment(preview(*many))
    assert len(said) <= LONGEST
    assert "copydesk preview" in said
    assert said.count("<details>") == 60
    assert len(pr_comment(preview(*[card("x", task=f"t{n}") for n in range(3000)]))) <= LONGEST


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_ends_its_block(text: str, title: str) -> None:
    said = pr_comment(preview(card(text), title=title))
    assert f"text\n{text}\n```" in said
    assert said.split("\n")[1].startswith("### ")


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_everything_and_runs_nothing() -> None:
    page = Page(preview_page(preview(card(NASTY, name=NASTY, subject=NASTY)), lambda _media: ""))
    assert page.text.count("@everyone <script>alert(1)</script>") == 3
    assert "script" not in page.tags
    assert "24 Dec 09:00 UTC" in page.text


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    return image.convert("RGB")


def colours(image: Image.Image) -> set[object]:
    return {colour for _count, colour in image.getcolors(1 << 24) or ()}


def test_a_picture_of_a_card_grows_with_what_it_says() -> None:
    short, long = (
        shown(card_png(card(), "now", _none)),
        shown(card_png(card("a b " * 300), "now", _none)),
    )
    assert short.width == long.width == WIDTH
    assert long.height > short.height + 200
    assert (0xC0, 0x1C, 0x28) in colours(long), "too long stands in red"
    assert (0xC0, 0x1C, 0x28) not in colours(short)
    assert (0x26, 0xA2, 0x69) in colours(short)


def test_a_picture_shows_the_media_of_the_card(folder: Folder) -> None:
    first = read(folder).cards[0]
    base = folder.root / "content/epics/2026/spring"
    with_media = shown(card_png(first, "now", lambda media, size: thumbnail(base, media, size)))
    without = shown(card_png(first, "now", _none))
    assert any(r < 12 and 5 < g < 14 and b < 14 for r, g, b in colours(with_media))  # type: ignore[misc]
    assert not any(r < 12 and 5 < g < 14 and b < 14 for r, g, b in colours(without))  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "x" * 5000,
        "字" * 200,
        "مرحبا",
        "👨‍👩‍👧‍👦" * 50,
        "\u200b\ufeff\t",
        "a\u0301" * 99,
    ],
)
def test_any_text_can_be_drawn(text: str) -> None:
    image = shown(card_png(card(text), "now", _none))
    assert 100 < image.height < 12_001


def test_thumbnails_come_from_pictures_and_films_only(folder: Folder) -> None:
    base = folder.root / "content/epics/2026/spring"
    image, clip = read(folder).cards[0].parts[0].media
    first = thumbnail(base, image, (300, 100))
    assert first is not None
    assert first.size == (150, 100)
    assert thumbnail(base, clip, (100, 100)) is not None
    assert thumbnail(base, CardMedia("media/hero.jpg", ""), (9, 9)) is None
    (base / "media/hero.jpg").write_bytes(b"changed meanwhile")
    assert thumbnail(base, image, (9, 9)) is None


def test_the_command_writes_a_page_and_a_picture_a_profile(folder: Folder, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ["preview", "spring", "--png", str(tmp_path / "png"), "--output", str(page)]
    ended = copydesk(*words, folder=folder.root)
    assert ended.returncode == 0, ended.stderr
    names = {file.name for file in (tmp_path / "png").iterdir()}
    assert names == {"teaser-x-acme.png", "teaser-toot.png", "teaser-hook.png"}
    assert page.read_text().count("data:image/jpeg;base64,") == 6
    by_path = copydesk("preview", "content/epics/2026/spring", "--markdown", folder=folder.root)
    assert by_path.stdout.startswith(mark_of("spring"))
    wrong = copydesk("preview", "sprinf", folder=folder.root)
    assert wrong.returncode == 1
    assert "Did you mean “spring”?" in wrong.stderr


def _none(_media: CardMedia, _size: tuple[int, int]) -> None:
    return None
