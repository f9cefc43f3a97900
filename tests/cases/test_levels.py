"""A bias that changes with the level is told beside the verdict, and by the gate if it is new."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import criterion, protocol, within
from tests.cases.conftest import Report
from tests.simulated import drawn as simulated
from tests.simulated import repeats, slack
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.compare import compare
from wbcval.judge.levels import by_level
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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (stretched(1.25), "NEUT%: proportional bias, Deming slope 1."),
        (stretched(0.75), "NEUT%: proportional bias, Deming slope 0."),
        (apart(4), "NEUT%: bias {} points in the 30 samples with the higher WBC, {} in the 30"),
        (apart(-4), "NEUT%: bias {} points in the 30 samples with the higher WBC, {} in the 30"),
        (right, ""),
    ],
)
def test_it_stands_beside_the_verdict(error: Error, said: str, report: Report) -> None:
    given = tables(error)
    found = report(protocol_toml=ASKED, **given)
    assert found.code == 0
    said = said.format(*halves(**given))
    told = " ".join(found.console.split())
    assert said in told
    assert told.count("proportional bias") + told.count("with the higher WBC") == bool(said)
    assert said in " ".join(found.results["scope"]["declared"])


@pytest.mark.parametrize("which", ["min = 0.8", "optional = true\nmin = 0.8"])
def test_of_what_no_required_criterion_judges_nothing_is_said(which: str, report: Report) -> None:
    asked = protocol(WITHIN.replace("min = 0.8", which), within(min=0.9))
    found = report(protocol_toml=asked, **tables(stretched(0.75)))
    assert ("proportional bias" in found.console) is ("optional" not in which)


def side(report: Report, error: Error, seed: int) -> Side:
    bundle = report(protocol_toml=ASKED, **tables(error, samples=260, seed=seed)).bundle
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


def test_the_gate_tells_what_the_baseline_has_not(report: Report) -> None:
    good, level, slope = (side(report, e, i) for i, e in enumerate((right, apart(2.5),
                                                                    stretched(0.85))))  # fmt: skip
    for worse, said in ((level, "samples with the higher WBC"), (slope, "proportional bias")):
        found = compare(worse, good).verdict.reason
        assert "By level, and not so by the baseline: NEUT%: " in found
        assert said in found
        assert "By level" not in compare(worse, worse).verdict.reason
        assert "By level" not in compare(good, worse).verdict.reason


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
