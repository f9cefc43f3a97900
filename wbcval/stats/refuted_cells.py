"""Attainability beside the data: could the values have been counted from so few cells?"""

from __future__ import annotations

import numpy as np

from wbcval.stats._poisson_binomial import poisson_binomial_sf
from wbcval.stats.acceptance import is_within
from wbcval.stats.functions.attainability import Attainability
from wbcval.stats.functions.error import effective_error
from wbcval.stats.metric import Pairs
from wbcval.values.measurands import Quantity
from wbcval.values.reasons import Reason

REFUTED = 0.001  # a perfect classifier would have so many within in no more studies than this


def against_the_data(
    found: Attainability, pairs: Pairs, *, limit: float, floor: float = 0.0
) -> Attainability:
    """The same, unless more samples lie within than counting so many cells allows.

    Where a perfect classifier would have as many within as were seen in less than 0.1 % of the
    studies, the values were not counted from these cells: nothing is said of attainability.

    Args:
        found: of :func:`attainability`, with the same pairs, limit and floor.
    """
    if found.within is None or found.status == "yes":
        return found
    errors = effective_error(pairs.reference, pairs.model, limit, floor)
    seen = int(is_within(errors, limit).sum())
    if poisson_binomial_sf(found.within, seen) >= REFUTED:
        return found
    return Attainability(
        None, (_refuted(pairs, seen),), unresolvable=found.unresolvable, refuted=True
    )


def _refuted(pairs: Pairs, seen: int) -> Reason:
    """More samples lie within than counting so many cells allows: what was assumed is wrong."""
    assert pairs.model_cells is not None  # noqa: S101 (asked for above)
    code = "total_refuted" if pairs.subject.quantity is Quantity.TOTAL else "cells_refuted"
    return Reason(code, seen=seen, n=len(pairs), cells=float(np.median(pairs.model_cells)))
