"""Classes of one sample that do not add up to all its leukocytes. STATISTICS.md §18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wbcval.door.tables import Checked
from wbcval.stats.metric import Floats, Mask
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import MOST
from wbcval.study.paired_values import Values
from wbcval.values.classes import COUNTABLE, OTHER
from wbcval.values.measurands import ABSOLUTE, MEASURANDS, PERCENT, WBC, Measurand

# percent, beside half the printed steps, as in schemas/measurands.yaml
_ROUNDING, _OF_COUNTS = 0.5, 1.0
_EDGE = 1e-9


@dataclass(frozen=True)
class _Fives:
    """What the five of each sample add up to, in percent of all; NaN where one is missing.

    Attributes:
        five: shape (S,).
        above: more than 100, beyond rounding, shape (S,).
        below: less, and no other column makes up for it.
        names: the five.
        words: which they are, and what they should add up to.
    """

    five: Floats
    above: Mask
    below: Mask
    names: tuple[Measurand, ...] = PERCENT
    words: tuple[str, str] = ("percentages", "100")

    def many(self, which: Mask) -> bool:
        return bool(which.sum() > MOST * np.isfinite(self.five).sum())

    def median(self, which: Mask) -> str:
        value = f"{np.median(self.five[which]):.1f}"
        return value if self.names is PERCENT else f"{value} % of it"


def flagged(values: Mapping[str, Values], inputs: Inputs, ids: Sequence[str]) -> dict[str, Values]:
    """Both sides, flagged where the model's five are more than all leukocytes.

    Counts that are made of the percentages are flagged, too.

    Args:
        values: of both sides.
        inputs: with the model's table, if there is one.
        ids: samples under study.
    """
    table = inputs.counts
    if table is None:
        return dict(values)
    given = {*table.measurands}
    flagged = dict(values)
    for found in _of(table, ids):
        if not found.many(found.above):
            continue
        wrong = {*found.names, *(name for name in ABSOLUTE if name not in given)}
        for name in wrong & flagged.keys():
            v = flagged[name]
            flagged[name] = replace(v, flags=tuple(dict.fromkeys((*v.flags, "more_than_all"))))
    return flagged


def lines(inputs: Inputs, ids: Sequence[str]) -> Iterator[str]:
    """What is told where the five of a table are off all in more than 5 % of the samples.

    Args:
        inputs: the tables.
        ids: samples under study.
    """
    for side, table in (("predictions", inputs.counts), ("reference", inputs.reference)):
        for found in () if table is None else _of(table, ids):
            known = int(np.isfinite(found.five).sum())
            five, all_of_them = found.words
            for more, which in (("more", found.above), ("less", found.below)):
                if found.many(which):
                    yield (
                        f"the five {five} of the {side} add up to {more} than {all_of_them} in "
                        f"{which.sum()} of {known} samples (median there {found.median(which)})"
                    )


def _of(table: Checked, ids: Sequence[str]) -> Iterator[_Fives]:
    """The five percentages against 100, and the five counts against the WBC of the same table."""
    frame = table.frame.set_index("sample_id")
    frame = frame[frame.index.isin(ids)]
    half = {name: table.resolution.get(name, 0.0) / 2 for name in MEASURANDS}
    if set(PERCENT) <= set(frame):
        room = _ROUNDING + sum(half[name] for name in PERCENT) + _EDGE
        five = _sum(frame, PERCENT)
        others = [f"{name}%" for name in (*COUNTABLE, OTHER) if f"{name}%" in frame]
        rest = frame[others].sum(axis=1).to_numpy(np.float64)
        yield _Fives(five, five > 100 + room, five + rest < 100 - room)
    if {WBC, *ABSOLUTE} <= set(frame):
        wbc = frame[WBC].to_numpy(np.float64)
        rounding = sum(half[name] for name in (WBC, *ABSOLUTE))
        total = _sum(frame, ABSOLUTE)
        with np.errstate(divide="ignore", invalid="ignore"):
            five = np.where(wbc > 0, 100 * total / wbc, np.nan)
        # less than WBC leaves room for what is none of the five
        none = np.zeros(len(five), dtype=bool)
        above = np.isfinite(five) & (total - wbc > wbc * _OF_COUNTS / 100 + rounding + _EDGE)
        yield _Fives(five, above, none, ABSOLUTE, ("counts", "WBC"))


def _sum(frame: pd.DataFrame, names: Sequence[Measurand]) -> Floats:
    return np.asarray(frame[list(names)].sum(axis=1, skipna=False).to_numpy(np.float64))
