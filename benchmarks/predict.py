"""Images to predictions: rate against the bare net and against loops one would write; memory."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _measure import HERE, ratio, run, spread, table

JPEGS = 1500
NETS = {"resnet18": "ResNet-18 size, 11.2 M", "small": "small, 0.39 M"}
_WAYS = {
    "ours": "wbcval predict",
    "bare": "bare net, torch's threads",
    "bare_threads": "bare net, a thread a core",
    "plain": "plain loop",
    "batched": "Pillow, batches of 32, no_grad",
    "loader": "DataLoader, 2 workers",
}
_ALONE = ("ours", "bare", "bare_threads", "plain", "batched")  # on one core
_BARE = ("bare", "bare_threads")
_STEPS = ("read", "sha256", "decode", "fit", "normalise", "net")


@dataclass(frozen=True)
class _Counts:
    """How many images a measurement takes, all multiples of 32."""

    fast: int  # on all cores, where no threads wait for each other
    slow: int  # where they do, or Pillow decodes
    one: int  # on one core


_COUNTS = {"resnet18": _Counts(320, 32, 160), "small": _Counts(9_600, 320, 3_200)}
_MEMORY = (1_000, 20_000)


def main(folder: Path, rounds: int = 3) -> None:
    """Print the tables."""
    counts = {n for c in _COUNTS.values() for n in (c.fast, c.slow, c.one)} | set(_MEMORY)
    maker = HERE / "predict_material.py"
    run([sys.executable, maker, folder, str(JPEGS), *map(str, sorted(counts))])
    cores = len(os.sched_getaffinity(0))
    for net, words in NETS.items():
        _rates(folder, net, f"{words}, {cores} cores", cores, tuple(_WAYS), rounds)
    for net, words in NETS.items():
        _rates(folder, net, f"{words}, one core", 1, _ALONE, rounds)
    _steps(folder)
    _memory(folder, cores)


def _rates(
    folder: Path, net: str, title: str, cores: int, ways: tuple[str, ...], rounds: int
) -> None:
    """Every way once a round; images a second, and ratios round by round."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(_once(folder, net, way, cores))
    rates = {
        clock: {way: [r["images"] / r["steady"][clock] for r in done] for way, done in runs.items()}
        for clock in ("wall", "cpu")
    }
    # the faster bare net of each round is what the aim is about
    best = {
        clock: [max(values) for values in zip(*(of[w] for w in _BARE if w in of), strict=True)]
        for clock, of in rates.items()
    }
    table(
        title,
        ("what", "images/s", "× bare net", "× plain loop", "images/CPU s", "× bare net, CPU",
         "× plain loop, CPU"),
        [
            (
                _WAYS[way],
                *(
                    cell
                    for clock, of in rates.items()
                    for cell in (
                        spread(of[way], 0),
                        ratio(of[way], best[clock]),
                        ratio(of[way], of["plain"]),
                    )
                ),
            )
            for way in ways
        ],
    )  # fmt: skip
    ours = runs["ours"]
    whole = [r["images"] / r["all"]["wall"] for r in ours]
    steps = [f"{name} {spread([r[name]['wall'] for r in ours])}" for name in _AROUND]
    print(
        f"\nOf {ours[0]['images']} images, start-up and end included: {spread(whole, 0)} images/s."
    )
    print(f"Seconds: {', '.join(steps)}.", flush=True)


_AROUND = ("import", "load", "list", "steady", "write")


def _once(folder: Path, net: str, way: str, cores: int) -> dict[str, Any]:
    counts = _COUNTS[net]
    n = counts.one if cores == 1 else counts.fast
    if way not in ("ours", *_BARE) or (way == "bare" and cores > 1):
        n = counts.slow
    model, manifest = folder / f"{net}.pt", folder / f"{n}.csv"
    if way == "ours":
        return _ours(model, manifest, cores)[0]
    done = run([sys.executable, HERE / "predict_others.py", way, model, manifest, str(cores)])
    found: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return found


def _ours(model: Path, manifest: Path, cores: int) -> tuple[dict[str, Any], float]:
    out = manifest.with_suffix(".parquet")
    done = run([sys.executable, HERE / "predict_ours.py", model, manifest, out, str(cores)])
    return json.loads(done.out.splitlines()[-1]), done.mb


def _steps(folder: Path) -> None:
    """Where the time goes."""
    found = {}
    for net in NETS:
        script = HERE / "predict_steps.py"
        done = run([sys.executable, script, folder / f"{net}.pt", folder / f"{_MEMORY[1]}.csv"])
        found[net] = json.loads(done.out.splitlines()[-1])
        found[net]["the rest"] = found[net]["all"] - sum(found[net][step] for step in _STEPS)
    table(
        "One thread, µs an image",
        ("step", *NETS.values()),
        [
            (step, *(f"{found[net][step]:.1f}" for net in NETS))
            for step in (*_STEPS, "the rest", "all")
        ],
    )


def _memory(folder: Path, cores: int) -> None:
    peaks = {n: _ours(folder / "small.pt", folder / f"{n}.csv", cores)[1] for n in _MEMORY}
    table(
        f"Peak memory, small net, {cores} cores",
        ("images", "peak, MB"),
        [(str(n), f"{mb:.0f}") for n, mb in peaks.items()],
    )
