"""A table that is read whole, checked: most have a row per sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.tables import _check, _levels, _long, _measurands, _rows
from wbcval.door.tables._bind import Binding, bind
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened, complete, say_notes
from wbcval.door.tables._types import Checked, ReadOptions

Build = Callable[[Checked, Raw, Binding, ReadOptions, TableLog], Checked]


def whole(
    opened: Opened,
    table: str,
    options: ReadOptions,
    build: Build,
    swapped: Callable[[Raw, Opened, TableLog], None],
    *,
    empty: tuple[str, ...] = ("sample_id", "flags"),
) -> Checked:
    """A table of one row per sample; nothing is typed where the columns themselves are wrong.

    Args:
        opened: the file.
        table: with its rules in ``schemas/<table>.yaml``.
        options: what the protocol says about it.
        build: gives it a typed frame, with the column ``row``.
        swapped: says where the file is another role's.
        empty: columns of a frame without a row, for a table that cannot be typed.

    Raises:
        InputError: where it cannot be read as a table.
    """
    raw = opened.whole()
    ledger = TableLog(table, raw.file)
    swapped(raw, opened, ledger)
    bound = bind(raw, options, ledger)
    say_notes(raw, ledger)
    frame = pd.DataFrame(columns=list(empty))
    checked = Checked(table, raw.file, raw.sha256, raw.dialect, frame)
    if complete(raw, bound, ledger):
        checked = _typed(checked, raw, bound, options, ledger, build)
    levels, groups = _levels.fit(ledger, tell_unused=analyzer_of(raw) is None)
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
        further=ledger.further,
    )


def measured(
    checked: Checked, raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog
) -> Checked:
    """With the measurands of each sample."""
    if _long.is_long(bound):
        raw, bound = _long.widen(raw, bound, ledger)
    found = _measurands.build(raw, bound, options, ledger)
    return replace(
        checked,
        frame=found.frame,
        units=found.units,
        resolution=found.resolution,
        measurands=tuple(found.present),
        superseded=found.superseded,
    )


def _typed(
    checked: Checked,
    raw: Raw,
    bound: Binding,
    options: ReadOptions,
    ledger: TableLog,
    build: Build,
) -> Checked:
    raw = _rows.samples_only(raw, bound, ledger)
    if not raw.table.num_rows:
        ledger.say("no-rows", "no record of a sample")
        return checked
    built = build(checked, raw, bound, options, ledger)
    if ledger.has_errors:
        return replace(built, frame=checked.frame)
    frame = _check.screen(built.frame, ledger)
    return replace(built, frame=frame[_order(frame)])


def _order(frame: pd.DataFrame) -> list[str]:
    """The ids first, what belongs to the row last."""
    last = ("n_cells", "flags")
    middle = [str(name) for name in frame if name not in ("row", *last)]
    return middle + [name for name in last if name in frame]
