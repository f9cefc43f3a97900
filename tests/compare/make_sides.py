"""Sides of a comparison, from confusion counts or from written tables, through the real road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from wbcval.bundle.read import FILES, Side, side_of
from wbcval.protocol.types import Gate, Protocol
from wbcval.verbs.road import Report, report

CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
SHARES = (0.55, 0.3, 0.08, 0.05, 0.02)


def cells(
    samples: int = 40, per_sample: int = 100, wrong: float = 0.05, seed: int = 1
) -> pd.DataFrame:
    """A row per cell: a fair model on the same cells, ``wrong`` of them called another class."""
    rng = np.random.default_rng(seed)
    n = samples * per_sample
    true = rng.choice(5, n, p=SHARES)
    called = np.where(rng.random(n) < wrong, (true + rng.integers(1, 5, n)) % 5, true)
    names = np.array(CLASSES)
    return pd.DataFrame(
        {
            "sample_id": [f"S{i // per_sample:03d}" for i in range(n)],
            "cell_id": [f"c{i % per_sample:03d}" for i in range(n)],
            "true_class": names[true],
            "predicted_class": names[called],
        }
    )


def spoilt(
    table: pd.DataFrame, name: str, share: float, samples: Sequence[str] | None = None
) -> pd.DataFrame:
    """The same with a share of the right cells of one class called another, evenly."""
    table = table.copy()
    right = (table["true_class"] == name) & (table["predicted_class"] == name)
    if samples is not None:
        right &= table["sample_id"].isin(samples)
    at = np.flatnonzero(right)
    chosen = at[: round(share * len(at))] if share < 1 else at
    if share < 1:
        chosen = at[:: max(round(1 / share), 1)]
    other = "neutrophil" if name != "neutrophil" else "lymphocyte"
    table.loc[table.index[chosen], "predicted_class"] = other
    return table


def reported(
    folder: Path,
    table: pd.DataFrame,
    name: str = "cells.csv",
    samples: Path | None = None,
    **keys: object,
) -> Report:
    """The real report on a table of cells, same-cells, without criteria unless ``source``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    inputs = {"predictions": (path,)} | ({"samples": (samples,)} if samples else {})
    return report(Protocol("same-cells", inputs=inputs, **keys))  # type: ignore[arg-type]


def side(made: Report, name: str = "side", **changed: object) -> Side:
    """What the gate reads of a report."""
    files: Mapping[str, bytes] = {file: made.files[file] for file in FILES}
    return replace(side_of(name, files), **changed)  # type: ignore[arg-type]


def with_gate(of: Side, **keys: object) -> Side:
    """The same side under another ``[gate]``."""
    protocol = replace(of.protocol, gate=Gate(**keys))  # type: ignore[arg-type]
    return replace(of, study=replace(of.study, protocol=protocol))
