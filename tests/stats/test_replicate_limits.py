"""Limits from replicates of one true value: from the model itself, identities, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.stats import bland_altman, replicate_limits
from wbcval.values.errors import NotEstimable


def drawn(seed=1, subjects=40, times=3, sd=(2.0, 3.0, 4.0)):
    """Each side's error within a subject, and what the subject's difference adds."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(subjects), times)
    truth = rng.uniform(50, 150, subjects)[subject]
    off = rng.normal(5, sd[2], subjects)[subject]
    x = truth + rng.normal(0, sd[0], len(subject))
    return x, truth + off + rng.normal(0, sd[1], len(subject)), subject


def test_variances_of_the_model_come_back():
    found = replicate_limits(*drawn(subjects=20_000)[:2], subject=drawn(subjects=20_000)[2])

    assert found.bias.value == pytest.approx(5, abs=0.1)
    assert found.within_reference == pytest.approx(4, rel=0.03)
    assert found.within_model == pytest.approx(9, rel=0.03)
    assert found.sd.value == pytest.approx(np.sqrt(4 + 9 + 16), rel=0.02)


@settings(max_examples=30)
@given(st.integers(0, 1000))
def test_replicates_within_a_subject_have_no_order(seed):
    x, y, subject = drawn(seed)
    rng = np.random.default_rng(seed)
    shuffled = np.lexsort((rng.random(len(x)), subject))

    one = replicate_limits(x, y, subject=subject)
    other = replicate_limits(x, y[shuffled], subject=subject)

    ends = [other.upper.value, other.upper.low, other.upper.high, other.bias.low]
    assert ends == pytest.approx([one.upper.value, one.upper.low, one.upper.high, one.bias.low])


def test_sides_swapped_mirror_the_limits():
    x, y, subject = drawn()
    there, back = (replicate_limits(*sides, subject=subject) for sides in ((x, y), (y, x)))

    assert back.lower.low == pytest.approx(-there.upper.high)
    assert back.sd.value == pytest.approx(there.sd.value)
    assert (back.within_model, back.within_reference) == pytest.approx(
        (there.within_reference, there.within_model)
    )


def test_a_far_offset_costs_few_digits():
    x, y, subject = drawn()
    near, far = (
        replicate_limits(x, y, subject=subject),
        replicate_limits(x + 1e6, y + 1e6, subject=subject),
    )

    assert far.upper.high == pytest.approx(near.upper.high, rel=1e-8)


def test_limits_are_wider_than_those_of_the_means():
    x, y, subject = drawn()
    means = [np.bincount(subject, weights=side) / 3 for side in (x, y)]
    alone, of_means = replicate_limits(x, y, subject=subject), bland_altman(*means)

    assert alone.bias.value == pytest.approx(of_means.bias.value)
    assert alone.sd.value > of_means.sd.value


def test_what_has_no_replicates_is_refused():
    x, y, subject = drawn()
    with pytest.raises(NotEstimable, match="no subject is measured twice"):
        replicate_limits(x, y, subject=np.arange(len(x)))
    with pytest.raises(NotEstimable, match="needs 2 subjects"):
        replicate_limits(x, y, subject=np.zeros(len(x), int))
    with pytest.raises(ValueError, match="one code for each"):
        replicate_limits(x, y, subject=subject[1:])
    assert (
        "degenerate" in replicate_limits([1, 1, 2, 2], [2, 2, 3, 3], subject=list("aabb")).sd.flags
    )
