"""Passing–Bablok with its interval, at 1 000 to 1 000 000 pairs; and what is resampled."""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _measure import HERE, in_turn, spread

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ENUMERATED = 10_000  # pairs, at most: 50 million slopes are 400 MB
ROUNDS = 3


def points(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two methods on n patients, with two decimals."""
    rng = np.random.default_rng(n)
    truth = rng.lognormal(2.0, 0.5, n)
    x, y = (np.round(truth * (1 + cv * rng.standard_normal(n)), 2) for cv in (0.03, 0.05))
    return x, y


def enumerated(x: np.ndarray, y: np.ndarray) -> float:
    """Every slope in an array, the shifted median and the ranks of its interval by partition."""
    n = len(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.concatenate([(y[i + 1 :] - y[i]) / (x[i + 1 :] - x[i]) for i in range(n - 1)])
    slopes = slopes[~np.isnan(slopes) & (slopes != -1)]
    below = int((slopes < -1).sum())
    reach = int(1.96 * np.sqrt(n * (n - 1) * (2 * n + 5) / 18) / 2)
    middle = below + len(slopes) // 2
    return float(np.partition(slopes, [middle - reach, middle, middle + reach])[middle])


def once(way: str, n: int) -> None:
    """Time one way in this process, the second time of two: what is loaded is loaded."""
    from wbcval.stats import _swaps, passing_bablok

    fit: Callable[[np.ndarray, np.ndarray], object] = passing_bablok
    if way == "enumeration":
        fit = enumerated
    elif way == "arrays":
        _swaps._compiled = lambda _: None  # type: ignore[assignment]
    elif way == "compiled":
        importlib.import_module("wbcval.stats._swaps_compiled")
    fit(*points(200))
    x, y = points(n)
    start = time.process_time()
    fit(x, y)
    print(time.process_time() - start)


def resampled() -> None:
    """Time what draws, in this process."""
    from wbcval.stats import classification, passing_bablok
    from wbcval.stats.functions.limits_of_agreement import factors

    x, y = points(200)
    rng = np.random.default_rng(0)
    label = rng.integers(0, 5, 200_000)
    called = np.where(rng.random(200_000) < 0.95, label, rng.integers(0, 5, 200_000))
    sample = np.repeat(np.arange(1_000), 200)
    timed: dict[str, Callable[[], object]] = {
        "Passing–Bablok, 200 pairs, BCa, 999 resamples": lambda: passing_bablok(
            x, y, interval="bca", rng=np.random.default_rng(1), replicates=999
        ),
        "limits of agreement, 1 000 pairs, exact pair": lambda: factors.__wrapped__(
            "exact_pair", 1_000, 0.95
        ),
        "classification, 1 000 samples × 5 classes, 10 000 resamples": lambda: classification(
            label, called, sample=sample
        ),
    }
    for name, act in timed.items():
        act()
        seconds = []
        for _ in range(ROUNDS):
            start = time.process_time()
            act()
            seconds.append(time.process_time() - start)
        print(f"| {name} | {spread(seconds, 3)} |")


def main(folder: Path) -> None:  # noqa: ARG001 (as of every part)
    """Print both tables."""
    ways = ["enumeration", "arrays"]
    if importlib.util.find_spec("numba"):
        ways.append("compiled")
    print("| pairs | way | CPU, s | enumeration ÷ it | peak of the process, MB |")
    print("| --- | --- | --- | --- | --- |")
    for n in SIZES:
        these = [way for way in ways if way != "enumeration" or n <= ENUMERATED]
        commands = {w: [sys.executable, HERE / "regression.py", w, str(n)] for w in these}
        runs = in_turn(commands, ROUNDS)
        seconds = {way: [float(run.out) for run in runs[way]] for way in these}
        for way in these:
            ratio = ""
            if "enumeration" in seconds:
                both = zip(seconds["enumeration"], seconds[way], strict=True)
                ratio = spread([slow / fast for slow, fast in both], 1)
            peak = statistics.median(run.mb for run in runs[way])
            print(f"| {n:,} | {way} | {spread(seconds[way], 3)} | {ratio} | {peak:.0f} |")
    print("\n| resampled | CPU, s |\n| --- | --- |", flush=True)
    resampled()


if __name__ == "__main__":
    once(sys.argv[1], int(sys.argv[2]))
