"""Which records are samples: blanks, summaries, controls and calibrators are not."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.tables import _long, _results, _text, _unread
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.protocol.roles import REPLICATES

_CONTROLS = r"^(?:QC-|BACKGROUNDCHECK)"  # in any table; an analyzer's dialect knows more
_MODES = {
    "QC": "quality control",
    "BF": "body fluid",
    "LW": "low WBC mode",
    "PD": "pre-dilution",
    "BLANK": "blank",
    "BACKGROUND": "background check",
    "CONTROL": "quality control",
    "CALIBRATION": "calibration",
}
_SUMMARIES = frozenset(("mean", "average", "median", "cv%", "total", "sum"))
_BELOW = frozenset(("sd", "cv", "min", "max"))  # samples by their initials, unless they come last


def samples_only(raw: Raw, bound: Binding, ledger: TableLog) -> Raw:
    """The records of samples; the others go into the log as ignored."""
    sample_id = _text.text(raw, bound.fields["sample_id"])
    keep = np.ones(len(sample_id), dtype=bool)
    blank = _blank(raw, sample_id)
    keep[blank] = False
    if blank.size:
        ledger.ignore(raw.rows[blank], "", "blank record")
    reasons = _reasons(raw, bound, sample_id, repeats=ledger.table == REPLICATES)
    keep[[*reasons]] = False
    summaries = _nameless_summaries(raw, bound, sample_id, keep, ledger)
    reasons |= dict.fromkeys(summaries, "a summary of the table")
    keep[summaries] = False
    for i, reason in reasons.items():
        ledger.ignore(raw.rows[i : i + 1], sample_id[i].as_py(), reason)
    ledger.passed_over.update(_results.held(raw, bound, sample_id, reasons, keep))
    dialect = dialect_of(raw)
    no_id = re.compile(dialect.not_patients if dialect else _CONTROLS)
    ledger.unread.update(_unread.records(raw, bound, sample_id, keep, ledger, no_id))
    if keep.all():
        return raw
    return replace(raw, table=raw.table.filter(pa.array(keep)), rows=raw.rows[keep])


def _reasons(raw: Raw, bound: Binding, sample_id: pa.Array, *, repeats: bool) -> dict[int, str]:
    reasons: dict[int, str] = {}
    if "predicted_class" in bound.fields:  # of cells
        return reasons
    upper = pc.utf8_upper(sample_id)
    dialect = dialect_of(raw)
    pattern = dialect.not_patients if dialect else _CONTROLS
    # what is repeated may well be a control
    named = [] if repeats else _where(pc.match_substring_regex(upper, pattern))
    for i in named:
        reasons[i] = "no patient's sample"
    for i in _where(pc.is_in(pc.utf8_lower(sample_id), pa.array(_SUMMARIES))):
        reasons[i] = "a summary of the table"
    for i in reversed(range(len(sample_id))):
        name = sample_id[i].as_py().lower()
        if name and name not in _SUMMARIES | _BELOW:
            break
        if name in _BELOW:
            reasons[i] = "a summary below the table"
    if "mode" in bound.fields:
        mode = _text.text(raw, bound.fields["mode"])
        for i in _where(pc.is_in(pc.utf8_upper(mode), pa.array(sorted(_MODES)))):
            spelt = mode[i].as_py()
            reasons[i] = f"{_MODES[spelt.upper()]} ({spelt})"
    return reasons


def _nameless_summaries(
    raw: Raw, bound: Binding, sample_id: pa.Array, keep: NDArray[np.bool_], ledger: TableLog
) -> list[int]:
    """Positions of rows without an id that hold one statistic of the others in each column."""
    blank = [i for i in _where(pc.equal(sample_id, "")) if keep[i]]
    if not blank or ledger.table not in ("counts", "reference", REPLICATES) or _long.is_long(bound):
        return []
    columns = [_text.text(raw, at).to_pylist() for at in _results.positions(bound)]
    others = [i for i in np.flatnonzero(keep).tolist() if i not in {*blank}]
    return [
        i
        for i in blank
        if any(c[i] for c in columns)
        and _results.is_summary([(c[i], [c[k] for k in others]) for c in columns if c[i]])
    ]


def _blank(raw: Raw, sample_id: pa.Array) -> NDArray[np.int64]:
    """Positions of the records in which nothing stands."""
    found = [
        i
        for i in _where(pc.equal(sample_id, ""))
        if all(str(column[i].as_py() or "").strip() == "" for column in raw.table.columns)
    ]
    return np.array(found, dtype=np.int64)


def _where(mask: pa.BooleanArray) -> list[int]:
    found: list[int] = np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
    return found
