"""The gate's verdict: what passes, what is named, what is refused, what makes no difference."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import called, protocol
from tests.compare.make_sides import CLASSES, cells, reported, side, spoilt, with_gate
from wbcval.bundle.read import Side
from wbcval.gating.compare import Comparison, compare
from wbcval.gating.compare._asked import asked
from wbcval.judge.outcomes import BY_CHANCE, Decision, Outcome, Status
from wbcval.protocol.protocol_file import parse
from wbcval.protocol.types import Margin, Product
from wbcval.values.errors import InputError

LARGE = {"samples": 300, "per_sample": 60}
TABLE = cells(**LARGE)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return side(reported(tmp_path_factory.mktemp("base"), TABLE), "accepted")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Side:
    """Half of the eosinophils called neutrophil."""
    table = spoilt(TABLE, "eosinophil", 0.5)
    return side(reported(tmp_path_factory.mktemp("broken"), table), "broken")


def words(candidate: Side, baseline: Side, **keys: object) -> dict[str, str]:
    found = compare(candidate, baseline, **keys)  # type: ignore[arg-type]
    return {o.criterion.id: found.word(o) for o in found.verdict.outcomes}


def test_the_same_model_is_identical_and_accepted(baseline: Side) -> None:
    found = compare(baseline, baseline)
    assert found.identical
    assert found.verdict.decision is Decision.ACCEPTED
    assert "compares one table of predictions with itself." in found.verdict.reason
    own = [o for o in found.verdict.outcomes if o.criterion.id in found.change_of]
    assert {found.word(o) for o in own} == {"identical"}
    assert len(own) == 11  # accuracy, five sensitivities, five shares of samples
    assert all(c.change.value == 0 and not c.change.has_interval for c in found.changes)


def test_the_predictions_of_the_old_model_under_the_name_of_the_new_are_told(
    baseline: Side,
) -> None:
    def named(version: str) -> Side:
        protocol = replace(baseline.protocol, model=Product("m", version))
        return replace(baseline, study=replace(baseline.study, protocol=protocol))

    found = compare(named("2.0"), named("1.0"))

    (said,) = found.aloud
    assert said.endswith("one table of predictions with itself: m 2.0 against m 1.0.")
    assert said in found.verdict.reason


@pytest.mark.representatives(1)
@pytest.mark.parametrize(("share", "told"), [(0.008, True), (0.0, False)])
def test_false_calls_that_cost_no_class_its_margin_are_told(
    tmp_path: Path, baseline: Side, share: float, told: bool
) -> None:
    table = TABLE.copy()
    right = np.flatnonzero((table["true_class"] == table["predicted_class"])
                           & (table["true_class"] == "neutrophil"))  # fmt: skip
    chosen = right[: round(share * len(TABLE))]
    table.loc[table.index[np.sort(chosen)], "predicted_class"] = "basophil"
    candidate = side(reported(tmp_path, table), "candidate")

    found = compare(candidate, baseline)

    said = [s for s in found.aloud if s.startswith("More false calls than before, not judged")]
    assert bool(said) is told
    if told:
        assert len(said) == 1
        assert "basophil (PPV " in said[0]
        ppv = (table.true_class[table.predicted_class == "basophil"] == "basophil").mean()
        assert f"→ {100 * ppv:.1f} %)" in said[0]
        assert "neutrophil" not in said[0]
        calls = int((table.predicted_class == "basophil").sum())
        assert f" of {calls} calls right (PPV)" in found.verdict.covers


@pytest.mark.further
def test_order_format_and_spelling_make_no_difference(
    tmp_path: Path, baseline: Side, broken: Side
) -> None:
    """All at once: where none makes a difference, neither do all."""
    table = spoilt(TABLE, "eosinophil", 0.5).sample(frac=1, random_state=3)
    table = table[table.columns[::-1]].rename(columns={"predicted_class": "predicted_label"})
    other = side(reported(tmp_path, table, "cells.parquet"), "broken")
    found, plain = compare(other, baseline), compare(broken, baseline)
    assert [m.to_json() for m in found.results.measurements] == [
        m.to_json() for m in plain.results.measurements
    ]
    assert found.verdict == replace(plain.verdict, outcomes=found.verdict.outcomes)
    assert [o.message for o in found.verdict.outcomes] == [
        o.message for o in plain.verdict.outcomes
    ]
    assert found.flips == plain.flips


def test_a_broken_class_is_worse_and_named_with_its_samples(baseline: Side, broken: Side) -> None:
    found = compare(broken, baseline)
    assert found.verdict.decision is Decision.REJECTED
    (worst,) = [o for o in found.verdict.outcomes if o.criterion.id == "eosinophil sensitivity"]
    change = found.change_of[worst.criterion.id]
    lost = TABLE[(TABLE.true_class == "eosinophil") & (TABLE.predicted_class == "eosinophil")]
    assert sum(m.lost for m in change.moved) == pytest.approx(len(lost) / 2, abs=1)
    assert change.moved[0].sample_id in worst.message
    assert "eosinophil: sensitivity" in worst.message
    assert "measurably lower" in worst.message
    assert worst.message in found.verdict.reason
    assert found.word(worst) == "worse"
    assert words(broken, baseline)["monocyte sensitivity"] != "worse"


def test_changes_are_the_differences_of_what_each_side_says(baseline: Side, broken: Side) -> None:
    found = compare(broken, baseline)
    tables = {"before": TABLE, "after": spoilt(TABLE, "eosinophil", 0.5)}
    for name in CLASSES:
        change = found.change_of[f"{name} sensitivity"]
        for when, table in tables.items():
            true = table[table.true_class == name]
            assert getattr(change, when) == pytest.approx((true.predicted_class == name).mean())
        assert change.change.value == pytest.approx((change.after or 0) - (change.before or 0))
    accuracy = found.change_of["all accuracy"]
    expected = (tables["after"].true_class == tables["after"].predicted_class).mean()
    assert accuracy.after == pytest.approx(expected)


def test_ids_and_their_order_decide_nothing(tmp_path: Path) -> None:
    names = {f"S{i:03d}": f"P{(7 * i) % 40:03d}" for i in range(40)}
    table = cells(40, 60)
    plain, renamed = [], []
    for k, t in enumerate((table, spoilt(table, "neutrophil", 0.1))):
        plain.append(side(reported(tmp_path / f"a{k}", t)))
        other = t.assign(sample_id=t.sample_id.map(names))
        renamed.append(side(reported(tmp_path / f"b{k}", other)))
    one, two = compare(plain[1], plain[0]), compare(renamed[1], renamed[0])
    assert [m.to_json() for m in one.results.measurements] == [
        m.to_json() for m in two.results.measurements
    ]
    assert one.verdict.decision == two.verdict.decision


def changes_of(found: Comparison, subject: str) -> list[Outcome]:
    """Outcomes of the changes of one subject."""
    return [
        o
        for o in found.verdict.outcomes
        if o.criterion.id in found.change_of and o.criterion.subject == subject
    ]


def test_a_class_absent_from_the_candidates_reference_is_no_pass(
    tmp_path: Path, baseline: Side
) -> None:
    gone = TABLE[TABLE.true_class != "basophil"]
    candidate = side(reported(tmp_path, gone), "without basophils")
    with pytest.raises(InputError, match="not comparable: reference"):
        compare(candidate, baseline)
    found = compare(candidate, baseline, paired=False)
    (outcome,) = changes_of(found, "basophil")
    assert outcome.status is Status.NOT_ESTIMABLE
    assert found.verdict.decision is not Decision.ACCEPTED


def test_a_measurand_the_candidate_lost_is_no_pass(baseline: Side) -> None:
    required = tuple(
        replace(o, criterion=replace(o.criterion, optional=False)) for o in baseline.outcomes
    )
    baseline = replace(baseline, outcomes=required)
    values = {m: v for m, v in baseline.study.values.items() if m != "EO%"}
    digests = {**baseline.digests, "predictions": "other"}
    candidate = replace(
        baseline,
        study=replace(baseline.study, values=values),
        outcomes=tuple(o for o in baseline.outcomes if o.criterion.subject != "EO%"),
        provenance={**baseline.provenance, "digests": digests},
    )
    found = compare(candidate, baseline)
    (outcome,) = changes_of(found, "EO%")
    assert outcome.status is Status.NOT_ESTIMABLE
    assert found.verdict.decision is not Decision.ACCEPTED


def test_fewer_samples_are_inconclusive_and_say_so(tmp_path: Path) -> None:
    table = cells(12, 40)
    pair = [side(reported(tmp_path / str(k), t)) for k, t in
            enumerate((table, spoilt(table, "neutrophil", 0.02)))]  # fmt: skip
    found = compare(pair[1], pair[0])
    assert found.verdict.decision is Decision.INCONCLUSIVE
    assert "neither shown nor refuted at 97.5 % confidence" in found.verdict.reason


def test_unpaired_is_wider_than_paired_and_said(baseline: Side, broken: Side) -> None:
    paired, unpaired = compare(broken, baseline), compare(broken, baseline, paired=False)
    for key in ("all accuracy", "eosinophil sensitivity"):
        widths = []
        for found in (paired, unpaired):
            change = found.change_of[key].change
            assert change.low is not None
            assert change.high is not None
            widths.append(change.high - change.low)
        assert widths[1] > widths[0]
    assert any("weaker" in note for note in unpaired.notes)
    assert not unpaired.flips


def test_the_anchor_stops_what_creeps(tmp_path: Path, baseline: Side, broken: Side) -> None:
    tables = [TABLE, spoilt(TABLE, "neutrophil", 0.1), spoilt(TABLE, "neutrophil", 0.11)]
    first, second, third = (
        side(reported(tmp_path / str(k), t), str(k)) for k, t in enumerate(tables)
    )
    rows = (Margin("classification", "neutrophil", "sensitivity", 0.05),)
    first, second, third = (with_gate(s, margins=rows) for s in (first, second, third))
    alone = words(third, second)
    creeping = words(third, second, anchor=first)
    assert alone["neutrophil sensitivity"] != "worse"
    assert creeping["neutrophil sensitivity"] == alone["neutrophil sensitivity"]
    assert creeping["neutrophil sensitivity against the anchor"] == "worse"


def test_own_criteria_that_fail_reject_whoever_declared_them(
    tmp_path: Path,
) -> None:
    asked = called(name="perfect", min=0.9999)
    source = protocol(asked, mode="same-cells", predictions="cells.csv")
    TABLE.to_csv(tmp_path / "cells.csv", index=False)
    from wbcval.verbs.road import report

    declared = side(report(parse(source, "protocol.toml", tmp_path)))
    found = compare(declared, declared)
    assert found.identical
    assert found.verdict.decision is Decision.REJECTED
    assert "99.99 % required" in found.verdict.reason
    # whoever declared it, and though nobody did: a report that is rejected replaces nothing
    undeclared = replace(declared, declared=False)
    for sides in ((undeclared, declared), (declared, undeclared), (undeclared, undeclared)):
        assert compare(*sides).verdict.decision is Decision.REJECTED


def test_holm_takes_a_lone_worse_among_many_by_chance(
    baseline: Side, broken: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbcval.gating.compare._changes import Both

    # p of each share as if just below 2.5 %: one of eleven such is no finding
    monkeypatch.setattr(Both, "p_worse", lambda self, row: 0.02)
    found = compare(broken, baseline)
    (outcome,) = [o for o in found.verdict.outcomes if o.criterion.id == "eosinophil sensitivity"]
    assert outcome.status is Status.INCONCLUSIVE
    assert "Holm" in outcome.message
    assert BY_CHANCE in found.change_of[outcome.criterion.id].change.flags


@pytest.mark.parametrize("margin", ["nan", "inf", "0", "0.0", "-0.02", "-inf", '"2 %"'])
@pytest.mark.parametrize("where", ["[gate]\nmargin = {}", '[[gate.criterion]]\nmeasure = '
    '"classification"\nsubject = "all"\nstatistic = "accuracy"\nmargin = {}'])  # fmt: skip
def test_a_margin_that_is_none_is_refused(margin: str, where: str) -> None:
    with pytest.raises(InputError, match="margin"):
        parse('mode = "same-cells"\n' + where.format(margin), "protocol.toml")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Margin("classification", "all", "accuracy", 2.0), "a share is a fraction"),
        (Margin("clasification", "all", "accuracy", 0.02), "did you mean 'classification'"),
        (Margin("classification", "all", "kapa", 0.02), "not compared"),
        (Margin("bland_altman", "NEUT%", "allowed_bias:10", 0.02), "not compared"),
        (Margin("attribution", "NEUT%", "observed", 0.02), "not compared"),
        (Margin("error", "NEUT%", "share_within", 0.02), "share_within:10"),
        (Margin("classification", "all", "accuracy:10", 0.02), "write it as 'accuracy'"),
    ],
)
def test_a_margin_on_what_is_not_compared_is_refused(
    baseline: Side, row: Margin, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        compare(with_gate(baseline, margins=(row,)), with_gate(baseline, margins=(row,)))


@pytest.mark.further
def test_covering_error_and_bias_are_better_when_smaller(baseline: Side, broken: Side) -> None:
    rows = (
        Margin("error", "EO%", "covering_error:0.5", 5.0),
        Margin("bland_altman", "EO%", "bias", 0.5),
    )
    found = compare(with_gate(broken, margins=rows), with_gate(baseline, margins=rows))
    for key in ("EO% covering_error:0.5", "EO% bias"):
        change = found.change_of[key]
        assert change.before is not None
        assert change.after is not None
        assert change.change.value == pytest.approx(change.before - change.after)
        assert change.change.value < 0
    # bias of the share in points, by hand
    table = spoilt(TABLE, "eosinophil", 0.5)
    share = [
        100 * (table[c] == "eosinophil").groupby(table.sample_id).mean()
        for c in ("predicted_class", "true_class")
    ]
    assert found.change_of["EO% bias"].after == pytest.approx(abs((share[0] - share[1]).mean()))


@pytest.mark.parametrize(("measure", "statistic", "margin"), [
    ("bland_altman", "bias", 0.5),
    # relatives: a covering error, and what is compared side by side
    ("error", "covering_error:0.5", 5.0),
    ("bland_altman", "sd", 0.5),
])  # fmt: skip
def test_the_very_same_values_of_one_measurand_have_lost_nothing(
    baseline: Side, broken: Side, measure: str, statistic: str, margin: float
) -> None:
    """Half of the eosinophils are called neutrophil, and no lymphocyte otherwise than before."""
    rows = (Margin(measure, "LYMPH%", statistic, margin), Margin(measure, "EO%", statistic, margin))
    found = compare(with_gate(broken, margins=rows), with_gate(baseline, margins=rows))
    by_id = {o.criterion.id: o for o in found.verdict.outcomes}

    same, moved = (by_id[f"{name} {statistic}"] for name in ("LYMPH%", "EO%"))
    assert same.status is Status.PASS
    assert found.word(same) == "identical"
    assert "no width" not in same.message
    assert moved.status is not Status.PASS
    assert not found.identical


def test_samples_that_crossed_the_limit_are_named(tmp_path: Path) -> None:
    table = cells(40, 100, wrong=0.0)
    only = spoilt(table, "neutrophil", 1.0, samples=["S005", "S017"])
    pair = [side(reported(tmp_path / str(k), t)) for k, t in enumerate((table, only))]
    (flip,) = [f for f in compare(pair[1], pair[0]).flips if f.subject == "NEUT%"]
    assert flip.outside_now == ("S005", "S017")
    assert flip.within_now == ()
    assert flip.errors is not None
    assert (flip.errors.better, flip.errors.worse, flip.errors.unchanged) == (0, 2, 38)
    # both errors are 100 %, tied: W = 3, variance 1.25 − 6/48, z = 1.5/√1.125 = √2
    assert flip.errors.p == pytest.approx(0.15729920705)
    (back,) = [f for f in compare(pair[0], pair[1]).flips if f.subject == "NEUT%"]
    assert back.within_now == ("S005", "S017")


def test_a_sample_called_no_leukocyte_at_all_counts_as_missed(tmp_path: Path) -> None:
    table = cells(40, 50)
    blind = table.copy()
    blind.loc[blind.sample_id == "S003", "predicted_class"] = "artefact"
    pair = [side(reported(tmp_path / str(k), t)) for k, t in enumerate((table, blind))]
    found = compare(pair[1], pair[0])
    change = found.change_of["all accuracy"]
    right = (table.true_class == table.predicted_class) & (table.sample_id == "S003")
    assert (change.before or 0) - (change.after or 0) == pytest.approx(right.sum() / len(table))
    assert change.moved[0].sample_id == "S003"
    (flip,) = [f for f in found.flips if f.subject == "NEUT%"]
    assert "S003" in flip.outside_now + flip.within_now or not _was_within(pair[0], "S003")


def _was_within(of: Side, sample: str) -> bool:
    values = of.study.values["NEUT%"]
    i = of.study.sample_ids.index(sample)
    return bool(abs(values.model[i] - values.reference[i]) <= 0.1 * values.reference[i])


def test_strata_show_where_it_moved(tmp_path: Path) -> None:
    table = cells(40, 100)
    worse = spoilt(table, "neutrophil", 0.3, samples=[f"S{i:03d}" for i in range(20)])
    samples = pd.DataFrame(
        {"sample_id": [f"S{i:03d}" for i in range(40)], "site": np.repeat(["A", "B"], 20)}
    )
    samples.to_csv(tmp_path / "samples.csv", index=False)
    pair = [
        side(reported(tmp_path / str(k), t, samples=tmp_path / "samples.csv"))
        for k, t in enumerate((table, worse))
    ]
    found = compare(pair[1], pair[0])
    change = {
        c.stratum: c.change.value
        for c in found.changes
        if (c.subject, c.statistic) == ("neutrophil", "sensitivity")
    }
    assert change["site=B"] == 0
    assert change["site=A"] is not None
    assert change["site=A"] < -0.2
    assert set(change) == {"all", "site=A", "site=B"}


def test_a_criterion_named_like_a_change_is_refused(baseline: Side) -> None:
    first = baseline.outcomes[0]
    named = replace(first, criterion=replace(first.criterion, id="monocyte sensitivity"))
    side_named = replace(baseline, outcomes=(named,))
    with pytest.raises(InputError, match="name that the gate gives"):
        compare(side_named, side_named)


def test_what_either_side_requires_is_required(baseline: Side) -> None:
    optional = tuple(
        replace(o, criterion=replace(o.criterion, optional=True)) for o in baseline.outcomes
    )
    required = tuple(
        replace(o, criterion=replace(o.criterion, optional=False)) for o in baseline.outcomes
    )
    sides = [replace(baseline, outcomes=o) for o in (optional, required)]
    for candidate, accepted in (sides, sides[::-1]):
        rows = asked(candidate, accepted)
        assert not any(row.optional for row in rows)


SENSITIVITY = ("classification", "monocyte", "sensitivity")


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("ours", "theirs", "decides", "told"),
    [
        ({"margin": 0.19}, {}, 0.02, True),
        ({"margins": (Margin(*SENSITIVITY, 0.19),)}, {}, 0.02, True),
        ({"margins": (Margin(*SENSITIVITY, 0.05),)}, {"margin": 0.03}, 0.03, True),
        ({}, {"margins": (Margin(*SENSITIVITY, 0.01),)}, 0.01, True),
        ({"margin": 0.01}, {"margin": 0.19}, 0.01, False),
    ],
)
def test_of_two_margins_the_smaller_one_decides(
    baseline: Side, ours: dict[str, object], theirs: dict[str, object], decides: float, told: bool
) -> None:
    candidate, other = with_gate(baseline, **ours), with_gate(baseline, **theirs)
    found = compare(candidate, other, allow=("protocol",))
    (row,) = (o.criterion for o in found.verdict.outcomes
              if (o.criterion.subject, o.criterion.statistic) == ("monocyte", "sensitivity")
              and o.criterion.rule == "non-inferior")  # fmt: skip
    assert row.min == -decides
    assert ("monocyte sensitivity" in " ".join(found.aloud)) == told
    assert ("wider margins than the baseline's" in found.verdict.reason) == told
    again = compare(candidate, with_gate(baseline, **ours))  # as advised: by that protocol both
    assert "wider margins" not in again.verdict.reason


def test_a_row_is_optional_only_where_both_protocols_say_so(baseline: Side) -> None:
    loose = with_gate(baseline, margins=(Margin(*SENSITIVITY, 0.02, optional=True),))
    strict = with_gate(baseline, margins=(Margin(*SENSITIVITY, 0.02),))
    for side_, other, optional in ((loose, strict, False), (loose, loose, True)):
        rows = asked(side_, other)
        (row,) = (r for r in rows if (r.measure, r.subject, r.statistic) == SENSITIVITY)
        assert row.optional == optional


def test_an_optional_row_that_is_measurably_lower_is_told_with_its_figures(
    baseline: Side, broken: Side
) -> None:
    """It stands in the place of the default row, so that nothing else would say it."""
    margins = (Margin("classification", "eosinophil", "sensitivity", 0.02, optional=True),)
    new, old = (with_gate(of, margins=margins) for of in (broken, baseline))

    found = compare(new, old)

    told = [said for said in found.aloud if "yet optional" in said]
    assert len(told) == 1
    assert re.search(r"sensitivity of eosinophil \d+(\.\d+)? % → \d+(\.\d+)? %", told[0])
    assert told[0] in found.verdict.reason
    assert not any("yet optional" in said for said in compare(old, old).aloud)


def test_protocols_that_require_nothing_of_the_candidate_accept_nothing(baseline: Side) -> None:
    """A model as bad as the baseline is not worse; without a protocol the defaults would count."""
    loose = replace(baseline, declared=True, outcomes=())

    found = compare(loose, loose)

    assert found.verdict.decision is Decision.INCONCLUSIVE
    assert "requires anything of the candidate itself" in found.verdict.reason
    assert "criteria over" not in found.verdict.covered
    one = baseline.outcomes[0]
    strict = replace(
        loose, outcomes=(replace(one, criterion=replace(one.criterion, optional=False)),)
    )
    assert "requires anything" not in compare(strict, strict).verdict.reason
