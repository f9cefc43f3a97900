"""The one plug-in loader: every ``_<name>.py`` of a package that declares a given attribute."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache


@cache
def load(package: str, attribute: str) -> tuple[object, ...]:
    """Values of ``attribute`` in the modules of ``package`` that define it, by module name.

    Args:
        package: dotted name (``wbcval.stats``).
        attribute: the module-level name that makes a module a plug-in (``METRIC``).
    """
    parent = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(parent.__path__))
    modules = (importlib.import_module(f"{package}.{name}") for name in names)
    return tuple(getattr(module, attribute) for module in modules if hasattr(module, attribute))
