"""A subject that is judged, and not by what holds each sample or cell: its figure is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cases import edits
from tests.cases.edits import asked, verdict
from wbcval.judge.outcomes import Decision, Verdict
from wbcval.judge.unjudged import PPV, SENSITIVITY, WITHIN, Unjudged

GOOD = 0.98 * np.eye(5) + 0.004
WIDE = {"min": -60.0, "max": 60.0}


def figure(found: Verdict, subject: str, statistic: str) -> Unjudged | None:
    return next(
        (u for u in found.scope.not_judged if (u.subject, u.statistic) == (subject, statistic)),
        None,
    )


def knows_nothing(given: edits.Given) -> edits.Given:
    """WBC of another sample each: right in mean and spread."""
    total = given.r["WBC(10^9/L)"].to_numpy()
    return replace(given, p=given.p.assign(**{"WBC(10^9/L)": np.roll(total, 7)}))


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "criteria",
    [
        [asked("error", "WBC", "median", **WIDE)],
        [asked("bland_altman", "WBC", "bias", min=-1.0, max=1.0),
         asked("bland_altman", "WBC", "sd", max=60.0)],
        [asked("bland_altman", "WBC", "lower", **WIDE),  # limits as wide as one likes
         asked("bland_altman", "WBC", "upper", **WIDE)],
    ],
)  # fmt: skip
def test_a_statistic_that_holds_no_sample_does_not_hide_the_samples(
    criteria: list[edits.Criterion], tmp_path: Path
) -> None:
    good = edits.counts(np.random.default_rng(5), called=np.eye(5))
    for given, told in ((knows_nothing(good), True), (good, False)):
        found = verdict(replace(given, criteria=criteria), tmp_path)

        n = figure(found, "WBC", WITHIN)
        assert (n is not None) is told
        if n is not None:
            assert n.value is not None
            assert n.value < 0.4
            assert f"WBC {round(n.value * 40)} of 40" in found.covered


@pytest.mark.parametrize(
    "criterion",
    [
        asked("error", "WBC", "share_within:50", min=0.5),
        asked("error", "WBC", "n_outside:50", max=20.0),
        asked("error", "WBC", "covering_error:0.95", max=100.0),
    ],
)
def test_what_bounds_the_error_of_each_sample_judges_it(
    criterion: edits.Criterion, tmp_path: Path
) -> None:
    given = knows_nothing(edits.counts(np.random.default_rng(5), called=np.eye(5)))
    found = verdict(replace(given, criteria=[criterion]), tmp_path)

    assert figure(found, "WBC", WITHIN) is None
    assert found.scope.looser  # and how wide it is stands there


def test_a_percentage_that_counting_explains_is_not_told(tmp_path: Path) -> None:
    """Of 200 cells few monocytes are within 10 %, of a perfect model too."""
    criteria = [asked("bland_altman", "MONO%", "bias", min=-2.0, max=2.0)]
    given = edits.counts(np.random.default_rng(6), called=np.eye(5))
    given = replace(given, criteria=criteria)
    for made, told in (
        (given, False),
        (replace(given, p=given.p.assign(**{"MONO%(%)": np.roll(given.p["MONO%(%)"], 3)})), True),
        (replace(given, p=given.p.drop(columns="n_cells")), True),  # nobody knows the noise
    ):
        assert (figure(verdict(made, tmp_path), "MONO%", WITHIN) is not None) is told


@pytest.mark.parametrize("statistic", ["ppv", "f1"])
def test_misses_are_told_unless_the_sensitivity_is_judged(statistic: str, tmp_path: Path) -> None:
    called = GOOD.copy()
    called[2] = [0.3, 0.0, 0.7, 0, 0]
    given = edits.same_cells(np.random.default_rng(2), called=called)
    loose = [asked("classification", "monocyte", statistic, min=0.5)]
    found = verdict(replace(given, criteria=loose), tmp_path)

    missed = figure(found, "monocyte", SENSITIVITY)
    assert missed is not None
    assert f"{missed.figure}, " in found.covers
    loose.append(asked("classification", "monocyte", "sensitivity", min=0.5))
    assert (
        figure(verdict(replace(given, criteria=loose), tmp_path), "monocyte", SENSITIVITY) is None
    )


@pytest.mark.parametrize(("label", "true_ones"), [("blast", 30), ("prolymphocyte", 0)])
def test_false_calls_are_told_of_a_class_that_loses_none(
    label: str, true_ones: int, tmp_path: Path
) -> None:
    """Of the neutrophils 6 % are called so: neither an accuracy nor a sensitivity minds."""
    rng = np.random.default_rng(3)
    given = edits.same_cells(rng, called=np.eye(5))
    truth = given.r["true_class"].to_numpy().copy()
    said = given.p["predicted_class"].to_numpy().copy()
    truth[rng.choice(len(truth), true_ones, replace=False)] = label
    said[truth == label] = label
    said[(truth == "neutrophil") & (rng.random(len(truth)) < 0.06)] = label
    criteria = [*given.criteria]
    if true_ones:
        criteria.append(asked("classification", label, "sensitivity", min=0.8))
    made = replace(
        given, p=given.p.assign(predicted_class=said), r=given.r.assign(true_class=truth),
        criteria=criteria,
    )  # fmt: skip

    found = verdict(made, tmp_path)

    assert found.decision is Decision.ACCEPTED
    right = int(((truth == label) & (said == label)).sum())
    calls = f"{label} {right} of {int((said == label).sum())} calls right (PPV)"
    assert calls in found.covers
    assert right == true_ones
    assert figure(found, "neutrophil", PPV) is None
    loose = [*criteria, asked("classification", label, "ppv", min=0.01)]
    if true_ones:  # what is judged is told by its criterion, and its bound beside it
        held = verdict(replace(made, criteria=loose), tmp_path)
        assert figure(held, label, PPV) is None
        assert any("ppv" in line for line in held.scope.looser)
