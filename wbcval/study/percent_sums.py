"""Percentages of one sample that do not add up to 100. STATISTICS.md §18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wbcval.door.tables import Checked
from wbcval.stats.metric import Floats, Mask
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import MOST
from wbcval.study.paired_values import Values
from wbcval.values.classes import COUNTABLE, OTHER
from wbcval.values.measurands import PERCENT, WBC

_ROUNDING = 0.5  # percent, beside half the printed steps, as in schemas/measurands.yaml


@dataclass(frozen=True)
class _Fives:
    """What the five of each sample add up to, shape (S,), NaN where one is missing.

    ``above``: more than 100; ``below``: less, and no other column makes up for it.
    """

    five: Floats
    above: Mask
    below: Mask

    def many(self, which: Mask) -> bool:
        return bool(which.sum() > MOST * np.isfinite(self.five).sum())


def flagged(values: Mapping[str, Values], inputs: Inputs, ids: Sequence[str]) -> dict[str, Values]:
    """Both sides, flagged where the model's five percentages are more than all leukocytes.

    Counts that are made of these are flagged, too.

    Args:
        values: of both sides.
        inputs: with the model's table, if there is one.
        ids: samples under study.
    """
    found = _of(inputs.counts, ids)
    if inputs.counts is None or found is None or not found.many(found.above):
        return dict(values)
    own = {name for name in inputs.counts.measurands if name not in PERCENT}
    return {
        name: v if name in own or name == WBC else replace(v, flags=(*v.flags, "more_than_all"))
        for name, v in values.items()
    }


def lines(inputs: Inputs, ids: Sequence[str]) -> Iterator[str]:
    """What is told where the five of a table are off 100 in more than 5 % of the samples.

    Args:
        inputs: the tables.
        ids: samples under study.
    """
    for side, table in (("predictions", inputs.counts), ("reference", inputs.reference)):
        found = _of(table, ids)
        if found is None:
            continue
        known = int(np.isfinite(found.five).sum())
        for more, which in (("more", found.above), ("less", found.below)):
            if found.many(which):
                yield (
                    f"the five percentages of the {side} add up to {more} than 100 in "
                    f"{which.sum()} of {known} samples (median there "
                    f"{np.median(found.five[which]):.1f})"
                )


def _of(table: Checked | None, ids: Sequence[str]) -> _Fives | None:
    if table is None or not set(PERCENT) <= set(table.frame):
        return None
    frame = table.frame.set_index("sample_id")
    frame = frame[frame.index.isin(ids)]
    room = _ROUNDING + sum(table.resolution.get(name, 0.0) for name in PERCENT) / 2 + 1e-9
    five = frame[list(PERCENT)].sum(axis=1, skipna=False).to_numpy(np.float64)
    others = [f"{name}%" for name in (*COUNTABLE, OTHER) if f"{name}%" in frame]
    rest = frame[others].sum(axis=1).to_numpy(np.float64)
    return _Fives(five, five > 100 + room, five + rest < 100 - room)
