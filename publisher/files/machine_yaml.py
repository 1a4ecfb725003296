"""YAML that Copydesk writes for people to read, and may read back: text stays text to everybody."""

from typing import Any

import yaml

from publisher.files.yaml_text import load

_LIKE_A_NUMBER = "+-.0123456789"


class _Dumper(yaml.CSafeDumper):
    """PyYAML speaks YAML 1.1; what only YAML 1.2 takes for a number is quoted as well."""


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """`0E0` and 64 hexadecimal digits may be a number to one reader and text to another."""
    if text[:1] not in _LIKE_A_NUMBER or "\n" in text:
        return None
    try:
        return None if isinstance(load(text), str) else '"'
    except ValueError:
        return None


_Dumper.add_representer(str, _text)


def dump_yaml(plain: object) -> str:
    """The same values always give the same text."""
    found: Any = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return str(found)
