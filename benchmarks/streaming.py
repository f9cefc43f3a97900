"""Ten million cells from Parquet and CSV, against a bare loop; memory up to thirty million."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from _measure import HERE, Run, draw, in_turn, ratio, run, spread, table

ROWS = 10_000_000
_COUNTED = ("sample_id", "true_class", "predicted_class")


def main(folder: Path, rounds: int = 3, rows: int = ROWS) -> None:
    """Print both tables."""
    few = folder / "few"
    few.mkdir()
    draw("cells", few, 1000)
    draw("cells", folder, rows)
    lines = [
        line for suffix in ("parquet", "csv")
        for line in _times(folder / f"cells-0.{suffix}", few / "cells-0.parquet", rounds, rows)
    ]  # fmt: skip
    table(
        f"{rows:,} cells, {rounds} rounds in turn".replace(",", " "),
        ("what", "CPU, s", "× bare loop, CPU", "wall, s", "× bare loop, wall", "peak, MB"),
        lines,
    )
    draw("more", folder, rows)
    _memory(folder, few / "cells-0.parquet", rows)


def _times(path: Path, few: Path, rounds: int, rows: int) -> list[tuple[str, ...]]:
    bare, ours = (sys.executable, HERE / "bare_loop.py", path, few), _door(path, few)
    runs = in_turn({"bare": bare, "counted": (*bare, *_COUNTED), "ours": ours}, rounds)
    inside = {name: [json.loads(r.out) for r in found] for name, found in runs.items()}
    if any(one["cells"] != rows for found in inside.values() for one in found):
        raise SystemExit(f"not all {rows} cells were counted: {inside}")
    words = {
        "bare": "bare loop, every column",
        "counted": "bare loop, without the cells' ids",
        "ours": "wbcval",
    }
    return [
        (
            f"{path.suffix[1:]}: {words[name]}",
            spread([one["cpu"] for one in found]),
            _ratio(found, inside["bare"], "cpu"),
            spread([one["wall"] for one in found]),
            _ratio(found, inside["bare"], "wall"),
            f"{max(r.mb for r in runs[name]):.0f}",
        )
        for name, found in inside.items()
    ]


def _ratio(ours: list[dict[str, float]], theirs: list[dict[str, float]], key: str) -> str:
    return ratio([one[key] for one in ours], [one[key] for one in theirs])


def _door(path: Path, few: Path) -> tuple[str | Path, ...]:
    return sys.executable, HERE / "read_cells.py", path, few


def _memory(folder: Path, few: Path, rows: int) -> None:
    lines = []
    first: Run | None = None
    for part, names in enumerate(("cells-0.parquet", "cells-[01].parquet", "cells-*.parquet"), 1):
        found = run(_door(folder / names, few))
        first = first or found
        more = f"{(found.mb - first.mb) * 1e6 / (rows * (part - 1)):.1f}" if part > 1 else ""
        lines.append((f"{rows * part / 1e6:.0f}", str(part), f"{found.mb:.0f}", more))
    table(
        "Peak memory by number of cells, Parquet",
        ("million cells", "files", "peak, MB", "bytes a cell beyond the first line"),
        lines,
    )
