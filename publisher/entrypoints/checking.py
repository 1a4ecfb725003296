"""What `validate` checks: everything, the paths that are named, or what a branch changes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from publisher.adapters.clock import utc_now
from publisher.adapters.content_files import DiskFiles
from publisher.domain.epic import Desk
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.desk_files import PEOPLE, PROFILES, SETTINGS
from publisher.files.folder import EPICS, Checked, check_folder
from publisher.files.yaml_text import read_yaml
from publisher.usecases.validation import Circumstances, validate

Found = tuple[int, tuple[Problem, ...]]

_DESK = frozenset({SETTINGS, PEOPLE, PROFILES})
_EPIC_NAMES = frozenset({"epic.yaml", "epic.yml"})


def check_paths(root: Path, paths: Sequence[Path]) -> Found:
    """Check the epics below these paths, or the whole repository; return how many were read."""
    checked = check_folder(root, paths)
    fresh = frozenset(checked.folders) if paths else frozenset[str]()
    problems = validate(checked, DiskFiles(root), Circumstances(now=utc_now(), fresh=fresh))
    if not paths:
        problems = (*problems, *_of_platforms(root, checked.desk))
    return len(checked.epics), tuple(sorted(problems))


def check_changes(root: Path, base: str) -> Found:
    """Check what differs from `base`; the rest of the repository is asked through an index.

    Whoever changes settings, people or profiles is told of everything. Raises Unavailable.
    """
    from publisher.adapters.git_changes import changes_since  # noqa: PLC0415 - only with a base

    changes = changes_since(root, base)
    touched = {str(parent) for path in changes.paths for parent in Path(path).parents}
    if changes.paths & _DESK:
        checked = check_folder(root)
        fresh = frozenset(touched.intersection(checked.folders))
        around = Circumstances(now=utc_now(), fresh=fresh, edited=changes.edited)
        found = validate(checked, DiskFiles(root), around)
        return len(checked.epics), tuple(sorted((*found, *_of_platforms(root, checked.desk))))
    starts = _starts(root, changes.paths)
    checked = check_folder(root, starts) if starts else Checked((), None, ())
    around = Circumstances(now=utc_now(), fresh=frozenset(checked.folders), edited=changes.edited)
    if checked.desk is None:
        return len(checked.epics), validate(checked, DiskFiles(root), around)
    return len(checked.epics), _beside_others(root, checked, checked.desk, around, touched)


def _beside_others(
    root: Path, checked: Checked, desk: Desk, around: Circumstances, touched: Iterable[str]
) -> tuple[Problem, ...]:
    from publisher.adapters.epic_index import neighbours  # noqa: PLC0415 - needs pygit2

    with neighbours(root, desk, frozenset(touched)) as others:
        return validate(checked, DiskFiles(root), replace(around, others=others))


def _starts(root: Path, paths: Iterable[str]) -> list[Path]:
    """Return the epics' folders in which something changed, and files that are no epic.yaml yet."""
    found: dict[Path, None] = {}
    for path in sorted(paths):
        if not path.startswith(f"{EPICS}/"):
            continue
        file = root / path
        if file.name.casefold() in _EPIC_NAMES and file.parent.is_dir():
            found[file.parent] = None
            continue
        above = (one for one in file.parents if one.is_relative_to(root / EPICS))
        epic = next((one for one in above if (one / "epic.yaml").exists()), None)
        if epic is not None:
            found[epic] = None
    return list(found)


def _of_platforms(root: Path, desk: Desk | None) -> list[Problem]:
    """What the platforms say of profiles, policy and roles, each at its own place in the file."""
    if desk is None:
        return []
    from publisher.platforms import find_all  # noqa: PLC0415 - not needed for a single file
    from publisher.usecases.profiles import policy_faults, profile_faults  # noqa: PLC0415 - so too

    platforms = find_all()
    rows = {name: row for row, name in enumerate(desk.profiles)}
    found = []
    for name, why in profile_faults(desk, platforms):
        document = read_yaml((root / PROFILES).read_bytes(), PROFILES)
        at = ("profiles", rows[name], "platform")
        found.append(document.problem(at, f"{name}: {why}", rule=Rule.BAD_PROFILE))
    for fault in policy_faults(desk, platforms):
        document = read_yaml((root / fault.path).read_bytes(), fault.path)
        said = (fault.message, fault.hint, Rule.BAD_POLICY)
        found.append(document.problem(fault.pointer, *said, key=True))
    return found
