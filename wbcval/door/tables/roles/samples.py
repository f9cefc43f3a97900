"""The table of samples: patient and strata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.tables import _leftover, _states, _text
from wbcval.door.tables import strata as _strata
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.door.tables._whole import whole
from wbcval.values.by_eye import one_spelling

_PERSON = "names a person"


def read(path: Path, options: ReadOptions) -> Checked:
    """A table of one row per sample.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, batch_rows=None)
    return whole(opened, "samples", options, _built, _swapped, empty=("sample_id",))


def _swapped(raw: Raw, _: Opened, ledger: TableLog) -> None:
    if dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the table of samples")


def _built(
    checked: Checked, raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog
) -> Checked:
    return replace(checked, frame=_frame(raw, bound, options.strata, ledger))


def _frame(raw: Raw, bound: Binding, asked: tuple[str, ...], ledger: TableLog) -> pd.DataFrame:
    """``sample_id``, ``patient_id`` where given, and the strata as text.

    Names of columns are lower case with ``_`` for spaces; blanks are NA.

    Args:
        raw: the table.
        bound: its columns.
        asked: columns that the protocol asks for; others are kept where they are harmless.
        ledger: gets ``extra-column``, ``personal-stratum``, ``stratum-dropped``, ``stratum-value``,
            ``levels-alike``, ``marked-invalid``, and which samples are so.
    """
    columns = {"sample_id": _ids(raw, bound.fields["sample_id"], ledger)}
    patients = [""] * raw.table.num_rows
    if "patient_id" in bound.fields:
        columns["patient_id"] = _ids(raw, bound.fields["patient_id"], ledger)
        patients = columns["patient_id"].tolist()
    used = {bound.fields[name] for name in columns}
    wanted = {_strata.normal(name) for name in asked}
    marking = {position for _, position in (*bound.states, *bound.splits)}
    unused: list[int] = []
    for position, text in enumerate(raw.header):
        name, kind = _strata.normal(text), _strata.kind_of(text)
        if position in used or not text or (position in marking and name not in wanted):
            continue
        if position in bound.personal:
            if name in wanted:
                ledger.say("personal-stratum", _PERSON, column=text)
            continue
        if name not in wanted and not kind:
            unused.append(position)
            continue
        if name in columns:
            ledger.say("duplicate-column", f"{text!r} stands twice", column=text)
            continue
        spelt = _text.text(raw, position).to_pandas()
        values = spelt.replace(one_spelling(spelt[spelt != ""]))
        if _is_fit(text, values, patients, kind, ledger, asked=name in wanted):
            columns[name] = values
            _strata.say_alike(text, spelt, values, ledger)
        elif _strata.is_grouped(values.tolist(), kind):
            ledger.groups[name] = dict(zip(columns["sample_id"], values, strict=True))
    if unused:
        names = [raw.header[i] for i in unused]
        ledger.say("extra-column", ", ".join(names[:_SHOWN]) + _more(names))
        _leftover.note_unread(raw, unused, ledger)
    frame = pd.DataFrame(columns)
    strata = [name for name in columns if name != "sample_id"]
    frame[strata] = frame[strata].replace("", pd.NA)
    frame["row"] = raw.rows
    again = frame["sample_id"].duplicated() & (frame["sample_id"] != "")
    for sample_id, row in zip(frame["sample_id"][again], frame["row"][again], strict=True):
        ledger.value("duplicate-id", row, sample_id, "sample_id", sample_id, "met before")
    _not_valid(frame, raw, bound, ledger)
    return frame


def _not_valid(frame: pd.DataFrame, raw: Raw, bound: Binding, ledger: TableLog) -> None:
    """Into the ledger: the samples that the table itself calls no valid ones."""
    for at, said in _states.invalid(raw, bound, ledger).items():
        sample_id, row = str(frame["sample_id"][at]), int(frame["row"][at])
        ledger.invalid[sample_id] = said
        ledger.value(_states.RULE, row, sample_id, "", said, said)


_SHOWN = 8


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


def _ids(raw: Raw, position: int, ledger: TableLog) -> pd.Series:
    found: pd.Series = _text.ids(raw, position, ledger).dictionary_decode().to_pandas()
    return found


def _is_fit(
    text: str, values: pd.Series, patients: list[str], kind: str, ledger: TableLog, *, asked: bool
) -> bool:
    """Whether a column may be kept; single dates and names in it become blanks, and it is said."""
    cells = values.tolist()
    filled = [cell for cell in cells if cell]
    if asked and 2 * sum(map(_strata.is_date, filled)) > len(filled):
        ledger.say("personal-stratum", "holds dates", column=text)
        return False
    if not asked and (why := _strata.objection(cells, kind, patients)):
        ledger.say("stratum-dropped", f"{text}: {why}", column=text)
        return False
    bad = [_strata.is_date(c) if asked else bool(c) and _strata.is_personal(c, kind) for c in cells]
    if any(bad):
        at = np.flatnonzero(bad)
        ledger.say("stratum-value", "a date or a name", column=text, rows=len(at))
        values[at] = ""
    return True
