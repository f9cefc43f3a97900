"""The criterion "95 % of samples within 10 %": sample sizes, chances, the published example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wbcval.selftest.types import Check, Family, Published
from wbcval.stats.acceptance import chance_to_pass, k_min_observed, samples_to_demonstrate
from wbcval.stats.functions.error import acceptance, covering_error
from wbcval.stats.functions.perfect import perfect
from wbcval.stats.metric import Floats, Pairs
from wbcval.values.measurands import Measurand

_OUTSIDE = ("59", "93", "124", "153", "181", "208")
_SIZES = (20, 30, 60)
_PERFECT = (  # share in percent, cells, chance that the share counted is within 10 % of it
    (5, 100, "0.180017827270429"),
    (5, 400, "0.433455896393031"),
    (30, 100, "0.554858521493005"),
    (30, 400, "0.827540384255671"),
    (60, 200, "0.929099716965976"),
)


def _sizes() -> Mapping[str, str]:
    sizes = (samples_to_demonstrate(k, 0.95) for k in range(len(_OUTSIDE)))
    return {f"{k} outside": str(size) for k, size in enumerate(sizes)}


def _chances() -> Mapping[str, float]:
    return {f"{n} samples": chance_to_pass(n, k_min_observed(n, 0.95), 0.90) for n in _SIZES}


def _example() -> Mapping[str, str | float | None]:
    errors = np.concatenate([np.linspace(0.1, 9.2, 57), [9.5, 14.0, 20.0]])
    reference = np.full(60, 10.0)
    found = acceptance(_pairs("WBC", reference, reference * (1 + errors / 100)))
    share = found.share
    return {
        "within 10 %": f"{found.k} of {found.n}",
        "share, percent": None if share.value is None else 100 * share.value,
        "covering error, percent": covering_error(found.errors, 0.95).value,
    }


def _perfect() -> Mapping[str, float]:
    shares, cells = np.array([case[:2] for case in _PERFECT], dtype=np.float64).T
    chances = perfect(_pairs("NEUT%", shares, shares, cells), 10.0, 0.0).chances()
    return {_case(*case): float(c) for case, c in zip(_PERFECT, chances, strict=True)}


def _case(share: int, cells: int, *_: object) -> str:
    return f"{share} % of {cells} cells"


def _pairs(subject: str, reference: Floats, model: Floats, cells: Floats | None = None) -> Pairs:
    n, measurand = len(reference), Measurand(subject)
    ids = tuple(f"S{i}" for i in range(n))
    return Pairs(measurand, measurand.unit, "different-aliquot", ids, reference, model,
                 np.arange(n), cells)  # fmt: skip


FAMILY = Family(
    "The acceptance criterion",
    (
        Check(
            "samples that demonstrate 95 % with 95 % confidence",
            "Wilks, Ann Math Stat 1941;12:91; the same by R 4.2.2, qbeta(0.05, n − k, k + 1)",
            {f"{k} outside": Published(n) for k, n in enumerate(_OUTSIDE)},
            _sizes,
        ),
        Check(
            "chance to pass as observed where 90 % of all samples are within",
            "binomial distribution in exact fractions: 19 or more of 20, 29 of 30, 57 of 60",
            {
                "20 samples": Published("0.391746998125168", 12),
                "30 samples": Published("0.183695019192604", 12),
                "60 samples": Published("0.137398569419658", 12),
            },
            _chances,
        ),
        Check(
            "chance of a perfect classifier to be within 10 % in one sample",
            "binomial distribution in exact fractions: 5 of 100, 18 to 22 of 400, 27 to 33 of 100, "
            "108 to 132 of 400 and of 200",
            {_case(*case): Published(case[2], 10) for case in _PERFECT},
            _perfect,
        ),
        Check(
            "the verification example, 58 of 60",
            "the published verification plot: 96.7 % of 60 samples within 10 %, 95 % of them "
            "within 9.2 %; errors made to it",
            {
                "within 10 %": Published("58 of 60"),
                "share, percent": Published("96.7"),
                "covering error, percent": Published("9.2"),
            },
            _example,
        ),
    ),
)
