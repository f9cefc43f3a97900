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


def _moments(values: Sequence[float]) -> Mapping[str, float | None]:
    found = bland_altman([0.0] * len(values), values)
    return {"mean": found.bias.value, "SD": found.sd.value}


FAMILY = Family(
    "Mean and standard deviation",
    tuple(
        Check(
            f"NumAcc{number}, {len(values)} values",
            f"NIST StRD, univariate, NumAcc{number}: certified, exact; taken as differences from 0",
            {"mean": Published(mean, 14), "SD": Published(sd, digits)},
            partial(_moments, values),
        )
        for number, (values, mean, sd, digits) in enumerate(_NUMACC, start=1)
    ),
)
