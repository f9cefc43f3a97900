"""The biases that criteria ask of a fitted line, ``bias_at:4``."""

from __future__ import annotations

from collections.abc import Callable

from wbcval.stats.metric import Context
from wbcval.stats.statistic_name import BIAS_AT
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason


def biases(context: Context, bias_at: Callable[[float], Estimate], n: int) -> dict[str, Estimate]:
    """Every bias at a level that is requested; one that names no level is missing.

    Args:
        bias_at: of the line.
        n: pairs that the line rests on.
    """
    found: dict[str, Estimate] = {}
    for name in context.requested:
        if name.base != BIAS_AT:
            continue
        try:
            found[name] = bias_at(float(name.parameter))
        except ValueError:
            why = Reason("level_missing", name=str(name))
            found[name] = Estimate.missing(why, n=n)
    return found
