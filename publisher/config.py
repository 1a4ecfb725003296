"""Settings: the environment, read once and checked. Secrets never show in a repr."""

import hashlib
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from publisher.domain.approvals import SigningKey
from publisher.domain.epic import Desk, Profile
from publisher.domain.errors import ConfigError
from publisher.domain.policy import RETRY_AFTER, Policy, Timing

MAKE_A_KEY = "Make one with: python3 -c \"import secrets; print('key1:' + secrets.token_hex(32))\""
KEYLESS = (
    "COPYDESK_SIGNING_KEY is not set, so approvals can be neither signed nor checked."
    f" {MAKE_A_KEY} Set it wherever Copydesk runs."
)

_ATTEMPTS = range(1, 7)
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_KEY = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,39}):(\S{32,})")
GITHUB_API = "https://api.github.com"
_PEM = "PRIVATE KEY-----"
_OWNER_AND_NAME = re.compile(
    r"(?:https?://|ssh://)?(?:[^@/]+@)?(?P<host>[^/:@]+(?::\d+)?)[:/]+"
    r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubAccess:
    """A repository (`owner/name`) at a GitHub, and a token or an App with its key."""

    repository: str
    api: str
    token: str = field(default="", repr=False)
    app_id: str = ""
    private_key: str = field(default="", repr=False)
    installation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One process's configuration. `repo` is a folder or a URL; no `redis_url`: embedded.

    `media` is where fetched media are kept: a folder, or s3://BUCKET/FOLDER at `media_endpoint`.
    """

    repo: str
    state: Path
    redis_url: str = field(default="", repr=False)
    timing: Timing = field(default_factory=Timing)
    attempts_limit: int | None = None
    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    pushes_per_minute: int = 6
    poll: float = 30.0
    log_level: str = "INFO"
    signing_keys: tuple[SigningKey, ...] = field(default=(), repr=False)
    media: str = ""
    media_endpoint: str = ""
    media_from_private: bool = False
    public_url: str = ""
    media_secret: str = field(default="", repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], repo: str | None = None) -> "Config":
        """Read it all; raise ConfigError with the variable's name and what it should be."""
        where = _repo(repo or environ.get("COPYDESK_REPO") or ".")
        state = environ.get("COPYDESK_STATE")
        home = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        name = hashlib.sha256(where.encode()).hexdigest()[:16]
        return cls(
            repo=where,
            state=Path(state) if state else home / "copydesk" / name,
            redis_url=environ.get("REDIS_URL", ""),
            timing=_timing(environ.get("COPYDESK_TIMING", "")),
            attempts_limit=_attempts(environ.get("PUBLICATION_ATTEMPTS_LIMIT")),
            retry_after=_waits(environ.get("COPYDESK_RETRY_AFTER")),
            pushes_per_minute=_whole(environ, "COPYDESK_PUSHES_PER_MINUTE", 6),
            poll=float(_whole(environ, "COPYDESK_POLL_SECONDS", 30)),
            media=_media(environ.get("COPYDESK_MEDIA", "")),
            media_endpoint=environ.get("COPYDESK_MEDIA_ENDPOINT", ""),
            public_url=environ.get("COPYDESK_PUBLIC_URL", ""),
            media_secret=environ.get("COPYDESK_MEDIA_SECRET", ""),
            media_from_private=environ.get("COPYDESK_MEDIA_FROM_PRIVATE") == "yes",
            log_level=_level(environ.get("COPYDESK_LOG", "INFO")),
            signing_keys=_signing_keys(environ.get("COPYDESK_SIGNING_KEY", "")),
            environ=dict(environ),
        )

    def with_redis(self, url: str) -> "Config":
        return replace(self, redis_url=url)

    @property
    def webhook_secret(self) -> str:
        """What GitHub signs its deliveries with; raise ConfigError when it was never set."""
        secret = self.environ.get("GITHUB_WEBHOOK_SECRET", "")
        if not secret:
            raise ConfigError("GITHUB_WEBHOOK_SECRET is not set: use the secret of the webhook.")
        return secret

    @property
    def github(self) -> GitHubAccess | None:
        """How to reach GitHub when the repository is there; raise ConfigError, see github_of."""
        return github_of(self.environ, self.repo)

    @property
    def clone(self) -> Path:
        return self.state / "clone.git"

    @property
    def index(self) -> Path:
        return self.state / "index.sqlite"

    @property
    def media_folder(self) -> Path:
        """Where fetched and fitted media lie on this machine."""
        return Path(self.media) if self.media and "://" not in self.media else self.state / "media"

    @property
    def installation(self) -> str:
        """The same for every process that shares this Redis, and for no other installation."""
        parts = urlsplit(self.redis_url)
        host = parts.hostname or "localhost"
        if host in {"localhost", "127.0.0.1", "::1"}:
            host = socket.gethostname()
        place = f"{host}:{parts.port or 6379}{parts.path}"
        return hashlib.sha256(place.encode()).hexdigest()[:12]

    def policy(self, desk: Desk, *, local_forge: bool) -> Policy:
        """The numbers in force: the desk's, limited by the environment's."""
        settings = desk.settings
        return Policy(
            attempts_limit=self.attempts_limit or settings.publication_attempts_limit,
            retry_after=self.retry_after,
            grace=settings.overdue_grace,
            same_content_within=settings.same_content_within,
            ahead=timedelta(seconds=5 if local_forge else 60),
            lease=timedelta(seconds=self.timing.lease),
        )

    def secrets(self, profile: Profile, names: tuple[str, ...]) -> Mapping[str, str]:
        """A profile's secrets from the environment: `<CREDENTIALS>_<NAME>`; raise ConfigError."""
        found: dict[str, str] = {}
        for name in names:
            variable = f"{profile.credentials}_{name.upper()}"
            if not profile.credentials:
                raise ConfigError(f"{profile.id} names no credentials in content/profiles.yaml.")
            if not self.environ.get(variable):
                raise ConfigError(f"The environment variable {variable} is not set ({profile.id}).")
            found[name] = self.environ[variable]
        return found


def read_environment() -> dict[str, str]:
    """The only look at the process's environment."""
    return dict(os.environ)  # noqa: TID251 - this is the one place


def _repo(text: str) -> str:
    if "://" in text or (":" in text and not Path(text).exists()):
        return text
    path = Path(text).expanduser().resolve()
    if not path.exists():
        raise ConfigError(f"There is no folder {text}. `copydesk init {text}` makes one.")
    return str(path)


def _media(text: str) -> str:
    if not text or text.startswith("s3://") or Path(text).is_absolute():
        return text
    raise ConfigError(f"COPYDESK_MEDIA is “{text}”; it must be /a/folder or s3://BUCKET/FOLDER.")


def _timing(text: str) -> Timing:
    """Read `lease=9,heartbeat=2.5`."""
    known = {item.name for item in fields(Timing)}
    values: dict[str, float] = {}
    for pair in filter(None, text.split(",")):
        name, _equals, value = pair.partition("=")
        if name not in known or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise ConfigError(
                f"COPYDESK_TIMING: “{pair}” should be NAME=SECONDS with one of {sorted(known)}."
            )
        values[name] = float(value)
    return Timing(**values).checked()


def _attempts(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) not in _ATTEMPTS:
        raise ConfigError(f"PUBLICATION_ATTEMPTS_LIMIT is “{text}”; it must be 1 to 6.")
    return int(text)


def _waits(text: str | None) -> tuple[timedelta, ...]:
    """Seconds between retries, for trials: the product's own are 1, 5, 15, 30, 60 minutes."""
    if not text:
        return RETRY_AFTER
    try:
        waits = tuple(timedelta(seconds=float(part)) for part in text.split(","))
    except ValueError:
        waits = ()
    if len(waits) != len(RETRY_AFTER):
        raise ConfigError(f"COPYDESK_RETRY_AFTER is “{text}”; it must be five numbers of seconds.")
    return waits


def _signing_keys(text: str) -> tuple[SigningKey, ...]:
    """Read `id:secret,id:secret`: the first signs, all are accepted. Nothing is repeated."""
    found = [_KEY.fullmatch(part.strip()) for part in text.split(",") if part.strip()]
    keys = tuple(SigningKey(*match.groups()) for match in found if match)
    if len(keys) < len(found) or len({key.id for key in keys}) < len(keys):
        raise ConfigError(
            "COPYDESK_SIGNING_KEY must be ID:SECRET, several separated by commas, each with an id"
            f" of its own and a secret of 32 characters or more. {MAKE_A_KEY}"
        )
    return keys


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ConfigError(f"COPYDESK_LOG is “{text}”; it must be one of {', '.join(_LEVELS)}.")
    return text.upper()


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal():
        raise ConfigError(f"{name} is “{text}”; it must be a whole number.")
    return int(text)


def github_of(environ: Mapping[str, str], repo: str) -> GitHubAccess | None:
    """How to reach GitHub, when the repository is there; None for every other place.

    Raises ConfigError when the repository is on GitHub and nothing says who we are there.
    """
    api = (environ.get("GITHUB_API_URL") or GITHUB_API).rstrip("/")
    found = _OWNER_AND_NAME.fullmatch(repo)
    if found is None or found["host"].lower() != _host_of(api):
        return None
    token, app = environ.get("GITHUB_TOKEN", ""), environ.get("GITHUB_APP_ID", "")
    if not token and not app:
        raise ConfigError(
            f"{repo} is on GitHub: set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."
        )
    number = environ.get("GITHUB_APP_INSTALLATION_ID", "")
    if number and not number.isdecimal():
        raise ConfigError("GITHUB_APP_INSTALLATION_ID must be a number: see the App's page.")
    return GitHubAccess(
        repository=f"{found['owner']}/{found['name']}",
        api=api,
        token="" if app else token,
        app_id=app,
        private_key=_private_key(environ.get("GITHUB_APP_PRIVATE_KEY", "")) if app else "",
        installation=int(number) if number else None,
    )


def _host_of(api: str) -> str:
    """Where git reaches the same GitHub: `api.github.com` is `github.com`; others are one host."""
    parts = urlsplit(api)
    return parts.netloc.lower().removeprefix("api.")


def _private_key(text: str) -> str:
    """A key in PEM format, as it is or in a file; its line ends may be escaped."""
    if _PEM in text:
        return text.replace("\\n", "\n")
    path = Path(text).expanduser()
    try:
        found = path.read_text() if text else ""
    except (OSError, ValueError):
        found = ""
    if _PEM not in found:
        raise ConfigError(
            "GITHUB_APP_PRIVATE_KEY must be a private key in PEM format, or the path of its file."
        )
    return found
