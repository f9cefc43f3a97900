"""``results.json`` is read again without loss, in all its versions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.compare.make_comparison import mixed
from tests.render.make_study import PROVENANCE
from tests.test_notebook import made
from wbcval.bundle.results_file import ResultsFile, read
from wbcval.gating.ci_outputs import results_json
from wbcval.judge.outcomes import Outcome, Status, Verdict
from wbcval.measure.results import Measurement
from wbcval.protocol.types import AcceptedFlag, Criterion
from wbcval.stats.metric import Better
from wbcval.values.errors import InputError
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import NO_REASON, Reason


def report() -> ResultsFile:
    study, results, verdict = made()
    return ResultsFile(verdict, results.measurements, PROVENANCE, study.exclusions)


def again(text: str) -> ResultsFile:
    return read(text.encode(), "results.json")


def test_a_report_is_read_as_it_was_written() -> None:
    wrote = report()
    found = again(wrote.text())
    assert found.text() == wrote.text()
    assert found.verdict == wrote.verdict
    assert found.measurements == wrote.measurements
    assert {m.estimate.deff for m in found.measurements} != {None}
    assert found.comparison is None


def test_a_gate_is_read_as_it_was_written() -> None:
    text = results_json(mixed(), PROVENANCE)
    found = again(text)
    assert found.text() == text
    assert found.verdict == mixed().verdict
    assert found.comparison is not None
    assert {row["word"] for row in found.rows.values()} >= {"worse"}


ACCEPTED = AcceptedFlag("not_normal", "WBC", "seen before")
EXTREME = Outcome(
    Criterion(
        "a", "error", "WBC", "share_within:10", min=0.95, rule="demonstrated",  # type: ignore[arg-type]
        min_n=40, confidence=0.99, or_within=0.1, optional=True, limits=None,
    ),
    Status.INCONCLUSIVE, math.inf, -math.inf, None, 0.98, 60, "1", "said", (57, 60), "marginal",
    "ask for less", {"observed": Status.PASS, "demonstrated": Status.INCONCLUSIVE}, ("one", "two"),
    (ACCEPTED,), suspicious=True,
)  # fmt: skip
LIMITS = Criterion(
    "b", "bland_altman", "WBC", "lower",  # type: ignore[arg-type]
    min=-1.0, max=1.0, limits="normal",
)  # fmt: skip


@pytest.mark.parametrize(
    "outcome",
    [EXTREME, replace(EXTREME, criterion=LIMITS), replace(EXTREME, hits=None, both_rules=None)],
)
def test_an_outcome_survives(outcome: Outcome) -> None:
    row = json.loads(json.dumps(outcome.to_json(), allow_nan=False))
    assert Outcome.from_json(row, [ACCEPTED]) == outcome


@pytest.mark.parametrize("value", [math.inf, -math.inf, None, 0.25])
def test_a_measurement_survives(value: float | None) -> None:
    estimate = Estimate(
        value,
        -math.inf,
        7.5,
        0.95,
        "by hand",
        3,
        NO_REASON if value else Reason("no_pair"),
        ("not_normal",),
        1.5,
        0.1,
    )
    found = Measurement("error", "WBC", "all", "p95", estimate, "%", Better.LOWER, "title")  # type: ignore[arg-type]
    row = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert Measurement.from_json(row) == found


def as_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """The same as version 1 held it, which had none of these keys."""
    for row in document["outcomes"]:
        for key in ("asked", "hits", "attainable_note", "both_rules", "suspicious", "notes"):
            del row[key]
        row.pop("infinite", None)
    for row in document["measurements"]:
        for key in ("title", "deff", "icc", "better", "reason_code", "reason_values"):
            del row[key]
        row.pop("infinite", None)
    for row in document["scope"]["not_judged"]:
        del row["n"]
    del document["notes"]
    for key in ("false_findings", "missed_findings"):
        del document["scope"]["ledger"][key]
    for key in ("seen", "marks"):
        del document["scope"][key]
    return document | {"schema_version": 1}


def test_version_1_is_read() -> None:
    wrote = report()
    found = again(json.dumps(as_version_1(json.loads(wrote.text()))))
    told, was = found.verdict, wrote.verdict
    # no version 1 looked for them
    untold = replace(was.scope.ledger, false_findings=None, missed_findings=None)
    assert (told.decision, told.reason) == (was.decision, was.reason)
    assert told.scope == replace(was.scope, ledger=untold)
    assert [o.status for o in told.outcomes] == [o.status for o in was.outcomes]
    assert [m.key for m in found.measurements] == [m.key for m in wrote.measurements]
    assert [m.better for m in found.measurements] == [m.better for m in wrote.measurements]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d | {"schema_version": 4},
        lambda d: d | {"schema_version": "2"},
        lambda d: d | {"outcomes": [{}]},
        lambda d: d | {"measurements": [{"measure": "error"}]},
        lambda d: d | {"measurements": [d["measurements"][0] | {"stratum": {}}]},
        lambda d: d | {"verdict": "passed"},
        lambda _: [],
    ],
)
def test_what_is_none_is_refused(edit: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(InputError, match="results of wbcval"):
        again(json.dumps(edit(json.loads(report().text()))))


def test_a_number_is_not_finite_and_infinite() -> None:
    row = EXTREME.to_json() | {"observed": 0.99}
    with pytest.raises(ValueError, match="infinite"):
        Outcome.from_json(row)


def test_a_verdict_without_scope_is_written_too() -> None:
    verdict: Verdict = replace(report().verdict, notes=("a note",))
    found = again(ResultsFile(verdict, (), PROVENANCE).text())
    assert found.verdict == verdict
