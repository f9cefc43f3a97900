"""Differences of pairs: limits of agreement, their slope on the mean, shape, tests, outliers."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from tests.build.pairs import pairs
from tests.check_values.regression import se
from tests.check_values.trial import Compare, DataSet, Entry, Found
from wbcval.stats import (
    bland_altman,
    equivalence,
    extreme_deviates,
    least_squares,
    limits_of_agreement,
    regression_limits,
)
from wbcval.stats._error_summary import median
from wbcval.stats._moments import mean_sd
from wbcval.stats.functions.bland_altman import BlandAltman
from wbcval.stats.functions.error import acceptance
from wbcval.stats.functions.limits_of_agreement import factors
from wbcval.stats.functions.mean_difference import mean_difference
from wbcval.values.estimate import Estimate


@lru_cache
def _found(data: DataSet, difference: str = "absolute") -> BlandAltman:
    return bland_altman(data.x, data.y, difference=difference)


def _bias(found: BlandAltman) -> Found:
    return {
        "bias": found.bias.value, "bias_lci": found.bias.low, "bias_uci": found.bias.high,
        "bias_se": se(found.bias, found.n - 1), "sd": found.sd.value, "n": found.n,
    }  # fmt: skip


def _limits(lower: Estimate, upper: Estimate) -> Found:
    return {
        "loa_lower": lower.value, "loa_lower_lci": lower.low, "loa_lower_uci": lower.high,
        "loa_upper": upper.value, "loa_upper_lci": upper.low, "loa_upper_uci": upper.high,
    }  # fmt: skip


def _at(data: DataSet, interval: str, level: float = 0.95) -> tuple[Estimate, Estimate]:
    found = _found(data)
    assert found.bias.value is not None
    assert found.sd.value is not None
    return limits_of_agreement(found.bias.value, found.sd.value, found.n, interval, level)


def _approximate(entry: Entry) -> Found:
    found = _found(entry.data)
    lower, upper = found.alternatives["approximate"]
    own_se = se(upper, found.n - 1)
    return {
        **_bias(found), **_limits(lower, upper), "loa_se": own_se, "loa_se_ba1999": own_se,
        "mean.diff.ci.lower": found.bias.low, "mean.diff.ci.upper": found.bias.high,
    }  # fmt: skip


def _approximate_at(entry: Entry) -> Found:
    level = 0.9 if entry.stat.endswith("conf90") else 0.95
    return _limits(*_at(entry.data, "approximate", level))


def _exact(entry: Entry) -> Found:
    interval = "exact" if entry.stat.endswith("individual") else "exact_pair"
    lower, upper = _at(entry.data, interval)
    inner, outer = factors(interval, len(entry.data.x), 0.95)
    return {
        **_limits(lower, upper), "quantile": upper.value, "k_inner": inner, "k_outer": outer
    }  # fmt: skip


def _mover(entry: Entry) -> Found:
    # a one-sided bound at 95 % is that of the two-sided interval at 90 %
    lower, upper = _at(entry.data, "mover", 0.9 if entry.stat.endswith("one_sided") else 0.95)
    return {
        **_limits(lower, upper), "bias": _found(entry.data).bias.value,
        "lower_loa": lower.value, "lower_loa_ci": lower.low,
        "upper_loa": upper.value, "upper_loa_ci": upper.high,
    }  # fmt: skip


def _percent(entry: Entry) -> Found:
    of_mean = entry.stat.endswith("mean")
    found = _found(entry.data, "percent" if of_mean else "percent_of_reference")
    return {**_bias(found), **_limits(*found.alternatives["approximate"])}


def _ratio(entry: Entry) -> Found:
    found = _found(entry.data, "log")
    logs = {
        "ratio": found.bias.value, "ratio_lci": found.bias.low, "ratio_uci": found.bias.high,
        "loa_ratio_lower": found.lower.value, "loa_ratio_upper": found.upper.value,
    }  # fmt: skip
    ratios = {name: math.exp(log) for name, log in logs.items() if log is not None}
    return {**ratios, "log_bias": found.bias.value, "log_sd": found.sd.value}


def _proportional(entry: Entry) -> Found:
    found = _found(entry.data)
    slope, averages = found.proportional.slope, found.averages
    line = least_squares(averages, found.differences)
    spread = regression_limits(found.differences, averages)
    return {
        "slope": slope.value, "slope_lci": slope.low, "slope_uci": slope.high,
        "slope_se": line.slope_se, "intercept": found.proportional.intercept,
        "intercept_lci": line.intercept.low, "intercept_uci": line.intercept.high,
        "resid_sd": line.residual_sd,
        "absres_intercept": spread.spread, "absres_slope": spread.spread_slope,
    }  # fmt: skip


def _printed(entry: Entry) -> Found:
    """Papers take the reference minus the method."""
    found = _found(entry.data)
    lower, upper = _at(entry.data, "approximate")
    turned = {
        "bias": found.bias.value, "bias_ci/0": found.bias.high, "bias_ci/1": found.bias.low,
        "loa_lower": upper.value, "loa_upper": lower.value,
    }  # fmt: skip
    away = {name: -value for name, value in turned.items() if value is not None}
    return {**away, "sd": found.sd.value}


def _descriptive(entry: Entry) -> Found:
    data = entry.data
    moments = {name: mean_sd(data.column(name)) for name in ("x", "y")} | {"d": mean_sd(data.d)}
    found: dict[str, float | None] = {"n": _found(data).n}
    for name, (average, sd) in moments.items():
        found |= {f"{name}_mean": average, f"{name}_sd": sd}
    return found | {"d_median": median(data.d).value}


def _normality(entry: Entry) -> Found:
    return {"p": _found(entry.data).shapiro_p}


def _paired_t(entry: Entry) -> Found:
    found = mean_difference(entry.data.d, np.arange(len(entry.data.d)))
    assert found.estimate.value is not None
    assert found.se is not None
    return {"t": found.estimate.value / found.se, "df": found.df, "p": found.p}


def _tost(entry: Entry) -> Found:
    margin = 0.1 * float(entry.data.x.mean())
    found = equivalence(entry.data.x, entry.data.y, margin=margin)
    return {
        "margin": margin, "p": found.p, "t_lower": found.t_above, "t_upper": found.t_below,
        "df": found.dof,
    }  # fmt: skip


def _within(entry: Entry) -> Found:
    data = entry.data
    given = pairs(data.x, data.y, "WBC")
    share = acceptance(given, 10.0)
    relative = _found(data, "percent_of_reference").deciding
    one_sided = acceptance(given, 10.0, level=0.9).share.low
    return {
        "k": share.k, "n": share.n, "fraction": share.share.value,
        "cp_lci": share.share.low, "cp_uci": share.share.high,
        "cp_one_sided_lower95": one_sided,
        "p_q025_t6": relative[0].value, "p_q975_t6": relative[1].value,
    }  # fmt: skip


def _outliers(entry: Entry) -> Found:
    values = entry.data.column("y") if entry.data.id == "nist_rosner" else entry.data.d
    steps = len(entry.values["R"])
    found = extreme_deviates(values, steps)
    figures: dict[str, float | None] = {"n_outliers": found.outliers}
    for i in range(steps):
        place = int(found.places[i])
        figures |= {
            f"R/{i}": float(found.deviates[i]), f"lambda/{i}": float(found.critical[i]),
            f"value/{i}": float(values[place]), f"obs_index_1based/{i}": place + 1,
        }  # fmt: skip
    return figures


COMPARE: dict[str, Compare] = {
    "descriptive": _descriptive,
    "normality.shapiro_wilk": _normality,
    "paired_t": _paired_t,
    "tost_paired": _tost,
    "within_10pct": _within,
    "esd_rosner": _outliers,
    "esd_rosner.published": _outliers,
    "ba.absolute.approx_z": _approximate,
    "ba.absolute.approx_carkeet_var": _approximate,
    "ba.absolute.classic_1986": _approximate,
    "ba.absolute.approx_z.conf90": _approximate_at,
    "ba.absolute.approx_z.conf95": _approximate_at,
    "ba.absolute.exact_individual": _exact,
    "ba.absolute.exact_paired": _exact,
    "ba.mover_one_sided": _mover,
    "ba.mover_two_sided95": _mover,
    "ba.mover_two_sided95_outer": _mover,
    "ba.percent_of_mean": _percent,
    "ba.percent_of_reference": _percent,
    "ba.ratio_log": _ratio,
    "ba.proportional_bias": _proportional,
    "ba.proportional_bias.published": _proportional,
    "ba.published": _printed,
}
