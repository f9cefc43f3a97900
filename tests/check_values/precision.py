"""Scatter: replicates, analysis of variance, nested designs, certified moments."""

from __future__ import annotations

import math

import numpy as np

from tests.check_values.trial import Compare, DataSet, Entry, Found
from wbcval.stats import repeated_limits, replicate_limits, variance_components
from wbcval.stats._moments import mean_sd
from wbcval.stats.functions.repeated_limits import one_way
from wbcval.stats.metric import Floats, Ints

_START = {"NumAcc2": 1.2, "NumAcc3": 1000000.2, "NumAcc4": 10000000.2}


def _repeated(entry: Entry) -> Found:
    # SimplyAgree 0.3.0, agree_nest(TOST = TRUE): two-sided intervals at 90 %
    level = 0.95 if entry.package == "base R" else 0.9
    complete = DataSet(entry.data.id, entry.data.frame.dropna())
    found = repeated_limits(complete.d, complete.codes("id"), level)
    anova = found.anova
    return {
        "n_subjects": anova.groups, "n_pairs": anova.n, "bias_mean_of_all": found.bias.value,
        "ms_between": anova.ms_between, "ms_within": anova.ms_within, "n0": anova.n0,
        "var_between": (anova.ms_between - anova.ms_within) / anova.n0,
        "var_within": anova.ms_within, "sd_total": found.sd.value,
        "bias": found.bias.value, "bias_lci": found.bias.low, "bias_uci": found.bias.high,
        "loa_lower": found.lower.value, "loa_upper": found.upper.value,
        "loa_lower_lci": found.lower.low, "loa_lower_uci": found.lower.high,
        "loa_upper_lci": found.upper.low, "loa_upper_uci": found.upper.high,
    }  # fmt: skip


def _replicates(entry: Entry) -> Found:
    # SimplyAgree's limits have one-sided bounds at 95 %, its bias a two-sided interval
    complete = DataSet(entry.data.id, entry.data.frame.dropna())
    sides = [complete.x, complete.y]
    if entry.package == "published":
        sides.reverse()
    bias = replicate_limits(*sides, subject=complete.codes("id"))
    found = replicate_limits(*sides, subject=complete.codes("id"), level=0.9)
    se = math.sqrt(found.between_means / found.subjects)
    within = {"x": found.within_reference, "y": found.within_model}
    theirs = {"x": found.within_model, "y": found.within_reference}  # its x is our model
    sd = found.sd.value
    assert sd is not None
    return {
        "n_subjects": found.subjects, "bias": found.bias.value, "SE": se, "df": found.subjects - 1,
        "var_of_mean_diffs": found.between_means, "sd_single": sd, "sd_delta": sd,
        "sw2_x": within["x"], "sw2_y": within["y"],
        "within_variance_x": theirs["x"], "within_variance_y": theirs["y"],
        "within_var_J": theirs["x"], "within_var_S": theirs["y"],
        "lower.CL": bias.bias.low, "upper.CL": bias.bias.high,
        "agree_int": found.upper.value - found.bias.value,
        "loa_lower": found.lower.value, "loa_upper": found.upper.value,
        "lower_loa": found.lower.value, "upper_loa": found.upper.value,
        "lower_loa_ci": found.lower.low, "upper_loa_ci": found.upper.high,
        "loa_lower_lci": found.lower.low, "loa_lower_uci": found.lower.high,
        "loa_upper_lci": found.upper.low, "loa_upper_uci": found.upper.high,
        "lme": found.upper.high - found.upper.value,
    }  # fmt: skip


def _anova(entry: Entry) -> Found:
    if entry.data.id == "nist_smls09":
        group, values = _smls09()
    else:
        group, values = entry.data.codes("group"), entry.data.column("y")
    found = one_way(values, group)
    dof = found.groups - 1, found.n - found.groups
    between, within = found.ms_between, found.ms_within
    ss = between * dof[0], within * dof[1]
    return {
        "df/0": dof[0], "df/1": dof[1], "ms/0": between, "ms/1": within,
        "ss/0": ss[0], "ss/1": ss[1], "F": between / within, "r2": ss[0] / sum(ss),
        "resid_sd": math.sqrt(within),
    }  # fmt: skip


def _smls09() -> tuple[Ints, Floats]:
    """By NIST's rule: of each group a value, then 1 000 times the tenth below it and above it."""
    tenths = [[first, *[first - 1, first + 1] * 1000] for first in (4, 3, 5, 3, 5, 3, 5, 3, 5)]
    return np.repeat(np.arange(9), 2001), (10**13 + np.array(tenths).ravel()) / 10


def _nested(entry: Entry) -> Found:
    data = entry.data
    found = variance_components(data.column("result"), data.codes("day"), data.codes("run"))
    parts = {"day": found.day, "day:run": found.run, "error": found.repeat}
    total, average = found.within_laboratory.value, found.mean
    assert total is not None
    figures: dict[str, float | None] = {
        "DF/total": found.dof, "SD/total": total, "VC/total": total**2,
        "CV/total": None if found.cv is None else 100 * found.cv,
    }  # fmt: skip
    for name, part in parts.items():
        figures |= {
            f"DF/{name}": part.dof, f"MS/{name}": part.mean_square,
            f"SS/{name}": part.mean_square * part.dof, f"VC/{name}": part.variance,
            f"SD/{name}": part.sd, f"CV/{name}": 100 * part.sd / average,
        }  # fmt: skip
    return figures


def _certified_moments(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, each in enumerate(entry.values):
        if each["id"] == "NumAcc1":
            values = [10000001.0, 10000003.0, 10000002.0]
        else:
            first = _START[each["id"]]
            values = [first, *[round(first - 0.1, 1), round(first + 0.1, 1)] * 500]
        average, sd = mean_sd(np.array(values))
        figures |= {f"{i}/n": len(values), f"{i}/mean": average, f"{i}/sd": sd}
    return figures


COMPARE: dict[str, Compare] = {
    "ba.repeated.linked_varying": _repeated,
    **dict.fromkeys(
        (
            "ba.repeated.unlinked",
            "ba.repeated.published",
            "ba.repeated.reps.mover",
            "ba.repeated.reps.blandaltman",
        ),
        _replicates,
    ),
    "anova.certified": _anova,
    "ep05.variance_components": _nested,
    "univariate.certified": _certified_moments,
}
