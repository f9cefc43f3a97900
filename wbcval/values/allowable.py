"""Allowable errors of published schemes: cited, versioned, chosen by name and never by default.

They differ from 6.5 to 15 % for the white cells (LAB.md §4), so that none is implied. How well each
number is known stands beside it; whoever signs looks it up in the edition that binds him.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Known(StrEnum):
    """How a number came here."""

    READ = "read in the source"
    SECOND_HAND = "read in secondary sources"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One scheme, in one version.

    Attributes:
        name: as a criterion names it.
        title: as a report names it.
        source: where it is published, with its version.
        known: how the numbers came here.
        total: measurand → allowable total error, percent of the reference.
        bias: measurand → allowable bias, percent; empty where the scheme has none.
    """

    name: str
    title: str
    source: str
    known: Known
    total: Mapping[str, float]
    bias: Mapping[str, float]


# within and between subjects, CV in percent, of absolute counts: the values that LAB.md §4 has from
# the biological variation database of the EFLM
_CV = {
    "WBC": (11.1, 16.9), "NEUT#": (12.5, 25.9), "LYMPH#": (10.5, 22.8), "MONO#": (14.0, 23.0),
    "EO#": (15.1, 67.4), "BASO#": (12.6, 28.6),
}  # fmt: skip
_BIAS, _CV_SHARE = 0.25, 0.5  # of the whole variation, and of that within subjects: desirable
_COVER = 1.65  # one-sided 95 %
_LEVELS = {"optimum": 0.5, "desirable": 1.0, "minimum": 1.5}


def biological(within: float, between: float, times: float = 1.0) -> tuple[float, float]:
    """Allowable bias and total error by biological variation (Fraser et al. 1997), in percent.

    Args:
        within, between: CV within and between subjects, in percent.
        times: 1 of the desirable level, 0.5 of the optimum, 1.5 of the minimum.

    >>> [round(part, 1) for part in biological(11.1, 16.9)]
    [5.1, 14.2]
    """
    bias = times * _BIAS * math.hypot(within, between)
    return bias, bias + times * _COVER * _CV_SHARE * within


def _eflm(level: str) -> Scheme:
    found = {name: biological(*cv, _LEVELS[level]) for name, cv in _CV.items()}
    return Scheme(
        f"eflm-{level}",
        f"EFLM, {level}",
        "biological variation of the EFLM database, combined as by Fraser et al., Ann Clin Biochem "
        "1997;34:8-12",
        Known.COMPUTED,
        {name: round(total, 1) for name, (_, total) in found.items()},
        {name: round(bias, 1) for name, (bias, _) in found.items()},
    )


SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("clia-2025", "CLIA, since 2025", "42 CFR 493.941 as amended by CMS-3355-F (2022)",
               Known.SECOND_HAND, {"WBC": 10.0}, {}),
        Scheme("clia-1992", "CLIA, until 2024", "42 CFR 493.941 of 1992", Known.READ,
               {"WBC": 15.0}, {}),
        Scheme("rilibaek", "RiliBÄK, single value", "Richtlinie der Bundesärztekammer, part B1",
               Known.SECOND_HAND, {"WBC": 6.5}, {}),
        Scheme("noklus", "Noklus", "quality requirements of Noklus", Known.SECOND_HAND,
               {"WBC": 10.0, "NEUT%": 15.0, "LYMPH%": 15.0, "BASO%": 200.0}, {}),
        *map(_eflm, _LEVELS),
    )
}  # fmt: skip
