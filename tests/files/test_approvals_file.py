"""approvals.yaml: what is written is read again; what is broken or foreign counts as nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.approvals import Approvals, EntryKind, verified
from publisher.domain.errors import Refused
from publisher.files.approvals_file import approvals_path, dump_approvals, read_approvals
from publisher.files.folder import check_folder
from publisher.files.schema import schema_problems
from publisher.files.yaml_text import read_yaml
from tests.unit.approving import BO, CY, EPIC, KEY, REPOSITORY, forged, said

FOLDER = "content/epics/2026/spring-launch"
PATH = f"{FOLDER}/approvals.yaml"
DIGEST = "d" * 64
TWO = Approvals().added(
    said(BO, DIGEST, request="r1"), said(CY, DIGEST, EntryKind.CHANGES, text="Größer: *bitte* #1")
)
WRITTEN = dump_approvals(FOLDER, TWO).decode()


def read(text: str) -> tuple[Approvals, list[str]]:
    found = read_approvals(text.encode(), PATH)
    return found.approvals, [str(problem) for problem in found.problems]


def test_what_was_written_is_read_again_and_the_file_says_whose_it_is() -> None:
    assert read(WRITTEN) == (TWO, [])
    assert WRITTEN.startswith("# Written by Copydesk")
    assert "by hand counts as nothing" in WRITTEN
    assert "$schema=../../../../schemas/approvals.schema.json" in WRITTEN
    assert approvals_path(FOLDER) == PATH
    assert "Größer" in WRITTEN


def test_there_need_be_no_file() -> None:
    assert read_approvals(None, PATH).approvals == Approvals()


@given(st.text(max_size=60), st.datetimes(), st.sampled_from(EntryKind))
def test_whatever_people_ask_for_can_be_kept(text: str, at: object, kind: EntryKind) -> None:
    from datetime import UTC

    entry = said(BO, DIGEST, kind, text=text, at=at.replace(tzinfo=UTC))  # type: ignore[attr-defined]
    data = dump_approvals(FOLDER, Approvals((entry,)))
    found = read_approvals(data, PATH)

    assert (found.approvals.entries, found.problems) == ((entry,), ())
    assert verified(found.approvals.entries, REPOSITORY, EPIC, [KEY]) == (entry,)
    assert schema_problems(read_yaml(data, PATH), "approvals") == ()


BROKEN = {
    "no YAML": ("entries: [\n", 2),
    "empty": ("", 0),
    "a list": ("- a\n", 1),
    "no entries": ("entry: []\n", 1),
    "entries are none": ("entries: 7\n", 1),
    "a tag": ("entries: !!set {}\n", 1),
    "twice": ("entries: []\nentries: []\n", 2),
}


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_a_problem_with_its_place_and_approves_nothing(
    text: str, line: int
) -> None:
    found = read_approvals(text.encode(), PATH)

    assert found.approvals == Approvals()
    assert (found.problems[0].path, found.problems[0].line) == (PATH, line)


EDITS = {
    "an unknown field": ("  kind: approve\n", "  kind: approve\n  why: because\n"),
    "a kind that is none": ("  kind: approve\n", "  kind: approved\n"),
    "a field less": ("  via: cli\n  request: r1\n", "  request: r1\n"),
    "a digest that is none": (f"  digest: {DIGEST}\n", "  digest: abc\n"),
    "a time without a zone": (".000000Z", ".000000"),
    "a time that does not exist": ("2026-12-01T", "2026-13-01T"),
    "another type": ("  person: bo\n", "  person: 7\n"),
}


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_entry_that_was_bent_counts_as_none_and_the_others_stay(old: str, new: str) -> None:
    approvals, problems = read(WRITTEN.replace(old, new, 1))

    assert approvals.entries == TWO.entries[1:]
    assert len(problems) == 1
    line = 1 + WRITTEN[: WRITTEN.index(old)].count("\n")
    first = WRITTEN[: WRITTEN.index("- id")].count("\n") + 1
    assert first <= int(problems[0].split(":")[1]) <= line + 1


def test_entries_that_we_did_not_sign_are_named_with_their_lines() -> None:
    entries = (TWO.entries[0], forged(TWO.entries[1], kind=EntryKind.APPROVE))
    found = read_approvals(dump_approvals(FOLDER, Approvals(entries)), PATH)
    ours = verified(found.approvals.entries, REPOSITORY, EPIC, [KEY])
    (problem,) = found.not_ours(ours)

    assert problem.line == WRITTEN[: WRITTEN.rindex("- id")].count("\n") + 1
    assert "has not signed this entry (approve by cy)" in problem.message
    assert "counts as nothing" in problem.hint
    assert list(found.not_ours(found.approvals.entries)) == []


def test_a_file_that_nobody_could_read_again_is_not_written() -> None:
    with pytest.raises(Refused, match="1 MiB"):
        dump_approvals(FOLDER, Approvals((said(BO, DIGEST, text="long " * 300_000),)))


def test_validate_names_what_is_wrong_with_it(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (tmp_path / "content/copydesk.yaml").write_text("id: acme\n")
    (folder / "epic.yaml").write_text("title: Spring\n")
    (folder / "approvals.yaml").write_text(WRITTEN.replace("kind: approve", "kind: yes"))
    checked = check_folder(tmp_path)

    assert [(p.path, p.message) for p in checked.problems] == [(PATH, "`kind` may not be “yes”.")]
    assert [epic.id for epic in checked.epics] == ["spring-launch"]
