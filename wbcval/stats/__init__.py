"""Statistics: pure functions of arrays that return frozen results of :class:`Estimate`.

``from wbcval.stats import bland_altman`` loads that statistic alone; a statistic ``name`` lives
in ``_name.py``.
"""

from __future__ import annotations

from typing import Any

from wbcval._plugins import member
from wbcval.errors import NotEstimable

__all__ = ["NotEstimable"]


def __getattr__(name: str) -> Any:
    return member(__name__, name)
