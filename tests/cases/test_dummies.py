"""A model that looked at nothing must not pass (STATISTICS.md §18): each of these was accepted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Report
from tests.simulated import counted, labelled, sides
from wbcval.judge.criteria import judge
from wbcval.judge.defaults import class_criteria
from wbcval.judge.outcomes import Verdict
from wbcval.judge.scope import scope_of
from wbcval.measure.evaluate import evaluate
from wbcval.protocol.types import Criterion
from wbcval.stats.statistic_name import BIAS_AT
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.dummies import Dummy


def asked(subject: str, statistic: str, low: float | None, high: float | None, **more: object):
    measure = more.pop("measure", "error")
    return Criterion(
        f"{subject} {statistic}", measure, subject, statistic, min=low, max=high, **more
    )


def verdict(study: Study, *criteria: Criterion) -> Verdict:
    results = evaluate(study, criteria)
    return judge(criteria, results).over(scope_of(study, results, criteria))


def neutrophils(model: str, spread: float, samples: int = 60) -> Study:
    """NEUT% alone: a model is right, answers the same everywhere, or is 20 points low."""
    rng = np.random.default_rng(3)
    reference = np.clip(rng.normal(58, spread, samples), 25, 90).round(1)
    answers = {
        "right": reference + rng.normal(0, 0.5, samples),
        "constant": np.full(samples, 58.0),
        "low": reference - 20 + rng.normal(0, 0.3, samples),
    }
    return counted({"NEUT%": sides(reference, answers[model])}, error_ratio=1.0)


GOOD = 0.95 * np.eye(5) + 0.01  # of one cell in twenty another class is said
BIAS = asked("NEUT%", "bias", -3, 3, measure="bland_altman")
SD = asked("NEUT%", "sd", None, 3, measure="bland_altman")
SLOPE = asked("NEUT%", "slope", 0.9, 1.1, measure="deming")
WITHIN = asked("NEUT%", "share_within:10", 0.95, None)
WITHIN_15 = asked("NEUT%", "share_within:15", 0.95, None)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(("model", "spread", "criteria", "dummy"), [
    ("constant", 9, [BIAS], Dummy.CONSTANT),
    ("constant", 2.0, [WITHIN], Dummy.CONSTANT),
    ("constant", 2.0, [WITHIN, BIAS, SD], Dummy.CONSTANT),
    ("low", 9, [SD], Dummy.SHIFTED),
    ("low", 9, [SLOPE], Dummy.SHIFTED),
    # relatives
    ("constant", 9, [asked("NEUT%", "median", -5, 5)], Dummy.CONSTANT),
    ("constant", 2.0, [asked("NEUT%", "covering_error:0.95", None, 10)], Dummy.CONSTANT),
    ("constant", 2.0, [asked("NEUT%", "n_outside:10", None, 3)], Dummy.CONSTANT),
    ("constant", 2.0, [asked("NEUT%", "share_within:15", 0.95, None, rule="demonstrated")],
     Dummy.CONSTANT),
])  # fmt: skip
def test_what_a_dummy_passes_whole_decides_nothing(model, spread, criteria, dummy):
    found = verdict(neutrophils(model, spread), *criteria)

    assert {o.status for o in found.required} == {"pass"}
    assert found.decision == "inconclusive"
    assert [n.dummy for n in found.scope.not_shown] == [dummy]
    assert found.scope.judged == ()
    assert "models that must fail would pass too" in found.reason
    assert "models that must fail would pass too" in found.counted


def test_the_constant_is_the_one_that_passes_most_easily():
    # the mean (3.6) is 44 % off the median (2.5); what passes all three lies between them
    reference = np.repeat([1.5, 2.5, 12.5], (20, 27, 8)).round(1)
    bias = asked("EO%", "bias", -1.2, 1.2, measure="bland_altman")
    within = asked("EO%", "share_within:40:or_within=1.3", 0.8, None)
    study = counted({"EO%": sides(reference, np.full(55, 2.7))})
    for criteria in ([bias, within], [bias, within, asked("EO%", "median", -10, 10)]):
        found = verdict(study, *criteria)
        assert {o.status for o in found.required} == {"pass"}
        assert [n.dummy for n in found.scope.not_shown] == [Dummy.CONSTANT]


def test_one_constant_must_pass_all_that_its_class_requires():
    # 56 lies within 10 % of nearly all, and 62 has a small bias: no answer does both
    reference = np.repeat([56.0, 80.0], (46, 14))
    bias = asked("NEUT%", "bias", -1, 1, measure="bland_altman")
    within = asked("NEUT%", "share_within:4", 0.75, None)
    study = counted({"NEUT%": sides(reference, reference)})

    found = verdict(study, bias, within)

    assert found.scope.not_shown == ()


@pytest.mark.parametrize("criteria", [[WITHIN], [BIAS, SD], [BIAS, WITHIN]])
def test_what_no_dummy_passes_whole_is_shown(criteria):
    found = verdict(neutrophils("right", 9), *criteria)

    assert found.decision == "accepted"
    assert found.scope.not_shown == ()
    assert found.headline == "accepted for NEUT%"


def line(statistic: str, low: float, high: float) -> Criterion:
    return asked("NEUT%", statistic, low, high, measure="deming")


@pytest.mark.parametrize("vacuous", [
    [line("intercept", -90, 90)],
    [line("slope", 0.01, 90)],
    # relatives
    [line("slope", -90, 90), line("intercept", -90, 90)],
    [line("bias_at:58", -5, 5)],
])  # fmt: skip
@pytest.mark.parametrize("spread", [2.0, 3.0])
def test_a_line_that_a_constant_lacks_shows_nothing_by_that(vacuous, spread):
    # a constant has no line, which is no failure of it: with some noise it would have one
    found = verdict(neutrophils("right", spread), WITHIN_15, *vacuous)

    assert {o.status for o in found.required} == {"pass"}
    assert found.decision == "inconclusive"
    assert [n.dummy for n in found.scope.not_shown] == [Dummy.CONSTANT]


def test_nor_a_line_that_a_class_never_called_lacks():
    reference = np.round(np.random.default_rng(8).exponential(0.4, 60), 1)
    within = asked("BASO%", "n_outside:0.5", None, 60)
    vacuous = asked("BASO%", "intercept", -90, 90, measure="deming")
    study = counted({"BASO%": sides(reference, np.linspace(0, 0.01, 60))}, error_ratio=1.0)

    found = verdict(study, within, vacuous)

    assert found.decision == "inconclusive"
    assert all(Dummy.NEVER in o.dummies for o in found.required)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("honest", [
    [SLOPE],
    [line("slope", 0.7, 1.4)],
    [line("intercept", -20, 20)],
    [line("bias_at:53", -2, 2), line("bias_at:63", -2, 2)],
])  # fmt: skip
def test_a_line_that_a_constant_fails_shows_what_limits_alone_do_not(honest):
    study = neutrophils("right", 3.0)
    assert verdict(study, WITHIN_15).decision == "inconclusive"

    found = verdict(study, WITHIN_15, *honest)

    assert found.decision == "accepted"
    for o in found.required:  # two levels are two numbers, and each says which
        if o.criterion.statistic.base == BIAS_AT:
            assert f"bias at {o.criterion.statistic.parameter} %" in o.message
    assert found.scope.not_shown == ()


@pytest.mark.parametrize("cells", [200, 400, 3000])
def test_more_cells_than_noise_looks_at_are_no_advice(cells):
    """Samples alike to counting noise of 200 cells stay so: what is counted beyond is not used."""
    rng = np.random.default_rng(4)
    reference = np.round(rng.normal(8, 0.8, 60).clip(4), 1)
    counted_cells = np.full(60, float(cells))
    hits = rng.binomial(cells, reference / 100).astype(float)
    values = Values(reference, 100 * hits / cells, np.full(60, 0.1), counted_cells, hits)

    found = verdict(counted({"MONO%": values}), *class_criteria("MONO%"))

    assert [n.dummy for n in found.scope.not_shown] == [Dummy.CONSTANT]
    (said,) = (t.said for t in found.told if t.lead == "Not shown for MONO%")
    assert said.endswith("it takes samples that differ more.")


def rare(name: str, samples: int, absent: int, model: float) -> Study:
    """A class that the reference has in all but ``absent`` samples; a model that gives a part."""
    reference = np.linspace(2, 9, samples).round(1)
    reference[:absent] = 0.0
    return counted({name: sides(reference, model * reference)})


@pytest.mark.representatives(3)
@pytest.mark.parametrize(("statistic", "low", "high"), [
    ("share_within:10", 0.95, None), ("n_outside:10", None, 3), ("covering_error:0.95", None, 10),
])  # fmt: skip
@pytest.mark.parametrize("name", ["BASO%", "EO%", "EO#"])
def test_agreement_on_absence_is_none(name, statistic, low, high):
    criterion = asked(name, statistic, low, high)

    assert verdict(rare(name, 60, 57, 1.02), criterion).decision == "inconclusive"
    assert verdict(rare(name, 60, 41, 1.02), criterion).decision == "inconclusive"  # 19 have it
    assert verdict(rare(name, 60, 40, 1.02), criterion).decision == "accepted"
    assert verdict(rare(name, 60, 41, 2.0), criterion).decision == "rejected"  # a failure stands


def test_a_reference_that_prints_as_zero_has_none():
    study = rare("EO%", 60, 40, 1.02)
    study.values["EO%"].resolution[:] = 15.0  # all below 7.5 is 0 then
    assert verdict(study, asked("EO%", "share_within:10", 0.95, None)).decision == "inconclusive"


def test_counts_that_follow_the_reference_s_total_are_the_constant_s_too():
    rng = np.random.default_rng(4)
    total, share = rng.uniform(3, 20, 60), rng.normal(58, 2, 60)
    study = counted({"NEUT#": sides(total * share / 100, total * 0.58, total)})
    found = verdict(study, asked("NEUT#", "share_within:10", 0.95, None))

    assert [n.dummy for n in found.scope.not_shown] == [Dummy.CONSTANT]


def of_cells(subject: str, statistic: str, low: float, **more: object) -> Criterion:
    return asked(subject, statistic, low, None, measure="classification", **more)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("criteria", "dummy"), [
    ([of_cells("all", "accuracy", 0.5)], Dummy.COMMONEST),
    ([of_cells("basophil", "specificity", 0.9)], Dummy.NEVER),
    ([of_cells("basophil", "accuracy", 0.9)], Dummy.NEVER),
    ([of_cells("all", "accuracy", 0.5), of_cells("neutrophil", "sensitivity", 0.8)],
     Dummy.COMMONEST),
    ([asked(name, "share_within:40", 0.95, None) for name in ("NEUT%", "LYMPH%")],
     Dummy.PERMUTED),
])  # fmt: skip
def test_on_the_same_cells_too(criteria, dummy):
    found = verdict(labelled(GOOD), *criteria)

    assert {o.status for o in found.required} == {"pass"}
    assert found.decision == "inconclusive"
    assert all(dummy in o.dummies for o in found.required)


def test_sensitivities_show_what_their_classes_are_worth():
    sensitivities = [of_cells(name, "sensitivity", 0.8) for name in FIVE]
    beside = of_cells("basophil", "specificity", 0.9)
    found = verdict(labelled(GOOD), *sensitivities, beside)

    assert found.decision == "accepted"
    assert Dummy.NEVER in found.outcomes[-1].dummies
    assert found.scope.not_shown == ()


def test_it_is_said_on_every_surface(report: Report):
    """A counter of WBC that is right, beside basophils of which there are too few to be told."""
    rng, near = np.random.default_rng(6), np.random.default_rng(7)
    rows = {"p": [], "q": []}
    for i in range(60):
        wbc, neut = rng.uniform(3, 20), rng.uniform(40, 75)
        rows["q"].append(f"S{i},200,{wbc:.2f},{neut:.1f},0.3")
        rows["p"].append(
            f"S{i},200,{wbc * near.normal(1, 0.02):.2f},{neut + rng.normal(0, 2):.1f},0.0"
        )
    head = "sample_id,n_cells,WBC(10^9/L),NEUT%(%),BASO%(%)"
    tables = {f"{name}_csv": "\n".join([head, *lines, ""]) for name, lines in rows.items()}
    tables["q_csv"] = tables["q_csv"].replace(",200,", ",").replace("n_cells,", "")
    asked = [
        within(name, limit, name=name)
        for name, limit in (("WBC", "10"), ("NEUT%", "10"), ("BASO%", "10:or_noise"))
    ]
    found = report(protocol_toml=protocol(*asked, reference="q.csv"), **tables)
    sentence = "Not shown for BASO%: a model that never calls basophils would pass too; it takes"

    assert found.code == 0
    assert found.console.startswith("ACCEPTED for WBC and NEUT%; not shown for BASO%: All 3")
    assert sentence in found.console
    assert found.results["scope"]["judged"] == ["WBC", "NEUT%"]
    assert found.results["scope"]["not_shown"] == [
        {"subject": "BASO%", "name": "BASO%", "dummy": "never"}
    ]
    assert "never" in found.outcome("BASO%")["dummies"]
    page = (found.bundle / "report.html").read_text(encoding="utf-8")
    first = page.partition("Required criteria:")[0].replace("\N{NO-BREAK SPACE}", " ")
    first = first.replace("<b>", "").replace("</b>", "")
    assert "not shown for BASO%" in first
    assert sentence in " ".join(first.split())
    assert "never, constant" in page
