"""Levels of samples from tables other than that of the samples. STATISTICS.md §18.

A site that fails whole vanishes among all samples, wherever its column stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wbcval.door.tables import Checked
from wbcval.door.tables.strata import normal
from wbcval.stats.metric import Mask
from wbcval.study.cross_checks import natural
from wbcval.study.inputs import Inputs, by_precedence
from wbcval.values.strata import Stratum

Columns = dict[str, Mapping[str, str]]


def asked_for(inputs: Inputs) -> Columns:
    """Column → sample → level, of the strata that the protocol asks for."""
    asked = {normal(name) for name in inputs.protocol.strata}
    return {name: of for name, of in _columns(inputs).items() if name in asked}


def levels(inputs: Inputs, ids: Sequence[str]) -> dict[str, Mask]:
    """Masks of the levels of all other columns: ``site=A``."""
    asked, found = asked_for(inputs), dict[str, Mask]()
    for column, of in _columns(inputs).items():
        texts = np.array([of.get(i, "unknown") for i in ids], dtype=object)
        known = sorted({*texts}, key=natural)
        if len(known) > 1 and column not in asked:
            found |= {Stratum.of(column, level): (texts == level).astype(bool) for level in known}
    return found


def groups(inputs: Inputs) -> Columns:
    """Columns with too many levels to be named, those of the samples included."""
    return _together(inputs.tables, lambda table: table.groups)


def _columns(inputs: Inputs) -> Columns:
    """But for those that say what the table of samples says."""
    samples = [] if inputs.samples is None else [_with_levels(inputs.samples)]
    found = _together((*samples, *inputs.tables), lambda table: table.levels)
    own = samples[0].levels if samples else {}
    return {name: of for name, of in found.items() if name not in own}


def _with_levels(samples: Checked) -> Checked:
    frame = samples.frame.drop(columns="patient_id", errors="ignore").set_index("sample_id")
    found = {
        str(name): {str(sample): str(level) for sample, level in column.dropna().items()}
        for name, column in frame.items()
    }
    return replace(samples, levels=found)


def _together(
    tables: Iterable[Checked], columns: Callable[[Checked], Mapping[str, Mapping[str, str]]]
) -> Columns:
    """Of all tables; what a second one fills in differently, with the name of its file."""
    found: Columns = {}
    for table in by_precedence(tables):  # the first keeps a column's name
        for name, of in columns(table).items():
            known = found.get(name, {})
            if any(known.get(sample, level) != level for sample, level in of.items()):
                name = f"{name} ({table.file})"
            found[name] = {**of, **found.get(name, {})}
    return found
