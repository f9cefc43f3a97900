"""Limits of a proportion: Rümke's table, the exact limits behind it, a difference of two."""

from __future__ import annotations

import math
from collections.abc import Mapping

from wbcval.selftest.types import Check, Family, Published
from wbcval.stats.binomial import clopper_pearson, wilson
from wbcval.stats.newcombe import newcombe_difference
from wbcval.values.estimate import Estimate

_Z = 1.959963984540054
_RUEMKE = {  # percent of cells → limits at 100, 200, 500 and 1000 cells
    1: ("0 to 6", "0 to 4", "0 to 3", "0 to 2"),
    5: ("1 to 12", "2 to 10", "3 to 8", "3 to 7"),
    10: ("4 to 18", "6 to 16", "7 to 13", "8 to 13"),
    25: ("16 to 35", "19 to 32", "21 to 30", "22 to 28"),
    50: ("39 to 61", "42 to 58", "45 to 55", "46 to 54"),
}
_CELLS = (100, 200, 500, 1000)


def _ruemke() -> Mapping[str, str]:
    found = {}
    for percent in _RUEMKE:
        for cells in _CELLS:
            low, high = clopper_pearson(percent * cells / 100, cells)
            text = f"{math.floor(100 * low)} to {math.ceil(100 * high)}"
            found[f"{percent} % of {cells} cells"] = text
    return found


def _exact() -> Mapping[str, float]:
    (none, five), (_, half) = clopper_pearson(5, 100), clopper_pearson(100, 200)
    return {
        "5 of 100, lower": 100 * none,
        "5 of 100, upper": 100 * five,
        "100 of 200, upper": 100 * half,
        "0 of 100, upper": 100 * clopper_pearson(0, 100)[1],
        "50 of 1000, upper": 100 * clopper_pearson(50, 1000)[1],
    }


def _share(hits: int, n: int) -> Estimate:
    return Estimate(hits / n, *wilson(hits / n, n, _Z), level=0.95, n=n)


def _newcombe() -> Mapping[str, float | None]:
    found: dict[str, float | None] = {}
    for first, second in (((56, 70), (48, 80)), ((9, 10), (3, 10))):
        name = f"{first[0]}/{first[1]} and {second[0]}/{second[1]}"
        change = newcombe_difference(_share(*first), _share(*second))
        found |= {f"{name}, lower": change.low, f"{name}, upper": change.high}
    return found


FAMILY = Family(
    "Proportions",
    (
        Check(
            "limits of a differential count, percent rounded outwards",
            "Rümke 1985, as in CLSI H20: 95 % limits",
            {
                f"{percent} % of {cells} cells": Published(text)
                for percent, texts in _RUEMKE.items()
                for cells, text in zip(_CELLS, texts, strict=True)
            },
            _ruemke,
        ),
        Check(
            "exact limits of a proportion, percent",
            "Clopper & Pearson, Biometrika 1934;26:404, by R 4.2.2, binom.test()",
            {
                "5 of 100, lower": Published("1.64318791820522", 11),
                "5 of 100, upper": Published("11.2834911105463", 11),
                "100 of 200, upper": Published("57.1341569093168", 11),
                "0 of 100, upper": Published("3.62166926451765", 11),
                "50 of 1000, upper": Published("6.53904879154936", 11),
            },
            _exact,
        ),
        Check(
            "difference of two proportions",
            "Newcombe, Stat Med 1998;17:873, Table II, method 10, as printed",
            {
                "56/70 and 48/80, lower": Published("0.0524"),
                "56/70 and 48/80, upper": Published("0.3339"),
                "9/10 and 3/10, lower": Published("0.1705"),
                "9/10 and 3/10, upper": Published("0.8090"),
            },
            _newcombe,
        ),
    ),
)
