"""Bias and limits of agreement as Bland and Altman print them, and exact limits."""

from __future__ import annotations

from collections.abc import Mapping

from wbcval.selftest.checks._data import PEFR_MINI, PEFR_SOURCE, PEFR_WRIGHT
from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import bland_altman
from wbcval.stats.functions.limits_of_agreement import limits_of_agreement, mean_estimate

# fat in human milk, g/100 mL: by enzymic hydrolysis of triglycerides, and by Gerber's method
_TRIGLYCERIDES = (
    0.96, 1.16, 0.97, 1.01, 1.25, 1.22, 1.46, 1.66, 1.75, 1.72, 1.67, 1.67, 1.93, 1.99, 2.01, 2.28,
    2.15, 2.29, 2.45, 2.40, 2.79, 2.77, 2.64, 2.73, 2.67, 2.61, 3.01, 2.93, 3.18, 3.18, 3.19, 3.12,
    3.33, 3.51, 3.66, 3.95, 4.20, 4.05, 4.30, 4.74, 4.71, 4.71, 4.74, 5.23, 6.21,
)  # fmt: skip
_GERBER = (
    0.85, 1.00, 1.00, 1.00, 1.20, 1.20, 1.38, 1.65, 1.68, 1.70, 1.70, 1.70, 1.88, 2.00, 2.05, 2.17,
    2.20, 2.28, 2.43, 2.55, 2.60, 2.65, 2.67, 2.70, 2.70, 2.70, 3.00, 3.02, 3.03, 3.11, 3.15, 3.15,
    3.40, 3.42, 3.62, 3.95, 4.27, 4.30, 4.35, 4.75, 4.79, 4.80, 4.80, 5.42, 6.20,
)  # fmt: skip


def _peak_flow() -> Mapping[str, float | None]:
    found = bland_altman(PEFR_MINI, PEFR_WRIGHT)
    return {
        "bias": found.bias.value,
        "bias, lower bound": found.bias.low,
        "bias, upper bound": found.bias.high,
        "SD": found.sd.value,
    }


def _exact() -> Mapping[str, float | None]:
    found = bland_altman(PEFR_WRIGHT, PEFR_MINI)
    both = found.alternatives["exact_pair"]
    return {
        "upper limit": found.upper.value,
        "upper limit, lower bound": found.upper.low,
        "upper limit, upper bound": found.upper.high,
        "lower limit, lower bound of the pair": both[0].low,
        "lower limit, upper bound of the pair": both[0].high,
    }


def _milk() -> Mapping[str, float | None]:
    found = bland_altman(_GERBER, _TRIGLYCERIDES).proportional
    return {"intercept": found.intercept, "slope": found.slope.value}


def _blood_pressure() -> Mapping[str, float | None]:
    bias, sd, n = -16.29, 19.61, 85
    mean = mean_estimate(bias, sd, n, 0.95)
    lower, upper = limits_of_agreement(bias, sd, n, "approximate", 0.95)
    return {
        "bias, lower bound": mean.low,
        "bias, upper bound": mean.high,
        "lower limit": lower.value,
        "upper limit": upper.value,
    }


FAMILY = Family(
    "Limits of agreement",
    (
        Check(
            "peak flow, Wright’s meter minus the mini meter",
            "Bland & Altman, Lancet 1986;i:307, as printed",
            {
                "bias": Published("-2.1"),
                "bias, lower bound": Published("-22.0"),
                "bias, upper bound": Published("17.8"),
                "SD": Published("38.8"),
            },
            _peak_flow,
        ),
        Check(
            "systolic pressure, observer minus machine, from mean, SD and n",
            "Bland & Altman, Stat Methods Med Res 1999;8:135, § 2, as printed",
            {
                "bias, lower bound": Published("-20.5"),
                "bias, upper bound": Published("-12.1"),
                "lower limit": Published("-54.7"),
                "upper limit": Published("22.1"),
            },
            _blood_pressure,
        ),
        Check(
            "fat in milk, differences on the mean",
            "Bland & Altman, Stat Methods Med Res 1999;8:135, § 3.2, as printed; data: Table 3",
            {"intercept": Published("0.079"), "slope": Published("-0.0283")},
            _milk,
        ),
        Check(
            "peak flow, exact intervals of the limits",
            "single limits: R 4.2.2, qt() as in Carkeet 2015, and EnvStats 3.1.0, eqnorm(); both "
            f"together: quadrature of the tolerance factor; {PEFR_SOURCE}",
            {
                "upper limit": Published("78.0959054671117", 10),
                "upper limit, lower bound": Published("53.0949314167422", 9),
                "upper limit, upper bound": Published("124.160798294840", 9),
                "lower limit, lower bound of the pair": Published("-117.372373721623", 6),
                "lower limit, upper bound of the pair": Published("-55.6420709972690", 6),
            },
            _exact,
        ),
    ),
)
