"""From a checked folder to previews of its epics."""

from collections.abc import Iterable, Mapping

from publisher.domain.epic import Desk, Epic
from publisher.domain.media import Probe
from publisher.domain.preview import Preview, Tables, cards_of
from publisher.domain.problems import Problem
from publisher.files.limits_file import limits_for, title_of
from publisher.files.unicode_tables import UNICODE
from publisher.ports.content_files import ContentFiles
from publisher.usecases.media_check import pinned

TABLES = Tables(limits_for, title_of, UNICODE)


def preview_of(
    epic: Epic,
    desk: Desk,
    files: ContentFiles,
    problems: Iterable[Problem] = (),
    missing: Mapping[str, str] | None = None,
) -> Preview:
    """Return what the epic will look like; `missing` are the approvals that its tasks lack."""
    return Preview(
        epic=epic.id,
        path=epic.path,
        title=epic.title,
        zone=desk.settings.timezone,
        cards=cards_of(epic, desk, probes_of(epic, files), TABLES),
        problems=tuple(one for one in problems if one.path.rpartition("/")[0] == epic.path),
        missing=missing,
    )


def probes_of(epic: Epic, files: ContentFiles) -> dict[str, Probe]:
    """Look at every attachment; those that cannot be understood are left out."""
    names = {media.file for task in epic.tasks for media in task.media if media.file}
    seen = {name: files.look(f"{epic.path}/{name}").seen for name in sorted(names)}
    here = {name: probe for name, probe in seen.items() if isinstance(probe, Probe)}
    return {**pinned(epic.path, files), **here}
