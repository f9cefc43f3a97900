"""Comparisons of two synthetic models, filled by hand and judged by the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tests.render.make_study import PROVENANCE, make_study, measured, within
from wbcval.bundle import tables
from wbcval.bundle.read import Side, side_of
from wbcval.bundle.results_file import ResultsFile
from wbcval.gating.compare.apart import Mismatch
from wbcval.gating.compare.types import ANCHOR, BASELINE, Bounds, Change, Comparison, Flips, Moved
from wbcval.judge.criteria import judge, verdict_on
from wbcval.judge.outcomes import SAME_PREDICTIONS, Outcome
from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import NON_INFERIOR, Criterion
from wbcval.stats.metric import Better
from wbcval.study.types import Study
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

MARGIN = 0.02


def bundle(study: Study) -> dict[str, bytes]:
    """The files of a bundle that a side is read from."""
    results, verdict = measured(study)
    protocol = replace(study.protocol, criteria=())
    texts = {
        "results.json": ResultsFile(
            verdict, results.measurements, PROVENANCE, study.exclusions
        ).text(),
        "protocol.toml": tables.protocol_toml(protocol, study.protocol.criteria),
        "samples.csv": tables.samples_csv(study, results, verdict),
        "confusion.csv": tables.confusion_csv(study),
        "strata.csv": tables.strata_csv(study),
    }
    return {name: text.encode() for name, text in texts.items()}


@cache
def make_side(name: str = "baseline", *, declared: bool = True, **options: Any) -> Side:
    """A model whose bundle was written and read again."""
    options = {"samples": 12, "cells": 60, "sites": 2, "criteria": (within("WBC"),)} | options
    side = side_of(name, bundle(make_study(**options)))
    return replace(side, declared=declared)


def change(
    subject: str,
    statistic: str = "sensitivity",
    value: float | None = -0.001,
    half: float = 0.01,
    *,
    stratum: str = "all",
    against: str = BASELINE,
    moved: Sequence[Moved] = (),
    detectable: float | None = 0.0314,
    before: float = 0.96,
) -> Change:
    """A change with an interval of the given half-width; ``value`` None: not estimable."""
    measure = "error" if statistic.startswith("share_within") else "classification"
    if value is None:
        found = Estimate.missing(Reason("side_without_trial", side="candidate"), n=0)
    else:
        found = Estimate(value, value - half, value + half, 0.95, "by hand", 720)
    after = None if value is None else before + value
    return Change(
        measure, subject, stratum, statistic, against, None if value is None else before, after,
        found, statistic.partition(":")[0].replace("_", " "), detectable, tuple(moved),
        None if value is None else Bounds(value - half, value - 4 * half, 0.0596),
    )  # fmt: skip


def make_comparison(
    changes: Sequence[Change],
    unjudged: Sequence[Change] = (),
    *,
    optional: Sequence[str] = (),
    candidate: Side | None = None,
    absolute: Sequence[Outcome] = (),
    identical: bool = False,
    flips: Sequence[Flips] = (),
    **options: Any,
) -> Comparison:
    """Those changes, judged against ``MARGIN``; subjects in ``optional`` are not counted."""
    side = candidate or make_side("candidate")
    if identical:
        same = Estimate(0.0, method="by hand", n=720, flags=(SAME_PREDICTIONS,))
        changes = [replace(c, change=same, after=c.before, detectable=None) for c in changes]
    judged = {_id(c): c for c in changes}
    criteria = [
        Criterion(key, _measure(c), c.subject, c.statistic, c.stratum, -MARGIN, None, NON_INFERIOR,
                  confidence=0.975, optional=c.subject in optional)
        for key, c in judged.items()
    ]  # fmt: skip
    results = Results(tuple(_measurement(c) for c in (*changes, *unjudged)), {})
    own = judge(criteria, results).outcomes
    return Comparison(
        candidate=side,
        baseline=make_side("baseline"),
        anchor=make_side("anchor") if any(c.against == ANCHOR for c in changes) else None,
        paired=True,
        identical=identical,
        changes=(*changes, *unjudged),
        flips=tuple(flips),
        results=results,
        verdict=verdict_on((*own, *absolute)),
        change_of=judged,
        **options,
    )


def good(stratum: str = "all") -> list[Change]:
    """Four changes within the margin; one of them measurably lower."""
    return [
        change("all", "accuracy", stratum=stratum),
        change("neutrophil", value=0.004, stratum=stratum),
        change("monocyte", value=-0.012, half=0.006, stratum=stratum),
        change("WBC", "share_within:10", value=0.0, stratum=stratum, before=0.917),
    ]


def mixed(*, ids: Sequence[str] = ("S0003", "S0007"), **options: Any) -> Comparison:
    """Failed, undecided, not estimable, passed, optional, absolute, overridden: all at once."""
    moved = [Moved(name, 9 - i, f"{38 - i} → {29 - i} of 40 cells") for i, name in enumerate(ids)]
    changes = [
        *good(),
        change("lymphocyte", value=-0.08, moved=moved),
        change("eosinophil", value=-0.015, half=0.05),
        change("basophil", value=None),
        change("neutrophil", stratum="site=A"),
        change("lymphocyte", value=-0.09, against=ANCHOR),
        change("other", value=-0.3),
    ]
    unjudged = [
        change("lymphocyte", value=-0.2, stratum="site=B"),
        change("lymphocyte", value=0.01, half=0.05, stratum="site=A"),
    ]
    absolute = make_side("candidate", wbc_noise=0.2).outcomes
    return make_comparison(
        changes, unjudged, optional=("other",), absolute=absolute,
        flips=[Flips("WBC", "share_within:10", tuple(ids), ("S0001",))],
        **{
            "waived": (Mismatch("protocol", "criteria of the two protocols differ"),),
            "judged_before": 6,
            "notes": ("This reference set has been judged 7 times, as far as recorded.",),
        } | options,
    )  # fmt: skip


def _id(found: Change) -> str:
    where = "" if found.stratum == "all" else f" in {found.stratum}"
    anchor = " against the anchor" if found.against == ANCHOR else ""
    return f"{found.subject} {found.statistic}{where}{anchor}"


def _measure(found: Change) -> str:
    return f"{found.measure}_change" + ("_from_anchor" if found.against == ANCHOR else "")


def _measurement(found: Change) -> Measurement:
    return Measurement(
        _measure(found), found.subject, found.stratum, found.statistic, found.change,
        found.difference.stored, Better.HIGHER, f"{found.title} change",
    )  # fmt: skip


def rows_of(comparison: Comparison) -> list[Mapping[str, Any]]:
    """The outcomes as ``results.json`` holds them."""
    return [o.to_json() for o in comparison.verdict.outcomes]
