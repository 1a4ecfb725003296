"""What a platform says of itself is true, whole, and the same in the docs and the terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from publisher.domain.epic import Profile
from publisher.entrypoints.cli_platforms import platforms as command
from publisher.entrypoints.platform_page import index_of, page_of
from publisher.platforms import find_all
from publisher.usecases.platform_cards import AFTER_A_LOST_ANSWER, card_of, cards_of

PAGES = Path(__file__).parents[2] / "docs" / "platforms"
NAMES = sorted(find_all())
STALE = "This page is not up to date: run `make docs`."


def told(*words: str) -> str:
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_page_is_up_to_date(name: str) -> None:
    written = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert written == page_of(card_of(find_all()[name])), STALE


def test_the_list_of_pages_is_whole() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert index == index_of(cards_of(find_all())), STALE
    assert {page.stem for page in PAGES.glob("*.md")} == {"README", *NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_what_people_need_is_there(name: str) -> None:
    platform = find_all()[name]
    about, page = platform.about, page_of(card_of(platform))
    for secret in about.secrets:
        assert f"ACME_{secret.name.upper()}" in page
    for found in (*about.options, *about.params, *about.limits, *about.scopes):
        assert f"| {found.name} | {found.meaning} |" in page
    assert AFTER_A_LOST_ANSWER[card_of(platform).traits.safety] in page
    sentences = (about.summary, about.account, about.media, about.threads, about.cost, *about.setup)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert bool(about.setup) or not about.secrets


@pytest.mark.parametrize("name", NAMES)
def test_the_example_could_be_real(name: str) -> None:
    platform = find_all()[name]
    example = platform.about.example
    assert isinstance(example, Profile), "add `example=Profile(…)` to the platform's About"
    assert list(platform.problems(example)) == []
    assert example.platform == name
    assert bool(example.credentials) == bool(platform.about.secrets)
    assert f"account: {example.account}\n" in told(name).replace('"', "")


def test_the_list_says_what_each_can_do() -> None:
    listed = told()
    for name, platform in find_all().items():
        assert f"{name} " in listed
        assert platform.about.media in listed
        assert card_of(platform).lost in listed


def test_programs_get_everything(tmp_path: Path) -> None:
    listed: list[dict[str, Any]] = json.loads(told("--json"))
    assert [each["name"] for each in listed] == NAMES
    (one,) = json.loads(told("telegram", "--json"))
    assert (one["safety"], one["can_look_up"], one["deletes"], one["edits"]) == (
        *("blind", False),
        *(True, True),
    )
    assert one["secrets"] == [
        {"name": "bot_token", "meaning": "What @BotFather gave, such as `123456:ABC…`."}
    ]
    found = next(each for each in one["refusals"] if "chat not found" in each["says"])
    assert (found["kind"], found["status"]) == ("misconfigured", 400)
    told("--write", str(tmp_path))
    assert {page.name for page in tmp_path.iterdir()} == {f"{n}.md" for n in ("README", *NAMES)}


def test_a_misspelled_name_gets_a_hint() -> None:
    done = CliRunner().invoke(command, ["blusky"])
    assert done.exit_code == 2
    assert "bluesky" in done.output
