"""A few samples that are grossly off stand beside a share within that passes (§18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.cases.conftest import Report
from tests.cases.test_states import GOOD, PROTOCOL, WBC, N, table
from tests.simulated import counted, drawn, sides
from wbcval.judge import gross
from wbcval.protocol.types import Criterion
from wbcval.study.types import Study
from wbcval.values.measurands import PERCENT

WITHIN = Criterion("w", "error", "WBC", "share_within:10", min=0.9)
OFF = "samples of WBC are off by more than 30 % (3 × the limit)"


def studied(times: dict[int, float], step: float = 0.0) -> Study:
    """Sixty samples with the reference 1 to 60, some of them so many times too high."""
    reference = np.arange(1.0, 61)
    model = reference.copy()
    for i, factor in times.items():
        model[i] *= factor
    return counted({"WBC": replace(sides(reference, model), resolution=np.full(60, step))})


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({9: 10, 30: 0.1, 50: 0}, f"3 of 60 {OFF}: S050 −100 %, S009 +900 %, S030 −90 %"),
        ({9: 10, 30: 9, 40: 8, 50: 7, 1: 6},
         f"5 of 60 {OFF}: S009 +900 %, S030 +800 %, S040 +700 % and 2 more"),
        ({20: 1.4}, "1 of 60 samples of WBC is off by more than 30 % (3 × the limit): S020 +40 %"),
        ({20: 1.25, 21: 0.71}, ""),
        (dict.fromkeys(range(10), 10), ""),  # the share fails, and that is told
        ({}, ""),
    ],
)  # fmt: skip
def test_samples_that_are_grossly_off_are_named(times: dict[int, float], said: str) -> None:
    assert "".join(gross.lines(studied(times), [WITHIN])) == said


def test_what_printing_alone_may_do_is_no_gross_error() -> None:
    assert gross.lines(studied({0: 1.5}), [WITHIN])
    assert not gross.lines(studied({0: 1.5}, step=1.0), [WITHIN])


@pytest.mark.parametrize("asked", [
    Criterion("b", "bland_altman", "WBC", "upper", max=9.0),
    Criterion("b", "bland_altman", "WBC", "bias", min=-9.0, max=9.0),
    Criterion("t", "total_error", "WBC", "upper", max=90.0),
])  # fmt: skip
def test_they_are_named_whatever_judges_the_measurand(asked: Criterion) -> None:
    said = "".join(gross.lines(studied({9: 10, 30: 0.1}), [asked]))
    assert said == "2 of 60 samples of WBC are off by more than 30 %: S009 +900 %, S030 −90 %"
    assert not gross.lines(studied({20: 1.25}), [asked])


def test_no_result_at_a_reference_of_none() -> None:
    study = counted({"WBC": sides(np.r_[0.0, np.arange(1.0, 60)], np.r_[4.25, np.arange(1.0, 60)])})
    assert "S000 4.25 and not 0" in "".join(gross.lines(study, [WITHIN]))


def of_classes(study: Study, measure: str = "error", statistic: str = "share_within:10") -> str:
    least = 0.0 if measure == "error" else -9.0
    asked = [Criterion(m, measure, m, statistic, min=least) for m in PERCENT]
    return "; ".join(gross.lines(study, asked))


@pytest.mark.parametrize("judged", [
    ("bland_altman", "bias"), ("bland_altman", "lower"), ("deming", "slope"),
    ("passing_bablok", "slope"), ("total_error", "lower"), ("proportional_bias", "slope"),
])  # fmt: skip
@pytest.mark.parametrize("mode", ["different-aliquot", "same-slide"])
def test_percentages_are_named_whatever_judges_them(judged: tuple[str, str], mode: str) -> None:
    study = drawn(np.random.default_rng(3), 60, 200, concentration=35, mode=mode)
    assert of_classes(study, *judged) == ""
    values, names = dict(study.values), ("NEUT%", "LYMPH%")
    one, other = (values[name] for name in names)
    for name, mine, theirs in zip(names, (one, other), (other, one), strict=True):
        model, hits = mine.model.copy(), mine.model_hits.copy()
        model[5:8], hits[5:8] = theirs.model[5:8], theirs.model_hits[5:8]
        values[name] = replace(mine, model=model, model_hits=hits)
    swapped = replace(study, values=values)
    found = of_classes(swapped, *judged)
    for name in names:
        assert f"samples of {name} are off by more than 30 % and 10 points: S00" in found
    unknown = {n: replace(v, model_cells=None, model_hits=None) for n, v in values.items()}
    assert not of_classes(replace(study, values=unknown), *judged)


def test_differentials_whatever_the_blood_are_named() -> None:
    study = drawn(np.random.default_rng(3), 60, 400, concentration=35)
    assert of_classes(study) == ""
    values = dict(study.values)
    for name, share in zip(PERCENT, (10.0, 80.0, 7.0, 2.0, 1.0), strict=True):
        model, hits = values[name].model.copy(), values[name].model_hits.copy()
        model[5:8], hits[5:8] = share, 4 * share
        values[name] = replace(values[name], model=model, model_hits=hits)
    found = of_classes(replace(study, values=values))
    said = "3 of 60 samples of NEUT% are off by more than 30 % (3 × the limit) and 10 points: S00"
    assert said in found
    assert "LYMPH%" in found
    assert "BASO%" not in found


def test_absolute_counts_are_held_against_their_total() -> None:
    rng, n = np.random.default_rng(4), 60
    study = drawn(rng, n, 200, concentration=35)
    total, share = study.values["WBC"].reference, study.values["NEUT%"]
    model = total * share.model / 100
    model[[5, 6]] *= (0.1, 1.2)
    cells = share.model_cells
    counts = replace(sides(total * share.reference / 100, model, total), model_cells=cells)
    asked = [Criterion("n", "error", "NEUT#", "share_within:10", min=0.0)]
    found = "".join(gross.lines(counted({"NEUT#": counts}), asked))
    assert found.startswith(f"1 of {n} samples of NEUT# is off by more than 30 %")
    unknown = counted({"NEUT#": replace(counts, model_cells=None)})
    assert not gross.lines(unknown, asked)


@pytest.mark.parametrize("accuracy", [1.0, 0.95])
@pytest.mark.parametrize("cells", [100, 400])
def test_honest_studies_are_not_told_so(accuracy: float, cells: int) -> None:
    """CV 3 % and 5 % of the WBC, with one decimal; classes that are counted, and confused."""
    rng, n = np.random.default_rng(7), 60
    called = np.full((5, 5), (1 - accuracy) / 4)
    np.fill_diagonal(called, accuracy)
    told, many = 0, 20
    for _ in range(many):
        study = drawn(rng, n, cells, concentration=20, called=called)
        true = rng.lognormal(2, 0.6, n)
        one, other = (true * rng.normal(1, cv, n) for cv in (0.03, 0.05))
        wbc = replace(sides(one.round(1), other.round(1)), resolution=np.full(n, 0.1))
        study = replace(study, values={**study.values, "WBC": wbc})
        by_limits = of_classes(study, "bland_altman", "bias")
        told += bool(of_classes(study) or by_limits or gross.lines(study, [WITHIN]))
    assert told == 0


def test_it_stands_beside_the_verdict_and_takes_no_pass(report: Report) -> None:
    model = GOOD.copy()
    model[[10, 20, 30]] *= 10
    found = report(p_csv=table(model.round(2)), r_csv=table(WBC), protocol_toml=PROTOCOL)
    assert found.code == 0, found.console
    said = f"3 of {N} {OFF}: "
    for place in (found.console, found.first_screen, "; ".join(found.results["scope"]["seen"])):
        assert said in place
