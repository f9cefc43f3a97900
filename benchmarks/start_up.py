"""Start-up, and the report on a study of 1 000 samples."""

from __future__ import annotations

import sys
from pathlib import Path

from _measure import draw, in_turn, ratio, run, spread, table


def main(folder: Path, rounds: int = 25) -> None:
    """Print both tables."""
    bare = (sys.executable, "-c", "pass")
    helped = (sys.executable, "-m", "wbcval", "--help")
    run(helped)
    runs = in_turn({"a bare interpreter": bare, "wbcval --help": helped}, rounds)
    first = [one.cpu for one in runs["a bare interpreter"]]
    table(
        f"Start-up, {rounds} rounds in turn",
        ("what", "wall, s", "CPU, s", "× bare, CPU", "peak, MB"),
        [
            (name, spread([r.wall for r in found], 3), spread([r.cpu for r in found], 3),
             ratio([r.cpu for r in found], first), f"{max(r.mb for r in found):.0f}")
            for name, found in runs.items()
        ],
    )  # fmt: skip
    whole_report(folder)


def whole_report(folder: Path, rounds: int = 3) -> None:
    """The report on 1 000 samples × 11 measurands × 200 cells."""
    draw("samples", folder, 1000)
    command = [sys.executable, "-m", "wbcval", "report", "--mode", "different-aliquot"]
    for name in ("sample_cells", "counts"):
        command += ["--predictions", str(folder / f"{name}.csv")]
    command += ["--reference", str(folder / "xn.csv"), "--out", str(folder / "out")]
    found = in_turn({"report": command}, rounds + 1, codes=(0, 1, 3))["report"][1:]
    size = (folder / "out" / "report.html").stat().st_size / 1e6
    table(
        f"Report on 1 000 samples × 11 measurands, {rounds} rounds",
        ("wall, s", "CPU, s", "peak, MB", "report.html, MB"),
        [(spread([r.wall for r in found]), spread([r.cpu for r in found]),
          f"{max(r.mb for r in found):.0f}", f"{size:.2f}")],
    )  # fmt: skip
