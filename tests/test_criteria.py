"""The judge: statuses, the verdict, and words that agree with them (STATISTICS.md §3)."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Decision, Outcome, Status
from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.binomial import clopper_pearson
from wbcval.stats.metric import Better
from wbcval.values.errors import InputError
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason
from wbcval.verbs.road import report


def share(k: int, n: int, **more: object) -> tuple[Criterion, Measurement, Estimate]:
    """A share criterion with its measurement, and the bounds at 90 %."""
    low, high = clopper_pearson(k, n)
    value = Estimate(k / n, low, high, 0.95, "Clopper–Pearson", n=n)
    low, high = clopper_pearson(k, n, 0.90)
    bounds = Estimate(k / n, low, high, 0.90, "Clopper–Pearson", n=n)
    given = {"min": 0.95} | more
    criterion = Criterion("c", "error", "WBC", "share_within:10", **given)  # type: ignore[arg-type]
    row = measured(criterion, value, "1", Better.HIGHER)
    return criterion, row, bounds


def bias(value: float, low: float, high: float, **more: object):  # type: ignore[no-untyped-def]
    given = {"min": -2.0, "max": 2.0, "rule": "demonstrated"} | more
    criterion = Criterion("b", "bland_altman", "NEUT%", "bias", **given)  # type: ignore[arg-type]
    estimate = Estimate(value, low, high, 0.90, "t", 30)
    row = measured(criterion, estimate, "%", Better.ZERO)
    return criterion, row, estimate


def measured(
    criterion: Criterion, estimate: Estimate, unit: str, better: Better, title: str = ""
) -> Measurement:
    about = criterion.measure, criterion.subject, "all", criterion.statistic
    return Measurement(*about, estimate, unit, better, title)


def outcome_of(criterion: Criterion, row: Measurement) -> Outcome:
    return judge([criterion], Results((row,), {})).outcomes[0]


def judged(*parts):  # type: ignore[no-untyped-def]
    bounds = {(row.key, 0.9): b for _, row, b in parts}
    results = Results(tuple({row.key: row for _, row, _ in parts}.values()), {}, bounds)
    return judge([c for c, _, _ in parts], results)


@pytest.mark.parametrize(
    ("k", "n", "observed", "demonstrated"),
    [
        (19, 20, "pass", "inconclusive"),
        (18, 20, "fail", "inconclusive"),
        (19, 19, "inconclusive", "inconclusive"),  # too few to decide
        (58, 60, "pass", "inconclusive"),  # the published example
        (59, 59, "pass", "pass"),
        (58, 59, "pass", "inconclusive"),
        (92, 93, "pass", "pass"),
        (50, 60, "fail", "fail"),
        (0, 20, "fail", "fail"),
    ],
)
def test_both_rules(k: int, n: int, observed: str, demonstrated: str) -> None:
    for rule, expected in (("observed", observed), ("demonstrated", demonstrated)):
        outcome = judged(share(k, n, rule=rule)).outcomes[0]
        assert outcome.status == expected
        assert {key: str(v) for key, v in (outcome.both_rules or {}).items()} == {
            "observed": observed,
            "demonstrated": demonstrated,
        }


def test_a_protocol_may_ask_for_more_samples_never_for_fewer() -> None:
    assert judged(share(30, 30, min_n=40)).outcomes[0].status is Status.INCONCLUSIVE
    assert judged(share(10, 10, min_n=5)).outcomes[0].status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [
        (-1.9, 1.9, "pass"),
        (-2.1, 1.0, "inconclusive"),
        (1.0, 2.1, "inconclusive"),
        (2.1, 4.0, "fail"),
        (-4.0, -2.1, "fail"),
        (-2.0, 2.0, "pass"),
    ],
)
def test_two_one_sided_tests_of_a_bias(low: float, high: float, status: str) -> None:
    assert judged(bias((low + high) / 2, low, high)).outcomes[0].status == status


def test_an_interval_of_no_width_never_decides() -> None:
    assert judged(bias(0.0, 0.0, 0.0)).outcomes[0].status is Status.INCONCLUSIVE
    assert judged(bias(9.0, 9.0, 9.0)).outcomes[0].status is Status.INCONCLUSIVE


def test_the_bounds_that_decided_are_shown() -> None:
    outcome = judged(share(59, 59, rule="demonstrated")).outcomes[0]
    assert outcome.level == pytest.approx(0.90)
    assert outcome.low == pytest.approx(0.05 ** (1 / 59))


@pytest.mark.parametrize(
    ("parts", "decision", "code"),
    [
        ([share(60, 60), bias(0, -1, 1)], Decision.ACCEPTED, 0),
        ([share(60, 60), bias(0, -3, 1)], Decision.INCONCLUSIVE, 3),
        ([share(50, 60), bias(0, -3, 1)], Decision.REJECTED, 1),
        ([share(60, 60), bias(9, 8, 10, optional=True)], Decision.ACCEPTED, 0),
        ([share(60, 60, optional=True)], Decision.INCONCLUSIVE, 3),
        ([], Decision.INCONCLUSIVE, 3),
    ],
)
def test_verdict(parts: list, decision: Decision, code: int) -> None:  # type: ignore[type-arg]
    verdict = judged(*parts)
    assert verdict.decision is decision
    assert verdict.exit_code == code
    assert verdict.reason.endswith(".")


def test_what_was_not_measured_is_not_a_pass() -> None:
    criterion, _, _ = share(60, 60)
    verdict = judge([criterion], Results((), {}))
    assert verdict.outcomes[0].status is Status.NOT_ESTIMABLE
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "WBC was not compared" in verdict.reason


def test_a_stratum_that_is_not_there_is_said() -> None:
    criterion, row, bounds = share(60, 60, stratum="site=Z")
    outcome = judged((criterion, row, bounds)).outcomes[0]
    assert outcome.status is Status.NOT_ESTIMABLE
    assert "no sample in stratum site=Z" in outcome.message


def test_an_infinite_value_fails_and_is_null_in_json() -> None:
    criterion = Criterion("q", "error", "WBC", "covering_error:0.95", max=10.0)
    estimate = Estimate(
        math.inf, 1.0, math.inf, 0.95, "order statistics", 60, reason=Reason.told("infinite")
    )
    row = measured(criterion, estimate, "%", Better.LOWER)
    outcome = outcome_of(criterion, row)
    assert outcome.status is Status.FAIL
    assert outcome.to_json()["observed"] is None
    assert row.to_json()["value"] is None
    assert row.to_json()["reason"] == "infinite"


def test_the_edge_of_a_bound_is_inside() -> None:
    value = 0.1 + 0.2  # 0.30000000000000004
    criterion = Criterion("m", "error", "WBC", "mean", max=0.3)
    estimate = Estimate(value, 0.0, 1.0, 0.95, "t", 60)
    row = measured(criterion, estimate, "%", Better.ZERO)
    assert outcome_of(criterion, row).status is Status.PASS


def test_chance_that_several_criteria_pass_together_counts_a_shared_total_once() -> None:
    one = share(58, 60)
    criterion = Criterion("p", "error", "NEUT%", "share_within:10", min=0.95)
    percent = Measurement("error", "NEUT%", "all", "share_within:10", one[1].estimate, "1",
                          Better.HIGHER)  # fmt: skip
    absolute = Measurement("error", "NEUT#", "all", "share_within:10", one[1].estimate, "1",
                           Better.HIGHER)  # fmt: skip
    again = Criterion("a", "error", "NEUT#", "share_within:10", min=0.95)
    results = Results((one[1], percent, absolute), {})
    verdict = judge([one[0], criterion, again], results)
    assert "all 2 subjects" in verdict.notes[0]


@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
def test_equal_sides_prove_nothing(rule: str) -> None:
    criterion, row, bounds = share(60, 60, rule=rule)
    row = replace(row, estimate=row.estimate.with_flags("identical"))
    outcome = judged((criterion, row, bounds)).outcomes[0]
    assert outcome.status is Status.INCONCLUSIVE
    assert "proves nothing" in outcome.message


def test_a_rate_from_one_sample_is_no_pass() -> None:
    criterion = Criterion("s", "classification", "monocyte", "sensitivity", min=0.9)
    estimate = Estimate(
        1.0, n=175, reason=Reason.told("interval needs 5 independent samples, got 1")
    )
    row = measured(criterion, estimate, "1", Better.HIGHER)
    outcome = outcome_of(criterion, row)
    assert outcome.status is Status.INCONCLUSIVE
    assert "needs 5 independent samples" in outcome.message


def test_the_chance_that_all_pass_follows_each_rule() -> None:
    parts = [share(78, 80, rule="demonstrated"), share(80, 80, rule="demonstrated")]
    parts[1] = (
        replace(parts[1][0], id="d", subject="NEUT%"),
        replace(parts[1][1], subject="NEUT%"),
        parts[1][2],
    )
    # 78 of 80: 80 must lie within to demonstrate 95 %, chance 0.975^80 = 0.132
    assert "13 %" in judged(*parts).notes[0]


@pytest.mark.parametrize(("confidence", "said"), [(0.975, "97.5 %"), (0.999, "99.9 %")])
def test_confidence_is_not_rounded(confidence: float, said: str) -> None:
    outcome = judged(bias(0.0, -3.0, 1.0, confidence=confidence)).outcomes[0]
    assert f"at {said} confidence" in outcome.message


def test_a_score_is_not_written_in_percent() -> None:
    criterion = Criterion("k", "classification", "all", "kappa", min=0.8)
    estimate = Estimate(0.85, 0.81, 0.89, 0.95, "BCa", n=900)
    row = measured(criterion, estimate, "1", Better.HIGHER, "Cohen's κ")
    message = outcome_of(criterion, row).message
    assert "Cohen's κ 0.85; at least 0.8 required" in message


def test_an_error_of_exactly_the_limit_is_within_under_both_rules() -> None:
    # 1.1 against 1.0 is 10.000000000000009 % in binary; the share's criterion calls it within
    tenth = 100 * (1.1 - 1.0)
    criterion = Criterion("q", "error", "WBC", "covering_error:0.95", max=10.0, rule="demonstrated")
    bounds = Estimate(tenth, 9.0, tenth, 0.90, "order statistics", n=100)
    row = measured(criterion, bounds, "%", Better.LOWER)
    outcome = judged((criterion, row, bounds)).outcomes[0]
    assert outcome.both_rules == {"observed": Status.PASS, "demonstrated": Status.PASS}


def test_a_floor_keeps_every_digit() -> None:
    criterion, _, _ = share(60, 60, or_within=0.1234567)
    assert criterion.measured_as == "share_within:10:or_within=0.1234567"
    assert criterion.companions[1] == "covering_error:0.95:or_within=0.1234567:limit=10"


@pytest.mark.parametrize("value", [10.0000001, 10.00000002])
def test_a_value_just_beyond_its_bound_is_not_written_as_the_bound(value: float) -> None:
    criterion = Criterion("q", "error", "WBC", "covering_error:0.95", max=10.0)
    estimate = Estimate(value, 9.0, 12.0, 0.95, "order statistics", n=100)
    row = measured(criterion, estimate, "%", Better.LOWER)
    outcome = judged((criterion, row, estimate)).outcomes[0]
    assert outcome.status is Status.FAIL
    assert f"{value!r} %; at most 10 %" in outcome.message


@pytest.mark.parametrize(
    ("k", "n", "written"),
    [(1200, 1201, "99.9 %"), (1201, 1201, "100 %"), (99_999, 100_000, "99.999 %"),
     (1, 100_000, "0.001 %"), (0, 50, "0 %")],
)  # fmt: skip
def test_nearly_all_is_not_written_as_all(k: int, n: int, written: str) -> None:
    criterion = Criterion("a", "classification", "all", "accuracy", min=0.9)
    estimate = Estimate(k / n, 0.5, 0.99, 0.95, "by hand", n)
    row = measured(criterion, estimate, "1", Better.HIGHER, "accuracy")
    assert f"accuracy {written};" in outcome_of(criterion, row).message


@pytest.mark.parametrize(
    ("key", "value", "advice"),
    [
        ("min", math.nan, "write a finite number"),
        ("max", math.inf, "write a finite number"),
        ("min", "0.95", "write a finite number"),
        ("confidence", math.nan, "write a finite number"),
        ("or_within", True, "write a finite number"),
        ("rule", "observd", "use one of: observed, demonstrated"),
        ("limits", "normel", "use one of: normal"),
    ],
)
def test_a_criterion_without_sense_is_none(key: str, value: object, advice: str) -> None:
    with pytest.raises(InputError) as why:
        Criterion("c", "error", "WBC", "share_within:10", **{"min": 0.95, key: value})  # type: ignore[arg-type]
    assert (why.value.where, why.value.advice) == (f"criterion 'c' key {key!r}", advice)


@pytest.mark.representatives(4)
@pytest.mark.parametrize(
    ("wrong", "right", "advice"),
    [
        ({"measure": "eror"}, {"measure": "error"}, "did you mean 'error'?"),
        ({"subject": "NEUT"}, {"subject": "NEUT%"}, "did you mean 'NEUT%'?"),
        ({"subject": "leukocytes"}, {"subject": "WBC"}, "use one of: WBC"),
        ({"statistic": "share_witin:10"}, {"statistic": "share_within:10"}, "did you mean"),
        ({"statistic": "share_within:nan"}, {"statistic": "share_within:10"}, "share_within:10"),
        ({"statistic": "share_within:-5"}, {"statistic": "share_within:5"}, "share_within:10"),
        ({"min": 0.0}, {"min": 0.95}, "such as 0.95"),
        ({"min": 95.0}, {"min": 0.95}, "write 0.95 for 95 %"),
        ({"min": None, "max": 0.95}, {"min": 0.95}, "write min = 0.95"),
        ({"min": None}, {"min": 0.95}, "give the bound that must hold"),
        ({"min_n": 0}, {"min_n": 20}, "at least 1"),
        ({"confidence": 0.5}, {"confidence": 0.95}, "such as 0.95"),
    ],
)
def test_a_report_refuses_what_no_protocol_file_may_state(
    wrong: dict[str, object], right: dict[str, object], advice: str, tmp_path: Path
) -> None:
    """And the advice is right: with it the report is made."""
    rows = [f"S{i:02d},{5 + i / 10:.2f},{40 + i:.1f}" for i in range(30)]
    for name in ("m.csv", "r.csv"):
        text = "\n".join(["sample_id,WBC(10^9/L),NEUT%(%)", *rows]) + "\n"
        (tmp_path / name).write_text(text, encoding="utf-8")

    def asked(change: dict[str, object]) -> Protocol:
        plain = {"measure": "error", "subject": "WBC", "statistic": "share_within:10", "min": 0.95}
        criterion = Criterion("c", **plain | change)  # type: ignore[arg-type]
        return Protocol(
            "different-aliquot",
            inputs={"predictions": (tmp_path / "m.csv",), "reference": (tmp_path / "r.csv",)},
            criteria=(criterion,),
        )

    with pytest.raises(InputError) as why:
        report(asked(wrong))
    assert advice in why.value.advice
    assert why.value.where.startswith("the protocol [[criterion]] no. 1 key ")
    assert report(asked(right)).verdict.outcomes[0].criterion.id == "c"
