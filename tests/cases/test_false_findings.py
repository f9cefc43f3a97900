"""Blasts called in samples that have none: in the headline, and above 5 % of them undecided."""

from __future__ import annotations

import json
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import accept, called, protocol, within
from tests.build.results import as_version_2
from tests.cases import edits
from tests.cases.conftest import Judged, Report
from tests.simulated import labels
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.compare import compare
from wbcval.study.false_findings import is_positive
from wbcval.values.classes import FIVE, POSITIVE, canonical
from wbcval.values.errors import InputError

N, CELLS = 40, 200
GOOD = 0.97 * np.eye(5) + 0.03 / 5  # no model is perfect
MANUAL5 = 'rollup = "manual5"\n'
ACCEPT = partial(accept, "false_findings")


@cache
def drawn(
    label: str = "blast", ill: int = 4, *, falsely: int = 0, cells: int = 5, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Labels and predictions; the first patients truly have 20 % of the class, found well.

    Args:
        falsely: of the others, how many are called to have so many ``cells`` of it.
    """
    rng = np.random.default_rng(seed)
    names, truth, said = np.array([*FIVE, label]), [], []
    for i, mix in enumerate(rng.dirichlet(edits.MIX * 12, N)):
        true = rng.choice(5, CELLS, p=mix)
        true[: CELLS // 5 if i < ill else 0] = 5
        called = true.copy()
        called[true < 5] = labels(rng, true[true < 5], GOOD)
        called[CELLS // 2 : CELLS // 2 + (cells if ill <= i < ill + falsely else 0)] = 5
        truth.append(names[true])
        said.append(names[called])
    about = {"sample_id": np.repeat([f"S{i:03}" for i in range(N)], CELLS),
             "cell_id": np.arange(N * CELLS)}  # fmt: skip
    return (
        pd.DataFrame(about | {"true_class": np.concatenate(truth)}),
        pd.DataFrame(about | {"predicted_class": np.concatenate(said)}),
    )


def cells_asked(*more: str, rollup: str = "full") -> str:
    asked = called(min=0.8), called("monocyte", "sensitivity", name="m", min=0.8)
    top = f'rollup = "{rollup}"'
    return protocol(*asked, *more, mode="same-cells", top=top, reference="r.csv")


def of_cells(report: Report, *more: str, rollup: str = "full", **how: object) -> Judged:
    truth, said = drawn(**how)  # type: ignore[arg-type]
    asked = cells_asked(*more, rollup=rollup)
    return report(protocol_toml=asked, p_csv=said.to_csv(index=False),
                  r_csv=truth.to_csv(index=False))  # fmt: skip


def first_line(found: Judged) -> str:
    return next(line for line in found.console.splitlines() if line.startswith("ACCEPTED"))


@pytest.mark.representatives(1)
@pytest.mark.parametrize(
    ("label", "rollup"),
    [("blast", "full"), ("blast", "manual5"), ("plasma cell", "manual5"), ("myeloblast", "full")],
)
def test_found_in_healthy_samples_it_reaches_the_headline(
    label: str, rollup: str, report: Report
) -> None:
    found = of_cells(report, rollup=rollup, label=label, falsely=1)
    name = "blast" if label == "myeloblast" else label
    assert found.code == 0
    assert f"; {name} called in 1 of 36 samples that have none" in first_line(found)
    honest = of_cells(report, rollup=rollup, label=label)
    assert honest.code == 0
    assert "that have none" not in honest.console


@pytest.mark.parametrize("rollup", ["full", "xn5"])
def test_in_more_than_5_percent_of_them_nothing_passes(rollup: str, report: Report) -> None:
    found = of_cells(report, rollup=rollup, falsely=2)
    assert found.code == 3
    assert "blast called in 2 of 36 samples that have none" in found.console.lower()
    waived = of_cells(report, ACCEPT("all"), ACCEPT("monocyte"), rollup=rollup, falsely=2)
    assert waived.code == 0
    assert "; blast called in 2 of 36 samples that have none" in first_line(waived)


def test_a_stray_cell_is_no_finding(report: Report) -> None:
    found = of_cells(report, falsely=10, cells=1)
    assert found.code == 0
    assert "that have none" not in found.console


def counts_asked(*more: str, rollup: str = "") -> str:
    return protocol(within("NEUT%", "10:or_noise", min=0.9), *more, top=rollup)


def analyzer(truth: pd.DataFrame, *columns: str, seed: int = 2) -> pd.DataFrame:
    """Percentages of the five of another aliquot, and of further classes."""
    rng, rows = np.random.default_rng(seed), []
    names = {"Blast%": "blast", "Other%": "blast"}
    for sample, seen in truth.groupby("sample_id")["true_class"]:
        kinds = [*FIVE, *dict.fromkeys(names[c] for c in columns)]
        p = np.array([(seen == kind).mean() for kind in kinds])
        shares = (100 * rng.multinomial(400, p / p.sum()) / 400).round(2)
        heads = (*(f"{n}%" for n in ("NEUT", "LYMPH", "MONO", "EO", "BASO")), *columns)
        rows.append({"sample_id": sample, **dict(zip(heads, shares, strict=True))})
    return pd.DataFrame(rows)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("columns", "falsely", "ill", "said", "code", "rollup"),
    [
        ((), 1, 0, "blast called in 1 of 40 samples and compared with nothing", 0, ""),
        ((), 3, 0, "blast called in 3 of 40 samples and compared with nothing", 3, ""),
        ((), 3, 0, "blast called in 3 of 40 samples and compared with nothing", 3, MANUAL5),
        (("Blast%",), 1, 1, "blast called in 1 of 39 samples that have none", 0, ""),
        (("Blast%",), 2, 1, "blast called in 2 of 39 samples that have none", 3, ""),
        (("Blast%",), 2, 1, "blast called in 2 of 39 samples that have none", 3, MANUAL5),
        (("Other%",), 1, 1, "blast called in 1 of 39 samples that have none", 0, MANUAL5),
        ((), 0, 0, "", 0, ""),
        (("Blast%",), 0, 2, "", 0, ""),
        (("Other%",), 0, 2, "", 0, MANUAL5),
    ],
)
def test_beside_an_analyzer(
    columns: tuple[str, ...], falsely: int, ill: int, said: str, code: int, rollup: str,
    report: Report,
) -> None:  # fmt: skip
    truth, called = drawn(ill=ill, falsely=falsely)
    found = report(
        protocol_toml=counts_asked(rollup=rollup), p_csv=called.to_csv(index=False),
        r_csv=analyzer(truth, *columns).to_csv(index=False),
    )  # fmt: skip
    assert found.code == code
    assert (said or "blast called in") in found.console.lower() or not said
    assert ("blast called in" in found.console.lower()) is bool(said)


def test_a_table_of_percentages_says_it_too(report: Report) -> None:
    truth, called = drawn(ill=0, falsely=3, cells=12)
    model = analyzer(called.rename(columns={"predicted_class": "true_class"}), "Blast%", seed=3)
    model["n_cells"] = 400
    found = report(
        protocol_toml=counts_asked(), p_csv=model.to_csv(index=False),
        r_csv=analyzer(truth).to_csv(index=False),
    )  # fmt: skip
    assert found.code == 3
    assert "Blast called in 3 of 40 samples" in found.console


def side(report: Report, **how: object) -> Side:
    accepts = ACCEPT("all"), ACCEPT("monocyte")
    bundle = of_cells(report, *accepts, **how).bundle
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


def test_the_gate_tells_more_of_them_than_before(report: Report) -> None:
    old, few, many = (side(report, falsely=n) for n in (0, 1, 6))
    for new, told in ((few, 1), (many, 6)):
        found = compare(new, old)
        assert f"blast called in {told} of 36 samples that have none, by the baseline in none" in (
            found.verdict.reason
        )
    assert "false_findings" in {f for c in found.changes for f in c.change.flags}
    assert "More false findings" not in compare(few, many).verdict.reason
    assert "More false findings" not in compare(old, old).verdict.reason


def test_a_bundle_that_hides_them_is_refused(report: Report) -> None:
    bundle = of_cells(report, falsely=1).bundle
    files = {name: (bundle / name).read_bytes() for name in FILES}
    told = json.loads(files["results.json"])
    told["scope"]["ledger"]["false_findings"] = []
    files["results.json"] = json.dumps(told).encode()
    with pytest.raises(InputError, match="false findings of blast"):
        side_of("a bundle", files)


def test_a_bundle_of_before_is_read_and_its_cells_tell_them(report: Report) -> None:
    bundle = of_cells(report, falsely=1).bundle
    files = {name: (bundle / name).read_bytes() for name in FILES}
    told = json.loads(files["results.json"])
    for key in ("false_findings", "missed_findings"):  # neither was looked for
        del told["scope"]["ledger"][key]
    as_version_2(told)
    files["results.json"] = json.dumps(told).encode()

    (found,) = side_of("a bundle", files).study.ledger.false_findings or ()
    assert (found.label, found.found, found.known) == ("blast", 1, True)


def test_of_a_good_model_it_is_seldom_said() -> None:
    """One cell in 2 000 is falsely called so, and patients differ in how often."""
    rng = np.random.default_rng(7)
    for cells in (50, 100, 200, 400):
        rate = rng.gamma(1.0, 0.0005, (2000, 60))
        found = is_positive("blast", rng.binomial(cells, rate), np.full(rate.shape, cells))
        assert np.mean(found.sum(axis=1) > 3) <= 0.01


def test_no_class_of_the_five_is_one(report: Report) -> None:
    truth, said = drawn(ill=0)
    wrong = said["predicted_class"].where(np.arange(len(said)) % 25 != 0, "eosinophil")
    found = report(
        protocol_toml=cells_asked(), p_csv=said.assign(predicted_class=wrong).to_csv(index=False),
        r_csv=truth.to_csv(index=False),
    )  # fmt: skip
    assert "that have none" not in found.console


@pytest.mark.parametrize(
    ("label", "cells", "said"),
    [
        ("promyelocyte", 2, True), ("myelocyte", 2, True), ("nrbc", 2, True),
        ("erythroblast", 2, True),
        ("metamyelocyte", 4, False), ("metamyelocyte", 5, True), ("reactive lymphocyte", 10, False),
        ("atypical lymphocyte", 11, True), ("prolymphocyte", 11, True),
        ("large granular lymphocyte", 20, False),
    ],
)  # fmt: skip
def test_from_how_many_cells_of_a_class_it_is_a_finding(label: str, cells: int, said: bool) -> None:
    name = canonical(label)
    assert name is not None
    found = name in POSITIVE and bool(is_positive(name, np.array(cells), np.array(CELLS)))
    assert found is said


@pytest.mark.representatives(1)
@pytest.mark.parametrize(
    ("label", "cells", "said"),
    [("erythroblast", 2, True), ("metamyelocyte", 4, False), ("atypical lymphocyte", 11, True)],
)
def test_other_pathological_classes_are_told_and_take_no_pass_away(
    label: str, cells: int, said: bool, report: Report
) -> None:
    found = of_cells(report, label=label, falsely=30, cells=cells)
    assert found.code == 0
    assert ("called in 30 of 36 samples that have none" in found.console) is said
    assert ("Positive findings, not judged: " in found.console) is said
    few = of_cells(report, label=label, falsely=1, cells=cells)  # readers differ in one
    assert "that have none" not in few.console


@pytest.mark.further
def test_the_gate_tells_those_that_are_many(report: Report) -> None:
    old, few, many = (side(report, label="promyelocyte", falsely=n) for n in (0, 1, 6))
    assert (
        "More false findings: promyelocyte called in 6 of 36" in compare(many, old).verdict.reason
    )
    assert "More false findings" not in compare(few, old).verdict.reason


def test_of_a_bundle_that_looked_at_blasts_alone_the_cells_tell_the_others(report: Report) -> None:
    bundle = of_cells(report, label="promyelocyte", falsely=6).bundle
    files = {name: (bundle / name).read_bytes() for name in FILES}
    told = json.loads(files["results.json"])
    del told["scope"]["ledger"]["missed_findings"]
    rows, told["scope"]["ledger"]["false_findings"] = told["scope"]["ledger"]["false_findings"], []
    as_version_2(told)
    files["results.json"] = json.dumps(told).encode()
    found = side_of("a bundle", files).study.ledger.false_findings or ()
    assert [f.to_json() for f in found] == rows
