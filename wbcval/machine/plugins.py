"""The one plug-in loader: a package's ``<name>.py`` files, by attribute or by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any


@cache
def load(package: str, attribute: str) -> tuple[object, ...]:
    """Values of ``attribute`` in the modules of ``package`` that define it, by module name.

    Args:
        package: dotted name (``wbcval.stats.functions``).
        attribute: the module-level name that makes a module a plug-in (``METRIC``).
    """
    parent = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(parent.__path__))
    modules = (importlib.import_module(f"{package}.{name}") for name in names)
    return tuple(getattr(module, attribute) for module in modules if hasattr(module, attribute))


def named(package: str, name: str) -> Any:
    """The module ``<name>.py`` of a package.

    Raises:
        AttributeError: where there is no such file.
    """
    home = f"{package}.{name}"
    try:
        return importlib.import_module(home)
    except ModuleNotFoundError as why:
        if why.name != home:  # the file is there, and misses something
            raise
        raise AttributeError(f"{package} has no {name!r}") from None


def member(package: str, name: str) -> Any:
    """What ``<name>.py`` of a package defines under that name.

    A function, or the result of that function: ``bland_altman`` and ``BlandAltman``.

    Raises:
        AttributeError: where there is no such file, or nothing of that name in it.
    """
    home = name[:1].lower() + "".join(f"_{c.lower()}" if c.isupper() else c for c in name[1:])
    return getattr(named(package, home), name)


def face(
    package: str, names: Sequence[str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a module that shows the members of a package lazily."""
    return partial(member, package), lambda: list(names)
