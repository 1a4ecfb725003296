"""`copydesk fmt`: what means nothing is tidied, and nothing else changes."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.errors import ContentError
from publisher.entrypoints.cli_fmt import fmt
from publisher.files.yaml_format import formatted
from publisher.files.yaml_text import read_yaml
from tests.files.bad_epics import ALL
from tests.files.epics_for_tests import GOOD

MESSY = "\ufefftitle: x   \r\n# note  \r\nbrief: |  \r\n  keep   \r\n\r\nowner: ana\t\r\n\r\n\r\n"
TIDY = "title: x\n# note\nbrief: |\n  keep   \n\nowner: ana\n"


def tidy(text: str) -> str:
    return formatted(text.encode(), "p").decode()


def test_spaces_line_ends_and_the_last_line_are_tidied() -> None:
    assert tidy(MESSY) == TIDY
    assert tidy(TIDY) == TIDY
    assert tidy("title: x") == "title: x\n"
    assert tidy(GOOD) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "title: |\n  a  \n  b\n",
        "title: |+\n  a\n\n\n",
        "title: 'a  \n\n  b'\n",
        'title: "a \\\n  b"\n',
        "title: >-\n  a  \n   b\n",
    ],
)
def test_texts_keep_their_own_spaces(text: str) -> None:
    assert tidy(text) == text


def test_a_last_line_end_that_would_become_text_is_not_added() -> None:
    assert tidy("title: |\n  a") == "title: |\n  a"


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_what_cannot_be_read_is_told_and_never_changed(bad: object) -> None:
    text = bad.text  # type: ignore[attr-defined]
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        new = formatted(data, "p")
    except ContentError:
        return
    assert read_yaml(new, "p").value == read_yaml(data, "p").value


MARKS = ["a: b", "  ", "\t", "\n", "\r\n", "# c ", "|", ">+", "'", '"', "- x", "k: ", "\ufeff", "é"]


@given(st.lists(st.sampled_from(MARKS), max_size=12).map("".join))
def test_no_value_and_no_comment_ever_changes(text: str) -> None:
    data = text.encode()
    try:
        before = read_yaml(data, "p").value
    except ContentError:
        return
    new = formatted(data, "p")
    assert read_yaml(new, "p").value == before
    assert formatted(new, "p") == new
    assert re.sub(rb"[ \t\r\n]|\xef\xbb\xbf", b"", new) == re.sub(
        rb"[ \t\r\n]|\xef\xbb\xbf", b"", data
    )


def test_the_command_changes_names_and_ends(tmp_path: Path) -> None:
    epic = tmp_path / "content/epics/2026/spring/epic.yaml"
    epic.parent.mkdir(parents=True)
    epic.write_bytes(MESSY.encode())
    status = epic.with_name("status.yaml")
    status.write_text("a: b  \n")
    folder = str(tmp_path / "content")
    checked = CliRunner().invoke(fmt, ["--check", folder])
    assert (checked.exit_code, checked.output) == (1, f"would change {epic}\n")
    assert epic.read_bytes() == MESSY.encode()
    assert CliRunner().invoke(fmt, [folder]).output == f"changed {epic}\n"
    assert epic.read_bytes() == TIDY.encode()
    assert CliRunner().invoke(fmt, ["--check", folder]).exit_code == 0
    assert status.read_text() == "a: b  \n", "the machine's files are its own"


def test_the_command_tells_a_tab_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "epic.yaml"
    file.write_text("title: x\nschedule:\n\tat: y\n")
    ended = CliRunner().invoke(fmt, [str(file)])
    assert ended.exit_code == 1
    assert f"{file}:3:1: A tab stands where YAML wants spaces." in ended.stderr
