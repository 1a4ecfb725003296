"""Whether a path that people wrote names a file inside the epic's folder."""

from collections.abc import Mapping
from itertools import accumulate
from unicodedata import normalize

from publisher.domain.rules import Rule
from publisher.files.words import did_you_mean, shown

_HINT = "Write a path like media/hero.jpg, from the epic's folder."


def media_fault(file: str, files: Mapping[str, str]) -> tuple[str, str, Rule] | None:
    """Return message, hint and rule, or None for a file that may be used.

    `files` maps every path below the folder to "file" or "link".
    """
    steps = file.split("/")
    if "\\" in file:
        message = f"The media path {shown(file)} holds a backslash."
        return message, "Write / between folders.", Rule.MEDIA_PATH
    if not steps[0] or ".." in steps or steps[0].endswith(":"):
        message = f"The media file {shown(file)} is outside the epic's folder."
        return message, "Put it into the epic's media/ folder. " + _HINT, Rule.MEDIA_PATH
    if "" in steps or "." in steps:
        return f"The media path {shown(file)} is not written plainly.", _HINT, Rule.MEDIA_PATH
    if any(files.get(path) == "link" for path in accumulate(steps, "{}/{}".format)):
        message = f"The media file {shown(file)} is a symbolic link, or lies behind one."
        return message, "Put the file itself into the epic's folder.", Rule.MEDIA_LINK
    if files.get(file) == "file":
        return None
    message = f"The media file {shown(file)} does not exist in the epic's folder."
    if any(normalize("NFC", known) == normalize("NFC", file) for known in files):
        hint = "A file of that name exists with its accents stored otherwise: rename it."
    else:
        hint = did_you_mean(file, files, "Add it to the folder, or correct the path.")
    return message, hint, Rule.NO_MEDIA_FILE
