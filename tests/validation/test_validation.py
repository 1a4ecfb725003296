"""Every cross-file and platform rule, on real files, in the place where people must look."""

from pathlib import Path

import pytest

from publisher.domain.media import MediaKind, Probe, Usable
from publisher.domain.rules import Rule
from publisher.files.media_lock import Pin, dump_lock
from publisher.usecases.media_check import FORGE_REFUSES, FORGE_WARNS
from tests.validation.folders import EPIC, NOW, Folder, film, picture

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
OUT = """\
epic: spring
state: Published
tasks:
  teaser:
    x-acme: {status: published, published_at: "2026-11-01T09:00:00Z"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "repository")


@pytest.fixture
def jpeg(tmp_path: Path) -> bytes:
    return picture(tmp_path / "scratch.jpg")


def test_a_good_repository_has_no_problem(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg)
    assert folder.problems(fresh=["content/epics/2026/spring"]) == ()


def test_unused_media_are_told_and_may_be_allowed(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg, spare_jpg=jpeg)
    folder.write("content/epics/2026/spring/notes.txt", "not media")
    assert folder.rules() == [(0, Rule.UNUSED_MEDIA)]
    comment = "# copydesk: allow CD504 because the second part comes next week\n"
    folder.epic(comment + EPIC, hero_jpg=jpeg)
    assert folder.rules() == []


def test_an_lfs_pointer_is_no_picture(folder: Folder) -> None:
    folder.epic(hero_jpg=LFS)
    assert folder.rules() == [(9, Rule.LFS_POINTER)]


def test_broken_bytes_and_lying_names_are_told(folder: Folder, tmp_path: Path) -> None:
    folder.epic(hero_jpg=b"nothing at all")
    assert folder.rules() == [(9, Rule.BROKEN_MEDIA)]
    folder.epic(hero_jpg=picture(tmp_path / "scratch.png", kind="PNG"))
    assert folder.rules() == [(9, Rule.NAME_LIES)]
    folder.epic(hero_jpg=picture(tmp_path / "scratch.jpg")[:-400])
    assert folder.rules() == [(9, Rule.BROKEN_MEDIA)]


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        (FORGE_WARNS, None),
        (FORGE_WARNS + 1, Rule.LARGE_FILE),
        (FORGE_REFUSES + 1, Rule.FORGE_REFUSES),
    ],
)
def test_what_the_forge_refuses_is_told_before_the_push(
    folder: Folder, jpeg: bytes, size: int, rule: Rule | None
) -> None:
    folder.epic(hero_jpg=jpeg)
    with folder.write("content/epics/2026/spring/film.mov", b"").open("r+b") as stream:
        stream.truncate(size)
    assert folder.rules() == ([(0, rule)] if rule else [])


def test_pixels_types_and_lengths_are_read_from_the_bytes(folder: Folder, tmp_path: Path) -> None:
    media = "      - {file: media/a.png, alt: a}\n      - {file: media/b.mp4}\n"
    text = EPIC.replace("[x-acme]", "[insta]").partition("      - file")[0] + media
    folder.epic(
        text,
        a_png=picture(tmp_path / "a.png", 800, 300, "PNG"),
        b_mp4=film(tmp_path / "b.mp4", seconds=2),
    )
    assert folder.rules() == [
        (9, Rule.MEDIA_TYPE),
        (9, Rule.MEDIA_RATIO),
        (10, Rule.MEDIA_SECONDS),
    ] or folder.rules() == [
        (9, Rule.MEDIA_RATIO),
        (9, Rule.MEDIA_TYPE),
        (10, Rule.MEDIA_SECONDS),
    ]


def test_an_animation_is_told_from_a_picture(folder: Folder, tmp_path: Path) -> None:
    text = EPIC.replace("hero.jpg", "hero.gif")
    folder.epic(text, hero_gif=picture(tmp_path / "a.gif", 1300, 20, "GIF", frames=3))
    assert folder.rules() == [(9, Rule.MEDIA_PIXELS)]
    folder.epic(text, hero_gif=picture(tmp_path / "b.gif", 1300, 20, "GIF"))
    assert folder.rules() == []


def test_a_profiles_own_limit_moves_the_line(folder: Folder, jpeg: bytes) -> None:
    long = EPIC.replace("Spring is here.", "a" * 300)
    folder.epic(long, hero_jpg=jpeg)
    assert folder.rules() == [(7, Rule.TEXT_LONG)]
    profiles = (folder.root / "content/profiles.yaml").read_text()
    more = profiles.replace(
        "platform: x, account: acme", "platform: x, account: acme, limits: {text: 25000}"
    )
    folder.write("content/profiles.yaml", more)
    assert folder.rules() == []


def test_a_text_too_long_may_be_allowed_with_a_reason(folder: Folder, jpeg: bytes) -> None:
    comment = "  # copydesk: allow CD601 because X counts this link differently"
    folder.epic(EPIC.replace("Spring is here.", "a" * 300 + comment), hero_jpg=jpeg)
    assert folder.rules() == []


def test_a_passed_time_matters_only_where_it_is_news(folder: Folder, jpeg: bytes) -> None:
    folder.epic(EPIC.replace("2026-12-24", "2026-11-24"), hero_jpg=jpeg)
    assert folder.rules() == []
    here = "content/epics/2026/spring"
    assert folder.rules(fresh=[here]) == [(3, Rule.PAST)]
    folder.status(OUT)
    assert folder.rules(fresh=[here]) == [], "it went out long ago"


def test_a_task_that_is_out_may_not_vanish(folder: Folder, jpeg: bytes) -> None:
    folder.status(OUT)
    folder.epic(EPIC.replace("id: teaser", "id: teaser-2"), hero_jpg=jpeg)
    assert (5, Rule.TASK_GONE) in folder.rules()
    folder.epic(EPIC.replace("[x-acme]", "[toot]"), hero_jpg=jpeg)
    assert (5, Rule.TASK_GONE) in folder.rules()


@pytest.mark.parametrize(
    "status", ["{", "tasks: [1]\n", "tasks: {teaser: {x-acme: published}}\n", "tasks: {a: 1}\n"]
)
def test_a_broken_status_file_stops_nothing(folder: Folder, jpeg: bytes, status: str) -> None:
    folder.epic(hero_jpg=jpeg)
    folder.status(status)
    assert folder.rules() == []


def test_the_same_text_on_the_same_account_again(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg)
    folder.status(OUT)
    again = EPIC.replace("2026-12-24", "2026-12-28")
    folder.epic(again, name="again", hero_jpg=jpeg)
    (problem,) = folder.problems()
    assert (problem.rule, problem.path) == (
        Rule.ALREADY_OUT, "content/epics/2026/again/epic.yaml",
    )  # fmt: skip
    assert "spring has the same text out on x-acme" in problem.message
    folder.epic(again.replace("x-acme", "toot"), name="again", hero_jpg=jpeg)
    assert folder.problems() == ()


def test_two_epics_that_clash_are_both_told(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg)
    folder.epic(EPIC.replace("09:00", "09:10").replace("here", "near"), name="two", hero_jpg=jpeg)
    found = folder.problems()
    assert [(p.rule, p.path.split("/")[3]) for p in found] == [
        (Rule.CLASH, "spring"), (Rule.CLASH, "two"),
    ]  # fmt: skip
    folder.write("content/copydesk.yaml", "id: acme\nclash_within: PT5M\n")
    assert folder.problems() == ()


def test_a_blackout_is_an_error_that_may_be_allowed(folder: Folder, jpeg: bytes) -> None:
    dark = "blackouts:\n  - {from: 2026-12-24T00:00, to: 2026-12-27T00:00, why: Feast}\n"
    folder.write("content/copydesk.yaml", "id: acme\n" + dark)
    folder.epic(hero_jpg=jpeg)
    assert folder.rules() == [(5, Rule.BLACKOUT)]
    allowed = "  - id: teaser  # copydesk: allow CD407 because it is the greeting"
    folder.epic(EPIC.replace("  - id: teaser", allowed), hero_jpg=jpeg)
    assert folder.rules() == []


def test_files_of_the_machine_are_left_alone_by_people(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg)
    edited = ["content/epics/2026/spring/approvals.yaml", "content/epics/2026/spring/epic.yaml"]
    (problem,) = folder.problems(edited=edited)
    assert (problem.path, problem.rule) == (edited[0], Rule.MACHINE_FILE)


def test_a_thread_with_media_is_judged_post_by_post(
    folder: Folder, jpeg: bytes, tmp_path: Path
) -> None:
    thread = "    thread:\n      - body: b\n        media: [{file: media/wide.png, alt: w}]\n"
    folder.epic(
        EPIC.replace("[x-acme]", "[x-acme, toot]") + thread,
        hero_jpg=jpeg,
        wide_png=picture(tmp_path / "w.png", 30, 30, "PNG"),
    )
    assert folder.rules() == []


def test_every_problem_is_found_in_one_pass(folder: Folder, jpeg: bytes) -> None:
    folder.epic(
        EPIC.replace("[x-acme]", "[x-acme, insta, nobody]").replace("Spring is", "a" * 300),
        hero_jpg=jpeg,
        spare_jpg=jpeg,
    )
    folder.epic("title: [", name="broken")
    assert {problem.rule for problem in folder.problems()} == {
        Rule.TEXT_LONG,
        Rule.UNUSED_MEDIA,
        Rule.UNKNOWN_PROFILE,
        Rule.SYNTAX,
    }


def test_a_single_epic_outside_a_repository_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    from publisher.adapters.content_files import DiskFiles
    from publisher.files.folder import check_folder
    from publisher.usecases.validation import Circumstances, validate

    file = tmp_path / "spring" / "epic.yaml"
    file.parent.mkdir()
    file.write_text("# copydesk: allow CD601 because\n" + EPIC)
    (file.parent / "media").mkdir()
    (file.parent / "media/hero.jpg").write_bytes(LFS)
    checked = check_folder(file.parent, [file])
    found = validate(checked, DiskFiles(file.parent), Circumstances(now=NOW))
    assert [problem.rule for problem in found] == [Rule.NO_REASON, Rule.LFS_POINTER]


def test_what_a_pinned_address_holds_is_judged_like_a_file(folder: Folder) -> None:
    url = "https://example.org/hero"
    text = EPIC.replace("[x-acme]", "[insta]").replace("file: media/hero.jpg", f"url: {url}")
    folder.epic(text)
    assert folder.rules() == [], "nobody has fetched it yet"
    png = Probe(kind=MediaKind.IMAGE, content_type="image/png", size=9, width=500, height=500)
    pin = Pin(url, NOW, Usable("0" * 64, png))
    path = "content/epics/2026/spring"
    folder.write(f"{path}/media.lock.yaml", dump_lock([pin], path))
    assert folder.rules() == [(9, Rule.MEDIA_TYPE)]
    folder.write(f"{path}/media.lock.yaml", "media: [")
    assert folder.rules() == []


def test_a_forged_approval_is_told(folder: Folder, jpeg: bytes) -> None:
    folder.epic(hero_jpg=jpeg)
    folder.write("content/epics/2026/spring/approvals.yaml", "entries: [1]\n")
    (problem,) = folder.problems()
    assert problem.path.endswith("approvals.yaml")
    assert Rule(problem.rule) is Rule.WRONG_TYPE
