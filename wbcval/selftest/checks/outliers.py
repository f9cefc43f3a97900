"""Outliers by Rosner's test, as NIST prints them."""

from __future__ import annotations

from collections.abc import Mapping

from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import extreme_deviates

_VALUES = (
    -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65,
    1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24,
    2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59,
    3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
)  # fmt: skip
_STEPS = (1, 2, 3, 10)
_R = {1: "3.118906", 2: "2.942973", 3: "3.179424", 10: "2.067178"}
_CRITICAL = {1: "3.158794", 2: "3.151430", 3: "3.143890", 10: "3.085425"}


def _rosner() -> Mapping[str, float | str]:
    found = extreme_deviates(_VALUES, 10)
    return {
        "outliers": " ".join(f"{_VALUES[place]:g}" for place in found.found),
        **{f"R, step {k}": float(found.deviates[k - 1]) for k in _STEPS},
        **{f"λ, step {k}": float(found.critical[k - 1]) for k in _STEPS},
    }


FAMILY = Family(
    "Outliers",
    (
        Check(
            "54 values of Rosner",
            "NIST/SEMATECH e-Handbook, 1.3.5.17.3 (Rosner, Technometrics 1983;25:165), which "
            "prints R and λ cut to three places; the places beyond: R 4.2.2, EnvStats 3.1.0, "
            "rosnerTest(k = 10)",
            {
                "outliers": Published("6.01 5.42 5.34"),
                **{f"R, step {k}": Published(_R[k]) for k in _STEPS},
                **{f"λ, step {k}": Published(_CRITICAL[k]) for k in _STEPS},
            },
            _rosner,
        ),
    ),
)
