"""Least squares as certified by NIST; Passing–Bablok and Deming by other implementations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from wbcval.selftest.checks._data import PEFR_MINI, PEFR_SOURCE, PEFR_WRIGHT
from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import Deming, deming, least_squares, passing_bablok, weighted_deming

_NORRIS_X = (
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5,
    666.9, 338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2,
    999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
)  # fmt: skip
_NORRIS_Y = (
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1,
    668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0,
    998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
)  # fmt: skip


def _norris() -> Mapping[str, float | None]:
    found = least_squares(_NORRIS_X, _NORRIS_Y)
    return {
        "intercept": found.intercept.value,
        "SE of the intercept": found.intercept_se,
        "slope": found.slope.value,
        "SE of the slope": found.slope_se,
        "residual SD": found.residual_sd,
        "R²": found.r_squared,
    }


def _passing_bablok() -> Mapping[str, float | None]:
    found = passing_bablok(PEFR_WRIGHT, PEFR_MINI)
    return {
        "slope": found.slope.value,
        "slope, lower bound": found.slope.low,
        "slope, upper bound": found.slope.high,
        "intercept": found.intercept.value,
        "intercept, lower bound": found.intercept.low,
        "intercept, upper bound": found.intercept.high,
    }


def _deming(error_ratio: float) -> Mapping[str, float | None]:
    return _line(deming(PEFR_WRIGHT, PEFR_MINI, error_ratio=error_ratio))


def _weighted() -> Mapping[str, float | None]:
    return _line(weighted_deming(PEFR_WRIGHT, PEFR_MINI))


def _line(found: Deming) -> Mapping[str, float | None]:
    return {
        "slope": found.slope.value,
        "slope, lower bound": found.slope.low,
        "slope, upper bound": found.slope.high,
        "intercept": found.intercept.value,
    }


_OF_LINE = ("slope", "slope, lower bound", "slope, upper bound", "intercept")
_DEMING = {
    1.0: ("0.970880819764939", "0.674572896739186", "1.26718874279069", "15.2315555223308"),
    4.0: ("1.00677916022047", "0.703178635228491", "1.31037968521244", "-0.935367685169581"),
}
_WEIGHTED = ("0.851475107816926", "0.330189171118001", "1.37276104451585", "67.0139279555332")

FAMILY = Family(
    "Regression",
    (
        Check(
            "Norris, least squares",
            "NIST StRD, linear regression, Norris: certified values",
            {
                "intercept": Published("-0.262323073774029", 11),
                "SE of the intercept": Published("0.232818234301152", 11),
                "slope": Published("1.00211681802045", 12),
                "SE of the slope": Published("0.000429796848199937", 11),
                "residual SD": Published("0.884796396144373", 11),
                "R²": Published("0.999993745883712", 12),
            },
            _norris,
        ),
        Check(
            "peak flow, Passing–Bablok",
            "exact, by fractions of integers over all 136 slopes as in the paper of 1983; the same "
            f"by R mcr 1.3.3.1 and deming 1.4.1; {PEFR_SOURCE}",
            {
                "slope": Published("1.06481481481481", 13),
                "slope, lower bound": Published("0.837078651685393", 13),
                "slope, upper bound": Published("1.39682539682540", 13),
                "intercept": Published("-24.3055555555556", 12),
                "intercept, lower bound": Published("-178.031746031746", 12),
                "intercept, upper bound": Published("82.9382022471910", 12),
            },
            _passing_bablok,
        ),
        *(
            Check(
                f"peak flow, Deming at an error ratio of {ratio:g}",
                "R 4.2.2, mcr 1.3.3.1, mcreg(method.reg = 'Deming', method.ci = 'jackknife'); "
                + PEFR_SOURCE,
                {name: Published(text, 9) for name, text in zip(_OF_LINE, figures, strict=True)},
                partial(_deming, ratio),
            )
            for ratio, figures in _DEMING.items()
        ),
        Check(
            "peak flow, weighted Deming",
            "R 4.2.2, mcr 1.3.3.1, mcreg(method.reg = 'WDeming', method.ci = 'jackknife'), which "
            f"stops at a change of 1e-6; {PEFR_SOURCE}",
            {name: Published(text, 6) for name, text in zip(_OF_LINE, _WEIGHTED, strict=True)},
            _weighted,
        ),
    ),
)
