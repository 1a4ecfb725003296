"""The keys that sign approvals: named in the environment, or made beside the repository."""

import shlex
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publisher.adapters.signing_key import key_file, made_key, read_key
from publisher.config import MAKE_A_KEY, Config
from publisher.domain.approvals import SigningKey, fingerprint
from publisher.domain.errors import ConfigError
from publisher.wiring import App
from tests.integration.approving import needing_approval
from tests.integration.people import git
from tests.integration.world import World, all_objects, everything_in_redis, task

SECRET = "0123456789abcdef" * 4


def test_the_key_is_made_once_for_this_user_alone_and_outside_of_what_is_committed(
    world: World,
) -> None:
    team = needing_approval(world)
    team.world.epic(task("teaser", "x"))
    assert world.app.keys.known() == ()
    team.say()
    key = world.app.keys.signing()
    file = world.remote / "copydesk-signing.key"

    assert file.read_text().strip() == key.secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key.secret) == 64
    assert world.publisher("another").keys.signing() == key
    assert world.app.keys.known() == (key,)
    world.run()
    everywhere = all_objects(world.remote) + all_objects(world.app.store.clone)
    assert key.secret.encode() not in everywhere
    assert key.secret not in everything_in_redis(world.redis_url)
    assert key.secret.encode() not in (world.folder / "state/index.sqlite").read_bytes()
    assert key.secret not in repr(world.app.config) + repr(world.app.standings) + repr(key)


def test_a_work_tree_a_linked_one_and_a_folder_inside_share_one_key(
    world: World, tmp_path: Path
) -> None:
    desk = world.people.folder
    git(desk, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    expected = desk / ".git/copydesk-signing.key"

    assert key_file(desk) == expected
    assert key_file(tmp_path / "linked") == expected
    made_key(expected)
    assert git(desk, "status", "--porcelain") == ""


def test_of_many_that_make_it_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _n: made_key(tmp_path / "key"), range(64)))

    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("data", [b"", b"short\n", b"\xff" * 80])
def test_a_broken_key_stops_approvals_and_says_so(world: World, data: bytes) -> None:
    team = needing_approval(world)
    team.world.epic(task("teaser", "x"))
    team.say()
    file = world.remote / "copydesk-signing.key"
    file.write_bytes(data)

    with pytest.raises(ConfigError, match=r"copydesk-signing\.key"):
        read_key(file)
    assert "copydesk-signing.key" in world.round().trouble
    assert world.network.texts() == []


def test_far_from_the_repository_the_variable_is_needed_and_how_to_make_one_is_said(
    world: World, tmp_path: Path
) -> None:
    state = {"COPYDESK_STATE": str(tmp_path)}
    app = App(Config.from_env(state, "ssh://git.acme.test/content.git"))
    desk = world.app.store.desk(world.app.store.sync().main)

    with pytest.raises(ConfigError) as told:
        app.keys.signing()

    assert "COPYDESK_SIGNING_KEY is not set" in str(told.value)
    assert MAKE_A_KEY in str(told.value)
    assert app.keys.known() == ()
    assert app.standings.trouble(desk) == "", "where nothing needs approval nothing is amiss"
    team = needing_approval(world)
    desk = team.world.app.store.desk(team.world.app.store.sync(force=True).main)
    assert app.standings.trouble(desk) == str(told.value)


def test_the_first_key_signs_and_all_count(world: World) -> None:
    config = world.config(COPYDESK_SIGNING_KEY=f"new:{SECRET}, old:{SECRET[::-1]}")

    assert config.signing_keys == (SigningKey("new", SECRET), SigningKey("old", SECRET[::-1]))
    assert SECRET not in repr(config)
    app = world.publisher("keyed", COPYDESK_SIGNING_KEY=f"new:{SECRET},old:{SECRET[::-1]}")
    assert app.keys.signing().id == "new"
    assert app.keys.known() == config.signing_keys


@pytest.mark.parametrize(
    "text",
    [SECRET, "new:", f":{SECRET}", "new:tooshort-marked", f"a b:{SECRET}", f"n:{SECRET},n:{SECRET}",
     f"new:{SECRET},marked"],
)  # fmt: skip
def test_a_variable_that_is_no_key_is_refused_without_repeating_it(world: World, text: str) -> None:
    with pytest.raises(ConfigError) as told:
        world.config(COPYDESK_SIGNING_KEY=text)

    assert "COPYDESK_SIGNING_KEY must be ID:SECRET" in str(told.value)
    assert SECRET not in str(told.value)
    assert "marked" not in str(told.value)


def test_the_command_that_is_named_makes_a_key_that_is_taken(world: World) -> None:
    command = MAKE_A_KEY.removeprefix("Make one with: ")
    made = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True)

    assert len(world.config(COPYDESK_SIGNING_KEY=made.stdout).signing_keys) == 1


def test_the_name_of_a_set_of_keys_depends_on_all_of_it_and_not_on_its_order() -> None:
    one, two = SigningKey("a", SECRET), SigningKey("b", SECRET)

    assert fingerprint([one, two]) == fingerprint([two, one])
    assert len({fingerprint(keys) for keys in ([], [one], [two], [one, two])}) == 4
    assert fingerprint([SigningKey("a", SECRET[::-1])]) != fingerprint([one])
