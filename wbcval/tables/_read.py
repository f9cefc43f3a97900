"""From a path to a checked table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from wbcval import classes
from wbcval.errors import InputError
from wbcval.findings import Finding, Severity
from wbcval.importers import Raw, Request, dialect_of, open_table
from wbcval.tables import _cells, _check, _measurands, _samples
from wbcval.tables._bind import Binding, bind
from wbcval.tables._ledger import Ledger
from wbcval.tables._types import Checked, ReadOptions

_LISTED = 20
ROLES = ("predictions", "reference", "samples")


def kind_of(path: Path, options: ReadOptions | None = None) -> str:
    """What a file holds, told by its columns: ``cells``, ``counts``, ``reference``, ``samples``.

    A recognised analyzer export is a ``reference``; any other table of measurands ``counts``.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    raw = next(open_table(path, _request(options, batch_rows=1)))
    return _kind(raw, bind(raw, options, Ledger("counts", raw.file)))


def _kind(raw: Raw, bound: Binding) -> str:
    measurands = bound.measurands or bound.bare
    of_cells = {"predicted_class", "true_class", "cell_id", "image"} & bound.fields.keys()
    if "predicted_class" in of_cells or (of_cells and not measurands):
        return "cells"
    if dialect_of(raw) is not None:
        return "reference"
    return "counts" if measurands else "samples"


def read(path: Path, role: str, options: ReadOptions | None = None) -> Checked:
    """Read and check a whole file.

    Args:
        path: the file.
        role: ``predictions`` (cells or sample counts, told by their columns), ``reference`` or
            ``samples``.
        options: what the protocol says about it.

    Returns:
        The clean rows with findings; where a finding is an error, the rows are of no use.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    raw = next(open_table(path, _request(options, batch_rows=None)))
    table = role
    if role == "predictions":
        table = (
            "cells" if _kind(raw, bind(raw, options, Ledger("cells", ""))) == "cells" else "counts"
        )
    ledger = Ledger(table, raw.file)
    bound = bind(raw, options, ledger)
    return _checked(raw, bound, options, ledger, _cells.SeenCells())


def read_cells(path: Path, options: ReadOptions | None = None) -> Iterator[Checked]:
    """Read and check a table of cells in batches; findings and logs of the batches add up.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    seen = _cells.SeenCells()
    bound: Binding | None = None
    for raw in open_table(path, _request(options, batch_rows=options.batch_rows)):
        ledger = Ledger("cells", raw.file)
        if bound is None:
            bound = bind(raw, options, ledger)
        yield _checked(raw, bound, options, ledger, seen)


def _request(options: ReadOptions, *, batch_rows: int | None) -> Request:
    return Request(frozenset(options.columns.values()), options.sheet, batch_rows)


def _checked(
    raw: Raw, bound: Binding, options: ReadOptions, ledger: Ledger, seen: _cells.SeenCells
) -> Checked:
    for note in raw.notes:
        ledger.say(note.rule, note.got, column=note.column, row=note.row, rows=note.rows)
    base = Checked(ledger.table, raw.file, raw.sha256, raw.dialect, pd.DataFrame())
    if not raw.table.num_rows:
        ledger.say("no-rows", "column names and no records")
    if _has_errors(ledger) or not _complete(ledger, bound):
        return replace(base, findings=ledger.findings(), log=ledger.log())
    if ledger.table in ("counts", "reference"):
        measured = _measurands.build(raw, bound, options, ledger)
        base = replace(
            base,
            units=measured.units,
            resolution=measured.resolution,
            measurands=tuple(m for m in classes.MEASURANDS if m in measured.frame),
        )
        frame = measured.frame
    elif ledger.table == "cells":
        frame = _cells.build(raw, bound, options, ledger, seen)
    else:
        frame = _samples.build(raw, bound, ledger)
    frame = _check.screen(frame, ledger)
    frame = frame[_order(frame)]
    return replace(
        base,
        frame=frame,
        findings=ledger.findings(),
        log=ledger.log(),
        exclusions=tuple(ledger.exclusions),
    )


def _order(frame: pd.DataFrame) -> list[str]:
    """The ids first, what belongs to the row last; source rows only for cells."""
    last = ("row",) if "cell_id" in frame else ("n_cells", "flags")
    middle = [name for name in frame if name not in ("row", "n_cells", "flags")]
    return middle + [name for name in last if name in frame]


def _complete(ledger: Ledger, bound: Binding) -> bool:
    needed = _cells.COLUMNS if ledger.table == "cells" else ()
    for name in needed:
        if name not in bound.fields and not (name == "cell_id" and "image" in bound.fields):
            ledger.say("missing-column", "the file has no such column", column=name)
    if ledger.table in ("counts", "reference") and not (bound.measurands or bound.bare):
        ledger.say("missing-column", "no measurand such as WBC or NEUT%")
    return not _has_errors(ledger)


def _has_errors(ledger: Ledger) -> bool:
    return any(finding.severity is Severity.ERROR for finding in ledger.findings())


def raise_on_errors(findings: Iterable[Finding]) -> None:
    """Stop where any finding is an error.

    Raises:
        InputError: listing at most 20 of them as where · rule · got · what to do.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    lines = [finding.text() for finding in errors[:_LISTED]]
    if len(errors) > _LISTED:
        lines.append(f"{len(errors) - _LISTED} more in import-log.csv")
    raise InputError(errors[0].file, lines[0], "\n  ".join(lines[1:]))
