"""Sites, scanners, lots and the like in tables other than that of the samples (LAB.md §7).

Columns of the allow-list alone, where each sample has one value. Names and dates are never kept.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from wbcval.door.importers import Raw
from wbcval.door.tables import _text, strata
from wbcval.door.tables._ledger import TableLog
from wbcval.values.by_eye import one_spelling

_SEVERAL = ""  # of a sample with more than one value


def note(raw: Raw, rest: Iterable[int], at: dict[str, int], ledger: TableLog) -> None:
    """Into the ledger: the value of each sample of a batch in each such column.

    Args:
        raw: the batch.
        rest: positions of columns that nobody claimed.
        at: positions of its fields.
        ledger: gets ``levels``.
    """
    if "sample_id" not in at or ledger.table == "samples":
        return
    for position in rest:
        if not strata.kind_of(raw.header[position]):
            continue
        columns = {
            "sample": _text.text(raw, at["sample_id"]),
            "value": _text.text(raw, position),
        }
        pairs = pa.table(columns).group_by([*columns], use_threads=False).aggregate([])
        found = ledger.levels.setdefault(raw.header[position], {})
        for sample, value in zip(*(pairs[name].to_pylist() for name in columns), strict=True):
            if sample and value and found.setdefault(sample, value) != value:
                found[sample] = _SEVERAL


def fit(
    ledger: TableLog, *, tell_unused: bool = True
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Column → sample → value, of those that may be named, and of those with too many values.

    Args:
        ledger: of all batches; gets ``stratum-dropped`` and ``stratum-value``.
        tell_unused: whether what is not used is told; of an analyzer's export nobody expects it.
    """
    levels: dict[str, dict[str, str]] = {}
    groups: dict[str, dict[str, str]] = {}
    patients = {sample: next(iter(names)) for sample, names in ledger.patients.items()}
    for spelt, of in ledger.levels.items():
        name, kind = strata.normal(spelt), strata.kind_of(spelt)
        filled = pd.Series({sample: value for sample, value in of.items() if value}, dtype=object)
        read = filled.replace(one_spelling(filled))
        one = {str(sample): value for sample, value in read.items()}
        values = [one.get(sample, "") for sample in of]
        why = strata.objection(values, kind, [patients.get(sample, "") for sample in of])
        if 2 * len(one) <= len(of):
            why = "several values of one sample"
        elif not why:
            bad = {sample for sample, value in one.items() if strata.is_personal(value, kind)}
            if bad and tell_unused:
                ledger.say("stratum-value", "a date or a name", column=spelt, rows=len(bad))
            if tell_unused:
                strata.say_alike(spelt, filled, read, ledger)
            levels[name] = {sample: v for sample, v in one.items() if sample not in bad}
            continue
        elif strata.is_grouped(values, kind):
            groups[name] = one
            continue
        if tell_unused:
            ledger.say("stratum-dropped", f"{spelt}: {why}", column=spelt)
    return levels, groups
