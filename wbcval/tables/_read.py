"""From a path to a checked table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from wbcval.importers import Raw, Request, dialect_of, open_table
from wbcval.tables import _cells, _check, _long, _measurands, _rows, _samples
from wbcval.tables._bind import Binding, bind
from wbcval.tables._ledger import Ledger
from wbcval.tables._types import Checked, ReadOptions

_EMPTY = {
    "cells": (*_cells.COLUMNS, "row"),
    "counts": ("sample_id", "flags"),
    "reference": ("sample_id", "flags"),
    "samples": ("sample_id",),
}


def kind_of(path: Path, options: ReadOptions | None = None) -> str:
    """What a file holds, told by its columns: ``cells``, ``counts``, ``reference``, ``samples``.

    A recognised analyzer export is a ``reference``; any other table of measurands ``counts``.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    raw = next(open_table(path, _request(options, batch_rows=1)))
    return _kind(raw, _bound(raw, options))


def _kind(raw: Raw, bound: Binding) -> str:
    measurands = bound.measurands or bound.bare or _long.is_long(bound)
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
        The clean rows with findings; where a finding is an error, the frame is empty or of no use.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    raw = next(open_table(path, _request(options, batch_rows=None)))
    kind = _kind(raw, _bound(raw, options))
    table = role
    if role == "predictions":
        table = "cells" if kind == "cells" else "counts"
    ledger = Ledger(table, raw.file)
    _swapped(raw, kind, role, ledger)
    bound = bind(raw, options, ledger)
    return _checked(raw, bound, options, ledger, _cells.SeenCells())


def read_cells(
    path: Path, options: ReadOptions | None = None, seen: _cells.SeenCells | None = None
) -> Iterator[Checked]:
    """Read and check a table of cells in batches; findings and logs of the batches add up.

    Args:
        path: the file.
        options: what the protocol says about it.
        seen: cells met in earlier files, so that a cell in two files is found.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    options = options or ReadOptions()
    seen = seen or _cells.SeenCells()
    bound: Binding | None = None
    spelt: dict[str, str] = {}
    for raw in open_table(path, _request(options, batch_rows=options.batch_rows)):
        ledger = Ledger("cells", raw.file, spelt)
        if bound is None:
            bound = bind(raw, options, ledger)
        yield _checked(raw, bound, options, ledger, seen)


def _request(options: ReadOptions, *, batch_rows: int | None) -> Request:
    return Request(frozenset(options.columns.values()), options.sheet, batch_rows)


def _bound(raw: Raw, options: ReadOptions) -> Binding:
    return bind(raw, options, Ledger("counts", raw.file))


def _swapped(raw: Raw, kind: str, role: str, ledger: Ledger) -> None:
    if role == "predictions" and dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the model's predictions")
    elif role == "reference" and kind == "cells":
        ledger.say("swapped-files", "a table of cells given as the reference")
    elif role == "samples" and dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the table of samples")


def _checked(
    raw: Raw, bound: Binding, options: ReadOptions, ledger: Ledger, seen: _cells.SeenCells
) -> Checked:
    """One batch through the door; nothing is typed where the columns themselves are wrong."""
    for note in raw.notes:
        ledger.say(note.rule, note.got, column=note.column, row=note.row, rows=note.rows)
    checked = Checked(
        ledger.table, raw.file, raw.sha256, raw.dialect, pd.DataFrame(columns=_EMPTY[ledger.table])
    )
    if _complete(raw, bound, ledger):
        checked = _typed(checked, raw, bound, options, ledger, seen)
    return replace(
        checked,
        findings=ledger.findings(),
        log=ledger.log(),
        exclusions=tuple(ledger.exclusions),
    )


def _typed(
    checked: Checked,
    raw: Raw,
    bound: Binding,
    options: ReadOptions,
    ledger: Ledger,
    seen: _cells.SeenCells,
) -> Checked:
    raw = _rows.samples_only(raw, bound, ledger)
    if not raw.table.num_rows:
        ledger.say("no-rows", "no record of a sample")
        return checked
    if checked.name == "cells":
        frame = _cells.build(raw, bound, options, ledger, seen)
    elif checked.name == "samples":
        frame = _samples.build(raw, bound, ledger)
    else:
        if _long.is_long(bound):
            raw, bound = _long.widen(raw, bound, ledger)
        measured = _measurands.build(raw, bound, options, ledger)
        frame = measured.frame
        checked = replace(
            checked,
            units=measured.units,
            resolution=measured.resolution,
            measurands=tuple(measured.present),
        )
    if ledger.has_errors:
        return checked
    frame = _check.screen(frame, ledger)
    return replace(checked, frame=frame[_order(frame)])


def _order(frame: pd.DataFrame) -> list[str]:
    """The ids first, what belongs to the row last; source rows only for cells."""
    last = ("row",) if "cell_id" in frame else ("n_cells", "flags")
    middle = [str(name) for name in frame if name not in ("row", "n_cells", "flags")]
    return middle + [name for name in last if name in frame]


def _complete(raw: Raw, bound: Binding, ledger: Ledger) -> bool:
    """Whether the columns needed are there; says which are not."""
    if ledger.has_errors:
        return False
    if ledger.table == "cells":
        for name in _cells.COLUMNS:
            if name not in bound.fields and not (name == "cell_id" and "image" in bound.fields):
                ledger.say("missing-column", "the file has no such column", column=name)
    elif "sample_id" not in bound.fields:
        ledger.say("missing-column", "the file has no such column", column="sample_id")
    measurands = bound.measurands or bound.bare or _long.is_long(bound)
    if ledger.table in ("counts", "reference") and not measurands:
        ledger.say("missing-column", "no measurand such as WBC or NEUT%")
    if not raw.table.num_rows:
        ledger.say("no-rows", "column names and no records")
    return not ledger.has_errors
