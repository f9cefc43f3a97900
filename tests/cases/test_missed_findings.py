"""Patients with blasts whom a model calls free of them: the headline says so, many take passes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import accept, called, protocol, within
from tests.build.results import as_version_2
from tests.cases.conftest import Report
from tests.simulated import repeats, slack
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.compare import compare
from wbcval.study.false_findings import SideShares, cells_needed, is_positive
from wbcval.study.missed_findings import of_counts, of_samples, said
from wbcval.values.classes import FIVE, PATHOLOGICAL
from wbcval.values.errors import InputError

N, CELLS = 60, 400
MIX = np.array([0.58, 0.30, 0.08, 0.03, 0.01])
COLUMNS = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%", "Blast%")
OF_SAMPLES = protocol(within("NEUT%", "10:or_noise", name="c", min=0.9), top='rollup = "full"')
OF_CELLS = protocol(
    called(name="c", min=0.8), mode="same-cells", top='rollup = "full"', reference="r.csv"
)
ACCEPT = partial(accept, "missed_findings")


def shares(high: int, low: int) -> np.ndarray:
    """Percentages of five classes and blasts: some patients with half, some with 2 to 5 %."""
    rng = np.random.default_rng(4)
    blasts = np.zeros(N)
    blasts[:high] = rng.uniform(0.3, 0.6, high)
    blasts[high : high + low] = rng.uniform(0.02, 0.05, low)
    healthy = rng.dirichlet(MIX * 25, N)
    return np.hstack([healthy * (1 - blasts)[:, None], blasts[:, None]])


def without(true: np.ndarray, missed: slice) -> np.ndarray:
    """What a model sees that calls the blasts of some patients monocytes."""
    seen = true.copy()
    seen[missed, 2] += seen[missed, 5]
    seen[missed, 5] = 0
    return seen


def of_percentages(high: int, low: int, missed: int, *, blasts: bool = True) -> dict[str, str]:
    rng, true = np.random.default_rng(3), shares(high, low)
    seen = without(true, slice(high, high + missed))
    ids = [f"S{i:03}" for i in range(N)]
    texts = {}
    for name, p, cells in (("p_csv", seen, CELLS), ("r_csv", true, 10_000)):
        found = np.array([rng.multinomial(cells, row) for row in p]) / cells * 100
        table = pd.DataFrame(found.round(2), columns=COLUMNS)
        table = table.assign(sample_id=ids, n_cells=cells)
        if name == "p_csv" and not blasts:
            table = table.drop(columns="Blast%")
        texts[name] = table.to_csv(index=False)
    return texts


def of_cells(high: int, low: int, missed: int, label: str = "blast") -> dict[str, str]:
    rng, names = np.random.default_rng(3), np.array([*FIVE, label])
    true = np.concatenate([rng.choice(6, CELLS, p=p) for p in shares(high, low)])
    sample = np.repeat(np.arange(N), CELLS)
    wrong = rng.random(len(true)) < 0.02
    said = np.where(wrong & (true < 5), (true + 1) % 5, true)
    said[(said == 5) & (sample >= high) & (sample < high + missed)] = 2
    about = {"sample_id": [f"S{i:03}" for i in sample], "cell_id": np.arange(len(true))}
    return {
        "p_csv": pd.DataFrame(about | {"predicted_class": names[said]}).to_csv(index=False),
        "r_csv": pd.DataFrame(about | {"true_class": names[true]}).to_csv(index=False),
    }


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("missed", "said", "code"),
    [(10, "10 of 18", 3), (2, "2 of 18", 3), (1, "1 of 18", 0), (0, "", 0)],
)
@pytest.mark.parametrize("which", [of_percentages, of_cells])
def test_missed_patients_reach_the_headline(
    which: Callable[[int, int, int], dict[str, str]], missed: int, said: str, code: int,
    report: Report,
) -> None:  # fmt: skip
    asked = OF_SAMPLES if which is of_percentages else OF_CELLS
    found = report(protocol_toml=asked, **which(8, 10, missed))
    assert found.code == code
    sentence = f"last missed in {said} samples that have them"
    assert (sentence in found.console) is bool(said)
    flags = {f for m in found.results["measurements"] for f in m["flags"]}
    assert ("missed_findings" in flags) is bool(code)


@pytest.mark.parametrize("label", ["plasma cell", "myeloblast"])
def test_by_name_they_are_accepted_and_still_said(label: str, report: Report) -> None:
    asked = OF_CELLS + ACCEPT("all")
    found = report(protocol_toml=asked, **of_cells(8, 10, 10, label))
    assert found.code == 0
    name = "blast" if label == "myeloblast" else label
    first = next(line for line in found.console.splitlines() if line.startswith("ACCEPTED"))
    assert f"; {name} missed in 10 of 18 samples that have them" in first


def test_one_who_has_no_such_column_misses_none(report: Report) -> None:
    """That the reference counts a class which the model does not is told as uncompared."""
    found = report(protocol_toml=OF_SAMPLES, **of_percentages(0, 10, 10, blasts=False))
    assert "missed in" not in found.console


def test_what_chance_explains_is_said_with_it() -> None:
    """Three cells of 200: a model that finds 80 % of them misses one patient in ten (binomial)."""
    true = np.full(20, 3)
    called, of, ids = (
        np.where(np.arange(20) < 4, 1, 3),
        np.full(20, 200),
        [f"S{i}" for i in range(20)],
    )
    (found,) = of_counts("blast", true, called, of, ids)
    chance = 0.2**3 + 3 * 0.8 * 0.2**2
    above = [sum(math.comb(20, j) * chance**j * (1 - chance) ** (20 - j) for j in range(k + 1, 21))
             for k in range(20)]  # fmt: skip
    most = next(k for k, p in enumerate(above) if p <= 0.01)
    assert found.said == f"blast missed in 4 of 20 samples that have them (by chance up to {most})"
    assert not found.many
    assert found.by_chance
    assert said([found]) == ""


def test_one_who_is_missed_with_many_cells_is_named_among_those_of_few() -> None:
    """Of 12 cells none: 0.2 to the 12th. Of three of each of the others one is easily too few."""
    true = np.array([3] * 30 + [12])
    called = np.array([1] * 4 + [3] * 26 + [0])
    (found,) = of_counts("blast", true, called, np.full(31, 200), [f"S{i}" for i in range(31)])
    assert found.missed <= found.likely
    assert found.beyond == ("S30",)
    chance = f"(by chance up to {found.likely}, not so S30)"
    told = f"blast missed in 5 of 31 samples that have them {chance}"
    assert said([found]) == told


def test_all_are_named_where_they_are_more_than_chance_gives() -> None:
    true, ids = np.arange(10, 20), [f"S{i}" for i in range(10)]
    (found,) = of_counts("blast", true, np.zeros(10, int), np.full(10, 200), ids)
    assert found.beyond == tuple(reversed(ids))
    assert found.said.endswith("10 of 10 samples that have them (S9, S8, S7 and 7 more)")


def side(report: Report, missed: int) -> Side:
    bundle = report(protocol_toml=OF_CELLS + ACCEPT("all"), **of_cells(8, 10, missed)).bundle
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


@pytest.mark.further
def test_the_gate_tells_more_of_them_than_before(report: Report) -> None:
    good, bad = side(report, 0), side(report, 10)
    reason = compare(bad, good).verdict.reason
    assert "More missed: blast missed in 10 of 18 samples that have them (S0" in reason
    assert "and 7 more), by the baseline in none." in reason
    assert "More missed" not in compare(good, bad).verdict.reason
    assert "More missed" not in compare(bad, bad).verdict.reason


def test_a_bundle_that_hides_them_is_refused_and_an_older_one_is_read(report: Report) -> None:
    bundle = report(protocol_toml=OF_CELLS, **of_cells(8, 10, 10)).bundle
    files = {name: (bundle / name).read_bytes() for name in FILES}
    told = json.loads(files["results.json"])
    ledger = told["scope"]["ledger"]
    row = ledger.pop("missed_findings")[0]
    as_version_2(told)
    found = side_of("a bundle", files | {"results.json": json.dumps(told).encode()})
    assert [f.to_json() for f in found.study.ledger.missed_findings or ()] == [row]
    told = json.loads(files["results.json"])
    ledger = told["scope"]["ledger"]
    for hidden in ([], [row | {"missed": 1}], [row | {"likely": 9}], [row | {"beyond": []}]):
        ledger["missed_findings"] = hidden
        with pytest.raises(InputError, match="missed findings of blast"):
            side_of("a bundle", files | {"results.json": json.dumps(told).encode()})


@pytest.mark.parametrize("label", PATHOLOGICAL)
def test_the_least_number_of_cells_is_the_first_that_is_a_finding(label: str) -> None:
    of = np.arange(1, 501)
    least = cells_needed(label, of)
    assert is_positive(label, least, of).all()
    assert not is_positive(label, least - 1, of).any()


@pytest.mark.representatives(2)
@pytest.mark.drawn
@pytest.mark.parametrize("cells", [100, 200, 400])
def test_of_a_good_model_many_are_seldom_missed(cells: int) -> None:
    """It finds 90 % of the cells, of some patients 70 %; half the patients hardly have any."""
    rng, many = np.random.default_rng(11), repeats(2000, 300)
    flagged, told = {"cells": 0, "samples": 0}, 0
    for _ in range(many):
        share = np.concatenate(
            [np.zeros(20), rng.uniform(0.005, 0.03, 10), rng.uniform(0.03, 0.6, 10)]
        )
        found = rng.beta(18, 2, 40)
        true = rng.binomial(cells, share)
        of = np.full(40, cells)
        ids = [*map(str, range(40))]
        (flag,) = (*of_counts("blast", true, rng.binomial(true, found), of, ids), None)[:1]
        flagged["cells"] += flag is not None and flag.many
        told += flag is not None and not flag.by_chance
        theirs, ours = (
            rng.binomial(200, share) / 2,
            100 * rng.binomial(cells, share * found) / cells,
        )
        both = (
            SideShares({"blast": ours}, of.astype(float)),
            SideShares({"blast": theirs}, np.full(40, 200.0)),
        )
        (flag,) = (*of_samples(*both, np.ones(40, dtype=bool), ids), None)[:1]
        flagged["samples"] += flag is not None and flag.many
    assert told / many <= 0.05 + slack(0.05, many, 2000)
    for times in flagged.values():
        assert times / many <= 0.01 + slack(0.01, many, 2000)


def test_of_labels_and_reference_the_one_that_tells_of_more_is_told(report: Report) -> None:
    """Ten samples have labels, all right; of the others the reference tells."""
    cells = of_cells(8, 10, 10)
    labels = pd.read_csv(StringIO(cells["r_csv"]))
    called = pd.read_csv(StringIO(cells["p_csv"]))
    known = labels["sample_id"].isin([f"S{i:03}" for i in (*range(8), 50, 51)])
    both = called.assign(true_class=labels["true_class"].where(known))
    reference = of_percentages(8, 10, 10)["r_csv"]
    asked = OF_SAMPLES + ACCEPT("NEUT%")
    found = report(protocol_toml=asked, p_csv=both.to_csv(index=False), r_csv=reference)
    assert "last missed in 10 of 18 samples that have them" in found.console
    files = {name: (found.bundle / name).read_bytes() for name in FILES}
    (row,) = side_of("a bundle", files).study.ledger.missed_findings or ()
    assert (row.missed, row.samples) == (10, 18)
