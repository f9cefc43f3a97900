"""Levels of samples from tables other than that of the samples. STATISTICS.md §18.

A site that fails whole vanishes among all samples, wherever its column stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from wbcval.tables import Checked

_FIRST = ("samples", "reference", "labels")  # whose columns keep their name
Columns = dict[str, Mapping[str, str]]


def of_tables(tables: Iterable[Checked]) -> Columns:
    """Column → sample → level. Filled in differently by a second table: with its file."""
    return _together(tables, lambda table: table.levels)


def of_samples(table: Checked) -> Checked:
    """The table of samples with its own columns as levels."""
    frame = table.frame.drop(columns="patient_id", errors="ignore").set_index("sample_id")
    found = {
        str(name): {str(sample): str(level) for sample, level in column.dropna().items()}
        for name, column in frame.items()
    }
    return replace(table, levels=found)


def groups_of(tables: Iterable[Checked]) -> Columns:
    """Likewise of columns with too many levels to be named, those of the samples included."""
    return _together(tables, lambda table: table.groups)


def _together(
    tables: Iterable[Checked], columns: Callable[[Checked], Mapping[str, Mapping[str, str]]]
) -> Columns:
    found: Columns = {}
    order = [*_FIRST, "counts", "cells"]
    for table in sorted(tables, key=lambda t: order.index(t.name)):
        for name, of in columns(table).items():
            known = found.get(name, {})
            if any(known.get(sample, level) != level for sample, level in of.items()):
                name = f"{name} ({table.file})"
            found[name] = {**of, **found.get(name, {})}
    return found
