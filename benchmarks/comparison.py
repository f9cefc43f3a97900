"""The report on a table of 100 000 cells against evidently, deepchecks and a script by hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import HERE, draw, in_turn, ratio, spread, table

ROWS = 100_000
_TOOLS = ("evidently", "deepchecks")


def main(folder: Path, rounds: int = 2) -> None:
    """Print the table; a tool that cannot be installed is said and left out."""
    draw("probabilities", folder, ROWS)
    cells = folder / "probabilities.csv"
    report = (sys.executable, "-m", "wbcval", "report", "--mode", "same-cells",
              "--predictions", cells, "--out", folder / "evidence")  # fmt: skip
    commands = {
        "wbcval report": report,
        "pandas, scikit-learn, matplotlib by hand":
            (sys.executable, HERE / "by_hand.py", cells, folder / "hand.html"),
    }  # fmt: skip
    for tool in _TOOLS:
        python = _environment(tool)
        if python is not None:
            out = folder / f"{tool}.html"
            commands[tool] = (python, HERE / f"with_{tool}.py", cells, out)
    runs = in_turn(commands, rounds + 1, codes=(0, 1, 3))  # the first round warms the caches
    ours = [run.cpu for run in runs["wbcval report"][1:]]
    lines = []
    for name, found in runs.items():
        kept = found[1:]
        cpu = [run.cpu for run in kept]
        lines.append((name, spread([run.wall for run in kept]), spread(cpu), ratio(cpu, ours),
                      f"{max(run.mb for run in kept):.0f}"))  # fmt: skip
    table(
        f"Report on {ROWS} cells of five classes with probabilities, {rounds} rounds in turn",
        ("what", "wall, s", "CPU, s", "× wbcval, CPU", "peak, MB"),
        lines,
    )


def _environment(tool: str) -> Path | None:
    """The interpreter of an environment with the tool's own pins, made where there is none."""
    home = Path(tempfile.gettempdir()) / f"wbcval-bench-{tool}"
    python = home / "bin" / "python"
    made = home / "made"
    if made.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
               "-r", HERE / f"{tool}.txt"]  # fmt: skip
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"\n{tool} cannot be installed here, so it is left out: {done.stderr[-300:]}")
        return None
    made.touch()
    return python
