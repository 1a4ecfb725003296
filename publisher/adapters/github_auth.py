"""Who we are at GitHub: a token, or an App whose installation tokens are renewed ahead."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

import jwt
from github.Auth import AppAuth, Auth, Token

from publisher.adapters.github_client import GitHubClient, Json
from publisher.domain.errors import Refused

_AHEAD = timedelta(minutes=5)


class Access(Protocol):
    """The settings: a repository (`owner/name`) at an API, and a token or an App with its key."""

    @property
    def repository(self) -> str: ...
    @property
    def api(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def app_id(self) -> str: ...
    @property
    def private_key(self) -> str: ...
    @property
    def installation(self) -> int | None: ...


class Installation(Auth):
    """An App in one repository. A token lives an hour; it is renewed five minutes before its end.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
    """

    def __init__(
        self, app: GitHubClient, repository: str, number: int | None, clock: Callable[[], datetime]
    ) -> None:
        self._app, self._repository, self._clock = app, repository, clock
        self._number = number
        self._token, self._expires_at = "", clock()

    def __repr__(self) -> str:
        return f"Installation({self._repository!r})"

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        now = self._clock()
        if not self._token or now >= self._expires_at - _AHEAD:
            answer = self._signed(
                lambda: self._app.write(
                    "POST",
                    f"/app/installations/{self.number}/access_tokens",
                    "give the App a token",
                    {"repositories": [self._repository.split("/")[1]]},
                )
            )
            self._token = str(answer["token"])
            self._expires_at = datetime.fromisoformat(answer["expires_at"])
        return self._token

    @property
    def number(self) -> int:
        """The installation's id; looked up by the repository when nobody said it."""
        if self._number is None:
            path = f"/repos/{self._repository}/installation"
            answer = self._signed(lambda: self._app.get(path, "name the App's installation"))
            self._number = int(answer["id"])
        return self._number

    def login(self) -> str:
        """The name under which the App comments."""
        answer = self._signed(lambda: self._app.get("/app", "say who the App is"))
        return f"{answer['slug']}[bot]"

    def permissions(self) -> Mapping[str, str]:
        """What the installation may do, such as `contents: write`."""
        path = f"/app/installations/{self.number}"
        answer = self._signed(lambda: self._app.get(path, "say what the App may do"))
        return dict(answer["permissions"])

    def forget(self) -> None:
        """Use a new token from now on."""
        self._token = ""

    def _signed(self, call: Callable[[], Json]) -> Json:
        try:
            return call()
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Refused(
                "GITHUB_APP_PRIVATE_KEY is no RSA key in PEM format: download a new one from the"
                " App's page."
            ) from error


def signed_in(
    access: Access,
    clock: Callable[[], datetime],
    wait: Callable[[float], object],
    timeout: int,
) -> GitHubClient:
    """By the token, or else as the App's installation in the repository."""
    how = partial(GitHubClient, api=access.api, clock=clock, wait=wait, timeout=timeout)
    if access.token:
        return how(Token(access.token))
    app = how(AppAuth(access.app_id, access.private_key))
    auth = Installation(app, access.repository, access.installation, clock)
    return how(auth, renew=auth.forget)


def git_environment(client: GitHubClient, url: str) -> Mapping[str, str]:
    """What makes git use the client's token at this host alone; nothing for ssh.

    By environment, so that it is in no URL, no file, no list of processes and no message.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return {}
    basic = base64.b64encode(f"x-access-token:{client.auth.token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }
