"""Several rows of one sample: which of them counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.values.measurands import MEASURANDS

_YEAR_FIRST = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


@dataclass(frozen=True)
class Chosen:
    """What counts where a sample has several rows.

    Attributes:
        counts: shape (rows,): the one row of each sample.
        sources: measurand (or ``n_cells``) → that row → the other row whose value counts.
        superseded: measurand → samples of which another, differing value does not count.
    """

    counts: NDArray[np.bool_]
    sources: dict[str, dict[int, int]] = field(default_factory=dict)
    superseded: dict[str, frozenset[str]] = field(default_factory=dict)


def choose(
    frame: pd.DataFrame,
    raw: Raw,
    bound: Binding,
    policy: str | None,
    ledger: TableLog,
    invalid: Mapping[str, Mapping[int, float]],
) -> Chosen:
    """One row per sample, and of each measurand its last (or first) value.

    A rerun that measured some measurands alone takes nothing away from the others. Without a
    policy a repeated id is an error.

    Args:
        frame: ``sample_id``, ``row`` and measurands.
        raw: the same rows as read, for date and time.
        bound: its columns.
        policy: ``last`` or ``first``: by date and time where all rows of the sample have them,
            else by their order in the file.
        ledger: gets ``duplicate-id`` or ``superseded``.
        invalid: measurand → row → a value that is no result; another in its place supersedes it.
    """
    found = Chosen(np.ones(len(frame), dtype=bool))
    ids = frame["sample_id"]
    repeated = ids[ids.duplicated(keep=False) & (ids != "")]
    if repeated.empty:
        return found
    if policy is None:
        for i in ids.index[ids.duplicated() & (ids != "")]:
            row, name = int(frame["row"][i]), str(ids[i])
            ledger.value(
                "duplicate-id", row, name, "sample_id", name, "stands in more than one row"
            )
        return found
    measurands = [m for m in MEASURANDS if m in frame]
    columns = [*measurands, *(["n_cells"] if "n_cells" in frame else [])]
    values = {name: frame[name].to_numpy(np.float64) for name in columns}
    moments, again = _moments(raw, bound), dict[str, set[str]]()
    for name, group in repeated.groupby(repeated):
        ordered, by = _ordered(group.index.to_numpy(), moments)
        best_first = ordered[::-1] if policy == "last" else ordered
        valid = [i for i in best_first if any(not np.isnan(values[m][i]) for m in measurands)]
        top = (valid or best_first)[0]
        used: dict[int, list[str]] = {i: [] for i in ordered}
        for column in columns:
            held = [i for i in best_first if not np.isnan(values[column][i])]
            if held and column in measurands:
                used[held[0]].append(column)
                stated = {invalid[column][i] for i in ordered if i in invalid.get(column, ())}
                if len(stated | {values[column][i] for i in held}) > 1:
                    again.setdefault(column, set()).add(str(name))
            if held and held[0] != top:
                found.sources.setdefault(column, {})[top] = held[0]
        for i in sorted(set(ordered) - {top}):
            found.counts[i] = False
            reason = f"row {frame['row'][top]} counts ({policy} valid by {by})"
            reason += f", and of this one {', '.join(used[i])}" if used[i] else ""
            ledger.superseded(int(frame["row"][i]), str(name), reason)
    found.superseded.update({name: frozenset(samples) for name, samples in again.items()})
    return found


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
