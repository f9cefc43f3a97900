"""The gate on two bundles of 1 000 samples, with its page."""

from __future__ import annotations

import sys
from pathlib import Path

from _measure import HERE, draw, in_turn, run, spread, table

AIM = 3.0  # seconds
_SPOIL = """
import sys
import numpy as np
import pandas as pd
cells, rng = pd.read_csv(sys.argv[1]), np.random.default_rng(3)
called = cells["predicted_class"].to_numpy(object)
wrong = rng.random(len(cells)) < 0.01
called[wrong] = rng.permutation(called[wrong])
cells.assign(predicted_class=called).to_csv(sys.argv[2], index=False)
"""


def main(folder: Path, rounds: int = 5) -> None:
    """Print the table."""
    draw("samples", folder, 1000)
    cells = {"accepted": folder / "sample_cells.csv", "candidate": folder / "other_cells.csv"}
    run([sys.executable, "-c", _SPOIL, *cells.values()])
    for name, path in cells.items():
        run([sys.executable, "-m", "wbcval", "report", "--mode", "different-aliquot",
             "--predictions", path, "--predictions", folder / "counts.csv",
             "--reference", folder / "xn.csv", "--out", folder / name], (0, 1, 3))  # fmt: skip
    gate = [sys.executable, "-m", "wbcval", "gate", folder / "candidate",
            "--baseline", folder / "accepted", "--out", folder / "gate"]  # fmt: skip
    imports = [sys.executable, HERE / "gate_imports.py"]
    found = in_turn({"gate": gate, "imports": imports}, rounds + 1, codes=(0, 1, 3))
    size = (folder / "gate" / "report.html").stat().st_size / 1e3
    table(
        f"The gate on two bundles of 1 000 samples × 11 measurands × 200 cells, {rounds} rounds",
        ("what", "wall, s", "CPU, s", "peak, MB", "aim"),
        [
            (what, spread([r.wall for r in runs[1:]]), spread([r.cpu for r in runs[1:]]),
             f"{max(r.mb for r in runs[1:]):.0f}", aim)
            for what, runs, aim in (
                (f"wbcval gate, page of {size:.0f} kB", found["gate"], f"≤ {AIM:g} s"),
                ("its imports alone", found["imports"], ""),
            )
        ],
    )  # fmt: skip
