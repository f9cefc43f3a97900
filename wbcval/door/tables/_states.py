"""Columns that say of a row whether it is a valid result: status, valid, excluded (LAB.md §7).

A row that its own table calls cancelled or invalid is no measurement: no value of the reference,
no result of the model. The words are a closed list. Others are said and change nothing, since a
column of that name may tell of the patient (``status`` = inpatient).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from wbcval.door.importers import Raw
from wbcval.door.importers.marking import is_valid, said_of
from wbcval.door.tables import _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables.strata import is_personal
from wbcval.values.findings import STATE_UNREAD
from wbcval.values.quoting import quoted

RULE = "marked-invalid"

_FEWEST_ALIKE = 2  # rows: a word, and not what somebody wrote
_MOST_WORDS = 50  # of a column; more are no words


def invalid(raw: Raw, bound: Binding, ledger: TableLog, *, codes: bool = False) -> dict[int, str]:
    """Positions of the records that their table calls no valid result, and what it says of each.

    Args:
        raw: a batch.
        bound: its columns.
        ledger: gets ``state-unread``.
        codes: single letters of a column ``status`` are those of HL7, as in a row a result.
    """
    found: dict[int, str] = {}
    for kind, position in bound.states:
        column = _text.encoded(raw, position)
        texts = column.dictionary.to_pylist()
        if not any(texts):
            continue
        letters = kind == "result_status" or (kind == "status" and codes)
        valid = [is_valid(kind, text, letters=letters) for text in texts]
        # who approved a result may stand under "approved"
        words = kind in ("status", "result_status") and ledger.table not in ("cells", "labels")
        _say_unread(raw.header[position], column, valid, ledger, words=words)
        codes_of = column.indices.to_numpy()
        bad = np.isin(codes_of, [i for i, known in enumerate(valid) if known is False])
        for at in np.flatnonzero(bad).tolist():
            said = said_of(kind, texts[codes_of[at]])
            found.setdefault(at, f"{raw.header[position]}: {said}")
    return found


def _say_unread(
    spelt: str,
    column: pa.DictionaryArray,
    valid: Sequence[bool | None],
    ledger: TableLog,
    *,
    words: bool,
) -> None:
    """Words that are in no list, with the number of their rows; free text is masked.

    Args:
        spelt, column, valid: name and cells of the column, and what each of its texts says.
        ledger: gets ``state-unread``.
        words: what stands on several rows is a word. Of a batch of cells nobody knows on how many.
    """
    texts = column.dictionary.to_pylist()
    rows = np.bincount(column.indices.to_numpy(), minlength=len(texts)).tolist()
    unread = [i for i, known in enumerate(valid) if known is None]
    of_all = sum(rows[i] for i in unread)
    if len(unread) > _MOST_WORDS:
        ledger.say(STATE_UNREAD, f"{spelt}: no words", column=spelt, rows=of_all)
        return
    for n, i in enumerate(unread):
        free = not words or rows[i] < _FEWEST_ALIKE or is_personal(texts[i])
        shown = "blank" if not texts[i] else quoted(texts[i]) if free else texts[i]
        got = f"{spelt} = {shown}" + (f" ({rows[i]} rows)" if words else "")
        ledger.say(STATE_UNREAD, got, column=spelt, rows=1 if n else of_all)
