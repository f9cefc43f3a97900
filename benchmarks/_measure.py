"""A command in a fresh process: seconds by the clock and of the processor, and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """One run; ``cpu`` is user and system time of the process and its threads, ``mb`` its peak."""

    wall: float
    cpu: float
    mb: float
    out: str


def run(command: Sequence[str | Path], codes: tuple[int, ...] = (0,)) -> Run:
    """Run a command and measure it. The parent stays small: a child is born with its peak."""
    # a sandbox may forbid compiled modules to be kept, and then every start compiles them anew
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdout=out, stderr=out, env=env)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode not in codes:
        raise SystemExit(f"{command} ended with {child.returncode}:\n{text[-2000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, text)


def in_turn(commands: dict[str, Sequence[str | Path]], rounds: int,
            codes: tuple[int, ...] = (0,)) -> dict[str, list[Run]]:  # fmt: skip
    """Every command once a round: what slows the machine slows all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command, codes))
    return runs


def spread(values: Sequence[float], places: int = 2) -> str:
    """Median, and smallest to largest."""
    middle = statistics.median(values)
    return f"{middle:.{places}f} ({min(values):.{places}f}–{max(values):.{places}f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Median and range of the ratios, round by round."""
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def draw(kind: str, folder: Path, rows: int) -> None:
    """Draw tables in a child, so that this process stays small."""
    run([sys.executable, HERE / "draw.py", kind, folder, str(rows)])


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n## {title}\n")
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |", flush=True)
