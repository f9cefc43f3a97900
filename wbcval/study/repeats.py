"""Repeated results of the model, by measurand (STATISTICS.md §11)."""

from __future__ import annotations

import numpy as np

from wbcval.door.tables import Checked
from wbcval.stats.metric import Replicates


def of_table(table: Checked) -> dict[str, Replicates]:
    """Measurand → its repeated results; a row without one is lost, and counted.

    Args:
        table: of repeated results, checked.
    """
    frame, found = table.frame, {}
    for name in (m for m in table.measurands if m in frame):
        values = frame[name].to_numpy(np.float64)
        known = np.isfinite(values)
        sample, day, run = (
            tuple(frame.loc[known, column].astype(str)) if column in frame else None
            for column in ("sample_id", "day", "run")
        )
        if sample:
            found[name] = Replicates(sample, values[known], day, run, lost=int((~known).sum()))
    return found
