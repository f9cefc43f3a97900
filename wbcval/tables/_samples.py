"""The table of samples: patient and strata."""

from __future__ import annotations

import pandas as pd

from wbcval.importers import Raw
from wbcval.tables import _text
from wbcval.tables._bind import Binding
from wbcval.tables._ledger import Ledger

_KEPT = ("patient_id",)


def build(raw: Raw, bound: Binding, ledger: Ledger) -> pd.DataFrame:
    """``sample_id``, ``patient_id`` where given, and every other column as text.

    Names of columns are lower case with ``_`` for spaces; blanks are NA. Columns that may name a
    person are left out.
    """
    columns = {
        "sample_id": _text.ids(raw, bound.fields["sample_id"], ledger)
        .dictionary_decode()
        .to_pandas()
    }
    for name in _KEPT:
        if name in bound.fields:
            columns[name] = (
                _text.ids(raw, bound.fields[name], ledger).dictionary_decode().to_pandas()
            )
    used = {bound.fields[name] for name in ("sample_id", *_KEPT) if name in bound.fields}
    for position, text in enumerate(raw.header):
        if position in used or position in bound.personal or not text:
            continue
        name = "_".join(text.casefold().split())
        if name in columns:
            ledger.say("duplicate-column", f"{text!r} stands twice", column=text)
            continue
        columns[name] = _text.text(raw, position).to_pandas()
    frame = pd.DataFrame(columns)
    strata = [name for name in columns if name != "sample_id"]
    frame[strata] = frame[strata].replace("", pd.NA)
    frame["row"] = raw.rows
    again = frame["sample_id"].duplicated() & (frame["sample_id"] != "")
    for sample_id, row in zip(frame["sample_id"][again], frame["row"][again], strict=True):
        ledger.value("duplicate-id", row, sample_id, "sample_id", sample_id, "met before")
    return frame
