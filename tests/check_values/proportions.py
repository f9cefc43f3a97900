"""Limits of a proportion, of a count of cells, and of the share of samples within a limit."""

from __future__ import annotations

import math

from scipy import special

from tests.check_values.trial import Compare, Entry, Found
from wbcval.stats.acceptance import k_min_demonstrated, samples_to_demonstrate
from wbcval.stats.binomial import clopper_pearson, wilson

_Z = float(special.ndtri(0.975))


def _binomial(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, each in enumerate(entry.values):
        k, n = each["k"], each["n"]
        limits = {"clopper_pearson": clopper_pearson(k, n), "wilson": wilson(k / n, n, _Z)}
        for name, (low, high) in limits.items():
            figures |= {f"{i}/{name}/lower": low, f"{i}/{name}/upper": high}
        figures[f"{i}/cp_one_sided_lower95"] = clopper_pearson(k, n, 0.9)[0]
    return figures


def _of_cells(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, each in enumerate(entry.values):
        low, high = clopper_pearson(each["k"], each["n"])
        low, high = 100 * low, 100 * high
        printed = math.floor(low), math.ceil(high)  # Rümke's, rounded outwards
        figures |= {
            f"{i}/lower": low, f"{i}/upper": high,
            f"{i}/lower_int": printed[0], f"{i}/upper_int": printed[1],
        }  # fmt: skip
    return figures


def _acceptance(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, each in enumerate(entry.values["zero_failure"]):
        needed = samples_to_demonstrate(0, each["p"], each["confidence"])
        figures[f"zero_failure/{i}/n_zero_fail"] = needed
    for i, each in enumerate(entry.values["max_failures"]):
        least = k_min_demonstrated(each["n"], 0.95)
        (name,) = each.keys() - {"n"}
        figures[f"max_failures/{i}/{name}"] = None if least is None else each["n"] - least
    return figures


COMPARE: dict[str, Compare] = {
    "binomial_ci": _binomial,
    "rumke_limits": _of_cells,
    "acceptance": _acceptance,
}
