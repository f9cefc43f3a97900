"""Analysis of variance: one-way as certified by NIST, nested by another implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import variance_components
from wbcval.stats.functions.repeated_limits import one_way

_SILICON = (  # resistivity of a wafer by five instruments
    (196.3052, 196.1240, 196.1890, 196.2569, 196.3403),
    (196.3042, 196.3825, 196.1669, 196.3257, 196.0422),
    (196.1303, 196.2005, 196.2889, 196.0343, 196.1811),
    (196.2795, 196.1748, 196.1494, 196.1485, 195.9885),
    (196.2119, 196.1051, 196.1850, 196.0052, 196.2090),
)
_SILVER = (  # atomic weight by two instruments
    (107.8681568, 107.8681465, 107.8681572, 107.8681785, 107.8681446, 107.8681903, 107.8681526,
     107.8681494, 107.8681616, 107.8681587, 107.8681519, 107.8681486, 107.8681419, 107.8681569,
     107.8681508, 107.8681672, 107.8681385, 107.8681518, 107.8681662, 107.8681424, 107.8681360,
     107.8681333, 107.8681610, 107.8681477),
    (107.8681079, 107.8681344, 107.8681513, 107.8681197, 107.8681604, 107.8681385, 107.8681642,
     107.8681365, 107.8681151, 107.8681082, 107.8681517, 107.8681448, 107.8681198, 107.8681482,
     107.8681334, 107.8681609, 107.8681101, 107.8681512, 107.8681469, 107.8681360, 107.8681254,
     107.8681261, 107.8681450, 107.8681368),
)  # fmt: skip
_GLUCOSE = (  # 20 days, of each two runs of two replicates; mg/dL
    242, 246, 245, 246, 243, 242, 238, 238, 247, 239, 241, 240, 249, 241, 250, 245, 246, 242, 243,
    240, 244, 245, 251, 247, 241, 246, 245, 247, 245, 245, 243, 245, 243, 239, 244, 245, 244, 246,
    247, 239, 252, 251, 247, 241, 249, 248, 251, 246, 242, 240, 251, 245, 246, 249, 248, 240, 247,
    248, 245, 246, 240, 238, 239, 242, 241, 244, 245, 248, 244, 244, 237, 242, 241, 239, 247, 245,
    247, 240, 245, 242,
)  # fmt: skip


def _small(times: int, millions: int) -> list[list[float]]:
    """By NIST's rule: of each of nine groups a value, then so often a tenth below and above it."""
    firsts = (4, 3, 5, 3, 5, 3, 5, 3, 5)
    tenths = [[first, *[first - 1, first + 1] * times] for first in firsts]
    return [[(10_000_000 * millions + 10 * (millions == 0) + each) / 10 for each in group]
            for group in tenths]  # fmt: skip


def _one_way(groups: Sequence[Sequence[float]]) -> Mapping[str, float]:
    sizes = [len(group) for group in groups]
    found = one_way(np.concatenate(groups), np.repeat(np.arange(len(groups)), sizes))
    return {
        "mean square between": found.ms_between,
        "mean square within": found.ms_within,
        "F": found.ms_between / found.ms_within,
    }


def _nested() -> Mapping[str, float | None]:
    found = variance_components(_GLUCOSE, np.repeat(np.arange(20), 4), np.tile([1, 1, 2, 2], 20))
    assert found.run is not None  # noqa: S101 (runs were given)
    return {
        "variance between days": found.day.variance,
        "variance between runs": found.run.variance,
        "variance within runs": found.repeat.variance,
        "SD within the laboratory": found.within_laboratory.value,
        "its degrees of freedom": found.dof,
    }


FAMILY = Family(
    "Analysis of variance",
    (
        Check(
            "SiRstv, five instruments",
            "NIST StRD, analysis of variance, SiRstv: certified values",
            {
                "mean square between": Published("0.0127865654000000", 9),
                "mean square within": Published("0.0108318280000000", 9),
                "F": Published("1.18046237440255", 9),
            },
            partial(_one_way, _SILICON),
        ),
        Check(
            "AtmWtAg, two instruments",
            "NIST StRD, analysis of variance, AtmWtAg: certified values",
            {
                # of values like 107.8681 a float64 holds the last two places to five digits less
                "mean square between": Published("3.63834187500000E-09", 8),
                "mean square within": Published("2.28155932971014E-10", 8),
                "F": Published("15.9467335677930", 8),
            },
            partial(_one_way, _SILVER),
        ),
        *(
            Check(
                f"{name}, nine groups of {2 * times + 1}",
                f"NIST StRD, analysis of variance, {name}: certified values",
                {
                    "mean square between": Published(between, digits),
                    "mean square within": Published("1.00000000000000E-02", digits),
                    "F": Published(f, digits),
                },
                partial(_one_way, _small(times, millions)),
            )
            # of values of 7 digits before the tenth a float64 holds 9 of what certifies them
            for name, times, millions, digits, between, f in (
                ("SmLs01", 10, 0, 12, "2.10000000000000E-01", "2.10000000000000E+01"),
                ("SmLs02", 100, 0, 12, "2.01000000000000E+00", "2.01000000000000E+02"),
                ("SmLs04", 10, 1, 8, "2.10000000000000E-01", "2.10000000000000E+01"),
            )
        ),
        Check(
            "precision of glucose, 20 days × 2 runs × 2 replicates",
            "R 4.2.2, VCA 1.5.2, anovaVCA(value ~ day/run); data: CLSI EP05-A3, Table A1",
            {
                "variance between days": Published("1.95855263157894", 9),
                "variance between runs": Published("3.07500000000000", 9),
                "variance within runs": Published("7.90000000000000", 9),
                "SD within the laboratory": Published("3.59632487848034", 9),
                "its degrees of freedom": Published("64.7773197183885", 9),
            },
            _nested,
        ),
    ),
)
