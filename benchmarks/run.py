"""Benchmarks, as a table: seconds of this run, with their spread, and ratios where they matter.

Machines are noisy: compare within one run, never between runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SHORT = ("NEUT", "LYMPH", "MONO", "EO", "BASO")


def main() -> None:
    """Print every benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*start_up(), *whole_report(Path(folder))]
    print("| what | seconds, median (min–max) | aim |\n|---|---|---|")
    for what, seconds, aim in rows:
        spread = f"{min(seconds):.3f}–{max(seconds):.3f}"
        print(f"| {what} | {statistics.median(seconds):.3f} ({spread}) | {aim} |")
    bare, helped = (statistics.median(seconds) for _, seconds, _ in rows[:2])
    print(f"\n`--help` costs {helped / bare:.2f} × a bare interpreter (aim ≤ 3 ×)")


def timed(
    command: list[str], codes: tuple[int, ...] = (0,), env: dict[str, str] | None = None
) -> float:
    """Seconds of one command."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | (env or {}))
    seconds = time.perf_counter() - start
    if done.returncode not in codes:
        raise SystemExit(done.stderr.decode())
    return seconds


def start_up() -> list[tuple[str, list[float], str]]:
    """A bare interpreter and ``--help``, turn by turn; with compiled modules kept."""
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    bare = [sys.executable, "-c", "pass"]
    helped = [str(Path(sys.executable).with_name("wbcval")), "--help"]
    timed(helped, env=env)
    pairs = [(timed(bare, env=env), timed(helped, env=env)) for _ in range(25)]
    return [
        ("bare interpreter", [a for a, _ in pairs], ""),
        ("wbcval --help", [b for _, b in pairs], "≤ 3 × bare"),
    ]


def whole_report(folder: Path) -> list[tuple[str, list[float], str]]:
    """The report on 1 000 samples × 11 measurands × 200 cells."""
    draw(folder, samples=1000, cells=200)
    command = [sys.executable, "-m", "wbcval", "report", "--mode", "different-aliquot"]
    for name in ("cells", "counts"):
        command += ["--predictions", str(folder / f"{name}.csv")]
    command += ["--reference", str(folder / "xn.csv"), "--out", str(folder / "out")]
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    seconds = [timed(command, (0, 1, 3), env) for _ in range(4)][1:]
    size = (folder / "out" / "report.html").stat().st_size / 1e6
    return [(f"report, 1 000 samples × 11 measurands ({size:.2f} MB)", seconds, "≤ 6 s")]


def draw(folder: Path, samples: int, cells: int) -> None:
    """Seeded tables of a fair model against a fair analyzer."""
    rng = np.random.default_rng(1)
    shares = rng.dirichlet([58, 29, 8, 3.6, 1.4], samples)
    wbc = rng.lognormal(2, 0.4, samples)
    classes = np.array(["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"])
    with (folder / "cells.csv").open("w", encoding="utf-8") as file:
        file.write("sample_id,cell_id,true_class,predicted_class\n")
        for i in range(samples):
            truth = rng.choice(5, cells, p=shares[i])
            called = np.where(rng.random(cells) < 0.05, rng.integers(0, 5, cells), truth)
            file.writelines(
                f"S{i:04d},{n},{classes[t]},{classes[c]}\n"
                for n, (t, c) in enumerate(zip(truth, called, strict=True))
            )
    with (folder / "counts.csv").open("w", encoding="utf-8") as file:
        file.write("sample_id,n_cells,WBC(10^9/L)\n")
        model = wbc * (1 + 0.03 * rng.standard_normal(samples))
        file.writelines(f"S{i:04d},{int(400 * w)},{w:.2f}\n" for i, w in enumerate(model))
    header = ["WBC(10^9/L)", *(f"{s}#(10^9/L)" for s in SHORT), *(f"{s}%(%)" for s in SHORT)]
    with (folder / "xn.csv").open("w", encoding="utf-8") as file:
        file.write(",".join(["sample_id", *header]) + "\n")
        for i in range(samples):
            values = [wbc[i], *(wbc[i] * shares[i])]
            row = [f"{v:.2f}" for v in values] + [f"{100 * s:.1f}" for s in shares[i]]
            file.write(",".join([f"S{i:04d}", *row]) + "\n")


if __name__ == "__main__":
    main()
