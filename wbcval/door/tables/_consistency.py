"""What the columns of one table say about each other: sums, units, copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval.door.tables import _share_scale
from wbcval.door.tables._ledger import TableLog
from wbcval.values import classes
from wbcval.values.measurands import ABSOLUTE, PERCENT

# 10*9/L: no set of samples has a median WBC beyond these; without a unit less is believed
_LARGEST, _LARGEST_UNSTATED, _SMALLEST = 500.0, 200.0, 0.05
_POWERS = (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0)
_NEAR = 0.15  # relative
_FEWEST_ROWS = 3
_FINE = 5  # steps of a printed value


def file(
    frame: pd.DataFrame,
    present: Sequence[str],
    units: Mapping[str, str],
    steps: Mapping[str, float],
    declared: frozenset[str],
    ledger: TableLog,
) -> None:
    """Findings about whole columns: units that cannot be, copies of one another.

    Args:
        frame: measurands in canonical units.
        present: the measurands, in their usual order.
        units: as stated, by measurand.
        steps: of the printed values, by measurand.
        declared: measurands whose unit the protocol states.
        ledger: gets ``unit-contradiction`` and ``identical-columns``.
    """
    if "WBC" in frame:
        _magnitude(frame["WBC"], units["WBC"], ledger)
    for name, got in _share_scale.contradictions(frame, steps, declared):
        ledger.say("unit-contradiction", got, column=name)
    _powers_of_ten(frame, steps, ledger)
    values = {name: frame[name].to_numpy(np.float64) for name in present}
    for first, second in combinations(present, 2):
        both = ~(np.isnan(values[first]) | np.isnan(values[second]))
        one, other = values[first][both], values[second][both]
        if len(one) >= _FEWEST_ROWS and (one == other).all() and (one != one[0]).any():
            ledger.say("identical-columns", f"{second} equals {first} in every row", column=second)


def rows(frame: pd.DataFrame, resolution: Mapping[str, float]) -> pd.DataFrame:
    """Add the gaps (``percent_gap`` …) that ``schemas/measurands.yaml`` describes."""
    added = {}
    if shares := [name for name in PERCENT if name in frame]:
        off = frame[shares].sum(axis=1, skipna=len(shares) < len(PERCENT)) - 100
        half = sum(resolution.get(name, 0.0) for name in shares) / 2
        # less than all classes may add up to less than 100, never to more
        size = off.abs() if len(shares) == len(PERCENT) else off
        added["percent_gap"] = (size - half).round(9)
    if {"WBC", *ABSOLUTE} <= set(frame):
        total = frame[list(ABSOLUTE)].sum(axis=1, skipna=False)
        half = sum(resolution.get(name, 0.0) for name in ("WBC", *ABSOLUTE)) / 2
        gap = 100 * ((total - frame["WBC"]).abs() - half) / frame["WBC"]
        added["count_gap"] = gap.replace([np.inf, -np.inf], np.nan).round(9)
    counted = [name for name in ABSOLUTE if name in frame]
    if "WBC" in frame and counted:
        step = {name: resolution.get(name, 0.0) + resolution.get("WBC", 0.0) for name in counted}
        above = [frame[name] - frame["WBC"] - step[name] / 2 for name in counted]
        added["class_gap"] = pd.concat(above, axis=1).max(axis=1).round(9)
    return frame.assign(**added)


def _magnitude(wbc: pd.Series, unit: str, ledger: TableLog) -> None:
    median = _median(wbc)
    if median is None:
        return
    several = wbc.count() >= _FEWEST_ROWS
    impossible = several and not _SMALLEST <= median <= _LARGEST
    if impossible or (not unit and median > _LARGEST_UNSTATED):
        got = f"median {median:g} 10*9/L with the unit " + (repr(unit) if unit else "unstated")
        ledger.say("unit-contradiction", got, column="WBC")


def _powers_of_ten(frame: pd.DataFrame, steps: Mapping[str, float], ledger: TableLog) -> None:
    """A factor of 10, 100, 1000 between the five counts and WBC, or counts and percent."""
    if "WBC" not in frame:
        return
    wbc = frame["WBC"].to_numpy(np.float64)
    if set(ABSOLUTE) <= set(frame):
        total = frame[list(ABSOLUTE)].sum(axis=1, skipna=False).to_numpy(np.float64)
        if power := _near_power(total, wbc):
            got = f"the five counts add up to {power:g} times WBC"
            ledger.say("unit-contradiction", got, column="NEUT#")
            return
    for name in classes.SHORT.values():
        if {f"{name}#", f"{name}%"} <= set(frame):
            expected = wbc * frame[f"{name}%"].to_numpy(np.float64) / 100
            counted = frame[f"{name}#"].to_numpy(np.float64)
            # a count of few steps is far off by rounding alone
            fine = counted >= _FINE * steps.get(f"{name}#", 0.0)
            if power := _near_power(counted[fine], expected[fine]):
                got = f"{power:g} times what WBC and {name}% give"
                ledger.say("unit-contradiction", got, column=f"{name}#")


def _near_power(values: NDArray[np.float64], expected: NDArray[np.float64]) -> float | None:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = values / expected
    known = ratio[np.isfinite(ratio) & (values > 0)]
    if not known.size:
        return None
    middle = float(np.median(known))
    return next((power for power in _POWERS if abs(middle / power - 1) <= _NEAR), None)


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return None if known.empty else float(known.median())
