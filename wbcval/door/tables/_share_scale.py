"""Percentages that are fractions, or in another power of ten: each column by itself.

The size of a value never decides, for all basophils of a study may lie below 1.5 %. What decides
is what a column says beside the others: their sum, or that no set of samples has hardly a
neutrophil and nothing else instead. What cannot be told is not guessed: the unit is said to be
unstated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from wbcval.stats.metric import Floats
from wbcval.values.measurands import PERCENT

_FRACTION = 1.5  # no fraction is larger, with room for rounding and for other classes
_LARGEST = 100.5  # rounded
_FEWEST = 3  # values that tell anything
_FACTORS = {100.0: "fractions (unit 1)", 0.01: "a hundredfold", 10.0: "tenths", 0.1: "tenfold"}
_TOTALS = {1.0: "fractions, unit 1", 10.0: "tenths", 1000.0: "per mille", 10_000.0: "a hundredfold"}
_NEAR = 0.15  # relative, of a total
_OFF = 0.5  # points of rounding, beyond which a few rows may add up by chance
_FEWEST_COARSE = 20  # rows, then
_MOST = 0.8  # of the rows
_BETTER = 3.0  # times nearer to 100
_EXPLAINED = 90.0  # of 100: so much in other classes leaves no room for this one
_SOME = 0.1  # of the rows: of neutrophils and lymphocytes at once
# so small values that are none of percent: at least so many, and such a part of the column
_COMMON = {"NEUT%": (_FEWEST, 0.5), "LYMPH%": (_FEWEST, 0.5), "MONO%": (20, 1.0)}
_FINE = 0.005  # no percentage is printed to three decimals where its neighbours are not
_TINY, _FEWEST_TINY = 0.15, 10  # a rare class never is so rare in so many samples


def contradictions(
    frame: pd.DataFrame, steps: Mapping[str, float], declared: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Columns of percentages whose values are on another scale, each with what shows it.

    Args:
        frame: measurands in canonical units.
        steps: of the printed values, by measurand.
        declared: measurands whose unit the protocol states; believed, unless sums refute it.
    """
    shares: dict[str, Floats] = {m: frame[m].to_numpy(np.float64) for m in PERCENT if m in frame}
    if not shares:
        return
    with_all = np.sum(list(shares.values()), axis=0)
    total = _median(with_all)
    complete = len(shares) == len(PERCENT)
    if complete and total is not None:
        for power, said in _TOTALS.items():
            if abs(total / power - 1) <= _NEAR:
                yield "NEUT%", f"the five percentages add up to {power:g}: {said}?"
                return
    for name, values in shares.items():
        known = values[np.isfinite(values)]
        said = _above(known) or (_by_sum(name, shares, steps) if complete else "")
        if said := said or _alone(name, shares, steps, name in declared):
            yield name, said


def _above(known: Floats) -> str:
    above = known[known > _LARGEST]
    if len(known) < _FEWEST or 2 * len(above) <= len(known):
        return ""
    return f"most values are above 100, the first {above[0]:g}"


def _by_sum(name: str, shares: Mapping[str, Floats], steps: Mapping[str, float]) -> str:
    """Whether the five add up to 100 with this column on another scale, and only then."""
    values = shares[name]
    others = np.sum([v for m, v in shares.items() if m != name], axis=0)
    use = np.isfinite(others + values) & (values > 0)
    rounding = sum(steps.get(m, 0.0) for m in shares if m != name) / 2 + 1e-6
    if use.sum() < (_FEWEST if rounding < _OFF else _FEWEST_COARSE):
        return ""
    values, others = values[use], others[use]
    as_is = np.abs(others + values - 100)
    for factor, said in _FACTORS.items():
        scaled = np.abs(others + values * factor - 100)
        fits = np.mean(scaled <= rounding + factor * steps.get(name, 0.0) / 2) >= _MOST
        if fits and np.median(as_is) > _BETTER * np.median(scaled) and np.median(as_is) > rounding:
            return f"the five add up to 100 if these are {said}"
    return ""


def _alone(
    name: str, shares: Mapping[str, Floats], steps: Mapping[str, float], declared: bool
) -> str:
    """Whether a column's own size tells, in all of its rows or in those of one source."""
    values = shares[name]
    known = values[np.isfinite(values)]
    if declared or not known.any():
        return ""
    others = np.nansum([v for m, v in shares.items() if m != name], axis=0)
    # of a row in which other classes fill 90 %, a common one may be so small
    small = (values <= _FRACTION) & (others < _EXPLAINED)
    if name in _COMMON and values[small].any():
        n = int(small.sum())
        fewest, part = _COMMON[name]
        if n >= fewest and n >= part * len(known):
            return f"{n} of {len(known)} values within 0 to {values[small].max():g}: fractions?"
        twin = shares.get({"NEUT%": "LYMPH%", "LYMPH%": "NEUT%"}.get(name, ""))
        both = 0 if twin is None else int((small & (twin <= _FRACTION)).sum())
        if both >= max(_FEWEST, _SOME * len(known)):
            return f"neutrophils and lymphocytes within 0 to 1.5 in {both} rows: fractions?"
    if np.count_nonzero(known) < _FEWEST_TINY or known.max() > _FRACTION:
        return ""
    step = steps.get(name, np.inf)
    alone = step < _FINE and all(steps.get(m, np.inf) > step for m in shares if m != name)
    if known.max() <= _TINY or alone:
        return f"all values within 0 to {known.max():g}, in steps of {step:g}: fractions?"
    return ""


def _median(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None
