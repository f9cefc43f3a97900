"""Whole rows of the model in the reference: how many, and that honest studies have none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulated import repeats
from wbcval.stats.equal_rows import ValueColumns, beyond_chance, chance_of_rows
from wbcval.stats.functions.one_source import printing_room

MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])


def sides(
    rng: np.random.Generator,
    samples: int,
    cells: int,
    *,
    concentration: float = 25,
    step: float = 0.1,
    model_step: float = 0.0,
    of_reference: int = 10_000,
    total: bool = True,
    copied: int = 0,
    altered: bool = False,
) -> list[ValueColumns]:
    """Five percentages of two draws, and WBC; the model's rows stand in ``copied`` references."""
    shares = rng.dirichlet(MIX * concentration, samples)
    two = [
        np.array([rng.multinomial(n, p) for p in shares]) / n * 100 for n in (of_reference, cells)
    ]
    wbc = np.exp(rng.normal(2, 0.45, samples))
    two = [np.column_stack([x, wbc * rng.normal(1, 0.012, samples)]) for x in two]
    steps = np.array([model_step] * 5 + [0.01])
    model = np.where(steps > 0, np.rint(two[1] / np.where(steps, steps, 1)) * steps, two[1])
    reference = two[0]
    reference[:copied] = model[:copied]
    if altered:
        reference[:copied, 5] *= 1.1
    steps = np.array([step] * 5 + [0.01])
    reference = np.rint(reference / steps) * steps
    return [
        ValueColumns(reference[:, j], model[:, j], printing_room(np.full(samples, steps[j]), each),
              None if j == 5 else np.full(samples, 100.0))
        for j, each in enumerate([model_step] * 5 + [0.01])
    ][: 6 if total else 5]  # fmt: skip


@pytest.mark.parametrize(("copied", "how"), [
    (3, {"cells": 400}),
    (3, {"cells": 1000, "model_step": 0.1}),
    # relatives: no WBC, another WBC, a copy printed more coarsely, cells that nobody tells
    (3, {"cells": 1000, "total": False}),
    (3, {"cells": 400, "altered": True}),
    (12, {"cells": 200, "model_step": 0.1, "step": 1.0}),
    (6, {"cells": None}),
])  # fmt: skip
def test_whole_rows_that_were_copied_are_found(copied, how):
    known = how["cells"]
    found = sides(np.random.default_rng(14), 60, copied=copied, **how | {"cells": known or 400})
    cells = None if known is None else np.full(60, float(known))

    assert chance_of_rows(found, cells)[0] == (0 if "altered" in how else copied)
    judged = [s for s in found if s.whole is not None] if "altered" in how else found
    assert beyond_chance(judged, cells)


def test_one_sample_and_nothing_at_all_are_no_wonder():
    assert not beyond_chance([])
    assert not beyond_chance(sides(np.random.default_rng(1), 60, 400, copied=1))


@pytest.mark.slow
def test_honest_studies_hardly_ever_have_so_many():
    """Of 4 000 drawn ones, none: integer percentages, few cells, narrow mixes among them."""
    rng = np.random.default_rng(50)
    for i in range(repeats(4000, 200)):
        samples, n = int(rng.choice([20, 60, 300])), int(rng.choice([50, 100, 400, 1000]))
        step = rng.choice([1.0, 0.1])
        found = sides(
            rng, samples, n, concentration=rng.choice([5, 35, 300]), step=step,
            model_step=rng.choice([0.0, step]), of_reference=int(rng.choice([100, 10_000])),
            total=bool(i % 2),
        )  # fmt: skip
        assert not beyond_chance(found, np.full(samples, float(n)) if i % 3 else None)
