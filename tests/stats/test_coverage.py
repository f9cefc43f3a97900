"""What intervals on arrays are worth: coverage drawn again, as docs/explanation/coverage.md has it.

``python -m tests.stats.test_coverage KIND …`` prints the rows of the page.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.simulated import SHARES, repeats
from wbcval.stats import (
    correlation,
    equivariant_passing_bablok,
    krippendorff_alpha,
    passing_bablok,
    replicate_limits,
)
from wbcval.stats._pairwise_line import PairwiseLine
from wbcval.values.estimate import Estimate

Rng = np.random.Generator
RESAMPLES = 999


def _holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


# --- Kendall's τ: of normal pairs 2·asin(ρ)/π ---


def tau(rng: Rng, n: int, rho: float) -> list[bool]:
    x, y = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n).T
    return [_holds(correlation(x, y).kendall, 2 / math.pi * math.asin(rho))]


# --- Krippendorff's α: readers who are right in a share of the cells, else call one at random ---


def alpha(rng: Rng, n: int, right: float, readers: int) -> list[bool]:
    true = rng.choice(5, n, p=SHARES)
    calls = np.where(rng.random((readers, n)) < right, true, rng.choice(5, (readers, n), p=SHARES))
    subject = np.tile(np.arange(n), readers)
    found = krippendorff_alpha(calls.ravel(), subject, rng=rng, replicates=RESAMPLES)
    return [_holds(found.alpha, right**2)]  # both know it: α = 1 − (1 − right²) of what chance does


# --- limits from replicates: bias 1, SDs 2 and 3 within a subject, 2 between differences ---


def replicates(rng: Rng, n: int, times: int, tails: bool) -> list[bool]:
    def draw(size: int) -> np.ndarray:
        heavy = rng.standard_t(5, size) / math.sqrt(5 / 3)
        return heavy if tails else rng.normal(size=size)

    subject = np.repeat(np.arange(n), times)
    truth = rng.uniform(20, 80, n)[subject]
    x = truth + 2 * draw(n * times)
    y = truth + 1 + 2 * draw(n)[subject] + 3 * draw(n * times)
    found = replicate_limits(x, y, subject=subject)
    sd = math.sqrt(17)
    return [_holds(found.bias, 1), _holds(found.sd, sd), _holds(found.upper, 1 + 1.959964 * sd)]


# --- lines by resampled patients: slope, intercept, and identity refused ---


def _sides(rng: Rng, n: int, errors: str) -> tuple[np.ndarray, np.ndarray]:
    if errors == "in proportion":
        truth = np.exp(rng.normal(2, 0.5, n))
        return truth * rng.normal(1, 0.05, n), truth * rng.normal(1, 0.05, n)
    truth = rng.uniform(30, 80, n)
    x = truth + rng.normal(0, 6 if errors == "λ = 4" else 3, n)
    y = truth + rng.normal(0, 3, n)
    return (np.round(x), np.round(y)) if errors == "rounded" else (x, y)


def line(rng: Rng, n: int, errors: str, equivariant: bool) -> list[bool]:
    x, y = _sides(rng, n, errors)
    found: PairwiseLine
    if equivariant:
        found = equivariant_passing_bablok(x, y, rng=rng, replicates=RESAMPLES)
    else:
        found = passing_bablok(x, y, interval="bca", rng=rng, replicates=RESAMPLES)
    identity = found.identity().p >= 0.05
    return [_holds(found.slope, 1), _holds(found.intercept, 0), identity]


TAU: dict[tuple[int, float], tuple[float, ...]] = {
    (10, 0.5): (95.1,), (20, 0.5): (93.9,), (60, 0.5): (95.4,),
    (10, 0.9): (90.6,), (20, 0.9): (93.6,), (60, 0.9): (95.7,),
}  # fmt: skip
ALPHA: dict[tuple[int, float, int], tuple[float, ...]] = {
    (20, 0.95, 2): (68.8,), (60, 0.95, 2): (96.2,), (200, 0.95, 2): (96.2,),
    (20, 0.8, 2): (98.0,), (60, 0.8, 2): (98.0,), (200, 0.8, 2): (94.0,),
}  # fmt: skip
REPLICATES: dict[tuple[int, int, bool], tuple[float, ...]] = {
    (10, 2, False): (95.2, 95.5, 96.8),
    (20, 2, False): (94.4, 95.8, 96.0),
    (60, 2, False): (94.8, 95.2, 95.1),
    (60, 2, True): (95.1, 86.4, 89.4),
}
LINES: dict[tuple[int, str, bool], tuple[float, ...]] = {
    (20, "alike", True): (96.2, 95.4, 95.1),
    (20, "alike", False): (96.3, 95.4, 95.5),
    (20, "rounded", True): (98.6, 96.4, 95.4),
    (20, "rounded", False): (98.3, 96.6, 95.6),
    (20, "in proportion", True): (95.0, 95.0, 97.4),
    (20, "in proportion", False): (95.0, 95.0, 97.4),
    (20, "λ = 4", True): (93.5, 93.1, 94.0),
    (20, "λ = 4", False): (93.6, 93.4, 94.3),
    (40, "alike", True): (96.1, 95.4, 95.3),
    (40, "alike", False): (96.2, 95.8, 95.4),
    (40, "rounded", True): (99.1, 97.2, 96.2),
    (40, "rounded", False): (98.8, 97.1, 96.0),
}
# function, its arguments, how often it was drawn; percent reached, as the page has it
Row = tuple[Callable[..., list[bool]], tuple[object, ...], int, tuple[float, ...]]
MEASURED: dict[str, Row] = {
    **{f"tau, {n}, {rho}": (tau, (n, rho), 3_000, figures) for (n, rho), figures in TAU.items()},
    **{
        f"alpha, {n}, {right}, {readers}": (alpha, (n, right, readers), 400, figures)
        for (n, right, readers), figures in ALPHA.items()
    },
    **{
        f"replicates, {n}, {times}, {tails}": (replicates, (n, times, tails), 3_000, figures)
        for (n, times, tails), figures in REPLICATES.items()
    },
    **{
        f"line, {n}, {errors}, {equivariant}": (line, (n, errors, equivariant), 1_000, figures)
        for (n, errors, equivariant), figures in LINES.items()
    },
}


def reached(row: Row, runs: int) -> list[float]:
    """Percent, of each interval."""
    function, given, _, _ = row
    seed = [73, *(ord(c) for c in f"{function.__name__} {given}")]
    rng = np.random.default_rng(seed)
    hits = np.array([function(rng, *given) for _ in range(runs)])
    return [float(100 * each) for each in hits.mean(axis=0)]


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_coverage_is_as_documented_also_where_it_is_poor(name: str) -> None:
    row = MEASURED[name]
    full, documented = row[2], row[3]
    runs = repeats(min(full, 400), 30)
    for percent, found in zip(documented, reached(row, runs), strict=True):
        share = min(percent, 99.5) / 100
        # four SDs of the difference of two simulations
        error = 400 * math.sqrt(share * (1 - share) * (1 / runs + 1 / full)) + 0.05
        assert found == pytest.approx(percent, abs=error)


def main(kinds: Sequence[str]) -> None:
    """Print what is reached, of the rows whose name begins so."""
    for name, row in MEASURED.items():
        if any(name.startswith(kind) for kind in kinds):
            figures = ", ".join(f"{each:.1f}" for each in reached(row, row[2]))
            sys.stdout.write(f"{name}: {figures}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
