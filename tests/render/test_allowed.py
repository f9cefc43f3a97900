"""Biases at decision levels and total errors, against what criteria allow of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.render.make_study import PROVENANCE, make_study, measured, page_of, text_of
from wbcval.protocol.types import AcceptedFlag, Criterion
from wbcval.render import render
from wbcval.render._basis import Basis
from wbcval.render.sections.decision_levels import DecisionLevels
from wbcval.render.sections.total_error import TotalErrors
from wbcval.study.types import Study


def at(level: float, most: float, rule: str = "observed", subject: str = "WBC") -> Criterion:
    name = f"bias_at:{level:g}"
    return Criterion(f"{subject}-{level:g}", "deming", subject, name, min=-most, max=most,
                     rule=rule, optional=True)  # fmt: skip


def study_of(*criteria: Criterion, samples: int = 150, stated: bool = True) -> Study:
    """With the error ratio stated, or a guess."""
    study = make_study(samples, criteria=criteria)
    ratio = 1.0 if stated else None
    return replace(study, protocol=replace(study.protocol, error_ratio=ratio))


def levels(study: Study) -> DecisionLevels:
    return DecisionLevels(Basis(study, *measured(study)))


def section(page: str, name: str) -> str:
    return text_of("<body " + re.search(rf'<section id="{name}">(.*?)</section>', page, re.S)[1])


def test_default_levels_are_shown_and_nothing_is_said_to_be_allowed() -> None:
    found = levels(study_of())

    assert [(row.where, row.level) for row in found.rows] == [
        ("WBC", level) for level in (2, 4, 10, 30)
    ]
    assert all(row.status is None for row in found.rows)
    assert found.sentence.startswith("No criterion says which bias is allowed")


@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
@pytest.mark.parametrize(("most", "word"), [(0.5, "within"), (0.001, "not shown")])
def test_a_bias_is_within_where_its_bounds_show_it_whatever_the_rule(
    most: float, word: str, rule: str
) -> None:
    page = page_of(study_of(at(6, most, rule)))

    assert re.search(rf"WBC 6 Deming 150 .*? {word} ", section(page, "decision-levels"))


def test_a_bias_beyond_what_is_allowed_is_outside_and_named() -> None:
    study = study_of(at(6, 0.3), at(8, 0.3))
    wbc = study.values["WBC"]
    high = replace(wbc, model=1.3 * wbc.model)
    found = levels(replace(study, values={**study.values, "WBC": high}))

    assert found.sentence == "The bias is shown to be outside for WBC at 6 and WBC at 8."


def test_a_level_that_was_not_measured_shows_nothing_and_is_not_drawn() -> None:
    found = levels(study_of(at(500, 1e6)))
    (row,) = [row for row in found.rows if row.level == 500]

    assert "not shown" in str(row.shown)
    assert "outside the values that were measured" in row.against
    assert "WBC at 500" not in str(found.figure)


def test_an_accepted_doubt_no_longer_stands_against_the_bias() -> None:
    study = study_of(at(6, 5), stated=False)
    (row,) = [row for row in levels(study).rows if row.outcome]
    assert "ratio of the errors" in row.against
    assert "not shown" in str(row.shown)

    flags = [f for f in row.found.estimate.flags if "error_ratio" in f or "imprecision" in f]
    accepted = [AcceptedFlag(flag, "WBC", "known from replicates") for flag in flags]
    from wbcval.judge.criteria import judge

    results, _ = measured(study)
    verdict = judge(study.protocol.criteria, results, accepted)
    (row,) = [row for row in DecisionLevels(Basis(study, results, verdict)).rows if row.outcome]
    assert not row.against
    assert "within" in str(row.shown)


def test_a_level_of_zero_has_no_percentage() -> None:
    page = section(page_of(study_of(at(0, 1))), "decision-levels")

    assert re.search(r"WBC 0 Deming 150 \S+ ×10⁹/L \S+ to \S+ – ", page)


def ends(subject: str, low: float, high: float, rule: str = "observed") -> list[Criterion]:
    options = {"rule": rule, "optional": True}
    return [
        Criterion(f"{subject}-te-low", "total_error", subject, "lower", min=low, **options),
        Criterion(f"{subject}-te-high", "total_error", subject, "upper", max=high, **options),
    ]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-30, 30, "shown to be within what is allowed for WBC"),
        (-30, 0.5, "shown to be outside for WBC"),
        (-7, 7, "not shown to be either for WBC"),
    ],
)
def test_the_total_error_is_held_by_both_ends(low: float, high: float, said: str) -> None:
    study = study_of(*ends("WBC", low, high))
    found = TotalErrors(Basis(study, *measured(study)))

    assert found.sentence == f"The total error is {said}."
    assert str(found.figure).count("#bf4e00") == 2  # both ends of what is allowed


def test_one_end_alone_allows_nothing() -> None:
    study = study_of(ends("WBC", -30, 30)[0])
    found = TotalErrors(Basis(study, *measured(study)))

    assert {row.status for row in found.rows} == {None}
    assert "No criterion bounds them." in found.sentence


def test_what_the_protocol_leaves_out_is_absent_and_named() -> None:
    study = study_of(at(6, 1))
    whole = page_of(study)
    names = ("differences", "total_error")
    cut = replace(study, protocol=replace(study.protocol, report_without=names))
    page = render(cut, *measured(cut), PROVENANCE)

    for name in ("differences", "total-error"):
        assert f'<section id="{name}">' in whole
        assert f'<section id="{name}">' not in page
    assert '<section id="decision-levels">' in page
    assert "leaves out: differences and total error." in section(page, "limitations")
    assert "leaves out" not in section(whole, "limitations")
