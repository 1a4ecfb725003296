"""Everything that one repository on GitHub needs: the forge, and git's credentials."""

from collections.abc import Callable, Mapping
from datetime import datetime

from publisher.adapters.github_auth import Access, git_environment, signed_in
from publisher.adapters.github_forge import GitHubForge


class GitHub:
    """Signed in when first used. `url` is what git is told; `wait` sleeps for
    seconds, `timeout` (seconds) is for each call.
    """

    def __init__(
        self,
        url: str,
        access: Access,
        clock: Callable[[], datetime],
        wait: Callable[[float], object],
        timeout: int = 15,
    ) -> None:
        self._url = url
        self._client = signed_in(access, clock, wait, timeout)
        self.forge = GitHubForge(self._client, access.repository, wait)

    def git_environment(self) -> Mapping[str, str]:
        return git_environment(self._client, self._url)
