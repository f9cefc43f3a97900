"""A bias that changes with the level is told beside the verdict, and by the gate if it is new."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import criterion, protocol, within
from tests.cases.conftest import Report
from tests.simulated import drawn as simulated
from tests.simulated import labelled, repeats, slack
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.compare import compare
from wbcval.judge.levels import by_level
from wbcval.values.classes import FIVE
from wbcval.values.measurands import PERCENT

Error = Callable[[np.ndarray, np.ndarray], np.ndarray]
N, CELLS = 60, 400
MIX = np.array([0.58, 0.30, 0.08, 0.03, 0.01])
WITHIN = within("NEUT%", "10:or_noise", name="within", min=0.8)
ASKED = protocol(WITHIN, criterion("bland_altman", "NEUT%", "bias:10:or_noise", name="bias"))


def stretched(slope: float) -> Error:
    return lambda neut, wbc: (slope - 1) * (neut - neut.mean())


def apart(points: float) -> Error:
    """Neutrophils and lymphocytes change places, one way above the median WBC, one below."""
    return lambda neut, wbc: np.where(wbc > np.median(wbc), points, -points) / 100


def bent(points: float) -> Error:
    """So many points too high at both ends of NEUT%, and too low between."""
    return lambda neut, wbc: np.where(outer(neut), points, -points) / 100


def bent_by_wbc(points: float) -> Error:
    return lambda neut, wbc: np.where(outer(wbc), points, -points) / 100


def outer(level: np.ndarray) -> np.ndarray:
    low, high = np.quantile(level, (0.25, 0.75))
    return (level < low) | (level > high)


def right(neut: np.ndarray, wbc: np.ndarray) -> np.ndarray:
    return np.zeros(len(neut))


def tables(error: Error, *, samples: int = N, seed: int = 1) -> dict[str, str]:
    """An analyzer of 10 000 cells, and a model of 400 that errs in NEUT% as asked."""
    rng = np.random.default_rng(7)
    shares = rng.dirichlet(MIX * 25, samples)
    wbc = np.exp(rng.normal(2, 0.45, samples)).round(2)
    theirs = np.array([rng.multinomial(10_000, p) for p in shares]) / 100
    rng, found = np.random.default_rng(seed), shares.copy()
    moved = np.clip(error(shares[:, 0], wbc), -0.9 * shares[:, 0], 0.9 * shares[:, 1])
    found[:, 0], found[:, 1] = found[:, 0] + moved, found[:, 1] - moved
    ours = np.array([rng.multinomial(CELLS, p) for p in found]) / CELLS * 100
    ids = {"sample_id": [f"S{i:03}" for i in range(samples)]}
    columns = dict.fromkeys(PERCENT)
    model = ids | {"n_cells": CELLS, "WBC": (wbc * rng.normal(1, 0.03, samples)).round(2)}
    model |= {name: ours[:, i].round(2) for i, name in enumerate(columns)}
    reference = ids | {"WBC": wbc} | {name: theirs[:, i].round(1) for i, name in enumerate(columns)}
    return {
        "p_csv": pd.DataFrame(model).to_csv(index=False),
        "r_csv": pd.DataFrame(reference).to_csv(index=False),
    }


def halves(p_csv: str, r_csv: str) -> list[str]:
    """Mean differences of NEUT% above and below the median WBC, as a sentence writes them."""
    model, reference = (
        pd.read_csv(StringIO(text)).set_index("sample_id") for text in (p_csv, r_csv)
    )
    high = reference["WBC"] > reference["WBC"].median()
    found = (model["NEUT%"] - reference["NEUT%"]).groupby(high).mean()
    return [f"{found[half]:+.1f}".replace("-", "−") for half in (True, False)]


def quarters(by: str, p_csv: str, r_csv: str) -> list[str]:
    """How far NEUT% is off in the lowest quarter of a measurand, without a sign."""
    model, reference = (
        pd.read_csv(StringIO(text)).set_index("sample_id") for text in (p_csv, r_csv)
    )
    off = (model["NEUT%"] - reference["NEUT%"])[reference[by] < reference[by].quantile(0.25)]
    return [f"{abs(off.mean()):.1f}"]


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (stretched(1.25), "NEUT%: proportional bias, Deming slope 1."),
        (stretched(0.75), "NEUT%: proportional bias, Deming slope 0."),
        (apart(4), "NEUT%: bias {} points in the 30 samples with the higher WBC, {} in the 30"),
        (apart(-4), "NEUT%: bias {} points in the 30 samples with the higher WBC, {} in the 30"),
        (bent(4), "NEUT%: bias +{} points in the 15 samples with the lowest NEUT%, −"),
        (bent(-4), "NEUT%: bias −{} points in the 15 samples with the lowest NEUT%, +"),
        (bent_by_wbc(4), "NEUT%: bias +{} points in the 15 samples with the lowest WBC, −"),
        (right, ""),
    ],
)
def test_it_stands_beside_the_verdict(error: Error, said: str, report: Report) -> None:
    given = tables(error)
    found = report(protocol_toml=ASKED, **given)
    assert found.code == 0
    lowest = said.partition("lowest ")[2].partition(",")[0]
    said = said.format(*(quarters(lowest, **given) if lowest else halves(**given)))
    told = " ".join(found.console.split())
    assert said in told
    ways = ("proportional bias", "with the higher WBC", "samples with the lowest")
    assert sum(map(told.count, ways)) == bool(said)
    assert said in " ".join(found.results["scope"]["seen"])


@pytest.mark.parametrize("which", ["min = 0.8", "optional = true\nmin = 0.8"])
def test_of_what_no_required_criterion_judges_nothing_is_said(which: str, report: Report) -> None:
    asked = protocol(WITHIN.replace("min = 0.8", which), within(min=0.9))
    found = report(protocol_toml=asked, **tables(stretched(0.75)))
    assert ("proportional bias" in found.console) is ("optional" not in which)


OF_WBC = (
    ASKED.split("[[criterion]]")[0]
    + """[[criterion]]
id = "w"
measure = "error"
subject = "WBC"
statistic = "share_within:10"
min = 0.8
"""
)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("subject", ["WBC", "NEUT#"])
@pytest.mark.parametrize("both_ends", [True, False])
def test_counts_that_err_by_their_level_are_told(
    subject: str, both_ends: bool, report: Report
) -> None:
    """5 % too high where there are many, and too low where there are few; or so at both ends."""
    frames = {k: pd.read_csv(StringIO(text)) for k, text in tables(right, samples=150).items()}
    for frame in frames.values():
        frame["NEUT#"] = (frame["WBC"] * frame["NEUT%"] / 100).round(3)
    level = frames["r_csv"][subject].to_numpy()
    up = outer(level) if both_ends else level > np.median(level)
    model = frames["p_csv"]
    model["WBC"] = (model["WBC"] * np.where(up, 1.06, 0.94)).round(3)
    model["NEUT#"] = (model["WBC"] * model["NEUT%"] / 100).round(3)
    given = {name: frame.to_csv(index=False) for name, frame in frames.items()}
    asked = OF_WBC.replace("WBC", subject).replace("min = 0.8", "min = 0.5")
    found = report(protocol_toml=asked, **given)
    told = found.results["scope"]["seen"]
    where = f"bias +_ % in the _ samples with the lowest {subject}, −"
    said = where if both_ends else "proportional bias, Deming slope _ "
    shown = [re.sub(r"[0-9]+(\.[0-9]+)?", "_", line) for line in told]
    assert any(line.startswith(f"{subject}: {said}") for line in shown), told


def test_a_total_without_its_cells_has_no_slope_and_is_told(report: Report) -> None:
    frames = {k: pd.read_csv(StringIO(text)) for k, text in tables(right).items()}
    model, level = frames["p_csv"].drop(columns="n_cells"), frames["r_csv"]["WBC"]
    model["WBC"] = (model["WBC"] * np.where(level > level.median(), 1.05, 0.95)).round(2)
    frames["p_csv"] = model[["sample_id", "WBC"]]
    frames["r_csv"] = frames["r_csv"][["sample_id", "WBC"]]
    given = {name: frame.to_csv(index=False) for name, frame in frames.items()}
    (told,) = report(protocol_toml=OF_WBC, **given).results["scope"]["seen"]
    assert re.fullmatch(
        r"WBC: bias \+5\.\d % in the 30 samples with the higher WBC, −[45]\.\d in the 30 with the "
        "lower", told
    )  # fmt: skip


def same(error: Error, samples: int = N, seed: int = 3) -> str:
    """200 cells a sample, 97 % right; neutrophils and lymphocytes change places beyond that."""
    rng, names = np.random.default_rng(seed), np.array(FIVE)
    true = np.array([rng.multinomial(200, p) for p in rng.dirichlet(MIX * 20, samples)])
    moved = np.rint(200 * error(true[:, 0] / 200, np.ones(samples))).astype(int)
    rows = []
    for i, (n, m) in enumerate(zip(true, moved, strict=True)):
        labels = np.repeat(np.arange(5), n)
        called = np.where(rng.random(200) < 0.03, rng.integers(0, 5, 200), labels)
        of = np.flatnonzero(called == int(m > 0))[: abs(m)]
        called[of] = int(m < 0)
        rows += [(f"S{i:02}", j, names[t], names[c])
                 for j, (t, c) in enumerate(zip(labels, called, strict=True))]  # fmt: skip
    columns = ["sample_id", "cell_id", "true_class", "predicted_class"]
    return pd.DataFrame(rows, columns=columns).to_csv(index=False)


OF_CELLS = """mode = "same-cells"
[inputs]
predictions = "p.csv"
[[criterion]]
id = "a"
measure = "classification"
subject = "all"
statistic = "accuracy"
min = 0.9
"""


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (stretched(0.75), "NEUT%: bias −"),
        (stretched(1.25), "NEUT%: bias +"),
        (bent(3), "samples with the lowest NEUT%, −"),
        (right, ""),
    ],
)
def test_on_the_same_cells_too(error: Error, said: str, report: Report) -> None:
    """Confusion that is the same in all samples makes a slope, too, and is told by itself."""
    found = report(protocol_toml=OF_CELLS, p_csv=same(error))
    assert found.code == 0, found.console
    told = [line for line in found.results["scope"]["seen"] if ": bias " in line]
    assert any(said in line for line in told) if said else told == []


def side(report: Report, error: Error, seed: int) -> Side:
    bundle = report(protocol_toml=ASKED, **tables(error, samples=260, seed=seed)).bundle
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


@pytest.mark.further
def test_the_gate_tells_what_the_baseline_has_not(report: Report) -> None:
    errors = (right, apart(2.5), stretched(0.85), bent(3))
    good, level, slope, ends = (side(report, e, i) for i, e in enumerate(errors))
    assert "samples with the lowest NEUT%" in compare(ends, good).verdict.reason
    for worse, said in ((level, "samples with the higher WBC"), (slope, "proportional bias")):
        found = compare(worse, good).verdict.reason
        assert "By level, and not so by the baseline: NEUT%: " in found
        assert said in found
        assert "By level" not in compare(worse, worse).verdict.reason
        assert "By level" not in compare(good, worse).verdict.reason


@pytest.mark.further
def test_two_samples_of_a_patient_are_one(report: Report) -> None:
    """Nine patients above, however many samples of each, show no level."""
    frames = tables(apart(4))
    reference = pd.read_csv(StringIO(frames["r_csv"]))
    high = reference["WBC"] > reference["WBC"].median()
    patients = [f"P{i % 9 if up else i}" for i, up in enumerate(high)]
    listed = pd.DataFrame({"sample_id": reference["sample_id"], "patient_id": patients})
    asked = ASKED.replace('"r.csv"', '"r.csv"\nsamples = "s.csv"')
    found = report(protocol_toml=asked, s_csv=listed.to_csv(index=False), **frames)
    assert "with the higher WBC" not in found.console


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", [1.0, 0.97])
@pytest.mark.parametrize(("samples", "cells"), [(60, 400), (150, 100)])
def test_of_an_honest_model_it_is_seldom_told(samples: int, cells: int, accuracy: float) -> None:
    """Confusion shrinks the common classes a little, and counting noise flattens the rare ones."""
    rng, many = np.random.default_rng(3), repeats(400, 60)
    called = accuracy * np.eye(5) + (1 - accuracy) / 5
    told = 0
    for _ in range(many):
        study = simulated(rng, samples, cells, concentration=25, called=called)
        told += bool([*by_level(study, study.measurands, 6)])
    assert told / many <= 0.02 + slack(0.02, many, 400)


@pytest.mark.slow
def test_of_an_honest_model_of_the_same_cells_it_is_seldom_told() -> None:
    many = repeats(400, 60)
    called = 0.95 * np.eye(5) + 0.05 / 5
    told = 0
    for seed in range(many):
        study = labelled(called, samples=60, cells=100, seed=seed)
        told += bool([*by_level(study, study.measurands, 5)])
    assert told / many <= 0.01 + slack(0.01, many, 400)
