"""Every bad epic: one problem, at the right place, in helpful words, and quickly."""

import resource
import time

import pytest

from publisher.domain.errors import ContentError
from publisher.files.epic_file import read_epic
from tests.files.bad_epics import ALL, RULES, Bad
from tests.files.epics_for_tests import GOOD, PATH, change, folder_of, problems_of, read


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_one_problem_with_place_and_words(bad: Bad) -> None:
    started = time.perf_counter()
    problems = problems_of(bad.text)
    assert time.perf_counter() - started < 2
    assert len(problems) == 1, [str(problem) for problem in problems]
    (problem,) = problems
    assert (problem.path, problem.line, problem.column) == (f"{PATH}/epic.yaml", *bad.place)
    for words in bad.says:
        assert words in f"{problem.message} {problem.hint}"
    assert len(str(problem)) < 500
    assert read(GOOD).title == "Spring launch", "a good neighbour is still read"


def test_every_row_is_another_fault() -> None:
    assert len({bad.name for bad in ALL}) == len({bad.text for bad in ALL}) == len(ALL)


def test_hostile_files_stay_small_in_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for bad in ALL:
        problems_of(bad.text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("", False), ("a" * 80, True), ("a" * 81, False), ("Spring", False), ("-a", False),
        ("a b", False), ("..", False), ("a.b", False), ("2026", True), ("a\n", False),
    ],
)  # fmt: skip
def test_the_folder_names_the_epic(name: str, fine: bool) -> None:
    path = f"content/epics/{name}"
    problems = problems_of(GOOD, path)
    if fine:
        assert read(GOOD, path).id == name
        return
    assert [(p.path, p.line) for p in problems] == [(f"{path}/epic.yaml", 0)]
    assert "cannot be the id" in problems[0].message


def test_all_problems_at_once_in_order() -> None:
    text = change("America/New_York", "Mars").replace("PT2H", "soon")
    text = text.replace("Dear gardeners", "''").replace("media/hero.jpg", "media/none.jpg")
    problems = problems_of(text)
    assert [problem.line for problem in problems] == [7, 13, 22, 25]
    shapes = problems_of(change("owner: ana", "onwer: 1").replace("id: newsletter", "id: N"), "X")
    assert [problem.line for problem in shapes] == [0, 4, 21]


def test_a_path_with_another_unicode_form_is_explained() -> None:
    folder = folder_of(change("hero", "h\u00e9ro"), files={"media/he\u0301ro.jpg": "file"})
    with pytest.raises(ContentError, match="accents"):
        read_epic(folder)


def test_a_thousand_faults_end_quickly() -> None:
    tasks = "".join(f"  - {{id: t{i}, body: b, profiles: [p{i}, p{i}]}}\n" for i in range(5000))
    keys = "".join(f"key{i}: x\n" for i in range(20_000))
    wrong = "".join(f"  - {{id: T{i}, body: b}}\n" for i in range(5000))
    for rest in (f"tasks:\n{tasks}", f"tasks:\n{wrong}", keys):
        text = f"title: x\n{rest}"
        started = time.perf_counter()
        assert len(problems_of(text)) == 100
        assert time.perf_counter() - started < 2


def test_rules_come_after_the_schema() -> None:
    outside = next(bad for bad in RULES if bad.name == "outside")
    assert isinstance(outside.text, str)
    (problem,) = problems_of(outside.text.replace("owner: ana", "owner: 1"))
    assert problem.line == 4
