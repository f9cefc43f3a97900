"""A declared imprecision of the reference that makes any slope one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import accept, criterion, protocol, within
from tests.cases.conftest import Judged, Report

N, CELLS = 80, 400


def judged(
    report: Report, slope: float, cv: float, asked: str, *, noise: float = 0.02, seed: int = 1
) -> Judged:
    """Shares of neutrophils about 60 %, stretched by a slope, against an analyzer of that noise."""
    rng = np.random.default_rng(seed)
    true = 100 * rng.beta(9, 6, N)
    shares = np.clip(60 + slope * (true - 60), 1, 99) / 100
    model = 100 * rng.binomial(CELLS, shares) / CELLS
    reference = true * (1 + rng.normal(0, noise, N))
    p = "\n".join(
        ["sample_id,NEUT%,n_cells", *(f"S{i},{v:.2f},{CELLS}" for i, v in enumerate(model))]
    )
    r = "\n".join(["sample_id,NEUT%(%)", *(f"S{i},{v:.1f}" for i, v in enumerate(reference))])
    stated = f'[reference_cv]\n"NEUT%" = {cv}\n' if cv else ""
    return report(p_csv=p + "\n", r_csv=r + "\n", protocol_toml=protocol(asked, stated))


BIAS = criterion("bland_altman", "NEUT%", "bias", name="c", min=-3, max=3)
SLOPE = BIAS + criterion("deming", "NEUT%", "slope", name="slope", min=0.9, max=1.1)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("cv", [0, 2, 8, 10, 12])
def test_a_slope_is_told_whatever_imprecision_is_declared(cv: float, report: Report) -> None:
    found = judged(report, 0.71, cv, BIAS)
    if found.code == 2:
        assert "reference-cv-refuted" in found.console
        return
    assert "proportional bias, Deming slope 0." in found.console
    assert ("is stated" in found.console) is (cv >= 8)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("cv", [8, 10, 12])
def test_a_slope_is_not_accepted_at_an_imprecision_that_no_analyzer_has(
    cv: float, report: Report
) -> None:
    found = judged(report, 0.8, cv, SLOPE)
    assert found.code in (2, 3), found.console
    assert "imprecision of the reference" in found.console or found.code == 2


def test_it_is_accepted_by_name(report: Report) -> None:
    slope = SLOPE + accept("reference_cv_high", "NEUT%")
    assert judged(report, 1.0, 8, SLOPE, noise=0.08).code == 3
    assert judged(report, 1.0, 8, slope, noise=0.08).code == 0


@pytest.mark.representatives(2)
@pytest.mark.parametrize("cv", [1, 3, 4])
def test_what_analyzers_have_is_believed(cv: float, report: Report) -> None:
    found = judged(report, 1.0, cv, SLOPE, noise=cv / 100)
    assert found.code == 0, found.console


@pytest.mark.parametrize("seed", range(3))
def test_an_imprecision_beyond_all_the_scatter_is_refused(seed: int, report: Report) -> None:
    found = judged(report, 1.0, 25, within("NEUT%", "20", name="c", min=0.5), seed=seed)
    assert found.code == 2
    assert "reference-cv-refuted" in found.console
