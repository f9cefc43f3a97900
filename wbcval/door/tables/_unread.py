"""Records with results that are read as no sample's: without an id, or above the column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _long, _results, _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.values import classes
from wbcval.values.quoting import quoted

_ABOVE = "record-above-names"
_LABELS = ("predicted_class", "true_class")
_LIMIT = re.compile(
    r"(?i)\b(?:low(?:er)?|upp?er|high|limits?|min(?:imum)?|max(?:imum)?|ref(?:erence)?|range|"
    r"target|normal|mean|sd|cv|bias|grenze|untere|obere|qc|controls?|kontrolle|level|calibrator|"
    r"blank)(?![^\W\d_])"
)
_SEVERAL = 2  # results that are no legend's


def records(
    raw: Raw,
    bound: Binding,
    sample_id: pa.Array,
    keep: NDArray[np.bool_],
    ledger: TableLog,
    no_id: re.Pattern[str],
) -> Counter[tuple[str, bool]]:
    """Id ("" where there is none), and whether it has the form of the others' → records.

    Of a long table each sample once; samples without an id are at least as many as the lines of
    one parameter. A row that says the mean or the spread of the others is none.

    Args:
        raw, bound: the table.
        sample_id: shape (n,), as text.
        keep: shape (n,), the records that are not known to be no samples.
        ledger: gets ``record-above-names``.
        no_id: of names that are no patient's, in capitals.
    """
    found: Counter[tuple[str, bool]] = Counter()
    if above := _above(raw, bound):
        forms = {_form(name) for name in sample_id.filter(pa.array(keep)).to_pylist() if name}
        whole = len(_results.positions(bound))
        told = [
            (row, name)
            for row, name, results in above
            if name.lower() not in _results.SUMMARIES
            and (results >= _SEVERAL or _form(name) in forms or _may_be_one(name, results, whole))
        ]
        for row, _ in told:
            ledger.say(_ABOVE, "a record above the column names", row=row)
        # a control, or a limit, is a sample where both sides hold it alone
        named = {
            name: _form(name) in forms and not (no_id.search(name.upper()) or _LIMIT.search(name))
            for _, name in told
            if name
        }
        found.update((name, alike) for name, alike in named.items())
        found["", False] += sum(not name for _, name in told)
    if ledger.table in ("counts", "reference"):
        blank = np.flatnonzero(keep & np.array([not name for name in sample_id.to_pylist()], bool))
        found["", False] += _nameless(raw, bound, blank) if blank.size else 0
    return +found


def _may_be_one(name: str, results: int, whole: int) -> bool:
    """Of a row with one result: whether it has an id, or no name and all that a record has.

    ``n,66`` and ``Page,1`` have neither.
    """
    return any(map(str.isdigit, name)) or (not name and results == whole)


def _nameless(raw: Raw, bound: Binding, blank: NDArray[np.int64]) -> int:
    if _long.is_long(bound):
        names, values = (
            _text.text(raw, bound.fields[n]).to_pylist() for n in ("parameter", "value")
        )
        lines = Counter(
            names[i] for i in blank.tolist() if _is_measurand(names[i]) and _is_result(values[i])
        )
        return max(lines.values(), default=0)
    columns = [_text.text(raw, at).to_pylist() for at in _results.positions(bound)]
    return sum(any(_is_result(column[i]) for column in columns) for i in blank.tolist())


def _above(raw: Raw, bound: Binding) -> list[tuple[int, str, int]]:
    """Row, id and results of the rows above the names that hold what a record holds."""
    found = []
    for skipped in raw.skipped:
        cells = skipped.cells

        def cell(position: int, cells: Sequence[str] = cells) -> str:
            return cells[position].strip() if position < len(cells) else ""

        n = _results_in(cell, bound)
        if n:
            found.append((skipped.row, cell(bound.fields["sample_id"]), n))
    return found


def _results_in(cell: Callable[[int], str], bound: Binding) -> int:
    """How many results a row holds; 0 where half of them are missing, or something else stands."""
    labels = [bound.fields[name] for name in _LABELS if name in bound.fields]
    if labels:
        ids = [bound.fields[name] for name in ("sample_id", "cell_id", "image")
               if name in bound.fields]  # fmt: skip
        known = all(map(cell, ids)) and any(classes.canonical(cell(at)) for at in labels)
        return _SEVERAL if known else 0
    if _long.is_long(bound):
        said = cell(bound.fields["parameter"]), cell(bound.fields["value"])
        return _SEVERAL if _is_measurand(said[0]) and _is_result(said[1]) else 0
    cells = [cell(at) for at in _results.positions(bound)]
    filled = [text for text in cells if text]
    whole = 2 * len(filled) >= len(cells) and all(map(_is_result, filled))
    return len(filled) if whole else 0


def _is_result(text: str) -> bool:
    """A number, with a unit or marks."""
    return any(c.isdigit() for c in text) and quoted(text) == text.strip()


def _is_measurand(parameter: str) -> bool:
    return parameter in header_names.LOINC or header_names.subject(parameter, "") != ""


def _form(name: str) -> str:
    """Letters and numbers of an id, whatever they are: ``S001`` as ``a0``."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", name))
