"""Several rows of one sample: which of them counts."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval import classes
from wbcval.importers import Raw
from wbcval.tables import _text
from wbcval.tables._bind import Binding
from wbcval.tables._ledger import Ledger

_YEAR_FIRST = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def counting_rows(
    frame: pd.DataFrame, raw: Raw, bound: Binding, policy: str | None, ledger: Ledger
) -> NDArray[np.bool_]:
    """Which rows count: one per sample, by the policy; without one a repeated id is an error.

    Args:
        frame: ``sample_id``, ``row`` and measurands.
        raw: the same rows as read, for date and time.
        bound: its columns.
        policy: ``last`` or ``first`` of the valid rows (those with any value): by date and time
            where all rows of the sample have them, else by their order in the file.
        ledger: gets ``duplicate-id`` or ``superseded``.
    """
    counts = np.ones(len(frame), dtype=bool)
    ids = frame["sample_id"]
    repeated = ids[ids.duplicated(keep=False) & (ids != "")]
    if repeated.empty:
        return counts
    if policy is None:
        for i in ids.index[ids.duplicated() & (ids != "")]:
            row, name = int(frame["row"][i]), str(ids[i])
            ledger.value(
                "duplicate-id", row, name, "sample_id", name, "stands in more than one row"
            )
        return counts
    valid = frame[[m for m in classes.MEASURANDS if m in frame]].notna().any(axis=1).to_numpy()
    moments = _moments(raw, bound)
    for name, group in repeated.groupby(repeated):
        at = group.index.to_numpy()
        ordered, by = _ordered(at, moments)
        candidates = [i for i in ordered if valid[i]] or ordered
        chosen = candidates[-1 if policy == "last" else 0]
        counts[at] = at == chosen
        for i in at[at != chosen]:
            reason = f"row {frame['row'][chosen]} counts ({policy} valid by {by})"
            ledger.superseded(int(frame["row"][i]), str(name), reason)
    return counts


def _ordered(at: NDArray[np.int64], moments: list[tuple[int, ...] | None]) -> tuple[list[int], str]:
    known = {int(i): moment for i in at if (moment := moments[i]) is not None}
    if len(known) < len(at):
        return at.tolist(), "order in the file"
    return sorted(known, key=lambda i: (known[i], i)), "date and time"


def _moments(raw: Raw, bound: Binding) -> list[tuple[int, ...] | None]:
    if "date" not in bound.fields:
        return [None] * raw.table.num_rows
    dates = _text.text(raw, bound.fields["date"]).to_pylist()
    times = dates
    if "time" in bound.fields:
        times = _text.text(raw, bound.fields["time"]).to_pylist()
    return [_moment(date, time) for date, time in zip(dates, times, strict=True)]


def _moment(date: str, time: str) -> tuple[int, ...] | None:
    """Year, month, day, hour, minute, second; ``None`` where any is unreadable."""
    clock = _TIME.search(time)
    if clock is None:
        return None
    if year_first := _YEAR_FIRST.match(date):
        day = tuple(int(part) for part in year_first.groups())
    elif day_first := _DAY_FIRST.match(date):
        day = tuple(int(part) for part in reversed(day_first.groups()))
    else:
        return None
    return (*day, *(int(part or 0) for part in clock.groups()))
