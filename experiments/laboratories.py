"""Honest studies as laboratories have them: what is measured, printed, and stands beside.

Models are good: one cell of a hundred is miscalled, evenly; WBC has a CV of 2 % (the reference
1.5 %) and is 1 % high. Each setting is one laboratory; a study of it is drawn anew by seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval.values.classes import FIVE
from wbcval.values.measurands import ABSOLUTE, PERCENT

Floats = NDArray[np.float64]
Tables = dict[str, pd.DataFrame]
MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])
LYMPHOCYTES, NEUTROPHILS = (
    np.array([0.15, 0.79, 0.03, 0.02, 0.01]),
    np.array([85, 8, 5, 1, 1]) / 100,
)
ANALYZER_CELLS = 10_000
WRONG = 0.01  # of the cells are miscalled
CV, REFERENCE_CV, BIAS = 0.02, 0.015, 1.01  # of WBC
SITES, WARDS, LOTS = ["A", "B", "C"], ["medicine", "surgery", "oncology", "ICU"], ["L1", "L2"]


@dataclass(frozen=True)
class Laboratory:
    """How a laboratory measures, prints and lists.

    Attributes:
        mode: of comparison. samples, cells: how many, and that the model counts in each.
        patients: ``ward``, ``healthy``; half of them ``leukopenia``, ``leukocytosis`` or ``cll``.
        unit, step: of WBC, as printed; a step of 100 in cells/uL are hundreds.
        decimals: of percentages, of ``None`` as many as come.
        counts: absolute counts stand beside percentages.
        readers: who count 200 cells each, in the place of an analyzer; 0: an analyzer.
        beside: the list of samples has site, ward, lot and age.
        repeats: samples of each patient.
        probabilities: decimals of a column for each class; ``None``: labels alone.
        blasts: share of the samples that have 2 to 30 %, counted on both sides.
        stated: the tables state ``n_cells``.
    """

    mode: str = "different-aliquot"
    samples: int = 60
    cells: int = 200
    patients: str = "ward"
    unit: str = "10^9/L"
    step: float = 0.01
    decimals: int | None = 1
    counts: bool = False
    readers: int = 0
    beside: bool = False
    repeats: int = 1
    probabilities: int | None = None
    blasts: float = 0.0
    stated: bool = True


LABORATORIES: Mapping[str, Laboratory] = {
    "healthy, two decimals": Laboratory(patients="healthy"),
    "whole numbers": Laboratory(step=1.0, decimals=0),
    "whole numbers, leukopenia": Laboratory(patients="leukopenia", step=1.0, samples=40),
    "hundreds per µL, counts beside": Laboratory(unit="cells/uL", step=100.0, counts=True),
    "leukocytosis, two decimals in percent": Laboratory(
        patients="leukocytosis", decimals=2, cells=500
    ),
    "CLL, one decimal": Laboratory(patients="cll", step=0.1, samples=100),
    "sites, wards, lots, ages": Laboratory(beside=True, samples=120),
    "three samples of each patient": Laboratory(repeats=3, samples=90),
    "1 000 samples": Laboratory(samples=1000, step=0.1),
    "one reader, whole percent": Laboratory(mode="same-slide", readers=1, decimals=0),
    "two readers": Laboratory(mode="same-slide", readers=2, decimals=None, cells=400),
    "one reader, blasts": Laboratory(mode="same-slide", readers=1, samples=100, blasts=0.15),
    "labels, blasts": Laboratory(
        mode="same-cells", patients="healthy", samples=100, cells=100, blasts=0.25
    ),
    "probabilities, two decimals": Laboratory(
        mode="same-cells", patients="healthy", samples=100, cells=100, probabilities=2
    ),
    "probabilities, four decimals": Laboratory(
        mode="same-cells", patients="healthy", samples=100, cells=100, probabilities=4
    ),
}


def drawn(lab: Laboratory, rng: np.random.Generator, models: int = 1) -> list[Tables]:
    """A study of it for each of so many equally good models: tables by the name of their file."""
    n = lab.samples
    ids = np.array([f"S{i:04d}" for i in range(n)])
    patient = np.arange(n) // lab.repeats
    total, shares = _blood(lab, rng, int(patient[-1]) + 1)
    total, shares = total[patient], shares[patient]
    listed = pd.DataFrame({"sample_id": ids})
    if lab.repeats > 1:
        listed["patient_id"] = [f"P{i:04d}" for i in patient]
    if lab.beside:
        for name, levels in (("site", SITES), ("ward", WARDS), ("lot", LOTS)):
            listed[name] = rng.choice(levels, n)
        listed["age"] = rng.integers(18, 90, n)
    more = {"s.csv": listed} if len(listed.columns) > 1 else {}
    if lab.mode == "same-cells":
        return [more | {"p.csv": table} for table in _labels(lab, rng, ids, shares, models)]
    of = (200 * lab.readers) or ANALYZER_CELLS
    seen = np.array([rng.multinomial(of, p) for p in shares]) * 100 / of
    reference = _table(lab, ids, total * rng.normal(1, REFERENCE_CV, n), seen)
    if lab.readers and lab.stated:
        reference["n_cells"] = of
    called = _called(shares.shape[1])
    found = []
    for _ in range(models):
        hits = np.array([rng.multinomial(lab.cells, p @ called) for p in shares])
        model = _table(lab, ids, BIAS * total * rng.normal(1, CV, n), 100 * hits / lab.cells)
        if lab.stated:
            model["n_cells"] = lab.cells
        found.append(more | {"p.csv": model, "r.csv": reference})
    return found


def _blood(lab: Laboratory, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """WBC in 10⁹/L and the shares of the classes, a row for each patient."""
    ill = rng.random(n) < 0.5
    total = np.exp(rng.normal(np.log(7), 0.25 if lab.patients == "healthy" else 0.4, n))
    mean, spread = np.tile(MIX, (n, 1)), 35.0 if lab.patients == "healthy" else 10.0
    if lab.patients == "leukopenia":
        total = np.where(ill, rng.uniform(0.5, 3.5, n), total)
    elif lab.patients == "leukocytosis":
        total = np.where(ill, rng.uniform(12, 50, n), total)
        mean[ill] = NEUTROPHILS
    elif lab.patients == "cll":
        total = np.where(ill, np.exp(rng.normal(np.log(60), 0.6, n)), total)
        mean[ill] = LYMPHOCYTES
    shares = np.array([rng.dirichlet(each * spread) for each in mean])
    if lab.blasts:
        has = rng.random(n) < lab.blasts
        share = np.where(has, rng.uniform(0.02, 0.30, n), 0.0)
        shares = np.column_stack([shares * (1 - share)[:, None], share])
    return total, shares


def _called(classes: int) -> Floats:
    """Chance of each call by true class; no other cell is called blast."""
    called = (1 - WRONG) * np.eye(classes)
    called[:, :5] += WRONG / 4 * (1 - np.eye(classes)[:, :5])
    return np.asarray(called / called.sum(axis=1, keepdims=True))


def _table(lab: Laboratory, ids: NDArray[np.str_], total: Floats, percent: Floats) -> pd.DataFrame:
    """One side, as printed."""
    factor = 1000 if lab.unit == "cells/uL" else 1
    places = max(0, -round(np.log10(lab.step)))
    wbc = np.rint(total * factor / lab.step) * lab.step
    table = pd.DataFrame({"sample_id": ids, f"WBC({lab.unit})": [f"{v:.{places}f}" for v in wbc]})
    digits = 2 if lab.decimals is None else lab.decimals
    for i, name in enumerate([*PERCENT, "Blasts"][: percent.shape[1]]):
        sign = name if name.endswith("%") else f"{name}%"
        table[f"{sign}(%)"] = [f"{v:.{digits}f}" for v in percent[:, i]]
    for i, name in enumerate(ABSOLUTE if lab.counts else ()):
        counted = total * percent[:, i] / 100 * factor
        counted = np.rint(counted / lab.step) * lab.step
        table[f"{name}({lab.unit})"] = [f"{v:.{places}f}" for v in counted]
    return table


def _labels(
    lab: Laboratory, rng: np.random.Generator, ids: NDArray[np.str_], shares: Floats, models: int
) -> list[pd.DataFrame]:
    """A row per cell, with its true class."""
    names = np.array([*FIVE, "blast"][: shares.shape[1]], dtype=object)
    true = np.concatenate([rng.choice(len(names), lab.cells, p=p) for p in shares])
    edges = _called(len(names)).cumsum(axis=1)[true]
    found = []
    for _ in range(models):
        said = np.minimum((rng.random(len(true))[:, None] > edges).sum(axis=1), len(names) - 1)
        table = pd.DataFrame({
            "sample_id": ids.repeat(lab.cells), "cell_id": np.arange(len(true)),
            "true_class": names[true], "predicted_class": names[said],
        })  # fmt: skip
        if lab.probabilities is not None:
            odds = _odds(rng, said, len(names), lab.probabilities)
            for i, name in enumerate(names):
                table[f"prob_{name}"] = [f"{v:.{lab.probabilities}f}" for v in odds[:, i]]
        found.append(table)
    return found


def _odds(rng: np.random.Generator, said: Floats, classes: int, decimals: int) -> Floats:
    """Softmax outputs whose largest is of the label, mostly near 1, as printed."""
    scores = rng.normal(0, 1, (len(said), classes))
    scores[np.arange(len(said)), said] = scores.max(axis=1) + rng.gamma(4, 1.2, len(said))
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.round(odds / odds.sum(axis=1, keepdims=True), decimals)
