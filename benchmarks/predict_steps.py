"""``python benchmarks/predict_steps.py MODEL MANIFEST``: µs an image of each step, one thread."""

from __future__ import annotations

import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from wbcval.predict import images
from wbcval.predict.run._open import open_ensemble
from wbcval.predict.run._work import ITEMS, Worker

_S = TypeVar("_S")
_T = TypeVar("_T")
_UNITS = 40


def main(model: Path, manifest: Path) -> None:
    """Print medians over units of work, each of other images."""
    ensemble = open_ensemble(model, None, None, "cpu", "fp32", lambda _: None)
    listing = images.listed(manifest)
    worker, net = Worker(ensemble, listing), ensemble.all_nets[0]
    spec = net.card.input
    found: dict[str, list[float]] = {}

    def timed(name: str, step: Callable[[], _T]) -> _T:
        start = time.perf_counter()
        result = step()
        found.setdefault(name, []).append((time.perf_counter() - start) / ITEMS * 1e6)
        return result

    for unit in range(_UNITS):
        start, stop = unit * ITEMS, (unit + 1) * ITEMS
        names = [listing.cell(i).images[0] for i in range(start, stop)]
        timed("all", partial(worker.rows, start, stop))
        data = timed("read", partial(_each, listing.read, names))
        timed("sha256", partial(_each, lambda d: hashlib.sha256(d).hexdigest(), data))
        pictures = timed("decode", partial(_each, images.decode, data))
        fit = timed("fit", partial(_each, lambda p: images.fit(p, spec), pictures))
        batch = timed("normalise", partial(images.normalise, fit, spec))
        timed("net", partial(net.model, batch))
    print(json.dumps({name: statistics.median(values[2:]) for name, values in found.items()}))


def _each(step: Callable[[_S], _T], many: Iterable[_S]) -> list[_T]:
    return [step(one) for one in many]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
