"""Make `github_openapi.json` anew: GitHub's own description, trimmed to what Copydesk calls.

npm pack @octokit/openapi@23 && tar xzf octokit-openapi-*.tgz   (MIT licence)
python -m tests.contract.forge.trim_openapi package/generated/api.github.com.json
"""

import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "/repos/{owner}/{repo}"
USED = {
    "/user": ["get"],
    "/app": ["get"],
    "/app/installations/{installation_id}": ["get"],
    "/app/installations/{installation_id}/access_tokens": ["post"],
    REPOSITORY: ["get"],
    f"{REPOSITORY}/installation": ["get"],
    f"{REPOSITORY}/pulls": ["get", "post"],
    f"{REPOSITORY}/pulls/{{pull_number}}": ["get", "patch"],
    f"{REPOSITORY}/pulls/{{pull_number}}/merge": ["put"],
    f"{REPOSITORY}/pulls/{{pull_number}}/reviews": ["get"],
    f"{REPOSITORY}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{REPOSITORY}/issues/comments/{{comment_id}}": ["patch", "delete"],
    f"{REPOSITORY}/issues/{{issue_number}}/labels": ["post"],
    f"{REPOSITORY}/issues/{{issue_number}}/labels/{{name}}": ["delete"],
    f"{REPOSITORY}/commits/{{ref}}/status": ["get"],
    f"{REPOSITORY}/statuses/{{sha}}": ["post"],
    f"{REPOSITORY}/rules/branches/{{branch}}": ["get"],
    f"{REPOSITORY}/rulesets/{{ruleset_id}}": ["get"],
    f"{REPOSITORY}/branches/{{branch}}": ["get"],
    f"{REPOSITORY}/branches/{{branch}}/protection": ["get"],
}
KEPT = Path(__file__).with_name("github_openapi.json")
_TALK = {"examples", "example", "description", "title", "x-github", "externalDocs", "default"}


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """The paths in use with the answers of success, and every component that these refer to."""
    paths: dict[str, Any] = {}
    for path, methods in USED.items():
        paths[path] = {}
        for method in methods:
            operation = whole["paths"][path][method]
            kept = {
                key: operation[key] for key in ("parameters", "requestBody") if key in operation
            }
            answers = operation["responses"]
            good = {code: _answer(answers[code]) for code in answers if code.startswith("2")}
            paths[path][method] = {**_quiet(kept), "responses": good}
    components: dict[str, dict[str, Any]] = {}
    _collect(paths, whole, components)
    info = {"title": whole["info"]["title"], "version": whole["info"]["version"]}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": components}


def _quiet(value: Any, *, names: bool = False) -> Any:
    """Without prose; `names`: the keys are names of properties, not words of the format."""
    if isinstance(value, dict):
        return {
            key: _quiet(inner, names=key in {"properties", "headers", "links"} and not names)
            for key, inner in value.items()
            if names or key not in _TALK
        }
    return [_quiet(inner) for inner in value] if isinstance(value, list) else value


def _answer(value: dict[str, Any]) -> dict[str, Any]:
    """An answer must have a description."""
    return value if "$ref" in value else {**_quiet(value), "description": ""}


def _collect(value: Any, whole: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    if isinstance(value, list):
        for inner in value:
            _collect(inner, whole, found)
    elif isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            _top, _components, section, name = reference.split("/", 3)
            place = found.setdefault(section, {})
            if name not in place:
                component = whole["components"][section][name]
                place[name] = _answer(component) if section == "responses" else _quiet(component)
                _collect(place[name], whole, found)
        for inner in value.values():
            _collect(inner, whole, found)


if __name__ == "__main__":
    text = json.dumps(trimmed(json.loads(Path(sys.argv[1]).read_text())), sort_keys=True)
    KEPT.write_text(text.replace('"/', '\n"/') + "\n")
