"""Labels chosen among tied probabilities: told, and no pass where the true class chose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from tests.cases.conftest import Judged
from tests.cases.test_cut_off import ASKED, drawn
from wbcval.stats.ties import TIED, TiedLabels, Ties
from wbcval.values.classes import FIVE

Report = Callable[..., Judged]
CELLS, TIE = 6000, 0.3


def table(by: str) -> pd.DataFrame:
    """Cells of which three in ten tie the true class with another; the label is one of the two."""
    rng = np.random.default_rng(1)
    true = rng.choice(5, CELLS, p=[0.5, 0.25, 0.1, 0.1, 0.05])
    tied = rng.random(CELLS) < TIE
    other = (true + rng.integers(1, 5, CELLS)) % 5
    seen = np.where(~tied & (rng.random(CELLS) < 0.03), other, true)  # the model errs, too
    chance = np.full((CELLS, 5), 0.01)
    at = np.arange(CELLS)
    chance[at, seen] = np.where(tied, 0.47, 0.96)
    chance[at[tied], other[tied]] = 0.47
    chance[tied] += (chance[tied] == 0.01) * 0.01
    label = {
        "truth": seen,
        "first": chance.argmax(axis=1),
        "lot": np.where(tied & (rng.random(CELLS) < 0.5), other, seen),
    }[by]
    names = np.array(FIVE)
    return pd.DataFrame(
        {"sample_id": [f"S{i % 40:02}" for i in range(CELLS)], "cell_id": at,
         "true_class": names[true], "predicted_class": names[label]}
        | {f"probability_{name}": chance[:, i] for i, name in enumerate(FIVE)}
    )  # fmt: skip


@pytest.mark.parametrize("by", ["truth", "first", "lot"])
def test_only_the_truth_takes_the_pass_away(by: str, report: Report) -> None:
    found = report(protocol_toml=ASKED, c_csv=table(by).to_csv(index=False))
    assert found.code == (3 if by == "truth" else 0), found.console
    assert ("labelled as the true class alone tells" in found.console) is (by == "truth")
    tied = sum("labels chosen among" in said for said in found.results["scope"]["seen"])
    assert tied == 1
    assert "of 6000 cells (30 %), right in " in found.console
    assert "alone makes " in found.console


def test_accepting_it_by_name_and_following_the_advice(report: Report) -> None:
    toml = (
        ASKED + '[[accept]]\nflag = "ties_by_truth"\nsubject = "all"\nreason = "checked by hand"\n'
    )
    held = table("truth").to_csv(index=False)
    assert report(protocol_toml=toml, c_csv=held).code == 0
    asked = ASKED.replace("0.5", "0.95")
    bad = report(protocol_toml=asked, c_csv=table("first").to_csv(index=False))
    assert bad.code == 1


def test_beside_a_stage_they_are_looked_at_too(report: Report) -> None:
    held = table("truth").assign(stage="differentiation").to_csv(index=False)
    assert report(protocol_toml=ASKED, c_csv=held).code == 3


def ties(chance: np.ndarray, label: np.ndarray, true: np.ndarray) -> Ties:
    names = [f"c{i}" for i in range(chance.shape[1])]
    found = TiedLabels()
    found.add(names, chance, (label, names), (true, names))
    return found.ties()


@pytest.mark.parametrize("decimals", [2, 3])
@pytest.mark.parametrize("classes", [5, 12])
@pytest.mark.parametrize("sharp", [0.2, 1.0, 3.0])
def test_digits_that_were_rounded_away_are_no_truth(
    decimals: int, classes: int, sharp: float
) -> None:
    """The label follows from more digits than the table has, sure or not."""
    rng = np.random.default_rng(5)
    for cells in (1000, 20_000):
        true, chance = drawn(rng, cells, classes, (3, 1), sharp)
        assert not ties(chance.round(decimals), chance.argmax(axis=1), true).by_truth


@pytest.mark.parametrize("members", [3, 5])
def test_votes_of_several_nets_chosen_by_their_probabilities_are_none(members: int) -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        true = rng.integers(0, 12, 3000)
        scores = rng.normal(0, 1, (3000, 12))
        scores[np.arange(3000), true] += rng.gamma(3, 1, 3000)
        each = [np.exp(scores + rng.normal(0, 1, scores.shape)) for _ in range(members)]
        votes = sum(np.eye(12)[one.argmax(axis=1)] for one in each) / members
        top = votes >= votes.max(axis=1, keepdims=True) - TIED
        label = np.where(top, sum(one / one.sum(axis=1, keepdims=True) for one in each), -1)
        found = ties(votes, label.argmax(axis=1), true)
        assert found.said
        assert not found.by_truth


def test_the_chance_is_bounded_from_above() -> None:
    """Of forty cells that tie two classes, half of each, all right: one of C(40, 20) ways."""
    true = np.repeat([0, 1], 20)
    found = ties(np.full((40, 2), 0.5), true, true)
    exact = hypergeom.logpmf(20, 40, 20, 20)
    assert exact <= found.chance < 0.95 * exact
    assert (found.cells, found.right, found.by_chance, found.most) == (40, 40, 20.0, 40)
    assert found.by_truth
    few = ties(np.full((16, 2), 0.5), true[12:28], true[12:28])
    assert not few.by_truth


def test_parts_say_the_same_as_the_whole() -> None:
    held = table("truth")
    chance = held.filter(like="probability_").to_numpy()
    codes = [pd.Categorical(held[c], FIVE).codes for c in ("predicted_class", "true_class")]
    whole, one, other = TiedLabels(), TiedLabels(), TiedLabels()
    for part, rows in ((whole, slice(None)), (one, slice(2000)), (other, slice(2000, None))):
        label, true = (code[rows].astype(np.int64) for code in codes)
        part.add(FIVE, chance[rows], (label, FIVE), (true, FIVE))
    one.merge(other)
    assert one.ties() == whole.ties()


def test_depths_of_one_class_are_no_tie() -> None:
    found = TiedLabels()
    one = np.array([0]), ["neutrophil"]
    found.add(["neutrophil", "neutrophil", "monocyte"], np.array([[0.4, 0.4, 0.2]]), one, one)
    assert found.ties() == Ties(of=1)
