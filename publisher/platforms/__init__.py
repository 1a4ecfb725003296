"""One file per platform. A new file that ends with `PLATFORM = …` is enough."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from publisher.ports import Platform


@cache
def find_all() -> Mapping[str, Platform]:
    """Every platform in this folder, by name."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    found: list[Platform] = [module.PLATFORM for module in modules if hasattr(module, "PLATFORM")]
    return MappingProxyType({platform.name: platform for platform in found})
