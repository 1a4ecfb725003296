"""Broken files in git: one sentence each, and everything else goes out."""

import os
import stat

import pytest

from publisher.adapters.git_store import LEDGER
from tests.files.bad_epics import ALL
from tests.integration.people import git
from tests.integration.world import SPRING, World, ago, epic_text, profiles_text, task

TEASER = ["Text of teaser."]
BAD = "content/epics/2026"
NEW_TASK = "{id: new, profiles: [x], body: New.}"


def problems(world: World, epic: str) -> list[str]:
    return [str(problem) for problem in world.app.index.problems(epic)]


def test_every_broken_epic_is_reported_in_its_place_and_stops_no_other(world: World) -> None:
    """The whole list of bad input, one epic each, and a good one in the middle."""
    for number, bad in enumerate(ALL):
        text = bad.text.encode("utf-8", "surrogatepass") if isinstance(bad.text, str) else bad.text
        world.people.write(f"{BAD}/bad-{number:03}/epic.yaml", text)
    world.epic(task("teaser", "x"))
    world.run()
    assert world.network.texts() == TEASER
    unsaid = {
        bad.name
        for number, bad in enumerate(ALL)
        if not any(
            f"bad-{number:03}/epic.yaml" in text for text in problems(world, f"bad-{number:03}")
        )
    }
    assert unsaid == set()
    assert world.subjects(LEDGER)[0] == world.subjects()[0]


def test_a_problem_names_file_line_and_column(world: World) -> None:
    world.people.write(f"{BAD}/broken/epic.yaml", "title: x\nowner: ana\nonwer: bo\n")
    world.people.push()
    world.run()
    [told] = problems(world, "broken")
    assert told.startswith(f"{BAD}/broken/epic.yaml:3:1")
    assert "onwer" in told
    assert "owner" in told


def test_a_broken_epic_goes_out_once_it_is_mended(world: World) -> None:
    world.people.write(f"{SPRING}/epic.yaml", "title: [\n")
    world.people.push()
    world.run()
    assert problems(world, "spring-launch")
    world.epic(task("teaser", "x"))
    world.run()
    assert world.network.texts() == TEASER
    assert problems(world, "spring-launch") == []


def test_an_epic_that_breaks_after_it_went_out_is_not_forgotten(world: World) -> None:
    world.published(task("teaser", "x"))
    good = world.people.read(f"{SPRING}/epic.yaml")
    world.people.write(f"{SPRING}/epic.yaml", "title: [\n")
    world.people.push("Break it")
    world.run()
    world.people.pull()
    world.people.write(f"{SPRING}/epic.yaml", good)
    world.people.push("Mend it")
    world.run()
    assert world.network.texts() == TEASER


# What git can hold and a form on a web page cannot.


def test_symbolic_links_and_submodules_are_never_followed(world: World) -> None:
    secret = world.folder / "secret.txt"
    secret.write_text("do not publish me")
    good = epic_text(ago(), task("hello", "x", body="Through a link."))
    world.people.write("elsewhere/epic.yaml", good)
    links = {
        f"{BAD}/linked-file/epic.yaml": "../../../../elsewhere/epic.yaml",
        f"{BAD}/linked-folder": "../../../elsewhere",
        f"{BAD}/linked-media/media/secret.txt": str(secret),
        f"{BAD}/linked-media-folder/media": str(world.folder),
    }
    for name, target in links.items():
        path = world.people.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    for name in ("linked-media", "linked-media-folder"):
        media = [{"file": "media/secret.txt", "alt": "?"}]
        text = epic_text(ago(), task("hello", "x", media=media))
        world.people.write(f"{BAD}/{name}/epic.yaml", text)
    head = world.people.git("rev-parse", "HEAD")
    for place in (f"{BAD}/module", f"{SPRING}/media/module"):
        world.people.git("update-index", "--add", "--cacheinfo", f"160000,{head},{place}")
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    world.people.git("add", "content", "elsewhere")
    for place in (f"{BAD}/module", f"{SPRING}/media/module"):
        world.people.git("update-index", "--add", "--cacheinfo", f"160000,{head},{place}")
    world.people.git("commit", "--quiet", "-m", "Links and modules")
    world.people.git("push", "--quiet", "origin", "HEAD:main")
    world.run()
    assert world.network.texts() == TEASER
    assert world.network.requests("prepare") == 0
    linked = [p for p in world.app.index.problems() if p.path == f"{BAD}/linked-folder"]
    assert [problem.message for problem in linked] == [
        "This is a symbolic link; Copydesk follows none."
    ]
    for name in ("linked-file", "linked-media", "linked-media-folder"):
        told = problems(world, name)
        assert told, name
        assert any("link" in text for text in told), told


def test_names_that_are_not_utf_8_stop_nothing(world: World) -> None:
    odd = os.fsencode(world.people.path(f"{BAD}")) + b"/caf\xe9"
    os.makedirs(odd)  # noqa: PTH103 - the name is bytes
    with open(odd + b"/epic.yaml", "w") as file:  # noqa: PTH123 - the name is bytes
        file.write(epic_text(ago(), task("hello", "x", body="Odd name.")))
    world.epic(task("teaser", "x"))
    with open(os.fsencode(world.people.path(SPRING)) + b"/n\xf6te.txt", "w") as file:  # noqa: PTH123
        file.write("a note")
    world.people.push("Odd names")
    reports = world.run()
    assert {report.trouble for report in reports} == {""}
    assert world.network.texts() == TEASER


def test_an_executable_epic_file_is_read_like_any_other(world: World) -> None:
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    path = world.people.path(f"{SPRING}/epic.yaml")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    world.people.push()
    world.run()
    assert world.network.texts() == TEASER


def test_a_folder_named_like_the_epic_file_stops_nothing(world: World) -> None:
    world.people.write(f"{BAD}/folder/epic.yaml/epic.yaml", epic_text(ago(), task("a", "x")))
    world.people.write(f"{BAD}/folder-of-status/status.yaml/x", "x")
    text = epic_text(ago(), task("hello", "x", body="Its status has no place."))
    world.people.write(f"{BAD}/folder-of-status/epic.yaml", text)
    world.epic(task("teaser", "x"))
    world.run()
    assert "Text of teaser." in world.network.texts()
    assert world.network.texts().count("Its status has no place.") <= 1


# The files for the whole repository.

BROKEN_DESKS: dict[str, tuple[str, str | bytes]] = {
    "settings are no YAML": ("copydesk.yaml", "id: [\n"),
    "settings are empty": ("copydesk.yaml", ""),
    "settings lack the id": ("copydesk.yaml", "timezone: UTC\n"),
    "an unknown setting": ("copydesk.yaml", "id: acme\npausd: true\n"),
    "a zone that does not exist": ("copydesk.yaml", "id: acme\ntimezone: Mars\n"),
    "a duration that is none": ("copydesk.yaml", "id: acme\novrdue_grace: 1h\n"),
    "people are a list": ("people.yaml", "- ana\n"),
    "profiles are no YAML": ("profiles.yaml", "profiles: {\n"),
    "two profiles on one account": (
        "profiles.yaml",
        profiles_text("http://127.0.0.1:1", {"x": "idempotent", "y": "blind"}, y="acme-x"),
    ),
    "profiles in latin-1": ("profiles.yaml", "profiles: []  # caf\xe9\n".encode("latin-1")),
}


def test_a_broken_file_for_the_whole_repository_stops_everything_with_a_sentence(
    world: World,
) -> None:
    world.round()
    for name, (file, text) in BROKEN_DESKS.items():
        good = world.people.read(f"content/{file}")
        world.people.write(f"content/{file}", text)
        world.epic(task("teaser", "x"))
        report = world.round()
        assert report.claimed == 0, name
        assert f"content/{file}" in report.trouble, name
        assert "bug" not in report.trouble.lower(), name
        assert world.app.gate.trouble() == report.trouble
        world.people.write(f"content/{file}", good)
    world.people.push("Mend it")
    world.run()
    assert world.network.texts() == TEASER


def test_settings_that_were_removed_stop_everything_with_a_sentence(world: World) -> None:
    world.round()
    world.people.remove("content/copydesk.yaml")
    world.epic(task("teaser", "x"))
    report = world.round()
    assert "content/copydesk.yaml" in report.trouble
    assert world.network.posts() == []


def test_outcomes_wait_while_the_settings_are_broken(world: World) -> None:
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    good = world.people.read("content/copydesk.yaml")
    world.people.write("content/copydesk.yaml", "id: [\n")
    world.people.push("Break the settings")
    assert world.round().trouble
    assert len(world.app.gate.reports()) == 1
    world.people.write("content/copydesk.yaml", good)
    world.people.push("Mend them")
    world.run()
    assert world.network.texts() == TEASER
    assert world.delivery("teaser/x").status.value == "published"


def test_a_profile_of_an_unknown_platform_stops_its_deliveries_alone(world: World) -> None:
    text = profiles_text(world.network.url)
    world.people.write(
        "content/profiles.yaml", text + "- {id: odd, platform: myspace, account: acme}\n"
    )
    world.epic(task("teaser", "x", "odd"))
    world.run()
    assert world.network.texts() == TEASER


def test_a_bare_remote_of_another_kind_of_repository_is_told_in_a_sentence(world: World) -> None:
    from publisher.domain.errors import ContentError, CopydeskError

    world.people.git("rm", "-r", "--quiet", "content")
    world.people.push("No content at all")
    with pytest.raises(CopydeskError) as told:
        world.round()
    assert isinstance(told.value, ContentError)
    assert "copydesk init" in str(told.value)
    assert git(world.remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_link_in_place_of_an_epic_is_told_and_harms_no_other(world: World) -> None:
    """Also one that bears the name of an epic elsewhere, and one that takes an epic's place."""
    world.published()
    alias = world.people.path("content/epics/current/spring-launch")
    alias.parent.mkdir()
    alias.symlink_to("../2026/spring-launch")
    world.people.push("Alias")
    world.people.change(f"{SPRING}/epic.yaml", "tasks:", f"tasks:\n- {NEW_TASK}")
    world.people.push("Add a task")
    world.run()
    assert world.network.texts("acme-x")[-1] == "New."
    alias_path = "content/epics/current/spring-launch"
    assert [problem.path for problem in world.app.index.problems()] == [alias_path]
    assert world.app.index.ids() == ["spring-launch"]
    world.people.pull()
    world.people.move(SPRING, "content/epics/moved/spring-launch")
    world.people.path(SPRING).symlink_to("../moved/spring-launch")
    alias.unlink()
    world.people.push("Move")
    world.run()
    assert [problem.path for problem in world.app.index.problems()] == [SPRING]
    world.people.pull()
    world.people.path(SPRING).unlink()
    world.people.push("Tidy up")
    world.run()
    assert world.app.index.problems() == ()
    assert len(world.network.posts()) == 3
