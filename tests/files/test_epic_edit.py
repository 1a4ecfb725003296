"""The edits of the editorial flow, on the starter's epic and on stranger ones."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.errors import ContentError, NotFound, Refused
from publisher.files import epic_edit
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.files.yaml_text import read_yaml
from tests.files.epics_for_tests import GOOD, folder_of

FOLDER = "content/epics/2026/welcome"
STARTER = (Path(__file__).parents[2] / FOLDER / "epic.yaml").read_bytes()
DATA = GOOD.encode()
WIRE = "Acme plans, reviews and publishes all its channels from one place from today on."


def changes(before: bytes, after: bytes) -> list[str]:
    """The lines that are gone (-) and that are new (+)."""
    rows = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [row[0] + row[2:] for row in rows if row[0] in "+-"]


def epic_of(data: bytes) -> Any:
    return read_epic(
        EpicFolder(FOLDER, data, {"media/hello.png": "file", "media/hero.jpg": "file"})
    )


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        (
            lambda data: epic_edit.with_schedule(data, "2027-03-02T08:30", "Europe/Rome"),
            """
            -  at: 2027-03-01T09:00
            +  at: 2027-03-02T08:30
            -  timezone: Europe/Berlin
            +  timezone: Europe/Rome
            """,
        ),
        (
            lambda data: epic_edit.with_title(data, "Welcome: again"),
            """
            -title: Welcome to Copydesk
            +title: "Welcome: again"
            """,
        ),
        (
            lambda data: epic_edit.with_after(data, "wire", "P1D"),
            """
            -    after: PT2H30M
            +    after: P1D
            """,
        ),
        (lambda data: epic_edit.with_after(data, "hello", "PT5M"), "+    after: PT5M"),
        (
            lambda data: epic_edit.with_at(data, "wire", "2027-03-01T12:00"),
            """
            +    at: 2027-03-01T12:00
            -    after: PT2H30M
            """,
        ),
        (
            lambda data: epic_edit.with_at(data, "hello", "2027-03-01T12:00", timezone="Asia/Aden"),
            """
            +    at: 2027-03-01T12:00
            +    timezone: Asia/Aden
            """,
        ),
        (
            lambda data: epic_edit.with_body(data, "hello", "One line."),
            """
            -      Hello! From today on we plan, review and publish from one place.
            -      Everything you read here was approved by two pairs of eyes.
            +      One line.
            """,
        ),
        (
            lambda data: epic_edit.with_body(data, "wire", "no"),
            f'-    body: {WIRE}\n+    body: "no"',
        ),
    ],
)
def test_an_edit_changes_these_lines(edit: Callable[[bytes], bytes], lines: str) -> None:
    edited = edit(STARTER)
    wanted = sorted(line.strip() for line in lines.strip().splitlines())
    assert sorted(changes(STARTER, edited)) == wanted
    assert edit(edited) == edited
    epic_of(edited)


def test_unscheduling_leaves_an_epic_that_can_be_read() -> None:
    own = epic_edit.with_at(STARTER, "hello", "2027-03-01T12:00", timezone="Asia/Tokyo")
    bare = epic_edit.without_schedule(own)
    epic = epic_of(bare)
    assert epic.schedule is None
    assert [task.due for task in epic.tasks] == [None, None]
    assert b"after: PT2H30M" in bare, "it holds again with the next schedule"
    assert epic_edit.without_schedule(bare) == bare
    again = epic_edit.with_schedule(bare, "2027-03-01T09:00", "Europe/Berlin")
    assert again.index(b"\nowner:") < again.index(b"\nschedule:") < again.index(b"\ntasks:")
    assert epic_of(again).schedule == epic_of(STARTER).schedule


@pytest.mark.parametrize("text", ["One.\r\nTwo.\r\n", "One.\nTwo.", "One.\rTwo.\n\n"])
def test_a_body_of_several_lines_is_a_block(text: str) -> None:
    edited = epic_edit.with_body(DATA, "teaser", text)
    assert changes(DATA, edited) == [
        "-    body: Spring is here.", "+    body: |", "+      One.", "+      Two.",
    ]  # fmt: skip
    assert epic_edit.with_body(edited, "teaser", text) == edited


@pytest.mark.parametrize(
    "text", ["# not a comment", "- item", "yes", "12:30", "a: b", "  indented\nlines", "é 🌷\n\n#x"]
)
@pytest.mark.parametrize("part", [0, 1])
def test_readers_see_the_very_text(text: str, part: int) -> None:
    epic = epic_of(epic_edit.with_body(DATA, "teaser", text, part=part))
    assert epic.task("teaser").parts[part].body == text


def test_the_same_text_changes_nothing() -> None:
    for part, text in enumerate(["Spring is here.", "Second part"]):
        assert epic_edit.with_body(DATA, "teaser", text, part=part) == DATA


TASK = {"body": "a\r\nb", "id": "extra", "profiles": ["x"], "thread": [{"body": "c\nd\n\n"}]}


@pytest.mark.parametrize(
    "data", [STARTER, DATA, DATA[:-1], b"title: x\n", b"title: x\ntasks: []\n"]
)
def test_a_task_comes_last(data: bytes) -> None:
    edited = epic_edit.with_task(data, TASK)
    assert list(epic_of(edited).tasks)[-1].id == "extra"
    assert [part.body for part in epic_of(edited).task("extra").parts] == ["a\nb", "c\nd"]
    assert b"- id: extra\n" in edited, "the id comes first"
    assert not [line for line in changes(data, edited) if line[0] == "-" and "[]" not in line]
    assert epic_edit.with_task(edited, TASK) == edited
    assert [task.id for task in epic_of(epic_edit.without_task(edited, "extra")).tasks] == [
        task.id for task in epic_of(data).tasks
    ]


def test_a_second_task_of_the_same_id_is_refused() -> None:
    with pytest.raises(Refused, match="has a task “teaser” already"):
        epic_edit.with_task(DATA, {"id": "teaser", "body": "other"})


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (lambda: epic_edit.with_body(DATA, "teasr", "x"), NotFound, "Did you mean “teaser”?"),
        (lambda: epic_edit.without_task(DATA, "zzz"), NotFound, "It has teaser, newsletter."),
        (lambda: epic_edit.with_after(b"title: x\n", "a", "PT1H"), NotFound, "It has no tasks."),
        (lambda: epic_edit.with_body(DATA, "teaser", "x", part=2), NotFound, "has 2 parts"),
        (lambda: epic_edit.with_body(DATA, "newsletter", "x", part=1), NotFound, "has 1 part;"),
        (lambda: epic_edit.with_after(DATA, "teaser", "2h"), Refused, "is no duration"),
        (lambda: epic_edit.with_schedule(DATA, "tomorrow", "UTC"), Refused, "is no date"),
        (lambda: epic_edit.with_schedule(DATA, "2027-01-01T09:00", "Mars"), Refused, "no IANA"),
        (
            lambda: epic_edit.with_schedule(DATA, "2027-03-28T02:30", "Europe/Berlin"),
            Refused,
            "does not exist in Europe/Berlin",
        ),
        (
            lambda: epic_edit.with_at(DATA, "teaser", "2026-11-01T01:30"),
            Refused,
            "happens twice in America/New_York",
        ),
        (
            lambda: epic_edit.with_at(b"title: x\ntasks: [{id: a}]\n", "a", "2027-01-01T09:00"),
            Refused,
            "Schedule the epic",
        ),
        (lambda: epic_edit.with_title(DATA, " "), ContentError, "`title` must be a few words"),
        (lambda: epic_edit.with_body(DATA, "teaser", "a\x07"), ContentError, "control character"),
        (lambda: epic_edit.with_task(DATA, {"id": "A B"}), ContentError, "`id` must be"),
        (lambda: epic_edit.with_title(b"title: [\n", "x"), ContentError, "epic.yaml:2:1"),
        (lambda: epic_edit.new_epic("e", title=""), ContentError, "`title` must be"),
    ],
)
def test_what_cannot_be_done_is_said(
    edit: Callable[[], bytes], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as caught:
        edit()
    assert says in str(caught.value)


def test_an_epic_that_is_wrong_elsewhere_can_be_edited() -> None:
    edited = epic_edit.with_title(b"title: x\ncolour: red\n", "z")
    assert edited == b"title: z\ncolour: red\n"


def test_a_new_epic_reads_back_and_names_its_schema(tmp_path: Path) -> None:
    written = epic_edit.new_epic(
        FOLDER,
        title="Spring: launch",
        owner="ana",
        brief="Why.\nFor whom.",
        tasks=[TASK],
        schedule=("2026-12-01T09:00", "America/New_York"),
    )
    assert written.decode() == (
        "# yaml-language-server: $schema=../../../../schemas/epic.schema.json\n"
        'title: "Spring: launch"\n'
        "brief: |\n  Why.\n  For whom.\n"
        "owner: ana\n"
        "schedule:\n  at: 2026-12-01T09:00\n  timezone: America/New_York\n"
        "tasks:\n  - id: extra\n    profiles: [x]\n    body: |\n      a\n      b\n"
        "    thread:\n      - body: |\n          c\n          d\n"
    )
    assert epic_of(written).schedule.zone == "America/New_York"
    assert epic_edit.new_epic("drafts/a", title="x").decode() == (
        "# yaml-language-server: $schema=../../schemas/epic.schema.json\ntitle: x\n"
    )


def test_a_duplicate_has_no_times_of_day_and_keeps_the_rest() -> None:
    own = epic_edit.with_at(STARTER, "hello", "2027-03-01T12:00")
    copy = epic_edit.duplicate(own, title="Welcome again", folder="content/epics/welcome-2")
    value, old = dict(read_yaml(copy, "p").value), dict(read_yaml(STARTER, "p").value)
    assert copy.startswith(b"# yaml-language-server: $schema=../../../schemas/epic.schema.json\n")
    assert value.pop("title") == "Welcome again"
    del old["title"], old["schedule"]
    assert value == old
    assert b"# Replies to the post above, in this order." in copy


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_the_file_are_used(end: str) -> None:
    data = GOOD.replace("\n", end).encode()
    edited = epic_edit.with_task(epic_edit.with_body(data, "teaser", "a\nb"), TASK)
    assert edited.decode().replace(end, "\n").count("\n") == edited.decode().count(end)
    assert read_epic(folder_of(edited)).tasks[-1].parts[0].body == "a\nb"
