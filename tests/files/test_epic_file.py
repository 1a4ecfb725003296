"""What a good epic becomes."""

from datetime import UTC, datetime

import pytest

from publisher.domain.epic import Media, Override, Part
from tests.files.epics_for_tests import GOOD, PATH, change, problems_of, read


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_the_good_epic() -> None:
    epic = read(GOOD)
    teaser, newsletter = epic.tasks
    assert (epic.id, epic.path, epic.owner) == ("spring-launch", PATH, "ana")
    assert epic.brief == "Why we do this.\n"
    assert epic.schedule is not None
    assert epic.schedule.utc == utc(2026, 12, 1, 14)
    assert teaser.parts == (
        Part("Spring is here.", (Media("media/hero.jpg", "A red tulip"),)),
        Part("Second part"),
    )
    assert teaser.overrides == {"sandbox-feed": Override(body="Spring is here, and so are we.")}
    assert teaser.params == {"sandbox": {"format": "post"}}
    assert teaser.profiles == ("sandbox-social", "sandbox-feed")
    assert newsletter.subject == "Spring is here"
    assert (teaser.due, newsletter.due) == (utc(2026, 12, 1, 14), utc(2026, 12, 1, 16))


def test_a_draft_may_be_nearly_empty() -> None:
    for text in ("title: x\n", "title: x\ntasks: []\n"):
        epic = read(text)
        assert (epic.tasks, epic.schedule, epic.owner) == ((), None, "")
    (task,) = read("title: x\ntasks:\n  - {id: on, body: b, after: PT1H}\n").tasks
    assert (task.id, task.due, task.profiles) == ("on", None, ())


@pytest.mark.parametrize(
    ("own", "due"),
    [
        ("at: 2026-12-01T12:30", utc(2026, 12, 1, 17, 30)),
        ("at: 2026-12-01T12:30\n    timezone: Asia/Tokyo", utc(2026, 12, 1, 3, 30)),
        ("after: P1DT30M", utc(2026, 12, 2, 14, 30)),
    ],
)
def test_a_task_has_its_own_time(own: str, due: datetime) -> None:
    assert read(change("after: PT2H", own)).tasks[1].due == due


def test_an_offset_is_real_time_across_a_change_of_clocks() -> None:
    """Two hours after 01:30 on the night of 8 March 2026 the clocks of New York show 04:30."""
    task = read(change("2026-12-01T09:00", "2026-03-08T01:30")).tasks[1]
    assert task.due == utc(2026, 3, 8, 8, 30)


def test_media_alone_is_enough() -> None:
    epic = read(change("body: Dear gardeners", "media: [{file: media/hero.jpg}]"))
    assert epic.tasks[1].parts == (Part("", (Media("media/hero.jpg"),)),)
    emptied = read(change('"Spring is here, and so are we."', '""'))
    assert emptied.tasks[0].overrides["sandbox-feed"].body == ""
    (problem,) = problems_of(
        change('"Spring is here, and so are we."', '""').replace("file: media/hero.jpg", "file: x")
    )
    assert problem.line == 13, "the missing file is the fault, not the empty text"


def test_an_override_without_text_needs_media() -> None:
    text = "title: x\ntasks:\n  - {id: a, profiles: [p], body: b, overrides: {p: {body: ' '}}}\n"
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == (3, 59)


def test_the_line_end_of_a_block_is_not_published() -> None:
    epic = read(change("body: Dear gardeners", "body: |\n      Dear\n\n       gardeners"))
    assert epic.tasks[1].parts[0].body == "Dear\n\n gardeners"


def test_windows_line_ends_make_the_same_epic() -> None:
    assert read(GOOD.replace("\n", "\r\n")) == read(b"\xef\xbb\xbf" + GOOD.encode()) == read(GOOD)
