"""What GitHub's refusals mean to people: one sentence each, with what to do."""

import json
from collections.abc import Mapping
from typing import Any

from publisher.domain.errors import Conflict, CopydeskError, NotFound, Refused, Unavailable

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _GONE = 401, 403, 404, 409, 410
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_LONGEST = 400


def error_of(status: int, headers: Mapping[str, Any], text: str, doing: str) -> CopydeskError:
    """The error for an answer of 300 and more; `doing` continues “GitHub would not …”.

    Statuses: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    said = message_of(text)
    if status < _CLIENT_ERROR:
        return Refused(
            f"The repository was renamed or moved, so GitHub would not {doing} ({status}). Change"
            " its URL in the settings and start again."
        )
    if status >= _SERVER_ERROR:
        return Unavailable(
            f"GitHub is in trouble: it answered {status} when asked to {doing}. Try again later."
        )
    if status == _UNAUTHORIZED:
        return Refused(
            f"GitHub does not accept our token (401) and would not {doing}. Renew GITHUB_TOKEN, or"
            " check GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."
        )
    if status == _FORBIDDEN:
        wanted = str(headers.get("x-accepted-github-permissions", "")).replace("=", ": ")
        allow = f"“{wanted}”" if wanted else "it"
        return Refused(
            f"GitHub would not {doing} (403: {said}). Allow {allow} to the token or the App."
        )
    if status in {_NOT_FOUND, _GONE}:
        return NotFound(
            f"GitHub would not {doing}: there is no such thing, or the token may not see it"
            f" ({status}). Check the repository's name and the token's repositories."
        )
    if status == _CONFLICT:
        return Conflict(f"GitHub would not {doing}: {said}. Look at what is new and try again.")
    return Refused(f"GitHub would not {doing} ({status}): {said}.")


def message_of(text: str) -> str:
    """GitHub's own words: the message and the details of every error."""
    try:
        found = json.loads(text)
    except ValueError:
        return "no reason given"
    if not isinstance(found, dict):
        return "no reason given"
    errors = found.get("errors")
    details = [_detail(error) for error in errors] if isinstance(errors, list) else []
    parts = [str(found.get("message") or "no reason given"), *details]
    return "; ".join(part.strip().rstrip(".") for part in parts if part)[:_LONGEST]


def _detail(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    said = error.get("message")
    return str(said) if said else f"{error.get('field')} is {error.get('code')}"
