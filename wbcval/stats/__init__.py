"""Statistics: pure functions of arrays that return frozen results of :class:`Estimate`.

``from wbcval.stats import bland_altman`` loads that statistic alone; a statistic ``name`` lives
in ``_name.py``.
"""

from __future__ import annotations

import importlib
from typing import Any

from wbcval.errors import NotEstimable

__all__ = ["NotEstimable"]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        module = importlib.import_module(f"{__name__}._{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"wbcval.stats has no statistic {name!r}") from None
    return getattr(module, name)
