"""The gate's ``results.json``: as a report's, with the comparison beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from wbcval.bundle.results_file import ResultsFile
from wbcval.gating.compare import Comparison
from wbcval.machine import input_json


def results_json(comparison: Comparison, provenance: Mapping[str, Any]) -> str:
    """``results.json`` of the gate: as a report's, with ``comparison`` beside."""
    rows: dict[str, dict[str, Any]] = {}
    for outcome in comparison.verdict.outcomes:
        change = comparison.change_of.get(outcome.criterion.id)
        more = rows[outcome.criterion.id] = {"word": comparison.word(outcome)}
        if change is not None:
            more |= {
                "before": input_json.finite(change.before),
                "after": input_json.finite(change.after),
                "detectable": change.detectable,
                "bounds": None
                if change.bounds is None
                else {
                    "spread": change.bounds.spread,
                    "whole_samples": change.bounds.whole,
                    "unseen": change.bounds.unseen,
                },
                "measurably": change.direction or None,
                "moved": [{"sample_id": m.sample_id, "lost": m.lost} for m in change.moved],
            }
    return ResultsFile(
        comparison.verdict,
        comparison.results.measurements,
        provenance,
        comparison={
            "paired": comparison.paired,
            "identical": comparison.identical,
            "waived": [{"what": a.what, "said": a.said} for a in comparison.waived],
            "judged_before": comparison.judged_before,
            "aloud": list(comparison.aloud),
            "flips": [
                {
                    "subject": f.subject,
                    "limit": f.statistic.rest,
                    "outside_now": list(f.outside_now),
                    "within_now": list(f.within_now),
                    "errors": None if f.errors is None else asdict(f.errors),
                }
                for f in comparison.flips
            ],
            "equal_model_needs": [
                {
                    "measure": a.row.measure,
                    "subject": a.row.subject,
                    "stratum": a.row.stratum,
                    "statistic": a.row.statistic,
                    "margin": a.row.margin,
                    **asdict(needs),
                }
                for a in comparison.needs
                for needs in a.needs
            ],
        },
        rows=rows,
    ).text()
