"""What holds of every comparison: no class passes for being called worse, or for being gone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.compare.make_sides import CLASSES
from tests.simulated import repeats
from wbcval.bundle.read import Side
from wbcval.gating.compare import compare
from wbcval.judge.outcomes import Decision, Status
from wbcval.protocol.types import Gate, Protocol
from wbcval.study.cells import CellCounts
from wbcval.study.paired_values import Values
from wbcval.study.types import Study

CLASS_COUNT = 3


def hand_made(confusion: NDArray[np.int64], margin: float = 0.05) -> Side:
    """A side that says just these counts, shape (S, 3, 3)."""
    n = len(confusion)
    ids = tuple(f"S{i}" for i in range(n))
    labels = CLASSES[:CLASS_COUNT]
    counts = CellCounts(ids, labels, CLASS_COUNT, confusion, confusion.sum(axis=1))
    total = confusion.sum(axis=(1, 2))
    true, model = (100 * confusion.sum(axis=a)[:, 0] / total for a in (2, 1))
    study = Study.of(
        Protocol("same-cells", rollup="full", gate=Gate(margin=margin)),
        ids,
        {"NEUT%": Values(true, model, np.zeros(n), total.astype(float))},
        counts,
    )
    digest = hashlib.sha256(confusion.tobytes()).hexdigest()
    reference = hashlib.sha256(confusion.sum(axis=2).tobytes()).hexdigest()
    provenance = {
        "mode": "same-cells",
        "rollup": "full",
        "seed": 1,
        "digests": {"predictions": digest, "reference": reference},
        "protocol_sha256": None,
    }
    return Side("side", study, (), False, provenance)


@st.composite
def models(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Baseline, candidate, and that candidate with some more right cells called wrong."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    samples = draw(st.integers(6, 160))
    true = rng.integers(3, draw(st.integers(4, 40)), (samples, CLASS_COUNT))
    baseline = _called(rng, true, draw(st.floats(0.0, 0.2)))
    candidate = baseline.copy()
    for s in rng.choice(samples, draw(st.integers(0, min(samples, 12))), replace=False):
        candidate[s] = _called(rng, true[s : s + 1], draw(st.floats(0.0, 1.0)))[0]
    worse = candidate.copy()
    for s in rng.choice(samples, draw(st.integers(1, samples)), replace=False):
        c = rng.integers(CLASS_COUNT)
        moved = rng.integers(1, worse[s, c, c] + 1) if worse[s, c, c] else 0
        worse[s, c, c] -= moved
        worse[s, c, (c + 1) % CLASS_COUNT] += moved
    return baseline, candidate, worse


def _called(rng: np.random.Generator, true: NDArray[np.int64], wrong: float) -> NDArray[np.int64]:
    table = np.zeros((len(true), CLASS_COUNT, CLASS_COUNT), dtype=np.int64)
    for c in range(CLASS_COUNT):
        lost = rng.binomial(true[:, c], wrong)
        table[:, c, c] = true[:, c] - lost
        table[:, c, (c + 1) % CLASS_COUNT] = lost
    return table


@pytest.mark.drawn
@settings(deadline=None, max_examples=repeats(12, 4))
@given(models())
def test_no_class_passes_when_its_cells_are_called_worse(
    found: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    baseline, candidate, worse = found
    before, after = (
        {
            o.criterion.id: o.status
            for o in compare(hand_made(c), hand_made(baseline)).verdict.outcomes
        }
        for c in (candidate, worse)
    )
    assert before.keys() == after.keys()
    for name in before:
        better = before[name] is not Status.PASS and after[name] is Status.PASS
        if name.endswith(("sensitivity", "accuracy")) and better:
            # more losses may tell more: spread evenly, they show that none strikes whole samples
            assert _clustering(worse, baseline, name) < _clustering(candidate, baseline, name), name


def _clustering(candidate: NDArray[np.int64], baseline: NDArray[np.int64], name: str) -> float:
    """The design effect of the net differences per sample (STATISTICS.md §12)."""
    of = [c for c in range(CLASS_COUNT) if CLASSES[c] == name.split()[0]] or range(CLASS_COUNT)
    sizes = candidate[:, of].sum(axis=(1, 2))
    net = (candidate - baseline)[:, of, of].sum(axis=1)
    n, gained, lost = sizes.sum(), net.clip(min=0).sum(), (-net).clip(min=0).sum()
    off = net - sizes * net.sum() / n
    variance = (off**2 / (1 - sizes / n)).sum()
    return float(max(1, variance / (gained + lost - (gained - lost) ** 2 / n)))


@pytest.mark.drawn
@settings(deadline=None, max_examples=repeats(6, 2))
@given(models(), st.integers(0, CLASS_COUNT - 1))
def test_a_class_taken_out_is_never_a_pass(
    found: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], gone: int
) -> None:
    baseline, candidate, _ = found
    without = candidate.copy()
    without[:, gone, :] = 0
    paired = without.sum(axis=(1, 2)) > 0
    decided = compare(hand_made(without[paired]), hand_made(baseline), paired=False).verdict
    (outcome,) = [o for o in decided.outcomes if o.criterion.subject == CLASSES[gone]]
    assert outcome.status is Status.NOT_ESTIMABLE
    assert decided.decision is not Decision.ACCEPTED


@pytest.mark.drawn
@settings(deadline=None, max_examples=repeats(6, 2))
@given(models(), st.randoms(use_true_random=False))
def test_the_order_of_samples_decides_nothing(found, random) -> None:  # type: ignore[no-untyped-def]
    baseline, candidate, _ = found
    order = list(range(len(baseline)))
    random.shuffle(order)
    plain = compare(hand_made(candidate), hand_made(baseline))
    shuffled = compare(hand_made(candidate[order]), hand_made(baseline[order]))
    assert [m.to_json() for m in plain.results.measurements] == [
        m.to_json() for m in shuffled.results.measurements
    ]
