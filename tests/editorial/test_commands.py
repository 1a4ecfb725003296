"""The editorial flow from a terminal: a team without Slack has the whole product."""

import json
from pathlib import Path

import pytest

from tests.editorial.team import LAUNCH, ROLES, Team
from tests.integration.test_cli import Desk


class Terminal:
    """One person's terminal; the others have theirs."""

    def __init__(self, team: Team) -> None:
        self._desk = Desk(team.world)
        self._config = team.world.folder / "gitconfig"

    def as_(self, who: str) -> Desk:
        name = ROLES[who][0] if who in ROLES else "Eve Stranger"
        self._config.write_text(f"[user]\n\tname = {name}\n\temail = {who}@example.com\n")
        return self._desk


@pytest.fixture
def terminal(team: Team) -> Terminal:
    return Terminal(team)


def launch(team: Team, terminal: Terminal) -> None:
    epic = team.world.folder / "epic.yaml"
    epic.write_text(
        "title: Launch\nowner: ana\ntasks:\n"
        "  - id: teaser\n    profiles: [x]\n    body: Spring is here.\n"
    )
    terminal.as_("ana")("new", LAUNCH, "--file", str(epic))


def test_the_whole_way_without_slack(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)
    assert "in review" in terminal.as_("ana")("request-review", LAUNCH)
    assert "Approved teaser" in terminal.as_("bo")("approve", LAUNCH)
    told = terminal.as_("ana")("schedule", LAUNCH, "--at", "2030-05-01T09:00", "--yes")
    assert "Spring is here." in told
    assert "is scheduled for 2030-05-01 09:00 UTC" in told
    listed = terminal.as_("ana").json("list", "--state", "scheduled", "--owner", "ana")
    assert [(one["id"], one["goes_out"]) for one in listed] == [(LAUNCH, "2030-05-01T09:00:00Z")]
    assert "launch/teaser" in terminal.as_("ana")("calendar", "--month", "2030-05")
    assert "Scheduled" in terminal.as_("ana")("status", LAUNCH)

    assert "in Review" in terminal.as_("ana")("unschedule", LAUNCH)
    assert "1 of 1 approved, not scheduled" in terminal.as_("ana")("status", LAUNCH)
    terminal.as_("ana")("publish-now", LAUNCH, "--yes")
    team.world.run()

    assert team.world.network.texts() == ["Spring is here."]
    story = terminal.as_("ana")("log", LAUNCH)
    for line in ("new: launch", "approve: launch teaser", "unschedule: launch", "published on x"):
        assert line in story


def test_a_draft_is_seen_by_status_and_list(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)

    shown = terminal.as_("ana").json("status", LAUNCH)

    assert (shown["state"], shown["branch"]) == ("Draft", f"epic/{LAUNCH}")
    assert shown["tasks"][0]["approval"]["complete"] is False
    assert LAUNCH in terminal.as_("ana")("list", "--state", "draft")
    assert "no such epic" in terminal.as_("ana")("list", "--state", "error")


def test_an_edit_asks_before_it_voids_anything(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)
    terminal.as_("bo")("approve", LAUNCH)
    ana = terminal.as_("ana")

    refused = ana("edit", LAUNCH, "--task", "teaser", "--body", "New.", code=130)
    assert "approval of teaser is void" in refused
    done = ana.json("edit", LAUNCH, "--task", "teaser", "--body", "New.", "--yes")

    assert done["branch"] == f"epic/{LAUNCH}"
    assert b"New." in team.text()


def test_a_text_that_cannot_be_saved_is_kept_in_a_file(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)
    editor = team.world.folder / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/title: Launch/title: [broken/" "$1"\n')
    editor.chmod(0o755)
    ana = terminal.as_("ana")
    ana.environ["EDITOR"] = str(editor)

    told = ana("edit", LAUNCH, code=1)

    assert "epic.yaml:1:" in told
    kept = told.split("--file ")[1].split()[0]
    assert b"title: [broken" in Path(kept).read_bytes()


def test_those_who_may_not_are_told_who_can(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)

    assert "Bo Chen" in terminal.as_("eve")("approve", LAUNCH, code=1)
    assert "Ana Silva can." in terminal.as_("bo")("schedule", LAUNCH, "--yes", code=1)
    assert "Ana Silva can." in terminal.as_("bo")("pause", code=1)


def test_a_request_can_be_repeated_by_a_script(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)
    first = terminal.as_("bo").json("approve", LAUNCH, "--request", "ci-7")
    second = terminal.as_("bo").json("approve", LAUNCH, "--request", "ci-7")

    assert (first["again"], second["again"]) == (False, True)
    assert first["commit"] == second["commit"]


def test_the_calendar_file_can_be_read_back(team: Team, terminal: Terminal) -> None:
    launch(team, terminal)
    terminal.as_("bo")("approve", LAUNCH)
    terminal.as_("ana")("schedule", LAUNCH, "--at", "2030-05-01T09:00", "--yes")
    file = team.world.folder / "acme.ics"

    terminal.as_("ana")("calendar", "--ics", str(file))

    assert b"DTSTART:20300501T090000Z" in file.read_bytes()


def test_every_command_teaches(terminal: Terminal) -> None:
    for command in ("new", "edit", "approve", "schedule", "list", "calendar", "hold"):
        assert "Usage: copydesk" in terminal.as_("ana")(command, "--help")
    assert json.loads(terminal.as_("ana")("list", "--json")) == []


def test_the_doctor_finds_nothing_in_a_healthy_desk(terminal: Terminal) -> None:
    found = terminal.as_("ana").json("doctor")

    assert [one["name"] for one in found if one["faults"]] == []
    assert "✓ forge" in terminal.as_("ana")("doctor")


def test_the_doctor_says_how_to_mend_what_is_wrong(team: Team, terminal: Terminal) -> None:
    people = team.world.people
    people.change("content/people.yaml", "- approver", "- author")
    people.change("content/profiles.yaml", "platform: sandbox", "platform: sandbx")
    people.push("Break it")

    told = terminal.as_("ana")("doctor", code=1)

    assert "Nobody has the role approver" in told
    assert "There is no platform “sandbx”. Did you mean “sandbox”?" in told
