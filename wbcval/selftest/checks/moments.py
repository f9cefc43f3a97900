"""Mean and SD of values that lose digits where sums are taken carelessly; certified by NIST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import bland_altman

# values, certified mean and SD, digits of the SD that float64 can hold of them
_NUMACC = (
    ((10000001.0, 10000003.0, 10000002.0), "10000002.0000000", "1.00000000000000", 14),
    ((1.2, *(1.1, 1.3) * 500), "1.20000000000000", "0.100000000000000", 13),
    ((1000000.2, *(1000000.1, 1000000.3) * 500), "1000000.20000000", "0.100000000000000", 9),
    ((10000000.2, *(10000000.1, 10000000.3) * 500), "10000000.2000000", "0.100000000000000", 8),
)
_LIGHT = (  # thousandths of the speed beyond 299 Mm/s
    850, 740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000, 1000,
    960, 960, 960, 940, 960, 940, 880, 800, 850, 880, 900, 840, 830, 790, 810, 880, 880, 830, 800,
    790, 760, 800, 880, 880, 880, 860, 720, 720, 620, 860, 970, 950, 880, 910, 850, 870, 840, 840,
    850, 840, 840, 840, 890, 810, 810, 820, 800, 770, 760, 740, 750, 760, 910, 920, 890, 860, 880,
    720, 840, 850, 850, 780, 890, 840, 780, 810, 760, 810, 790, 810, 820, 850, 870, 870, 810, 740,
    810, 940, 950, 800, 810, 870,
)  # fmt: skip


def _moments(values: Sequence[float]) -> Mapping[str, float | None]:
    found = bland_altman([0.0] * len(values), values)
    return {"mean": found.bias.value, "SD": found.sd.value}


FAMILY = Family(
    "Mean and standard deviation",
    (
        *(
            Check(
                f"NumAcc{number}, {len(values)} values",
                f"NIST StRD, univariate, NumAcc{number}: certified, exact; as differences from 0",
                {"mean": Published(mean, 14), "SD": Published(sd, digits)},
                partial(_moments, values),
            )
            for number, (values, mean, sd, digits) in enumerate(_NUMACC, start=1)
        ),
        Check(
            "Michelso, speed of light, 100 values",
            "NIST StRD, univariate, Michelso: certified; as differences from 0",
            {"mean": Published("299.852400000000", 14), "SD": Published("0.0790105478190518", 12)},
            partial(_moments, tuple((299_000 + each) / 1000 for each in _LIGHT)),
        ),
    ),
)
