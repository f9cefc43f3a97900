"""Failures that fall into one part of a study, by lot of patients; a site of few patients (§18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.simulated import counted, repeats, sides, slack
from wbcval.judge.unlisted import failing
from wbcval.protocol.types import Criterion
from wbcval.stats.functions.fall_together import fall_together
from wbcval.study.types import Study

ASKED = (Criterion("c", "error", "WBC", "share_within:10", min=0.95),)


def test_single_failures_are_hypergeometric() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        n, part = (int(rng.integers(a, b)) for a, b in ((20, 400), (3, 15)))
        failed = (rng.random(n) < 0.1).astype(int)
        s = failed[:part].sum()
        expected = stats.hypergeom.sf(s - 1, n, failed.sum(), part)
        assert fall_together(failed[:part], failed[part:]) == pytest.approx(expected, rel=1e-9)


def test_several_failures_of_a_unit_stay_together() -> None:
    """Two of the six ways to draw two of the units 5, 1, 0, 0 have 5 failures, one has 6."""
    one, other = np.array([5, 1]), np.array([0, 0])
    assert fall_together(one, other) == pytest.approx(1 / 6)
    assert fall_together(np.array([5, 0]), np.array([1, 0])) == pytest.approx(3 / 6)
    assert fall_together(other, one) == 1.0


def drawn(
    rng: np.random.Generator, patients: int, correlation: float, sites: int, alike: bool = True
) -> Study:
    """About 5 samples of each patient, 4 % of them outside the limit, at sites of equal quality."""
    sizes = np.full(patients, 5) if alike else rng.integers(1, 10, patients)
    chance = rng.beta(0.04 * (1 / correlation - 1), 0.96 * (1 / correlation - 1), patients)
    cluster = np.repeat(np.arange(patients), sizes)
    reference = rng.uniform(4, 10, len(cluster))
    wrong = rng.random(len(cluster)) < chance[cluster]
    study = counted({"WBC": sides(reference, reference * np.where(wrong, 1.3, 1.0))})
    site = rng.integers(0, sites, patients)[cluster]
    return replace(
        study, cluster=cluster, patients_known=True,
        unlisted={f"site={j}": site == j for j in range(sites)},
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("correlation", [0.3, 0.7, 0.99])
@pytest.mark.parametrize(("patients", "sites"), [(20, 5), (40, 10), (100, 5), (100, 10)])
def test_equal_sites_are_named_in_five_percent_of_studies_at_most(
    patients: int, sites: int, correlation: float, alike: bool
) -> None:
    """At most 2 %; of samples taken for independent it was 7 to 60 %."""
    rng, runs = np.random.default_rng(11), repeats(400, 40)
    named = sum(
        bool(failing(drawn(rng, patients, correlation, sites, alike), ASKED)) for _ in range(runs)
    )
    assert named / runs <= 0.05 + slack(0.05, runs, 400)


@pytest.mark.parametrize(("bad", "of_five", "named"), [(1, 5, False), (3, 3, True)])
def test_a_patient_who_fails_throughout_is_no_site(bad: int, of_five: int, named: bool) -> None:
    """Five samples of each of 40 patients; three of these are at the site in question."""
    patient, nth = np.divmod(np.arange(200), 5)
    reference = np.random.default_rng(3).uniform(4, 10, 200)
    wrong = (patient < bad) & (nth < of_five)
    study = counted({"WBC": sides(reference, reference * np.where(wrong, 1.2, 1.0))})
    study = replace(study, unlisted={"site=C": patient < 3})

    known = failing(replace(study, cluster=patient, patients_known=True), ASKED)

    assert bool(known) is named
    assert failing(study, ASKED)  # fifteen patients would be another matter
