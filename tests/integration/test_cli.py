"""`copydesk` as people and programs call it: exit codes, JSON, and what is imported."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.git_store import LEDGER
from publisher.entrypoints.cli import main
from tests.integration.people import IDENTITY, git
from tests.integration.world import SPRING, World, ago, everything_in_redis, task
from tests.pictures import picture

ROOT = Path(__file__).parents[2]
HEAVY = ("rq", "redis", "git", "pygit2", "aiohttp", "slack_bolt")
GIVES_UP_AFTER = 60


class Desk:
    """One terminal at one repository."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.environ = {
            **IDENTITY,
            "PATH": os.environ["PATH"],
            "HOME": str(world.folder),
            "PYTHONPATH": str(ROOT),
            "COPYDESK_REPO": str(world.remote),
            "COPYDESK_STATE": str(world.folder / "terminal"),
            "REDIS_URL": world.redis_url,
            "GIT_CONFIG_GLOBAL": str(world.folder / "gitconfig"),
        }
        (world.folder / "gitconfig").write_text(
            "[user]\n\tname = Ana Silva\n\temail = ana@example.com\n"
        )

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run the command in this process, which spares a second each time."""
        output, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - set(self.environ):
                patch.delenv(name)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["copydesk", *words])
            patch.setattr(sys, "stdin", io.StringIO())
            patch.chdir(self.world.folder)
            with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as end:
                main()
        told = (output.getvalue(), errors.getvalue())
        assert end.value.code == code, (words, end.value.code, *told)
        return told[0] if code == 0 else "".join(told)

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


def run(
    *words: str, environ: dict[str, str] | None = None, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=GIVES_UP_AFTER,
        check=False,
    )


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["validate", "content/epics/2026/welcome/epic.yaml"],
        ["up", "--help"],
    ],
    ids=" ".join,
)
def test_what_must_be_quick_imports_nothing_heavy(words: list[str]) -> None:
    if words[0] == "validate":
        words = [words[0], str(next((ROOT / "content/epics").glob("*/*/epic.yaml")))]
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "publisher", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GIVES_UP_AFTER,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0]
        for line in ended.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "click" in imported
    assert imported & set(HEAVY) == set()


def test_the_day_of_an_editor(desk: Desk, world: World) -> None:
    """status, plan, round, log, retry and check, one after the other, in one repository."""
    world.people.write(f"{SPRING}/media/a.png", picture())
    world.network.arm("rejected", account="acme-press")
    world.epic(task("teaser", "x", "press", media=[{"file": "media/a.png", "alt": "A"}]))
    far = world.publisher("terminal")

    assert "spring-launch" in desk("status")
    before = {name: world.ref(name) for name in ("main", LEDGER)}
    in_redis = everything_in_redis(world.redis_url)
    planned = desk.json("plan")
    assert [item["delivery"] for item in planned] == [
        "spring-launch/teaser/press",
        "spring-launch/teaser/x",
    ]
    assert set(planned[0]) == {"delivery", "at", "platform", "text", "why_not"}
    assert planned[0]["text"] == "Text of teaser."
    assert "spring-launch/teaser/x" in desk("plan", "--until", "P7D")
    assert desk.json("plan", "--until", "2020-01-01T00:00") == []
    assert {name: world.ref(name) for name in before} == before
    assert everything_in_redis(world.redis_url) == in_redis
    assert world.network.requests() == 0

    told = desk.json("round")
    assert told == {**told, "looked_at": 1, "claimed": 2, "trouble": ""}
    assert set(told) == {"looked_at", "reported", "claimed", "commit", "trouble"}
    world.carry(far)
    desk("round")
    assert "press" in desk("status", "spring-launch")
    shown = desk.json("status", "spring-launch")
    assert shown["state"] == "Error"
    assert set(shown) == {
        *("id", "title", "state", "why", "owner", "branch", "pull_request", "problems", "tasks")
    }
    platforms = {item["profile_id"]: item for item in shown["tasks"][0]["platforms"]}
    assert platforms["x"]["status"] == "published"
    assert platforms["x"]["permalink"].startswith("http://127.0.0.1:")
    assert platforms["press"]["error"]["kind"] == "content_rejected"
    assert [epic["id"] for epic in desk.json("status")["epics"]] == ["spring-launch"]

    assert "Will be tried again: spring-launch/teaser/press" in desk("retry", "spring-launch")
    assert desk.json("plan")[0]["delivery"] == "spring-launch/teaser/press"
    desk("round")
    world.carry(far)
    desk("round")
    assert desk.json("status", "spring-launch")["state"] == "Published"
    assert desk.json("plan") == []
    assert world.network.texts() == ["Text of teaser."] * 2

    story = desk("log", "spring-launch")
    for words in (
        "Ana Silva: Add spring-launch",
        "published on x; failed on press (1 of 2)",
        "Ana Silva: ",
        "published on press (2 of 2)",
        "teaser/press: attempt 1: failed",
        "refuses this content",
    ):
        assert words in story
    events = desk.json("log", "spring-launch")
    assert set(events[0]) == {"at", "commit", "who", "text", "detail"}
    assert events == sorted(events, key=lambda event: event["at"])
    git_tells = git(world.remote, "log", "--format=%s", "main", "--", SPRING)
    assert "status: spring-launch published on x; failed on press (1 of 2)" in git_tells

    assert "still there" in desk("check", "spring-launch")
    world.network.delete(world.network.posts("acme-x")[0])
    assert "Removed there: spring-launch/teaser/x" in desk("check", "spring-launch")
    assert desk.json("status", "spring-launch")["state"] == "Published"


def test_a_plan_of_another_revision(desk: Desk, world: World) -> None:
    world.people.git("checkout", "--quiet", "-b", "epic/spring")
    world.people.write(
        f"{SPRING}/epic.yaml",
        "title: S\nschedule: {at: 2099-01-01T09:00, timezone: UTC}\n"
        "tasks:\n  - {id: teaser, profiles: [x], body: Later.}\n",
    )
    world.people.commit("Draft")
    world.people.git("push", "--quiet", "origin", "epic/spring")
    assert desk.json("plan") == []
    [planned] = desk.json("plan", "--at", "epic/spring")
    assert (planned["delivery"], planned["at"]) == (
        "spring-launch/teaser/x",
        "2099-01-01T09:00:00Z",
    )
    assert "no commit “nonsense”" in desk("plan", "--at", "nonsense", code=1)


def test_pause_and_resume_from_the_terminal(desk: Desk, world: World) -> None:
    world.epic(task("teaser", "x"))
    assert "Paused, in git as" in desk("pause")
    assert desk.json("status")["paused"] is True
    world.run()
    assert world.network.posts() == []
    assert git(world.remote, "log", "-1", "--format=%an", "main") == "Ana Silva"
    assert "Going on" in desk("resume")
    world.run_until(lambda: bool(world.network.posts()))


def test_held_deliveries_from_the_terminal(desk: Desk, world: World) -> None:
    world.epic(task("teaser", "x"), task("more", "x"), due=ago(7300))
    world.run()
    told = desk("status", "spring-launch")
    assert "copydesk release spring-launch teaser/x" in told
    assert "several deliveries" in desk("release", "spring-launch", "x", code=1)
    assert "Cancelled: spring-launch/more/x" in desk("cancel", "spring-launch", "more/x")
    assert "Released: spring-launch/teaser/x" in desk("release", "spring-launch")
    world.run()
    assert world.network.texts() == ["Text of teaser."]


def test_exit_codes_and_sentences(desk: Desk, world: World) -> None:
    """1: a problem was found; 2: it could not run. Never a traceback."""
    world.epic(task("teaser", "x"))
    told = {
        ("status", "spring-lunch"): (1, "Did you mean"),
        ("retry", "spring-launch"): (1, "nothing to retry"),
        ("log", "nothing"): (1, "There is no epic nothing"),
        ("stauts",): (2, "status"),
        ("status", "--nonsense"): (2, "--nonsense"),
        ("status", "--repo", str(world.folder / "nowhere")): (2, "There is no folder"),
        ("plan", "--until", "soon"): (2, "--until"),
        ("resolve", "spring-launch", "x"): (2, "--live URL or --not-live"),
    }
    for words, (code, sentence) in told.items():
        said = desk(*words, code=code)
        assert sentence in said, (words, said)
        assert "Traceback" not in said


def test_without_a_redis_looking_works_and_running_says_what_to_set(
    desk: Desk, world: World
) -> None:
    world.epic(task("teaser", "x"))
    del desk.environ["REDIS_URL"]
    assert "spring-launch" in desk("status")
    assert "REDIS_URL is not set" in desk("round", code=2)
    desk.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    assert "Redis does not answer" in desk("round", code=2)


def test_a_round_with_trouble_has_exit_code_1(desk: Desk, world: World) -> None:
    world.epic(task("teaser", "x"))
    desk("round")
    world.people.write("content/profiles.yaml", "profiles: [\n")
    world.people.push()
    assert "content/profiles.yaml" in desk("round", code=1)


def test_exit_codes_of_a_real_process(desk: Desk, world: World) -> None:
    world.epic(task("teaser", "x"))
    for words, code in ((["status", "nothing"], 1), (["status", "--nonsense"], 2), (["plan"], 0)):
        ended = run(*words, environ=desk.environ, folder=world.folder)
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr


def test_init_validate_and_what_is_wrong(desk: Desk, world: World) -> None:
    made = desk("init", "mine")
    assert "copydesk up --repo mine" in made
    assert git(world.folder / "mine", "status", "--porcelain") == ""
    assert desk.json("validate", "mine") == {"epics": 1, "problems": []}
    assert "nothing was changed" in desk("init", "mine", code=1)
    [epic] = (world.folder / "mine/content/epics").glob("*/*/epic.yaml")
    epic.write_text(epic.read_text() + "onwer: bo\n")
    said = desk("validate", "mine", code=1)
    assert f"{epic.relative_to(world.folder / 'mine')}:" in said
    assert "onwer" in said
    ended = run("validate", "--json", str(epic), environ=desk.environ)
    assert ended.returncode == 1
    [problem] = json.loads(ended.stdout)["problems"]
    assert set(problem) == {
        "path", "line", "column", "rule", "severity", "message", "hint",
    }  # fmt: skip


def test_no_colours_where_there_is_no_terminal(desk: Desk, world: World) -> None:
    world.published(task("teaser", "x"))
    for words in (["status"], ["status", "spring-launch"], ["log", "spring-launch"]):
        assert "\x1b" not in desk(*words)
