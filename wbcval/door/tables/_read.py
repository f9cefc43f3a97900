"""From a path to a checked table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.tables import _check, _levels, _long, _measurands, _rows, samples
from wbcval.door.tables._bind import Binding, bind
from wbcval.door.tables._labels import Labels, are_labels
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened, complete, say_notes
from wbcval.door.tables._stream import CellTables
from wbcval.door.tables._types import Checked, ReadOptions

_EMPTY = {
    "counts": ("sample_id", "flags"),
    "reference": ("sample_id", "flags"),
    "samples": ("sample_id",),
}


def kind_of(path: Path, options: ReadOptions | None = None) -> str:
    """What a file holds, told by its columns: ``cells``, ``counts``, ``reference``, ``samples``.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    return Opened(path, options or ReadOptions(), batch_rows=1).kind


def open_predictions(path: Path, options: ReadOptions) -> Opened:
    """A file of the model's, to be taken on by its kind: :class:`CellTables`, or :func:`counts_of`.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    return Opened(path, options, options.batch_rows)


def counts_of(opened: Opened, options: ReadOptions) -> Checked:
    """Check an opened table of the model's sample counts.

    Raises:
        InputError: where the rest of it cannot be read as a table.
    """
    return _whole(opened, "predictions", options)


def open_labels(path: Path, options: ReadOptions) -> Labels | None:
    """The labels of cells that a file holds; ``None`` for a file that holds something else.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, options.batch_rows)
    return Labels(opened, options) if are_labels(opened) else None


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
    opened = Opened(path, options, batch_rows=None)
    if role == "predictions" and opened.kind == "cells":
        tables = CellTables(options)
        frames = list(tables.batches(opened))
        (checked,) = tables.checked()
        return replace(checked, frame=frames[0]) if frames else checked
    return _whole(opened, role, options)


def _whole(opened: Opened, role: str, options: ReadOptions) -> Checked:
    """A table of one row per sample; nothing is typed where the columns themselves are wrong."""
    raw = opened.whole()
    ledger = TableLog("counts" if role == "predictions" else role, raw.file)
    _swapped(raw, opened, role, ledger)
    bound = bind(raw, options, ledger)
    say_notes(raw, ledger)
    empty = pd.DataFrame(columns=_EMPTY[ledger.table])
    checked = Checked(ledger.table, raw.file, raw.sha256, raw.dialect, empty)
    if complete(raw, bound, ledger):
        checked = _typed(checked, raw, bound, options, ledger)
    levels, groups = _levels.fit(ledger, said=dialect_of(raw) is None)
    return replace(
        checked,
        rows=len(checked.frame),
        findings=ledger.findings(),
        log=ledger.log(),
        exclusions=tuple(ledger.exclusions),
        columns=dict(ledger.spelt),
        patients=ledger.patients_told(),
        versions=ledger.versions_told(),
        passed_over=dict(ledger.passed_over),
        unread=dict(ledger.unread),
        training=frozenset(ledger.training),
        levels=levels,
        groups={**groups, **ledger.groups},
        invalid=dict(ledger.invalid),
    )


def _swapped(raw: Raw, opened: Opened, role: str, ledger: TableLog) -> None:
    kind, bound = opened.kind, opened.bound
    if role == "predictions" and dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the model's predictions")
    elif role == "reference" and are_labels(opened):
        ledger.say("labels-of-cells", "a table of labelled cells given as the reference")
    elif role == "reference" and kind == "cells":
        spelt = raw.header[bound.fields["predicted_class"]]
        got = "a table of predicted cells given as the reference; are they the truth, then "
        ledger.say("swapped-files", f'{got}true_class = "{spelt}" under [columns.reference]')
    elif role == "samples" and dialect_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the table of samples")


def _typed(
    checked: Checked, raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog
) -> Checked:
    raw = _rows.samples_only(raw, bound, ledger)
    if not raw.table.num_rows:
        ledger.say("no-rows", "no record of a sample")
        return checked
    if checked.name == "samples":
        frame = samples.build(raw, bound, options.strata, ledger)
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
            superseded=measured.superseded,
        )
    if ledger.has_errors:
        return checked
    frame = _check.screen(frame, ledger)
    return replace(checked, frame=frame[_order(frame)])


def _order(frame: pd.DataFrame) -> list[str]:
    """The ids first, what belongs to the row last."""
    last = ("n_cells", "flags")
    middle = [str(name) for name in frame if name not in ("row", *last)]
    return middle + [name for name in last if name in frame]
