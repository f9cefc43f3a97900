"""The model's counts per sample, from one table or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from wbcval.door.tables import Checked
from wbcval.values.findings import Finding, Severity
from wbcval.values.measurands import MEASURANDS


def joined(tables: Sequence[Checked], findings: list[Finding]) -> Checked | None:
    """Several tables of model counts as one; each measurand of a sample may stand in one only.

    Args:
        tables: in the order of the files.
        findings: gets ``duplicate-id``.
    """
    if len(tables) < 2:
        return tables[0] if tables else None
    frame = pd.concat([t.frame for t in tables], ignore_index=True)
    for column in (*MEASURANDS, "n_cells"):
        ids = [t.frame["sample_id"] for t in tables if column in t.frame]
        named = [name for column_ids in ids for name in column_ids]
        twice = [name for name, n in Counter(named).items() if n > 1]
        if twice:
            findings.append(
                Finding(
                    "counts",
                    ", ".join(t.file for t in tables),
                    "duplicate-id",
                    Severity.ERROR,
                    "sample_id",
                    len(twice),
                    got=f"{twice[0]!r} has {column} in more than one table",
                    advice="give each measurand of a sample once",
                )
            )
            frame = frame[~frame["sample_id"].duplicated()]
            break
    if frame["sample_id"].duplicated().any():  # WBC in one table, the differential in another
        samples = frame.groupby("sample_id", sort=False)
        flags = samples["flags"].agg(lambda texts: ";".join(filter(None, texts)))
        frame = samples.first().assign(flags=flags).reset_index()
    steps: dict[str, float] = {}
    for t in tables:
        steps |= {m: max(step, steps.get(m, 0.0)) for m, step in t.resolution.items()}
    first = tables[::-1]  # what several tables have is the first one's
    return replace(
        tables[0],
        frame=frame,
        resolution=steps,
        passed_over={key: n for t in first for key, n in t.passed_over.items()},
        unread={key: max(t.unread.get(key, 0) for t in tables) for t in first for key in t.unread},
        measurands=tuple(m for m in MEASURANDS if any(m in t.measurands for t in tables)),
        units={m: unit for t in first for m, unit in t.units.items()},
        columns={ours: name for t in first for ours, name in t.columns.items()},
    )
