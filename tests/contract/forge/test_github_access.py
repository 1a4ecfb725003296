"""Who we are at GitHub: a token or an App, in the API and in git, and never in a message."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.config import Config, GitHubAccess
from publisher.domain.errors import ConfigError, Refused, Unavailable
from publisher.wiring import App
from tests.contract.forge.github_server import TOKEN
from tests.contract.forge.on_github import GitHubStage
from tests.contract.forge.stage import ANA, EPIC, branches_of, main_of, opened


@pytest.fixture
def stage(tmp_path: Path, rsa_keys: tuple[str, str]) -> Iterator[GitHubStage]:
    stage = GitHubStage(tmp_path)
    stage.server.app_key = rsa_keys[1]
    yield stage
    stage.close()


def asked_for_tokens(stage: GitHubStage) -> int:
    return len(stage.server.tokens_given)


# The App.


def test_an_app_gets_a_token_for_its_repository_and_renews_it_ahead(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    stage.time = datetime(2026, 11, 29, 9, tzinfo=UTC)
    stage.server.token_ends = "2026-11-29T10:00:00Z"
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    assert github.forge.pulls() == []
    given = [each for each in stage.server.log if each.path.endswith("/access_tokens")]
    assert given[0].body == {"repositories": ["site"]}
    stage.time += timedelta(minutes=54, seconds=59)
    github.forge.pulls()
    assert asked_for_tokens(stage) == 1
    stage.time += timedelta(seconds=1)
    stage.server.token_ends = "2026-11-29T10:55:00Z"
    github.forge.pulls()
    assert asked_for_tokens(stage) == 2


def test_a_token_that_was_revoked_is_replaced_once(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0], installation=42)
    pull = opened(stage)
    github.forge.pulls()
    del stage.server.users[stage.server.tokens_given[0]]
    github.forge.comment(pull.number, "hello", ANA)
    assert stage.comments(pull.number) == ["**Ana Silva:** hello"]
    assert asked_for_tokens(stage) == 2


def test_an_app_keeps_its_own_comments_in_place(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    pull = opened(stage)
    github.forge.say(pull.number, "state", "Ready.")
    github.forge.say(pull.number, "state", "Scheduled.")
    assert stage.comments(pull.number) == ["<!-- copydesk:state -->\nScheduled."]


def test_an_app_clones_and_pushes_with_its_token(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    opened(stage)
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    store = stage.clone("app", github)
    main = store.sync().main
    assert main == main_of(stage)
    new = store.objects.write_commit(
        store.objects.tree(main) or "", [main], "By the App\n", ANA, ANA, stage.now()
    )
    assert store.push_refs({"main": (main, new)}).done
    assert main_of(stage) == new


def test_a_wrong_key_and_a_wrong_app_say_where_to_look(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    broken = stage.connected(token="", app_id="7", private_key="-----BEGIN PRIVATE KEY-----")
    with pytest.raises(Refused, match="GITHUB_APP_PRIVATE_KEY is no RSA key"):
        broken.forge.pulls()
    wrong = stage.connected(token="", app_id="8", private_key=rsa_keys[0])
    with pytest.raises(Refused, match="check GITHUB_APP_ID"):
        wrong.forge.pulls()


# git.


def test_git_gets_through_by_the_token_alone(stage: GitHubStage) -> None:
    pull = opened(stage)
    branches_of(stage).fetch()
    assert stage.store.file(pull.head, EPIC) == b"title: A\n"
    with pytest.raises(Unavailable, match=r"does not let git in.*GITHUB_TOKEN"):
        stage.clone("anonymous").sync()


def test_a_token_is_for_its_host_alone(stage: GitHubStage) -> None:
    environment = stage.github.git_environment()
    assert environment["GIT_CONFIG_KEY_0"] == f"http.{stage.server.url}/.extraHeader"
    ssh = stage.connected(url="git@github.com:acme/site.git")
    assert ssh.git_environment() == {}


def test_an_apps_tokens_are_in_no_log(
    stage: GitHubStage, rsa_keys: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    assert github.forge.pulls() == []
    (given,) = stage.server.tokens_given
    assert "access_tokens" in caplog.text
    assert given not in caplog.text
    assert given not in repr(github.forge) + repr(github)


def test_a_token_is_in_no_file_message_or_log(
    stage: GitHubStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pull = opened(stage)
    branches_of(stage).fetch()
    stage.forge.say(pull.number, "state", "Ready.")
    messages = [repr(stage.github), repr(stage.forge), repr(stage.store)]
    stage.server.users.clear()
    for call in (stage.forge.pulls, stage.store.remote.fetch):
        with pytest.raises((Refused, Unavailable)) as raised:
            call()
        messages += [str(raised.value), repr(raised.value), repr(raised.value.__cause__)]
    files = [path.read_bytes() for path in stage.store.clone.rglob("*") if path.is_file()]
    for secret in (TOKEN, stage.basic()):
        assert secret not in caplog.text + " ".join(messages)
        assert all(secret.encode() not in data for data in files)
    assert "acme/site" in caplog.text


# Settings.

URLS = [
    "https://github.com/acme/site.git",
    "https://github.com/acme/site",
    "https://someone@GitHub.com/acme/site/",
    "git@github.com:acme/site.git",
    "ssh://git@github.com/acme/site.git",
]


@pytest.mark.parametrize("url", URLS)
def test_a_repository_on_github_is_recognised_by_its_url(url: str) -> None:
    access = Config.from_env({"GITHUB_TOKEN": "ghp_x"}, url).github
    assert access == GitHubAccess(
        repository="acme/site", api="https://api.github.com", token="ghp_x"
    )


@pytest.mark.parametrize(
    "url", ["https://gitlab.com/acme/site.git", "git@example.com:acme/site", "ssh://h/github.com"]
)
def test_every_other_repository_has_the_local_forge(url: str) -> None:
    assert Config.from_env({"GITHUB_TOKEN": "ghp_x"}, url).github is None


def test_github_enterprise_is_found_by_its_api() -> None:
    environ = {"GITHUB_TOKEN": "ghp_x", "GITHUB_API_URL": "https://git.acme.test/api/v3/"}
    access = Config.from_env(environ, "git@git.acme.test:team/site.git").github
    assert access
    assert (access.repository, access.api) == ("team/site", "https://git.acme.test/api/v3")
    assert Config.from_env(environ, URLS[0]).github is None


def test_an_apps_key_is_read_from_a_file_or_a_variable(
    tmp_path: Path, rsa_keys: tuple[str, str]
) -> None:
    path = tmp_path / "app.pem"
    path.write_text(rsa_keys[0])
    environ = {"GITHUB_APP_ID": "7", "GITHUB_APP_INSTALLATION_ID": "42"}
    for written in (str(path), rsa_keys[0], rsa_keys[0].replace("\n", "\\n")):
        config = Config.from_env({**environ, "GITHUB_APP_PRIVATE_KEY": written}, URLS[0])
        assert config.github
        assert config.github.private_key == rsa_keys[0]
        assert config.github.installation == 42


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "set GITHUB_TOKEN, or GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "7"}, "GITHUB_APP_PRIVATE_KEY must be a private key"),
        ({"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY": "/no/such"}, "path of its file"),
        (
            {"GITHUB_APP_ID": "7", "GITHUB_APP_INSTALLATION_ID": "acme"},
            "GITHUB_APP_INSTALLATION_ID must be a number",
        ),
    ],
)
def test_settings_that_are_missing_are_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Config.from_env(environ, URLS[0]).github  # noqa: B018 - it is read when needed


def test_secrets_do_not_show_in_a_repr(rsa_keys: tuple[str, str]) -> None:
    environ = {"GITHUB_TOKEN": TOKEN}
    config = Config.from_env(environ, URLS[0])
    with_app = Config.from_env(
        {"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY": rsa_keys[0]}, URLS[0]
    )
    shown = repr((config, config.github, with_app, with_app.github))
    assert TOKEN not in shown
    assert "PRIVATE KEY" not in shown
    assert "acme/site" in shown


def test_the_url_alone_chooses_the_forge(stage: GitHubStage, tmp_path: Path) -> None:
    pull = opened(stage)
    environ = {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": stage.server.url,
        "COPYDESK_STATE": str(tmp_path / "state"),
    }
    app = App(Config.from_env(environ, f"{stage.server.url}/acme/site.git"))
    assert [each.url for each in app.forge.pulls()] == [pull.url]
    assert app.branches.fetch().main == main_of(stage)
    here = App(
        Config.from_env(
            {**environ, "COPYDESK_STATE": str(tmp_path / "here")}, str(stage.state.remote)
        )
    )
    assert here.forge.pulls() == []
    assert here.github is None
