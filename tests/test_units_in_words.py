"""Every statistic, in every output that writes it: the unit it says, and the number that it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from wbcval.gating.compare.types import Change
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Outcome
from wbcval.machine import plugins
from wbcval.measure.results import Apart, Measurement, Results, scale_of, statistic_of
from wbcval.protocol.types import Criterion
from wbcval.render._basis import Basis
from wbcval.render._figures import Figures
from wbcval.render._numbers import Footnotes, interval
from wbcval.render.sections.criteria import Criteria
from wbcval.render.sections.strata import Strata
from wbcval.stats.functions.attribution import METRIC, Attribution
from wbcval.stats.functions.error_ratio import ErrorRatio
from wbcval.stats.functions.proportional_bias import Cause, _sentence
from wbcval.stats.metric import Better, Metric, Statistic, StatisticUnit
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import subject_unit
from wbcval.values.reasons import Reason
from wbcval.values.wording import Scale

SPACE = "[ \N{NO-BREAK SPACE}]"
# what each unit is called, written out once more by hand
WORDS = {
    "1": "", "%": "%", "pp": "points", "10*9/L": "×10⁹/L", "samples": "samples",
    "%/pp": "% per point", "%/10*9/L": "% per 10⁹/L",
}  # fmt: skip
# the unit of each statistic of NEUT% and of WBC, or of the cells, and of a change of it, by hand
POINTS, COUNT = ("pp", "pp"), ("10*9/L", "10*9/L")
EXPECTED = {
    ("error", "share_within"): (("%", "pp"), ("%", "pp")),
    ("error", "n_outside"): (("samples", "samples"),) * 2,
    ("error", "covering_error"): (("%", "pp"),) * 2,
    ("error", "median"): (("%", "pp"),) * 2,
    ("error", "mean"): (("%", "pp"),) * 2,
    ("error", "sd"): (("%", "pp"),) * 2,
    **{("bland_altman", s): (POINTS, COUNT) for s in ("bias", "sd", "lower", "upper")},
    ("bland_altman", "allowed_bias"): (POINTS, COUNT),
    ("bland_altman", "proportional_slope"): (("1", "1"),) * 2,
    **{("bland_altman_percent", s): (("%", "pp"),) * 2 for s in ("bias", "sd", "lower", "upper")},
    ("bland_altman_percent", "expected_bias"): (("%", "pp"),) * 2,
    ("bland_altman_percent", "proportional_slope"): (("%/pp",) * 2, ("%/10*9/L",) * 2),
    **{("precision", s): (POINTS, COUNT) for s in ("repeatability_sd", "within_laboratory_sd")},
    **{("precision", s): (("%", "pp"),) * 2
       for s in ("repeatability_cv", "within_laboratory_cv", "total_error")},
    ("precision", "sigma"): (("1", "1"),) * 2,
    **{("total_error", s): (("%", "pp"),) * 2 for s in ("lower", "upper")},
    ("deming", "slope"): (("1", "1"),) * 2,
    ("deming", "intercept"): (POINTS, COUNT),
    ("deming", "error_ratio"): (("1", "1"),) * 2,
    ("deming", "bias_at"): (POINTS, COUNT),
    ("passing_bablok", "slope"): (("1", "1"),) * 2,
    ("passing_bablok", "intercept"): (POINTS, COUNT),
    ("passing_bablok", "bias_at"): (POINTS, COUNT),
    **{("counting_noise", s): (("%", "pp"),) * 2
       for s in ("share_within_noise", "expected_share_within_noise")},
    **{("classification", s): (("%", "pp"),)
       for s in ("sensitivity", "specificity", "ppv", "npv", "accuracy", "balanced_accuracy")},
    **{("classification", s): (("1", "1"),) for s in ("f1", "macro_f1", "mcc", "kappa")},
    **{("cascade", s): (("%", "pp"),) for s in (
        "identification_sensitivity", "identification_specificity", "differentiation_accuracy",
        "accuracy", "stage_accuracy", "stage_sensitivity")},
    **{("attribution", s): (POINTS,) for s in ("observed", "explained", "remainder")},
}  # fmt: skip
GOOD = {Better.HIGHER: ("min",), Better.LOWER: ("max",)}


def statistics() -> Iterator[tuple[str, str, Statistic, str]]:
    """Measure, statistic with a parameter, what it says of itself, and a subject; all of them."""
    metric: Metric
    for metric in plugins.load("wbcval.stats.functions", "METRIC"):  # type: ignore[assignment]
        for measure, known in metric.measures.items():
            for base, about in known.items():
                name = base if about.parameter is None else f"{base}:{about.parameter or '4'}"
                subjects = ("NEUT%", "WBC") if metric.takes == "pairs" else ("monocyte",)
                for subject in subjects:
                    yield measure, name, about, subject


ALL = list(statistics())
IDS = [f"{m}-{s}-{of}" for m, s, _, of in ALL]


def row(measure: str, name: str, about: Statistic, subject: str, value: float) -> Measurement:
    stored = about.scale(subject_unit(subject)).stored
    estimate = Estimate(value, value - 0.011, value + 0.012, 0.95, "by hand", n=150)
    return Measurement(measure, subject, "all", name, estimate, stored, about.better, about.title)


def outcome(found: Measurement, bound: float) -> Outcome:
    sides = GOOD.get(found.better, ("min", "max"))
    limits = {side: -bound if len(sides) == 2 and side == "min" else bound for side in sides}
    c = Criterion("c", found.measure, found.subject, found.statistic, **limits)  # type: ignore[arg-type]
    return judge([c], Results((found,), {})).outcomes[0]


def numbers(text: str, unit: str) -> list[float]:
    """The numbers in a text that are followed by a unit and nothing that would change it."""
    after = f"{SPACE}{re.escape(unit)}(?!{SPACE}per)" if unit else rf"(?!{SPACE}(?:%|points|×))"
    found = re.findall(rf"(?<![\w.])(−?\d+(?:\.\d+)?)(?![\d.]){after}", text)
    return [float(n.replace("−", "-")) for n in found]


def test_every_statistic_is_expected_here() -> None:
    assert {(m, s.partition(":")[0]) for m, s, _, _ in ALL} == set(EXPECTED)


@pytest.mark.parametrize(("measure", "name", "about", "subject"), ALL, ids=IDS)
def test_the_unit_of_a_statistic_and_of_a_change_of_it(
    measure: str, name: str, about: Statistic, subject: str
) -> None:
    own, change = EXPECTED[measure, name.partition(":")[0]][subject == "WBC"]

    assert statistic_of(measure, name) is about
    assert scale_of(measure, subject, name).unit == own
    assert scale_of(f"{measure}_change", subject, name).unit == change
    found = Change(measure, subject, "all", name, "baseline", 0.5, 0.4, Estimate(-0.1, n=9), "t")
    assert (found.scale.unit, found.difference.unit) == (own, change)
    assert found.scale.factor == found.difference.factor == (100 if own == "%" and
        about.unit is StatisticUnit.FRACTION else 1)  # fmt: skip


@pytest.mark.parametrize(("measure", "name", "about", "subject"), ALL, ids=IDS)
def test_sentence_page_and_json_write_one_number_in_one_unit(
    measure: str, name: str, about: Statistic, subject: str
) -> None:
    found = row(measure, name, about, subject, 0.4217)
    unit = WORDS[EXPECTED[measure, name.partition(":")[0]][subject == "WBC"][0]]
    factor = 100 if found.unit == "1" and unit == "%" else 1
    judged = outcome(found, 0.9)
    basis = Basis.__new__(Basis)  # the words need no study

    parameter = float(name.partition(":")[2] or "nan")
    said = [
        n
        for n in numbers(judged.message.partition(":")[2], unit)
        if n not in (parameter, 100 * parameter)  # of the samples
    ]
    assert factor * 0.4217 == pytest.approx(said[0], abs=0.006 * factor)
    assert factor * 0.9 in [abs(n) for n in said]
    shown = Criteria(basis).shown(judged).observed
    assert numbers(shown, unit) == pytest.approx([factor * 0.4217], abs=0.006 * factor)
    if not name.startswith("share_within"):
        asked = numbers(Criteria(basis).required_text(judged), unit)
        assert factor * 0.9 in [abs(n) for n in asked]
    assert numbers(interval(found), unit)[:1] == numbers(shown, unit)
    assert judged.to_json()["unit"] == found.to_json()["unit"] == found.unit
    assert found.unit == ("1" if factor == 100 or not unit else
        next(k for k, words in WORDS.items() if words == unit))  # fmt: skip


@pytest.mark.parametrize(("measure", "name", "about", "subject"), ALL, ids=IDS)
def test_cell_and_header_of_a_table_agree_with_the_sentence(
    measure: str, name: str, about: Statistic, subject: str
) -> None:
    found = row(measure, name, about, subject, 0.4217)
    study_free = Basis(None, Results((found,), {}), judge([], Results((), {})))  # type: ignore[arg-type]

    written: Markup = study_free.cell(Footnotes(), measure, subject, name)

    number = re.sub(r"<span.*|<[^>]+>", "", str(written)).strip()
    assert f"{number}\N{NO-BREAK SPACE}{found.scale.words}".rstrip() in interval(found)
    with_unit = study_free.cell(Footnotes(), measure, subject, name, units=True)
    assert interval(found).partition(" (")[0] in str(with_unit)


def test_a_score_with_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="a score has no unit"):
        Statistic("slope", StatisticUnit.PERCENT, Better.ZERO, score=True)


def test_a_unit_of_a_measurand_needs_one() -> None:
    with pytest.raises(ValueError, match="its subject is none"):
        Statistic("intercept", StatisticUnit.DIFFERENCE, Better.ZERO).scale("")


def test_what_has_no_statistic_is_a_pure_number() -> None:
    assert scale_of("weighted_kappa", "all", "value") == Scale()


APART = st.floats(-7, 2).map(lambda e: 10.0**e)
FIGURES = [
    ("bland_altman", "bias", "WBC"),
    ("error", "share_within:10", "WBC"),
    ("classification", "accuracy", "all"),
]
SMALL = st.floats(-8, 2).map(lambda e: 10.0**e)  # below 1e-12 a sum has cancelled


@given(SMALL, SMALL, st.booleans())
@settings(max_examples=200)
def test_a_share_that_is_off_is_never_written_as_zero(size: float, part: float, over: bool) -> None:
    from wbcval.render.sections import attribution

    low, high = size * 1e-3, size * 2
    sign = 1 if over else -1
    ends = sorted((sign * low, sign * high))
    observed = Estimate(sign * size, *ends, 0.95, "by hand", n=50)
    rest = Estimate.missing(Reason.told("by hand"), n=50)
    a = Attribution(
        "monocyte", 50, 0, observed, Estimate(sign * size * min(part, 1), n=50), rest,
        None, None, None, None, True, False, (), rest,
    )  # fmt: skip

    said = attribution._size(a)

    assert all(float(n) > 0 for n in re.findall(r"\d+(?:\.\d+)?", said))
    whole = re.findall(r"of (\d+(?:\.\d+)?) points", attribution._cause(a))
    assert float(whole[0]) > 0


@given(st.floats(-1, 1), APART, st.sampled_from(FIGURES))
@settings(max_examples=200)
def test_a_stratum_is_never_worse_at_an_equal_number(
    inside: float, apart: float, of: tuple[str, str, str]
) -> None:
    measure, statistic, subject = of
    outside = inside + apart
    e = Estimate(inside, inside - 0.2, inside + 0.3, 0.95, "by hand", n=50)
    found = Measurement(measure, subject, "site=B", statistic, e, "1", Better.HIGHER)
    worse = Apart("site=B", measure, subject, statistic, inside, outside, -3.0, 0.01, True)
    results = replace(Results((found,), {}, strata=("all", "site=B")), apart=(worse,))
    basis = Basis(None, results, judge([], Results((), {})))  # type: ignore[arg-type]

    said = Strata(basis).sentence

    first, second = re.search(r" is (−?[\d.]+)\D.*against (−?[\d.]+)", said).groups()  # type: ignore[union-attr]
    assert outside == inside or math.isclose(apart, 0) or first != second


def test_a_bias_after_holm_is_not_written_as_zero() -> None:
    e = Estimate(1e-4, 0.9e-4, 1.1e-4, 0.95, "by hand", n=50)
    found = Measurement("bland_altman", "BASO%", "all", "bias", e, "pp", Better.ZERO, "bias")

    assert float(interval(found).partition("\N{NO-BREAK SPACE}")[0]) > 0


@pytest.mark.parametrize("statistic", ["observed", "remainder"])
def test_a_bound_that_is_not_zero_is_not_written_as_zero(statistic: str) -> None:
    # its interval excludes 0, by less than its width supports
    e = Estimate(0.31, 0.004, 0.62, 0.95, "by hand", n=50)
    found = Measurement("attribution", "monocyte", "all", statistic, e, "pp",
                        METRIC.measures["attribution"][statistic].better)  # fmt: skip
    basis = Basis(None, Results((found,), {}), judge([], Results((), {})))  # type: ignore[arg-type]

    cell = basis.cell(Footnotes(), "attribution", "monocyte", statistic)
    drawn = Figures(basis).forest([("a", found, False)], "", "", "", "", at=0)

    assert "0.004&nbsp;to" in cell
    assert "(0.004 to" in drawn


def test_a_slope_that_excludes_one_is_not_written_as_one() -> None:
    slope = Estimate(1.0004, 1.0001, 1.0007, 0.95, "jackknife", n=50)

    said = _sentence(Cause.PROPORTIONAL, None, slope, ErrorRatio(1.0, "protocol"), "")

    assert "Deming slope 1.0004 (1.0001 to 1.0007)" in said
