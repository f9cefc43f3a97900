"""Another column of both tables says that the id joins wrong rows: no number of these is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Judged, Report
from wbcval.values.classes import FIVE

N = 60
SAMPLES = ("--predictions", "p.csv", "--reference", "r.csv", "--mode", "different-aliquot")
CELLS = ("--predictions", "p.csv", "--reference", "r.csv", "--mode", "same-cells")
rng = np.random.default_rng(24)
IDENTITIES: dict[str, Sequence[Any]] = {
    "patient_id": [f"P{i:03d}" for i in range(N)],
    "Accession": [f"A{1000 + 7 * i}" for i in range(N)],
    "barcode": [str(90000 + 13 * i) for i in range(N)],
    "specimen_id": [f"T{i:04d}" for i in range(N)],
    "file name": [f"scan\\{i:03d}.tif" for i in range(N)],
    "date of birth": [f"19{30 + i}-0{1 + i % 9}-11" for i in range(N)],
    "Sex": rng.choice(["F", "M"], N).tolist(),
    "site": rng.choice(["Lyon", "Graz", "Bern"], N).tolist(),
    "Hospital": rng.choice(["Lyon", "Graz", "Bern"], N).tolist(),
    "age": rng.integers(1, 95, N).tolist(),
    "ward": rng.choice(["ICU", "haematology", "A3"], N).tolist(),
    "visit": rng.choice(["V1", "V2", "V3"], N).tolist(),
}
KNOWN = ("Sex", "site", "Hospital", "age", "ward", "visit")


def by_rank(column: str, wrong: int = N) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both sides numbered by the rank of their own WBC, of so many samples: the pairs agree."""
    wbc = np.sort(np.exp(rng.normal(2, 0.6, N)))
    ids = [f"S{i:03d}" for i in rng.permutation(N)]
    held, other = np.array(IDENTITIES[column]), np.array(IDENTITIES[column])
    other[:wrong] = np.roll(other[:wrong], 1)
    model = (wbc * (1 + rng.normal(0, 0.02, N))).round(2)
    p = pd.DataFrame({"sample_id": ids, "n_cells": 400, "WBC": model, column: other})
    r = pd.DataFrame({"sample_id": ids, "WBC": wbc.round(2), column: held})
    return p.sample(frac=1, random_state=1), r.sample(frac=1, random_state=2)


def run(report: Report, p: pd.DataFrame, r: pd.DataFrame, *arguments: str, **more: str) -> Judged:
    files = {"p_csv": p.to_csv(index=False), "r_csv": r.to_csv(index=False), **more}
    return report(*(arguments or SAMPLES), **files)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("column", IDENTITIES)
def test_ids_that_another_column_contradicts_are_refused(column: str, report: Report) -> None:
    found = run(report, *by_rank(column))
    assert found.code == 2
    assert "join-contradicted" in found.console
    assert f"{column!r} says of " in found.console
    assert "of 60 pairs with" in found.console
    assert ("join by it" in found.console) is (column not in KNOWN)
    assert "rename it in one" in found.console


@pytest.mark.parametrize("column", ["site", "Sex", "age"])
def test_renamed_as_advised_it_is_judged(column: str, report: Report) -> None:
    p, r = by_rank(column)
    assert run(report, p.rename(columns={column: "of the model"}), r).code in (0, 1, 3)


def test_codes_under_a_name_that_no_list_knows_are_told(report: Report) -> None:
    p, r = by_rank("barcode")
    shown = {column: [f"LX-{i}" for i in side] for column, side in
             (("p", p["barcode"]), ("r", r["barcode"]))}  # fmt: skip
    found = run(report, p.assign(Fall=shown["p"]), r.assign(Fall=shown["r"]))
    assert found.code == 2  # by the barcode
    p, r = p.drop(columns="barcode"), r.drop(columns="barcode")
    found = run(report, p.assign(Fall=shown["p"]), r.assign(Fall=shown["r"]))
    assert found.code == 0, found.console
    assert "'Fall' says of 60 of 60 pairs" in found.results["scope"]["seen"][0]
    placed = run(report, p.assign(position=shown["p"]), r.assign(position=shown["r"]))
    assert "pairs with" not in placed.console


def test_an_age_one_year_on_is_none(report: Report) -> None:
    """The day of the draw, and that of the report."""
    p, r = by_rank("age", wrong=0)
    later = p["age"] + rng.integers(0, 2, N)
    found = run(report, p.assign(age=later), r)
    assert found.code != 2, found.console
    assert "pairs with" not in found.console


def test_the_list_of_samples_joins_them_too(report: Report) -> None:
    p, r = by_rank("Accession")
    s = r.drop(columns="WBC").rename(columns={"Accession": "order number"})
    found = run(report, p, r.drop(columns="Accession"), *SAMPLES, "--samples", "s.csv",
                s_csv=s.to_csv(index=False))  # fmt: skip
    assert found.code == 2
    assert "join-contradicted" in found.console


def test_the_advice_joins_by_the_other_column(report: Report) -> None:
    p, r = by_rank("specimen_id")
    toml = protocol()
    for role in ("predictions", "reference"):
        line = f'sample_id = "specimen_id" under [columns.{role}]'
        assert line in run(report, p, r).console
        toml += f'[columns.{role}]\nsample_id = "specimen_id"\n'
    toml += within(min=0.9)
    assert run(report, p, r, "protocol.toml", protocol_toml=toml).code in (0, 1)


@pytest.mark.parametrize("column", ["patient_id", "barcode"])
def test_a_slip_is_told_and_not_refused(column: str, report: Report) -> None:
    found = run(report, *by_rank(column, wrong=2))
    assert found.code != 2, found.console
    assert f"{column!r} says of 2 of 60 pairs" in found.results["scope"]["seen"][0]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("patient_id", {i: f"Q{(7 * i) % N:03d}" for i in range(N)}),
        ("Sex", {"F": "M", "M": "F"}),  # 0 and 1, or 1 and 0
        ("Sex", {"F": "female", "M": "male"}),
        ("run number", {}),
    ],
)
def test_another_naming_is_no_contradiction(
    column: str, change: dict[Any, Any], report: Report
) -> None:
    p, r = by_rank("Sex" if column == "Sex" else "patient_id", wrong=0)
    if column == "run number":  # an order of each table's own
        p[column], r[column] = rng.permutation(N), rng.permutation(N)
    elif column == "Sex":
        r[column] = r[column].map(change)
    else:
        r[column] = [change[i] for i in range(N)]
    found = run(report, p, r)
    assert found.code != 2, found.console
    assert "join-contradicted" not in found.console


@pytest.mark.parametrize("column", ["slide_no", "collected", "barcode"])
def test_codes_and_days_that_each_side_has_its_own_of_are_none(column: str, report: Report) -> None:
    """Slide 1 or 2; the day of the draw, and that of the slide."""
    p, r = by_rank("patient_id", wrong=0)
    days = rng.integers(1, 20, N)
    held = {
        "slide_no": (rng.integers(1, 3, N), rng.integers(1, 3, N)),
        "collected": (days, days + 1),
        "barcode": (np.full(N, "none"), [f"B{i}" for i in range(N)]),
    }
    p[column], r[column] = held[column]
    found = run(report, p.sort_values("sample_id"), r.sort_values("sample_id"))
    assert found.code != 2, found.console
    assert "join-contradicted" not in found.console


def cells(column: str, *, right: bool, known: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells numbered in each export by itself, sorted by class; both name the cell's image."""
    sides: tuple[list[pd.DataFrame], list[pd.DataFrame]] = ([], [])
    for s in range(25):
        truth = np.sort(rng.choice(FIVE, 40))
        images = [f"S{s}/{column}_{i}.png" for i in rng.permutation(40)]
        for side, of in zip(sides, ("predicted_class", "true_class"), strict=True):
            shown = images if right else [images[i] for i in rng.permutation(40)]
            named = shown if known or side is sides[0] else [f"other/{i}.png" for i in range(40)]
            side.append(pd.DataFrame({"sample_id": f"S{s}", "cell_id": [f"{s}-{i}" for i in
                                      range(40)], column: named, of: truth}))  # fmt: skip
    return pd.concat(sides[0]), pd.concat(sides[1])


@pytest.mark.representatives(2)
@pytest.mark.parametrize("column", ["image", "file_name"])
@pytest.mark.parametrize("with_sample", [True, False])
def test_labels_that_the_image_contradicts_are_refused(
    column: str, with_sample: bool, report: Report
) -> None:
    p, r = cells(column, right=False)
    found = run(report, p, r if with_sample else r.drop(columns="sample_id"), *CELLS)
    assert found.code == 2
    assert f"{column!r} says of 9" in found.console
    assert "of 1000 pairs with the predictions that cell_id joins wrong rows" in found.console
    one = run(report, p.drop(columns="cell_id"), r.drop(columns="cell_id"), *CELLS)
    assert one.code == 1  # as advised: the labels are others


@pytest.mark.parametrize(("right", "known"), [(True, True), (False, False)])
def test_images_that_agree_or_are_named_otherwise_are_none(
    right: bool, known: bool, report: Report
) -> None:
    found = run(report, *cells("image", right=right, known=known), *CELLS)
    assert found.code != 2, found.console
    assert "join-contradicted" not in found.console


def with_boxes(*, right: bool, own: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of smear fields: each export numbers them by itself, and both say where they lie."""
    p, r = cells("image", right=True)
    p, r = (side.assign(image=side["sample_id"] + ".png") for side in (p, r))
    shown = np.arange(len(p))
    at = shown if right else np.concatenate([s + rng.permutation(40) for s in shown[::40]])
    for side, of in ((p, shown), (r, at)):
        for i, corner in enumerate(("x_min", "y_min", "x_max", "y_max")):
            side[corner] = 7 * of + i
    if own:  # drawn by each side
        for corner in ("x_min", "y_min", "x_max", "y_max"):
            r[corner] = r[corner] + 1
    return p, r.assign(x_min=r["x_min"].astype(float))


@pytest.mark.parametrize("with_sample", [True, False])
def test_labels_whose_boxes_contradict_the_join_are_refused(
    with_sample: bool, report: Report
) -> None:
    p, r = with_boxes(right=False)
    found = run(report, p, r if with_sample else r.drop(columns="sample_id"), *CELLS)
    assert found.code == 2
    assert "'box' says of 9" in found.console
    assert "of 1000 pairs with the predictions that cell_id joins wrong rows" in found.console
    assert "joined by it" not in found.console


@pytest.mark.parametrize(("right", "own"), [(True, False), (False, True)])
def test_boxes_that_agree_or_that_each_side_drew_are_none(
    right: bool, own: bool, report: Report
) -> None:
    found = run(report, *with_boxes(right=right, own=own), *CELLS)
    assert found.code != 2, found.console
    assert "join-contradicted" not in found.console
