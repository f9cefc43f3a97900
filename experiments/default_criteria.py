"""How often the default criteria pass a perfect classifier, and models with a known fault.

``python -m experiments.default_criteria --runs 300`` prints the table that
docs/explanation/verdicts.md holds.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.acceptance import is_within, k_min_observed
from wbcval.stats.functions.error import LIMIT, SHARE, effective_error
from wbcval.stats.metric import Pairs
from wbcval.stats.or_noise import allowed_bias, inside_noise
from wbcval.values.measurands import PERCENT

Matrix = NDArray[np.float64]
MIX = np.array([0.58, 0.30, 0.075, 0.035, 0.01])  # mean shares of adult venous blood
SPREADS = {"wide": 20.0, "narrow": 60.0}  # of a Dirichlet: how much samples differ in their mix
# samples, cells per sample
SIZES = ((20, 200), *((n, cells) for n in (40, 60, 100) for cells in (100, 200, 400)))


def _mixing(*changes: tuple[int, int, float]) -> Matrix:
    """Chance of each label by true class: so much of the one class is called the other."""
    called = np.eye(len(MIX))
    for true, other, part in changes:
        called[true, true] -= part
        called[true, other] += part
    return called


MODELS: Mapping[str, Matrix] = {
    "perfect": _mixing(),
    "every cell neutrophil": _mixing(*((c, 0, 1.0) for c in range(1, 5))),
    "a tenth of lymphocytes monocytes": _mixing((1, 2, 0.1)),
    "half the eosinophils missed": _mixing((3, 0, 0.5)),
    "basophils + 5 points": _mixing(*((c, 4, 0.05) for c in range(4))),
}


def study(
    model: Matrix, samples: int, cells: int, spread: float, counted: int, rng: np.random.Generator
) -> list[Pairs]:
    """Pairs of the five percentages; ``counted`` cells of the reference, 0: an analyzer."""
    shares = rng.dirichlet(MIX * spread, samples)
    of_model = np.clip(shares @ model, 0, 1)
    hits = rng.multinomial(cells, of_model / of_model.sum(axis=1, keepdims=True))
    theirs = rng.multinomial(counted, shares) if counted else None
    reference = np.round(100 * shares, 1) if theirs is None else 100 * theirs / counted
    return [
        Pairs(
            subject=name,
            unit="%",
            mode="different-aliquot",
            sample_ids=tuple(map(str, range(samples))),
            reference=reference[:, i],
            model=100 * hits[:, i] / cells,
            cluster=np.arange(samples),
            model_cells=np.full(samples, float(cells)),
            model_hits=hits[:, i].astype(float),
            reference_cells=None if theirs is None else np.full(samples, float(counted)),
            reference_hits=None if theirs is None else theirs[:, i].astype(float),
            resolution=np.full(samples, 0.1 if theirs is None else 0.0),
        )
        for i, name in enumerate(PERCENT)
    ]


def passes(pairs: Pairs) -> tuple[bool, bool]:
    """Both criteria of one class: enough samples inside, and a bias that is allowed."""
    near = is_within(effective_error(pairs.reference, pairs.model, LIMIT), LIMIT)
    k = int((near | inside_noise(pairs)).sum())
    most, _ = allowed_bias(pairs, LIMIT)
    bias = float(np.mean(pairs.model - pairs.reference))
    return k >= k_min_observed(len(pairs), SHARE), abs(bias) <= most


def rate(
    model: str, samples: int, cells: int, spread: str, *, runs: int, counted: int = 0, seed: int = 1
) -> float:
    """Share of the studies in which all five classes pass both criteria."""
    rng = np.random.default_rng([seed, samples, cells])
    made = (
        study(MODELS[model], samples, cells, SPREADS[spread], counted, rng) for _ in range(runs)
    )
    return float(np.mean([all(all(passes(pairs)) for pairs in five) for five in made]))


def main() -> None:
    """Print the table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    print(f"| samples × cells, mix | {' | '.join(MODELS)} |")
    print(f"|---|{'---|' * len(MODELS)}")
    for spread in SPREADS:
        for samples, cells in SIZES:
            found = [100 * rate(m, samples, cells, spread, runs=runs) for m in MODELS]
            print(f"| {samples} × {cells}, {spread} | {' | '.join(f'{x:.1f}' for x in found)} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
