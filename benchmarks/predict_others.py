"""What ``wbcval predict`` is measured against; one of WAYS, and its rate once it is loaded.

``python benchmarks/predict_others.py WAY MODEL MANIFEST CORES``
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

BATCH = 32
_FIRST = 4  # calls in which a graph is made for the shape it meets: not timed
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def _loaded(model: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.load(str(model)).eval()


def _frozen(model: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.freeze(_loaded(model).to(memory_format=torch.channels_last))


def _tensor(path: str) -> torch.Tensor:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return (torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255 - MEAN) / STD


def _batches(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), BATCH):
        yield paths[start : start + BATCH]


def _ready(paths: list[str]) -> torch.Tensor:
    batch = torch.stack([_tensor(path) for path in paths[:BATCH]])
    return batch.contiguous(memory_format=torch.channels_last)


Work = Callable[[], int]


def bare(model: Path, paths: list[str], cores: int) -> Work:
    """The frozen, channels-last net on ready tensors, torch's own threads."""
    return _bare(model, paths, threads=0, inner=cores)


def bare_threads(model: Path, paths: list[str], cores: int) -> Work:
    """The same on as many threads of Python, each with one of torch's."""
    return _bare(model, paths, threads=cores, inner=1)


def _bare(model: Path, paths: list[str], threads: int, inner: int) -> Work:
    net, batch = _frozen(model), _ready(paths)

    def once(_: int) -> int:
        torch.set_num_threads(inner)  # the calling thread's own
        with torch.inference_mode():
            return len(net(batch))

    for i in range(_FIRST):
        once(i)

    def work() -> int:
        if not threads:
            return sum(map(once, range(len(paths) // BATCH)))
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(once, range(len(paths) // BATCH)))

    return work


def plain(model: Path, paths: list[str], cores: int) -> Work:
    """As a user would write it: one by one, gradients on, as it was loaded."""
    net = _loaded(model)
    torch.set_num_threads(cores)

    def loop(paths: list[str]) -> int:
        rows = []
        for path in paths:
            chances = net(_tensor(path)[None]).softmax(1)[0].tolist()
            rows.append((path, int(np.argmax(chances)), *chances))
        return len(rows)

    loop(paths[:_FIRST])
    return lambda: loop(paths)


def batched(model: Path, paths: list[str], cores: int) -> Work:
    """Pillow, in batches, without gradients, as it was loaded."""
    net = _loaded(model)
    torch.set_num_threads(cores)

    def loop(paths: list[str]) -> int:
        with torch.no_grad():
            found = [
                net(torch.stack([_tensor(path) for path in part])).softmax(1).numpy()
                for part in _batches(paths)
            ]
        return sum(map(len, found))

    loop(paths[:BATCH] * _FIRST)
    return lambda: loop(paths)


class _Images(torch.utils.data.Dataset[torch.Tensor]):
    def __init__(self, paths: list[str]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, i: int) -> torch.Tensor:
        return _tensor(self._paths[i])


def loader(model: Path, paths: list[str], cores: int) -> Work:
    """A DataLoader of two workers feeds the net as it was loaded; inference mode."""
    net = _loaded(model)
    torch.set_num_threads(cores)

    def loop(batches: Iterable[torch.Tensor]) -> int:
        with torch.inference_mode():
            return sum(len(net(batch).softmax(1).numpy()) for batch in batches)

    loop([_ready(paths).contiguous()] * _FIRST)
    feed = torch.utils.data.DataLoader(_Images(paths), batch_size=BATCH, num_workers=2)
    return lambda: loop(feed)


WAYS = {f.__name__: f for f in (bare, bare_threads, plain, batched, loader)}


def _cpu() -> float:
    """Of the process and of the workers that have ended."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main(way: str, model: Path, manifest: Path, cores: int) -> None:
    """Print how many images, and seconds by the clock and of the processor."""
    if cores == 1:
        os.sched_setaffinity(0, {0})
    with manifest.open(encoding="utf-8", newline="") as stream:
        paths = [str(manifest.parent / row["image"]) for row in csv.DictReader(stream)]
    work = WAYS[way](model, paths, cores)
    wall, cpu = time.perf_counter(), _cpu()
    images = work()
    used = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}
    print(json.dumps({"images": images, "steady": used}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
