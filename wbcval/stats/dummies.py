"""What models would have answered that looked at nothing, or at too little. STATISTICS.md §18.

The dual of attainability: there a perfect classifier, here one that should fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wbcval.stats.acceptance import MIN_SAMPLES
from wbcval.stats.metric import Cells, Floats, Ints, Pairs
from wbcval.values.classes import ABSTENTION
from wbcval.values.dummies import OFF, Dummy
from wbcval.values.measurands import Measurand, Quantity

_FEWEST = 3  # of fewer samples there is no line
_CELLS, _OF_VALUE = 200.0, 0.05  # noise of one answer: cells where unknown, share of a value
_LITTLE, _SEED = 1 / 3, 50


def of_pairs(pairs: Pairs, whole: Pairs, *, commonest: bool) -> dict[Dummy, Pairs]:
    """The pairs with the answers of each dummy in place of the model's.

    One dummy is one model: its answers to all measurands of a study belong together. A sample
    without a result of the model stays without one. Of an absolute count, *constant* gives every
    sample one share of the reference's total where that is known. It is the mean here; what other
    constants would pass is in :mod:`wbcval.stats.functions.constants`.

    Args:
        pairs: of one measurand, in one stratum.
        whole: the same of all samples, from which the mean is taken.
        commonest: whether its class is the commonest of the study.
    """
    reference, mean = pairs.reference, float(whole.reference.mean())
    percent, ours = pairs.subject.quantity is Quantity.SHARE, pairs.total
    each, same = typical(pairs, whole)
    shifted = reference + OFF * mean
    if percent and shifted.max() > 100:
        shifted = np.maximum(reference - OFF * mean, 0.0)
    answers = {
        Dummy.CONSTANT: each * float(same.mean()),
        Dummy.LOW: (1 - OFF) * reference,
        Dummy.HIGH: (1 + OFF) * reference,
        Dummy.SHIFTED: shifted,
    }
    if pairs.subject.quantity is not Quantity.TOTAL:
        answers[Dummy.NEVER] = np.zeros_like(reference)
        every = np.full_like(reference, 100.0) if percent else ours
        if not commonest:
            answers[Dummy.COMMONEST] = answers[Dummy.NEVER]
        elif every is not None:
            answers[Dummy.COMMONEST] = every
    if pairs.mode == "same-cells":
        answers[Dummy.PERMUTED] = reference
    # one pair of sides where two dummies say the same
    made = {id(model): answering(pairs, model) for model in answers.values()}
    return {name: made[id(answers[name])] for name in Dummy if name in answers}


def typical(pairs: Pairs, whole: Pairs) -> tuple[Floats, Floats]:
    """What a constant multiplies in each sample, and what it is taken from, shape (n,) each.

    Ones and the values; or, where a count's total is known, the totals and the shares of them.
    """
    ours, theirs = pairs.total, whole.total
    if ours is not None and theirs is not None and (theirs > 0).all():
        return ours, whole.reference / theirs
    return np.ones_like(pairs.reference), whole.reference


def answering(pairs: Pairs, model: Floats) -> Pairs:
    """The pairs with these answers in place of the model's."""
    if pairs.subject.quantity is not Quantity.SHARE:
        return replace(pairs, model=model, model_hits=None)
    model, cells = np.minimum(model, 100.0), pairs.model_cells
    hits = None if cells is None else np.rint(model * cells / 100)
    return replace(pairs, model=model, model_hits=hits)


def beside(pairs: Pairs) -> tuple[Pairs, ...]:
    """What a dummy of one answer to all samples gives that is a little noisy; else none.

    Its noise is that of counting (of a value that is no share 5 %), or less than the reference
    varies. With the reference it has no correlation, or one of a standard error to either side
    (1/√n), as chance brings it. Of two measurands of one class the i-th is one model's.

    Args:
        pairs: with the dummy's answers.
    """
    x, y = pairs.reference - pairs.reference.mean(), pairs.model
    if len(x) < _FEWEST or np.ptp(y) > 0 or not x.any():
        return ()
    spread = float(x.std())
    x = x / spread
    noise = np.random.default_rng(_SEED).normal(size=len(x))
    noise -= noise.mean() + x * (noise @ x) / len(x)
    noise /= noise.std()
    counted = _noise(pairs)
    chance = 1 / len(x) ** 0.5
    return tuple(
        answering(pairs, np.maximum(y + sd * (r * x + (1 - r * r) ** 0.5 * noise), 0.0))
        for sd in (counted, min(counted, _LITTLE * spread))
        for r in (0.0, chance, -chance)
    )


def _noise(pairs: Pairs) -> float:
    """SD of noise beside one answer, in the measurand's unit; above 0."""
    answer = float(pairs.model[0])
    if pairs.subject.quantity is not Quantity.SHARE:
        return _OF_VALUE * (answer or float(pairs.reference.mean()))
    cells = np.full(len(pairs), _CELLS) if pairs.model_cells is None else pairs.model_cells
    n = max(float(np.median(cells)), 2.0)
    p = min(max(answer / 100, 1 / n), 1 - 1 / n)  # of a class never called, one cell a sample
    return 100 * float((p * (1 - p) / n) ** 0.5)


def of_cells(cells: Cells, whole: Cells, rng: np.random.Generator) -> dict[Dummy, Cells]:
    """The confusion counts of each dummy.

    *Never* leaves every cell open, so that no class is called, whichever is asked for.

    Args:
        cells: of one stratum; their true labels alone are looked at.
        whole: of all samples, from which the class mix is taken.
        rng: of what is drawn.
    """
    true, mix = cells.counts.sum(axis=2), whole.counts.sum(axis=(0, 2))
    if ABSTENTION not in cells.labels:
        room = ((0, 0), (0, 1))
        true, mix = np.pad(true, room), np.pad(mix, room[1])
    labels = cells.labels if ABSTENTION in cells.labels else (*cells.labels, ABSTENTION)
    called = {
        Dummy.NEVER: _called(true, labels.index(ABSTENTION)),
        Dummy.CONSTANT: rng.multinomial(true, mix / mix.sum()),
        Dummy.COMMONEST: _called(true, int(mix[: cells.n_classes].argmax())),
        Dummy.PERMUTED: _permuted(true, rng),
    }
    return {
        name: replace(cells, counts=counts, labels=labels, abstained=None)
        for name, counts in called.items()
    }


def _called(true: Ints, label: int) -> Ints:
    counts = np.zeros((*true.shape, true.shape[1]), dtype=np.int64)
    counts[:, :, label] = true
    return counts


def _permuted(true: Ints, rng: np.random.Generator) -> Ints:
    """Labels of each sample's own cells, dealt out anew: both margins stay."""
    size = true.shape[1]
    cells = true.sum(axis=1)
    counts = np.zeros((*true.shape, size), dtype=np.int64)
    for s in np.flatnonzero(cells):
        labels = np.repeat(np.arange(size), true[s])
        np.add.at(counts[s], (labels, rng.permutation(labels)), 1)
    return counts


def holding(pairs: Pairs) -> int:
    """Samples whose reference has the class: above half its step, which prints as 0 else."""
    return int((pairs.reference > np.asarray(pairs.resolution) / 2).sum())


def too_rare(pairs: Pairs) -> bool:
    """Whether fewer than 20 samples hold the class: agreement on absence is none."""
    return pairs.subject.quantity is not Quantity.TOTAL and holding(pairs) < MIN_SAMPLES


def commonest_of(means: Mapping[Measurand, float]) -> Measurand | None:
    """The percentage that no other class can exceed, by its mean; ``None`` where not known.

    >>> neutrophils, eosinophils = Measurand("NEUT%"), Measurand("EO%")
    >>> commonest_of({neutrophils: 60.0, eosinophils: 3.0}), commonest_of({eosinophils: 3.0})
    ('NEUT%', None)
    """
    rest = 100 - sum(means.values())
    name = max(means, key=lambda name: means[name], default=None)
    return name if name and means[name] >= rest else None
