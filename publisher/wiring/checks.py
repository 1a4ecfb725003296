"""What `copydesk doctor` looks at in one installation."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from publisher.domain.errors import ConfigError
from publisher.domain.roles import Role, who_may
from publisher.files.desk_files import PEOPLE
from publisher.usecases.doctor import Check
from publisher.usecases.profiles import profile_faults

if TYPE_CHECKING:
    from publisher.wiring.app import App


def checks_of(app: "App") -> Mapping[str, Check]:
    """By name, in the order in which one fault causes the next."""
    return {
        "git": lambda: _git(app),
        "settings": lambda: _settings(app),
        "forge": app.forge.problems,
        "approvals": lambda: _approvals(app),
        "people": lambda: _people(app),
        "profiles": lambda: _profiles(app),
        "redis": lambda: _redis(app),
    }


def _git(app: "App") -> Iterator[str]:
    app.store.sync(force=True)
    yield from ()


def _settings(app: "App") -> Iterator[str]:
    app.index.catch_up(app.store.sync())
    yield from (str(problem) for problem in app.index.problems())


def _approvals(app: "App") -> Iterator[str]:
    """A local repository's key is made with the first approval; until then nothing is wrong."""
    if not app.store.remote.local:
        trouble = app.standings.trouble(app.index.desk)
        yield from (trouble,) if trouble else ()


def _people(app: "App") -> Iterator[str]:
    desk = app.index.desk
    for role in Role:
        needed = role is not Role.APPROVER or not desk.settings.approvals.off
        if needed and not who_may(desk.people.values(), role):
            yield f"Nobody has the role {role}. Give it to somebody in {PEOPLE}."
    for person in desk.people.values():
        if not person.email:
            yield f"{person.id} has no e-mail in {PEOPLE}: their commits are not known as theirs."


def _profiles(app: "App") -> Iterator[str]:
    desk = app.index.desk
    yield from (f"{name}: {why}" for name, why in profile_faults(desk, app.platforms))
    for profile in desk.profiles.values():
        if profile.platform in app.platforms and profile.credentials:
            try:
                app.secrets(profile)
            except ConfigError as error:
                yield str(error)


def _redis(app: "App") -> Iterator[str]:
    if app.config.redis_url:
        app.gate.refuse_forgetful()
        trouble = app.gate.trouble()
        yield from (f"The last round was kept back: {trouble}",) if trouble else ()
