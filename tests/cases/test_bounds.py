"""Bounds that a bad model alone keeps to, or that hold nothing, are refused (STATISTICS.md §18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import edits
from tests.cases.conftest import Report
from tests.cases.test_limits import counts, criterion, files, shares
from wbcval.machine import plugins
from wbcval.protocol.protocol_file import parse
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.metric import Better, Metric, Statistic, StatisticUnit
from wbcval.study import refuted
from wbcval.values.errors import InputError

HEAD = 'mode = "different-aliquot"\n'
Asked = tuple[str, str, str]  # measure, subject, statistic


def read(measure: str, subject: str, statistic: str, bounds: str, more: str = "") -> Protocol:
    asked = criterion(statistic, bounds, measure=measure, subject=subject, rule="observed",
                      more=more)  # fmt: skip
    return parse(HEAD + asked, "p.toml")


def refused(measure: str, subject: str, statistic: str, bounds: str, more: str = "") -> str:
    with pytest.raises(InputError) as why:
        read(measure, subject, statistic, bounds, more)
    return str(why.value)


def judged(*better: Better) -> list[tuple[Asked, Statistic]]:
    """Every statistic of the package that a criterion may name, of these directions."""
    found = []
    for metric in plugins.load("wbcval.stats.functions", "METRIC"):
        assert isinstance(metric, Metric)
        for measure, statistics in metric.measures.items():
            subject = "NEUT%" if metric.takes == "pairs" else "all"
            for name, about in statistics.items():
                if about.judged and about.better in better:
                    parameter = about.parameter or {"bias_at": "6"}.get(name, "")
                    if name.startswith("stage_"):
                        parameter = "identification"
                    full = f"{name}:{parameter}" if parameter else name
                    found.append(((measure, subject, full), about))
    return found


def ids(row: object) -> str:
    return " ".join(row[0]) if isinstance(row, tuple) else str(row)


def test_every_statistic_that_is_judged_has_a_direction() -> None:
    assert judged(Better.NONE) == []
    assert len(judged(*Better)) > 25


@pytest.mark.parametrize("row", judged(Better.HIGHER), ids=ids)
def test_where_higher_is_better_a_max_alone_is_refused(row: tuple[Asked, Statistic]) -> None:
    assert "write min = 0.9" in refused(*row[0], "max = 0.9")
    assert read(*row[0], "min = 0.9").criteria[0].min == 0.9


@pytest.mark.parametrize("row", judged(Better.LOWER), ids=ids)
def test_where_lower_is_better_a_min_alone_is_refused(row: tuple[Asked, Statistic]) -> None:
    assert "write max = 3" in refused(*row[0], "min = 3")
    assert read(*row[0], "max = 3").criteria[0].max == 3


@pytest.mark.parametrize("bound", ["min", "max"])
@pytest.mark.parametrize("row", judged(Better.ZERO, Better.ONE), ids=ids)
def test_what_has_a_sign_needs_both_bounds(row: tuple[Asked, Statistic], bound: str) -> None:
    asked, about = row
    ends = (0.9, 1.1) if about.better is Better.ONE else (-2, 2)
    said = refused(*asked, f"{bound} = {ends[bound == 'max']}")
    if asked[2] not in ("lower", "upper"):
        assert f"write min = {ends[0]} and max = {ends[1]}" in said
    assert read(*asked, f"min = {ends[0]}\nmax = {ends[1]}").criteria


@pytest.mark.parametrize("row", judged(Better.ZERO, Better.ONE), ids=ids)
def test_bounds_that_leave_out_what_is_right_are_refused(row: tuple[Asked, Statistic]) -> None:
    assert "which a model without any error has" in refused(*row[0], "min = 2\nmax = 5")


def test_one_limit_of_agreement_is_held_by_the_other() -> None:
    low = criterion("lower", "min = -5", name="low")
    both = low + criterion("upper", "max = 5", name="up")
    assert len(parse(HEAD + both, "p").criteria) == 2
    for other in (
        "",
        criterion("upper", "max = 5", name="up", subject="NEUT%"),
        criterion("upper", "max = 5", name="up", more='stratum = "site=A"'),
        criterion("upper", "max = 5", name="up", more="optional = true"),
    ):
        with pytest.raises(InputError, match=r"add a criterion on upper with max = 5"):
            parse(HEAD + low + other, "p")


@pytest.mark.parametrize(
    ("measure", "subject", "statistic", "bounds", "said"),
    [
        ("error", "WBC", "covering_error:0.05", "max = 10", "write 'covering_error:0.95'"),
        ("error", "WBC", "covering_error:0.95", "max = 101", "write a limit such as 10"),
        ("error", "WBC", "share_within:150", "min = 0.95", "write a limit in percent"),
        ("error", "WBC", "n_outside:1000", "max = 3", "write a limit in percent"),
        ("error", "WBC", "share_within:10", "min = 0.05", "a share of at least 0.5"),
        ("error", "WBC", "share_within:10", "min = 0", "no model is below it"),
        ("error", "WBC", "share_within:10", "min = 95", "write 0.95 for 95 %"),
        ("error", "WBC", "n_outside:10", "max = -1", "is never below 0"),
        ("classification", "lymphocyte", "sensitivity", "min = 90", "write 0.9 for 90 %"),
        ("classification", "all", "mcc", "min = 0", "no model is below it"),
        ("precision", "WBC", "sigma:7:allowable=10", "min = -1", "above 0"),
        ("counting_noise", "NEUT%", "share_within_noise", "min = 0.2", "at least 0.5"),
        ("counting_noise", "NEUT%", "expected_share_within_noise", "min = 0.9", "did you mean"),
    ],
)
def test_what_holds_nothing_is_refused(
    measure: str, subject: str, statistic: str, bounds: str, said: str
) -> None:
    assert said in refused(measure, subject, statistic, bounds)


@pytest.mark.parametrize("confidence", [0.501, 0.79, 0.9991, 1.0])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    said = refused("error", "WBC", "share_within:10", "min = 0.95", f"confidence = {confidence}")
    assert "from 0.8 to 0.999" in said


@given(st.sampled_from(judged(*Better)), st.floats(-200, 200), st.booleans())
def test_what_is_not_refused_is_kept_by_a_perfect_model_and_not_by_every_one(
    row: tuple[Asked, Statistic], bound: float, low: bool
) -> None:
    """Over all statistics: the best value lies within the bounds, the side of the worst is shut."""
    asked, about = row
    try:
        found = read(*asked, f"{'min' if low else 'max'} = {bound!r}").criteria[0]
    except InputError:
        return
    assert about.better in (Better.HIGHER, Better.LOWER)
    best = 0.0 if about.better is Better.LOWER else 1e9 if about.unbounded else 1.0
    assert (found.min or -1e9) <= best <= (1e9 if found.max is None else found.max)
    assert (found.min if about.better is Better.HIGHER else found.max) is not None
    if about.unit is StatisticUnit.FRACTION:
        assert bound > 0


def test_demonstrated_needs_twenty_samples_and_names_its_confidence(
    report: Report,
) -> None:
    asked = criterion("bias", "min = -2\nmax = 2", more="confidence = 0.9")

    few = report(**files(*counts(19, sd=0.1), asked))
    enough = report(**files(*counts(20, sd=0.1), asked))

    assert (few.code, enough.code) == (3, 0)
    assert "19 is too few to decide (needs 20)" in few.console
    assert "between −2 and 2 ×10⁹/L required (90 % confidence, 20 samples)" in enough.console


def test_predictive_values_are_judged_at_the_clinical_mix() -> None:
    mix = "[clinical_mix]\nneutrophil = 0.9\nbasophil = 0.1\n"
    asked = criterion("ppv", "min = 0.9", measure="classification", subject="basophil")
    plain, mixed = (parse(HEAD + text + asked, "p").criteria[0] for text in ("", mix))
    assert (plain.statistic, mixed.statistic) == ("ppv", "ppv:clinical_mix")


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("subject", "floor", "said"),
    [
        ("WBC", 5.0, 'for 5 % write statistic = "share_within:5"'),
        ("WBC", 3.1, "more than 10 % of the largest reference"),
        ("NEUT%", 60.0, "no less than half of the reference values"),
        ("BASO%", 1.1, "0 would be within"),
        ("WBC", 0.5, ""),
        ("NEUT%", 8.0, ""),
        ("BASO%", 0.5, ""),
    ],
)
def test_a_floor_that_swallows_the_values_is_refused(
    report: Report, subject: str, floor: float, said: str
) -> None:
    drawn = counts(30, sd=0.1) if subject == "WBC" else shares(55 if subject == "NEUT%" else 0.9)
    column = "WBC(10^9/L)" if subject == "WBC" else f"{subject}(%)"
    asked = criterion("share_within:10", "min = 0.95", measure="error", subject=subject,
                      rule="observed", more=f"or_within = {floor}")  # fmt: skip

    found = report(**files(*drawn, asked, column=column))

    assert (found.code == 2) == bool(said)
    assert said in found.console


def test_a_floor_that_swallows_the_values_of_its_stratum_is_refused() -> None:
    """Half of the samples are of a ward where WBC is about 0.7; of all the median is 3."""
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    ward = np.arange(len(study.sample_ids)) < 15
    wbc = study.values["WBC"]
    low = replace(wbc, reference=np.where(ward, 0.7, wbc.reference))
    study = replace(study, values={"WBC": low}, strata={**study.strata, "ward=b": ward})

    def said(floor: float, stratum: str) -> str:
        asked = Criterion("c", "error", "WBC", "share_within:10", min=0.95, or_within=floor,
                          stratum=stratum)  # fmt: skip
        protocol = replace(study.protocol, criteria=(asked,))
        return "".join(f.got for f in refuted.of_study(replace(study, protocol=protocol)))

    assert said(0.75, "all") == said(0.75, "ward=none") == ""
    assert "the reference values in ward=b (median 0.7)" in said(0.75, "ward=b")
    assert said(0.2, "ward=b") == ""  # a floor alone may judge a stratum of low values


def test_a_criterion_made_in_python_is_the_same_as_one_that_is_read() -> None:
    assert Criterion("c", "bland_altman", "WBC", "bias", min=-1, max=1, rule="demonstrated",
                     min_n=5).needed == 20  # fmt: skip


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("[gate]\nmargin = 0.2", 'add reason = "why"'),
        ("[gate]\nmargin = 2", "write 0.02 for 2 %"),
        ('[gate]\nmargin = 0.6\nreason = "a pilot"', "write one such as 0.02"),
        ('[gate]\nmargin = 0.3\nreason = "a pilot"', ""),
        ("[gate]\nmargin = 0.19", ""),
        ("[[gate.criterion]]\nmargin = 0.9\n{accuracy}", "a candidate may lose that much"),
        ("[[gate.criterion]]\nmargin = 25\n{covering}", "write one such as 2"),
        ("[[gate.criterion]]\nmargin = 2\n{covering}", ""),
    ],
)
def test_a_margin_that_lets_half_of_it_go_is_refused(gate: str, said: str) -> None:
    text = HEAD + gate.format(
        accuracy='measure = "classification"\nsubject = "all"\nstatistic = "accuracy"',
        covering='measure = "error"\nsubject = "WBC"\nstatistic = "covering_error:0.95"',
    )
    if not said:
        assert bool(parse(text, "p").gate.declared) == ("reason" in gate)
        return
    with pytest.raises(InputError) as why:
        parse(text, "p")
    assert said in str(why.value)
