"""Lines: least squares, Deming, weighted Deming, Passing–Bablok, and the bias that they predict."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from tests.check_values.trial import Compare, DataSet, Entry, Found
from wbcval.stats import (
    EquivariantPassingBablok,
    deming,
    equivariant_passing_bablok,
    least_squares,
    passing_bablok,
    weighted_deming,
)
from wbcval.stats._deming_fit import Deming
from wbcval.stats.functions.least_squares import LeastSquares
from wbcval.values.estimate import Estimate


def se(estimate: Estimate, dof: int) -> float:
    """Standard error that a t interval at 95 % was made of."""
    assert estimate.low is not None
    assert estimate.high is not None
    return (estimate.high - estimate.low) / 2 / float(special.stdtrit(dof, 0.975))


def _line(slope: Estimate, intercept: Estimate, dof: int) -> Found:
    return {
        "slope": slope.value, "slope_lci": slope.low, "slope_uci": slope.high,
        "slope_se": se(slope, dof), "intercept": intercept.value,
        "intercept_lci": intercept.low, "intercept_uci": intercept.high,
        "intercept_se": se(intercept, dof),
    }  # fmt: skip


@lru_cache
def _least_squares(data: DataSet, weighted: bool) -> LeastSquares:
    return least_squares(data.x, data.y, weighted=weighted)


def _of_squares(entry: Entry) -> Found:
    found = _least_squares(entry.data, entry.stat == "wls_1_over_x2")
    return {
        **_line(found.slope, found.intercept, found.n - 2),
        "slope_se": found.slope_se, "intercept_se": found.intercept_se,
        "sigma": found.residual_sd, "residual_sd": found.residual_sd, "r2": found.r_squared,
    }  # fmt: skip


@lru_cache
def _deming(data: DataSet, ratio: float, interval: str) -> Deming:
    return deming(data.x, data.y, error_ratio=ratio, interval=interval)


def _of_deming(entry: Entry) -> Found:
    _, *interval, ratio = entry.stat.split(".", 2)
    found = _deming(entry.data, float(ratio.removeprefix("er")), *(interval or ["jackknife"]))
    return _line(found.slope, found.intercept, found.n - 2)


@lru_cache
def _weighted(data: DataSet) -> Deming:
    return weighted_deming(data.x, data.y)


def _of_weighted(entry: Entry) -> Found:
    found = _weighted(entry.data)
    return _line(found.slope, found.intercept, found.n - 2)


def _predicted(entry: Entry) -> Found:
    kind, _, line = entry.stat.partition(".")
    found: LeastSquares | Deming
    if line == "ols":
        found = _least_squares(entry.data, False)
    elif line == "wdeming_jackknife":
        found = _weighted(entry.data)
    else:
        found = _deming(entry.data, 1.0, line.removeprefix("deming_"))
    figures: dict[str, float | None] = {}
    for i, level in enumerate(entry.values["level"]):
        bias = found.bias_at(level)
        parts = {"lci": bias.low, "uci": bias.high, "se": se(bias, found.n - 2)}
        unit, name = (1.0, "bias") if kind == "predicted_bias" else (100 / level, "bias_percent")
        for part, value in {**parts, name: bias.value}.items():
            figures[f"{part}/{i}"] = None if value is None else value * unit
    return figures


def _passing_bablok(entry: Entry) -> Found:
    found = passing_bablok(entry.data.x, entry.data.y)
    return {
        "n": found.n, "N": found.slopes, "K": found.kinds.below_minus_one,
        "n_identical": found.kinds.identical, "n_vertical": found.kinds.vertical,
        "n_minus_one": found.kinds.minus_one,
        "slope_geom": found.slope.value, "intercept_geom": found.intercept.value,
        "pb1983/slope_lci": found.slope.low, "pb1983/slope_uci": found.slope.high,
        "pb1983/intercept_lci": found.intercept.low,
        "pb1983/intercept_uci": found.intercept.high,
    }  # fmt: skip


@lru_cache
def _scissors(data: DataSet) -> EquivariantPassingBablok:
    return equivariant_passing_bablok(data.x, data.y, rng=np.random.default_rng(1), replicates=0)


def _equivariant(entry: Entry) -> Found:
    found = _scissors(entry.data)
    return {"slope": found.slope.value, "intercept": found.intercept.value}


def _equivariant_bias(entry: Entry) -> Found:
    found = _scissors(entry.data)
    return {
        f"bias/{i}": found.bias_at(level).value for i, level in enumerate(entry.values["level"])
    }


def _cusum(entry: Entry) -> Found:
    found = passing_bablok(entry.data.x, entry.data.y).linearity
    return {
        "H": found.h, "max_cusum": found.largest, "n_pos": found.above, "n_neg": found.below
    }  # fmt: skip


COMPARE: dict[str, Compare] = {
    **dict.fromkeys(("ols", "ols.certified", "wls_1_over_x2"), _of_squares),
    **dict.fromkeys(
        ("deming.er1", *(f"deming.{i}.er{r}" for i in ("jackknife", "analytical")
         for r in ("0.25", "1", "4"))), _of_deming,
    ),
    "wdeming.jackknife.er1": _of_weighted,
    **dict.fromkeys(
        (
            "predicted_bias.ols", "predicted_bias.deming_jackknife",
            "predicted_bias.deming_analytical", "predicted_bias.wdeming_jackknife",
            "predicted_bias_pct.ols", "predicted_bias_pct.deming_jackknife",
        ), _predicted,
    ),
    "passing_bablok.exact_rational": _passing_bablok,
    "passing_bablok_equivariant": _equivariant,
    "predicted_bias.passing_bablok_equivariant": _equivariant_bias,
    "cusum_linearity": _cusum,
}  # fmt: skip
