"""Repeated results of the model: a row per sample, day, run and replicate (STATISTICS.md §11)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.importers.names import REPEATS
from wbcval.door.tables import _long, _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.door.tables._whole import measured, whole
from wbcval.protocol.roles import REPLICATES

_NOTHING = ("sample_id", *REPEATS, "flags")


def read(path: Path, options: ReadOptions) -> Checked:
    """A table of one row per repeated result; ``day``, ``run`` and ``replicate`` are text.

    Without a column ``day`` the date of a column ``date`` is the day.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, batch_rows=None, table=REPLICATES)
    return whole(opened, REPLICATES, options, _built, _swapped, empty=_NOTHING)


def _swapped(raw: Raw, _: Opened, ledger: TableLog) -> None:
    if dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the model's repeats")


def _built(
    checked: Checked, raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog
) -> Checked:
    """The measurands of each row, under the name of its sample, day, run and replicate together."""
    if _long.is_long(bound):
        ledger.say("missing-column", "a row per result: give a row per sample and repeat")
        return checked
    at = bound.fields["sample_id"]
    samples = _text.ids(raw, at, ledger).dictionary_decode().to_pandas()
    counted = {name: _labels(raw, bound, name) for name in REPEATS}
    whose = samples.astype(str)
    for name, column in counted.items():
        if column is not None:
            whose = whose.where(samples == "", whose + f", {name} " + column)
    named = replace(raw, table=raw.table.set_column(at, raw.table.field(at).name, _texts(whose)))
    found = measured(checked, named, bound, options, ledger)
    if not len(found.frame):
        return found
    rows = found.frame["row"].to_numpy()
    place = pd.Series(range(len(raw.rows)), index=raw.rows).loc[rows].to_numpy()
    own = {name: column.to_numpy()[place] for name, column in counted.items() if column is not None}
    frame = found.frame.assign(sample_id=samples.to_numpy()[place], **own)
    return replace(found, frame=frame)


def _labels(raw: Raw, bound: Binding, name: str) -> pd.Series | None:
    """A column as text; of dates the day alone."""
    if name in bound.fields:
        return _of(raw, bound.fields[name])
    if name == "day" and "date" in bound.fields:
        return _of(raw, bound.fields["date"]).str.split(r"[ T]", regex=True).str[0]
    return None


def _of(raw: Raw, position: int) -> pd.Series:
    found: pd.Series = _text.text(raw, position).to_pandas()
    return found


def _texts(values: pd.Series) -> pa.Array:
    return pa.array(values.tolist(), pa.string())
