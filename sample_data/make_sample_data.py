"""Draw the sample data: 100 samples, three sites, two planted faults. Same seed, same bytes.

Planted, for the report to show:

1. lymphocytes are called monocytes too often, so that monocytes are over-counted;
2. the device of site C draws 10 % too much volume, so that its WBC is 10 % too high.

Everything else is what a good classifier and a good analyzer would give. No patient is behind it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

SEED = 20260701
HERE = Path(__file__).parent
CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
SHORT = ("NEUT", "LYMPH", "MONO", "EO", "BASO")
SITES = ("A", "B", "C")
SAMPLES, CELLS = 100, 200
VOLUME_ERROR = {"A": 1.00, "B": 1.00, "C": 1.10}
MASKED, REPEATED = 17, 42  # samples whose analyzer result is masked, or measured twice

# chance that a cell of the row's class is called the column's class
CONFUSION = np.array(
    [
        [0.970, 0.008, 0.010, 0.010, 0.002],
        [0.006, 0.880, 0.105, 0.004, 0.005],  # fault 1
        [0.012, 0.030, 0.950, 0.004, 0.004],
        [0.030, 0.004, 0.004, 0.960, 0.002],
        [0.020, 0.015, 0.005, 0.010, 0.950],
    ]
)
XN_ADMIN = ("Nickname", "Analyzer ID", "Date", "Time", "Sample No.", "Order Type")
XN_ADMIN += ("Measurement Mode", "Discrete")


def draw() -> dict[str, list[list[object]]]:
    """All tables, by file name, header first."""
    rng = np.random.default_rng(SEED)
    tables: dict[str, list[list[object]]] = {
        "cells.csv": [["sample_id", "cell_id", "true_class", "predicted_class"]
                      + [f"probability_{name}" for name in CLASSES]],
        "counts.csv": [["sample_id", "n_cells", "WBC(10^9/L)"]],
        "samples.csv": [["sample_id", "patient_id", "site", "sex"]],
        "xn_export.csv": [_xn_header()],
    }  # fmt: skip
    tables["xn_export.csv"] += [
        _xn_row("QC-60810421", "Initial", "QC", 6.95, np.array([0.45, 0.31, 0.1, 0.08, 0.06])),
        _xn_row("BACKGROUNDCHECK", "", "WB", 0.0, np.zeros(5)),
    ]
    for i in range(1, SAMPLES + 1):
        sample = f"S{i:03d}"
        site = SITES[i % 3]
        wbc = float(np.clip(rng.lognormal(np.log(7.2), 0.42), 1.2, 40.0))
        shares = rng.dirichlet(np.array([58.0, 29.0, 8.0, 3.6, 1.4]) * 0.6)
        _draw_cells(rng, sample, shares, tables["cells.csv"])
        _draw_counts(rng, sample, site, wbc, tables["counts.csv"])
        tables["samples.csv"].append([sample, f"P{i:03d}", site, "FM"[int(rng.integers(2))]])
        analyzer = wbc * (1 + 0.02 * rng.standard_normal())
        seen = rng.multinomial(20_000, shares) / 20_000
        if i == REPEATED:
            tables["xn_export.csv"].append(_xn_row(sample, "Initial", "WB", None, seen))
        tables["xn_export.csv"].append(
            _xn_row(
                sample,
                "Initial/Repeat" if i == REPEATED else "Initial",
                "WB",
                analyzer,
                None if i == MASKED else seen,
            )
        )
    return tables


def _draw_cells(
    rng: np.random.Generator, sample: str, shares: np.ndarray, rows: list[list[object]]
) -> None:
    truth = rng.choice(5, size=CELLS, p=shares)
    for number, true in enumerate(truth, start=1):
        called = int(rng.choice(5, p=CONFUSION[true]))
        # confident where right, unsure where wrong; the highest is the class called
        top = rng.beta(12, 1.5) if called == true else rng.uniform(0.4, 0.8)
        top = max(0.34, top)
        rest = rng.dirichlet(np.where(np.arange(5) == true, 3.0, 0.6))
        rest[called] = 0.0
        rest = np.minimum(rest / rest.sum() * (1 - top), top - 0.002)
        thousandths = np.floor(1000 * rest).astype(int)
        thousandths[called] = 1000 - (thousandths.sum() - thousandths[called])
        rows.append(
            [sample, number, CLASSES[true], CLASSES[called]]
            + [f"{value / 1000:.3f}" for value in thousandths]
        )


def _draw_counts(
    rng: np.random.Generator, sample: str, site: str, wbc: float, rows: list[list[object]]
) -> None:
    volume = 0.35 * VOLUME_ERROR[site] * (1 + 0.015 * rng.standard_normal())  # µL drawn
    cells = int(rng.poisson(wbc * 1000 * volume))
    rows.append([sample, cells, f"{cells / 0.35 / 1000:.2f}"])  # the device believes 0.35 µL


def _xn_header() -> list[object]:
    header: list[object] = list(XN_ADMIN)
    names = ["WBC(10^3/uL)", *(f"{s}#(10^3/uL)" for s in SHORT), *(f"{s}%(%)" for s in SHORT)]
    for name in [*names, "IG#(10^3/uL)", "IG%(%)", "NRBC#(10^3/uL)", "NRBC%(/100WBC)"]:
        header += [name, f"{name.partition('(')[0]}/M"]
    return [*header, ""]


def _xn_row(
    sample: str, order: str, mode: str, wbc: float | None, shares: np.ndarray | None
) -> list[object]:
    row: list[object] = ["XN-1", "XN-10^12345", "2026/07/01", "08:00:00", f"{sample:>15}", order]
    row += [mode, "CBC+DIFF"]
    masked = ["----", "----"]
    if wbc is None:
        return [*row, *(masked * 15), ""]
    row += [f"{wbc:.2f}", "+" if wbc > 10 else ""]
    if shares is None:
        row += masked * 10
    else:
        for share in shares:
            row += [f"{wbc * share:.2f}", ""]
        for share in shares:
            row += [f"{100 * share:.1f}", ""]
    return [*row, f"{wbc * 0.004:.2f}", "", "0.4", "", "0.00", "", "0.0", "", ""]


def main() -> None:
    """Write the tables beside this script."""
    for name, rows in draw().items():
        with (HERE / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        print(f"{name}: {len(rows) - 1} rows")


if __name__ == "__main__":
    main()
