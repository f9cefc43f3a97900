"""``python benchmarks/predict_ours.py MODEL MANIFEST OUT CORES``: wbcval predict, step by step."""

from __future__ import annotations

import time

_BORN = time.perf_counter(), time.process_time()

import json  # noqa: E402 (the clock starts first)
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from wbcval.predict.run import Job, _units, predict  # noqa: E402


def main(model: Path, manifest: Path, out: Path, cores: int) -> None:
    """Print seconds, by the clock and of the processor: of each step, and of all."""
    if cores == 1:
        os.sched_setaffinity(0, {0})
    imported = _now()
    marks: dict[str, tuple[float, float]] = {}

    def mark(message: str) -> None:
        marks.setdefault(message.split(maxsplit=1)[0] if message else "", _now())

    inner = _units.Units.classify

    def timed(*args: Any, **more: Any) -> None:
        marks["classify"] = _now()
        inner(*args, **more)
        marks["classified"] = _now()

    _units.Units.classify = timed
    done = predict(Job(model, manifest, out, device="cpu"), mark)
    after = _now()
    steps = {
        "import": (_BORN, imported),
        "load": (imported, marks["listing"]),
        "list": (marks["listing"], marks["classify"]),
        "steady": (marks["classify"], marks["classified"]),
        "write": (marks["classified"], after),
        "all": (_BORN, after),
    }
    found = {
        name: {"wall": b[0] - a[0], "cpu": b[1] - a[1]} for name, (a, b) in steps.items()
    }  # fmt: skip
    print(json.dumps({"images": done.summary.cells, **found}))


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), int(sys.argv[4]))
