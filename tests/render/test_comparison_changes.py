"""The changes on the gate's page: numbers as they are, words on the right side of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.render.comparison_pages import ABSENT, CASES, made, number, rows, section
from tests.render.make_comparison import GATE_PROVENANCE, make_comparison
from tests.render.make_study import text_of
from wbcval.gating.compare.types import BASELINE
from wbcval.gating.compare.written import shown
from wbcval.judge.outcomes import BY_CHANCE, Status
from wbcval.render import render_comparison
from wbcval.values.estimate import Estimate


@pytest.mark.parametrize("name", CASES)
def test_each_number_of_the_table_is_the_comparisons(name: str) -> None:
    comparison, page = made(name)
    if not comparison.change_of:
        assert "Nothing was judged against the baseline" in section(page, "changes")
        return
    wanted = {
        (c.subject.replace("all", "all classes"), o.criterion.id): (c, o)
        for o in comparison.verdict.outcomes
        if (c := comparison.change_of.get(o.criterion.id)) and c.against == BASELINE
    }
    found = rows(page, "changes")
    assert len(found) == len(wanted)
    for c, o in wanted.values():
        subject = "all classes" if c.subject == "all" else c.subject
        kind = {
            "share_within:10": "samples within 10 %",
            "covering_error:0.95": "error that covers",
        }
        what = kind.get(c.statistic, c.statistic)
        row = next(r for r in found if r[0].startswith(subject) and what in r[0])
        assert comparison.word(o) in row[1]
        scale = c.scale.factor
        for cell, value in zip(row[2:4], (c.before, c.after), strict=True):
            assert (
                (cell == "–")
                if value is None
                else number(cell) == pytest.approx(scale * value, abs=0.051)
            )
        if c.change.value is None:
            assert row[4].startswith("–")
            assert c.change.reason in section(page, "changes")
            continue
        assert number(row[4]) == pytest.approx(scale * c.change.value, abs=0.5)
        assert "points" in row[4]
        if c.change.low is not None and c.change.high is not None:
            shown = re.search(r"(\S+) to (\S+)", row[4])
            low, high = number(shown[1]), number(shown[2])
            width = scale * (c.change.high - c.change.low)
            assert abs(low - scale * c.change.low) <= width / 6
            assert abs(high - scale * c.change.high) <= width / 6
            # on the right side of zero and of the margin, also as written
            for bound in (0.0, -(scale * -(o.criterion.min or 0))):
                assert (low > bound) == (scale * c.change.low > bound)
                assert (high < bound) == (scale * c.change.high < bound)
        assert number(row[7]) == pytest.approx(scale * -(o.criterion.min or 0))


@pytest.mark.parametrize("name", CASES)
def test_better_and_worse_stand_on_the_side_of_the_sign(name: str) -> None:
    comparison, page = made(name)
    for row in rows(page, "changes") if comparison.change_of else []:
        sign = {"–": None, "better": 1, "worse": -1, "no change": 0}[row[5]]
        value = None if row[4].startswith("–") else number(row[4])
        assert (sign is None) == (value is None)
        assert value is None or (value > 0) - (value < 0) == sign
        assert (sign == 1) == row[4].startswith("+")


@pytest.mark.parametrize("name", CASES)
def test_measurably_lower_is_said_exactly_where_the_upper_bound_is_below_zero(name: str) -> None:
    comparison, page = made(name)
    judged = [c for c in comparison.change_of.values() if c.against == BASELINE]
    lower = [c for c in judged if c.change.high is not None and c.change.high < 0]
    marks = [r[1] for r in rows(page, "changes") if "▼" in r[1]] if judged else []
    assert len(marks) == len(lower)
    assert sum("measurably worse" in m for m in marks) == sum(not c.scale.percent for c in lower)


def test_a_pass_that_is_measurably_lower_is_said_on_page_one() -> None:
    comparison, page = made("broken a little")
    assert comparison.verdict.exit_code == 0
    said = section(page, "verdict")
    assert "Passed, yet measurably lower than before" in said
    assert "sensitivity of neutrophil" in said


@pytest.mark.parametrize("name", ["usual", "broken a little", "unpaired", "identical"])
def test_a_detectable_loss_stands_beside_each_not_worse_and_nowhere_else(name: str) -> None:
    comparison, page = made(name)
    for row in rows(page, "changes"):
        known = "not worse" in row[1] and comparison.paired
        assert (row[8] != "–") == known, row
        assert not known or "points" in row[8]


def test_worst_first_and_both_sides_judged() -> None:
    _, page = made("usual")
    for against in ("Against the baseline", "Against the anchor"):
        words = [r[1].split(" ▼")[0] for r in rows(page, "changes", against)]
        order = ["✗ worse", "? inconclusive", "✓ not worse"]
        assert words == sorted(words, key=order.index)
        assert words[0] == "✗ worse"
    assert "No anchor" not in section(page, "changes")
    assert "No anchor" in section(made("unpaired")[1], "changes")


def test_what_stops_the_candidate_is_said_once_and_of_the_anchor_where_it_alone_does() -> None:
    comparison, page = made("usual")
    first = page[page.index('<section id="verdict">') : page.index("<dl")]
    assert text_of("<body " + first).count("monocyte: sensitivity") == 1
    creeping = {
        k: replace(c, change=Estimate(-0.01, -0.019, 0.001, 0.95)) if c.against == BASELINE else c
        for k, c in comparison.change_of.items()
    }
    outcomes = tuple(
        replace(o, status=Status.PASS)
        if o.criterion.id in creeping and creeping[o.criterion.id].against == BASELINE
        else o
        for o in comparison.verdict.outcomes
    )
    verdict = replace(comparison.verdict, outcomes=outcomes, reason="Two criteria failed.")
    page = render_comparison(
        replace(comparison, change_of=creeping, verdict=verdict), GATE_PROVENANCE
    )
    first = page[page.index('<section id="verdict">') : page.index("<dl")]
    assert re.search(r"worse monocyte: .* \(against the anchor\)", text_of("<body " + first))


def test_identical_is_its_own_word_without_an_interval() -> None:
    _, page = made("identical")
    found = rows(page, "changes")
    assert {r[1] for r in found} == {"= identical"}
    assert {r[4] for r in found} == {"0 points"}
    assert "No sample crossed the limit" in section(page, "samples")
    assert "equal digests of all predictions" in section(page, "compared")


def test_unpaired_is_said_to_be_weaker_wherever_it_matters() -> None:
    _, page = made("unpaired")
    for name in ("verdict", "compared"):
        assert "This is weaker" in section(page, name)
    assert "no sample can be followed" in section(page, "samples")
    assert "Newcombe" in section(page, "limitations")


def test_a_worse_that_holm_removes_is_inconclusive_with_the_reason() -> None:
    comparison = make_comparison()
    worse = next(c for c in comparison.changes if c.subject == "monocyte")
    flagged = replace(worse, change=worse.change.with_flags(BY_CHANCE))
    name = next(o.criterion.id for o in comparison.verdict.outcomes if "monocyte" in o.criterion.id)
    outcomes = tuple(
        replace(o, status=Status.INCONCLUSIVE) if o.criterion.id == name else o
        for o in comparison.verdict.outcomes
    )
    page = render_comparison(
        replace(
            comparison,
            change_of={**comparison.change_of, name: flagged},
            verdict=replace(comparison.verdict, outcomes=outcomes),
        ),
        GATE_PROVENANCE,
    )
    row = next(r for r in rows(page, "changes") if r[0].startswith("monocyte"))
    assert row[1].startswith("? inconclusive")
    assert "expected by chance (Holm)" in section(page, "changes")


@pytest.mark.parametrize(
    ("change", "interval"),
    [
        (Estimate(-0.012, -0.02004, -0.004), "−2.004 to −0.400"),  # inconclusive by a hair
        (Estimate(-0.012, -0.01996, -0.004), "−1.996 to −0.400"),  # not worse: never read as −2.0
        (Estimate(0.4, -0.0004, 0.8), "−0.04 to 80.00"),  # not measurably better
    ],
)
def test_an_interval_is_written_on_its_side_of_the_margin_and_of_zero(
    change: Estimate, interval: str
) -> None:
    found = shown(replace(ABSENT, before=0.95, change=change), 0.02)
    assert found.interval == interval
