"""Krippendorff's α: his own example, its definition pair by pair, and what it refuses."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.stats import krippendorff_alpha, two_raters
from wbcval.values.errors import NotEstimable

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), D: 4 readers, 12 units
READERS = ("123321412...", "123322412" + "5.3", ".33323422" + "51.", "123324412" + "51.")


def of(ratings, scale="nominal", replicates=0, subject=None, **more):
    subject = np.arange(len(ratings)) if subject is None else subject
    return krippendorff_alpha(
        ratings, subject, rng=np.random.default_rng(1), scale=scale, replicates=replicates, **more
    )


def rows(readers):
    given = [
        (int(each), unit) for reader in readers for unit, each in enumerate(reader) if each != "."
    ]
    return tuple(np.array(given).T)


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_example_of_its_author(scale, alpha):
    rating, unit = rows(READERS)

    found = of(rating, scale, subject=unit)

    assert round(found.alpha.value, 3) == alpha
    assert (found.subjects, found.ratings, found.left_out) == (11, 40, 1)


def by_definition(rating, unit, scale):
    """1 − Σ o·δ / Σ e·δ over all pairs of ratings, in fractions."""
    paired = {u for u in unit if list(unit).count(u) > 1}
    kept = [(v, u) for v, u in zip(rating, unit, strict=True) if u in paired]
    values = [v for v, _ in kept]
    n = len(kept)

    def distance(a, b):
        if scale == "nominal":
            return int(a != b)
        if scale == "interval":
            return (a - b) ** 2
        low, high = sorted((a, b))
        between = sum(low <= v <= high for v in values)
        return (between - Fraction(values.count(a) + values.count(b), 2)) ** 2

    observed = sum(
        Fraction(distance(a, b), 1) / (sum(w == u for _, w in kept) - 1)
        for (a, u), (b, v) in itertools.permutations(kept, 2)
        if u == v
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2))
    return 1 - (n - 1) * observed / expected


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), min_size=2, max_size=14),
    st.sampled_from(["nominal", "ordinal", "interval"]),
)
def test_it_is_its_definition_pair_by_pair(given, scale):
    rating, unit = np.array(given).T.tolist()
    twice = {u for u in unit if unit.count(u) > 1}
    kept = {v for v, u in zip(rating, unit, strict=True) if u in twice}
    if len(kept) < 2:
        with pytest.raises(NotEstimable, match=r"rated twice|all ratings are equal"):
            of(rating, scale, subject=unit)
        return

    found = of(rating, scale, subject=unit).alpha.value

    assert found == pytest.approx(float(by_definition(rating, unit, scale)), abs=1e-12)


def test_two_values_are_as_far_apart_on_every_scale():
    rating, unit = rows(("112212112", "112112122"))
    one, *others = (of(rating, s, subject=unit).alpha.value
                    for s in ("nominal", "ordinal", "interval"))  # fmt: skip

    assert others == pytest.approx([one, one], abs=1e-12)


def test_words_are_labels_and_order_changes_nothing():
    rating, unit = rows(READERS)
    names = np.array(["?", "BASO", "EO", "LYMPH", "MONO", "NEUT"])[rating]
    order = np.random.default_rng(3).permutation(len(rating))

    one = of(rating, subject=unit, replicates=299).alpha
    other = of(names[order], subject=unit[order], replicates=299).alpha

    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))
    assert one.low < one.value < one.high


def test_with_many_subjects_it_is_near_kappa_of_readers_with_equal_margins():
    table = np.array([[400, 50], [50, 500]])
    first, second = np.indices(table.shape).reshape(2, -1).repeat(table.ravel(), axis=1)
    alpha = of(np.r_[first, second], subject=np.tile(np.arange(1000), 2)).alpha.value

    assert alpha == pytest.approx(two_raters(table).kappa.value, abs=0.001)


@pytest.mark.parametrize(
    ("rating", "unit", "why"),
    [([1, 2], [1, 2], "no subject is rated twice"), ([1, 1, 2], [1, 1, 2], "ratings are equal")],
)
def test_what_tells_nothing_is_refused(rating, unit, why):
    with pytest.raises(NotEstimable, match=why):
        of(rating, subject=unit)


@pytest.mark.parametrize(
    ("rating", "scale", "why"),
    [
        ([1, 2], "ratio", "scale must be"),
        (["a", "b"], "ordinal", "must hold numbers"),
        ([1, None], "nominal", "missing"),
        (np.arange(31), "ordinal", "at most 30"),
        ([1, 2, 3], "nominal", "one length"),
    ],
)
def test_what_is_no_rating_is_an_error(rating, scale, why):
    unit = np.zeros(len(rating) if why != "one length" else 2, dtype=int)
    with pytest.raises(ValueError, match=why):
        of(rating, scale, subject=unit)
