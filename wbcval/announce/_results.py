"""The gate's ``results.json``: as a report's, with the comparison beside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from wbcval.compare import Comparison
from wbcval.results import SCHEMA_VERSION, finite


def results_json(comparison: Comparison, provenance: Mapping[str, Any]) -> str:
    """``results.json`` of the gate: as a report's, with ``comparison`` beside."""
    verdict = comparison.verdict
    rows = []
    for outcome in verdict.outcomes:
        change = comparison.change_of.get(outcome.criterion.id)
        more: dict[str, Any] = {"word": comparison.word(outcome)}
        if change is not None:
            more |= {
                "before": finite(change.before),
                "after": finite(change.after),
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
        rows.append(outcome.to_json() | more)
    document = {
        "schema_version": SCHEMA_VERSION,
        "wbcval_version": provenance["wbcval_version"],
        "created": provenance["created"],
        "verdict": str(verdict.decision),
        "reason": verdict.reason,
        "scope": verdict.scope.to_json(),
        "accepted_flags": [asdict(a) for a in verdict.accepted],
        "measurements": [m.to_json() for m in comparison.results.measurements],
        "outcomes": rows,
        "exclusions": [],
        "comparison": {
            "paired": comparison.paired,
            "identical": comparison.identical,
            "waived": [{"what": a.what, "said": a.said} for a in comparison.waived],
            "judged_before": comparison.judged_before,
            "aloud": list(comparison.aloud),
            "flips": [
                {
                    "subject": f.subject,
                    "limit": f.statistic.rest,
                    "outside_now": f.outside_now,
                    "within_now": f.within_now,
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
        "provenance": dict(provenance),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
