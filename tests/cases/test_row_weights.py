"""A row that stands for several cells is no cell: such a table is refused, other weights told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Judged
from wbcval.cli import main
from wbcval.values.classes import FIVE

Report = Callable[..., Judged]
CELLS = ("--predictions", "c.csv", "--mode", "same-cells")
SPLIT = ("--predictions", "p.csv", "--reference", "r.csv", "--mode", "same-cells")
MIX = [0.5, 0.25, 0.1, 0.1, 0.05]


def cells(right: float = 0.97, samples: int = 30, each: int = 60) -> pd.DataFrame:
    """A row per cell."""
    rng = np.random.default_rng(8)
    true = rng.choice(5, samples * each, p=MIX)
    wrong = rng.random(len(true)) > right
    called = np.where(wrong, (true + 1) % 5, true)
    names = np.array(FIVE)
    return pd.DataFrame(
        {"sample_id": np.repeat([f"S{i:02}" for i in range(samples)], each),
         "cell_id": np.arange(len(true)), "true_class": names[true],
         "predicted_class": names[called]}
    )  # fmt: skip


def counted(column: str, table: pd.DataFrame) -> pd.DataFrame:
    """A row per sample and pair of classes, numbered."""
    keys = ["sample_id", "true_class", "predicted_class"]
    found = table.groupby(keys).size().reset_index(name=column)
    return found.assign(cell_id=range(len(found)))


def run(report: Report, table: pd.DataFrame) -> Judged:
    return report(*CELLS, c_csv=table.to_csv(index=False))


@pytest.mark.parametrize("column", ["n", "Count", "freq", "weight", "n_cells", "replicates"])
def test_a_table_of_counts_is_refused(column: str, report: Report) -> None:
    found = run(report, counted(column, cells()))
    assert found.code == 2, found.console
    assert "row-of-several-cells" in found.console
    assert f"{column!r} says of " in found.console
    assert "1800 in all" in found.console


@pytest.mark.parametrize(("column", "whole"), [("share", 1), ("Percent", 100), ("weight", 1)])
def test_so_is_a_table_of_shares(column: str, whole: int, report: Report) -> None:
    table = counted(column, cells())
    each = table.groupby("sample_id")[column].transform("sum")
    table[column] = (whole * table[column] / each).round(4)
    found = run(report, table)
    assert found.code == 2, found.console
    assert "row-of-several-cells" in found.console
    assert "of the cells of its sample" in found.console


def test_counts_of_a_hundred_cells_are_cells(report: Report) -> None:
    found = run(report, counted("n", cells(0.97, 20, 100)))
    assert "cells, 2000 in all" in found.console


def test_without_ids_it_is_the_first_that_is_said(report: Report) -> None:
    found = run(report, counted("count", cells()).drop(columns="cell_id"))
    assert found.code == 2
    assert found.console.index("row-of-several-cells") < found.console.index("missing-column")


def test_the_advice_gives_the_verdict_of_the_cells(report: Report) -> None:
    t = counted("count", cells())
    t = t.loc[t.index.repeat(t["count"])].assign(cell_id=range(1800)).drop(columns="count")
    found, whole = run(report, t), run(report, cells())
    assert found.code == whole.code != 2
    headlines = [judged.console.partition("Also seen")[0] for judged in (found, whole)]
    assert headlines[0] == headlines[1]


def test_errors_that_weigh_twenty_cells_are_no_single_ones(report: Report) -> None:
    table = cells(0.94, 40, 100)
    right = table["true_class"] == table["predicted_class"]
    found = run(report, table.assign(count=np.where(right, 1, 20)))
    assert found.code == 2
    assert "row-of-several-cells" in found.console


def test_a_table_of_labels_too(report: Report) -> None:
    table = cells()
    p = table.drop(columns="true_class").to_csv(index=False)
    labels = table.drop(columns="predicted_class")
    r = labels.assign(weight=np.arange(1800) % 3 + 1).to_csv(index=False)
    found = report(*SPLIT, p_csv=p, r_csv=r)
    assert found.code == 2
    assert "'weight' says of 1800 rows that each is 1 to 3 cells, 3600 in all" in found.console


TABLE = cells()
KNOWN = TABLE.groupby("sample_id")["cell_id"].transform("size")


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How the table ends that says nothing of weights."""
    folder = tmp_path_factory.mktemp("without")
    path, out = folder / "c.csv", str(folder / "out")
    TABLE.to_csv(path, index=False)
    return main(["report", "--predictions", str(path), "--mode", "same-cells", "--out", out])


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("count", np.ones(1800, dtype=int)),
        ("n", np.arange(1800)),
        ("n", TABLE.groupby("sample_id").cumcount() + 1),
        ("count", TABLE.groupby("sample_id").cumcount() * 2),
        ("n_cells", KNOWN),
        ("n_cells", KNOWN + np.repeat(np.arange(30), 60)),
        ("n", np.full(1800, 3)),
        ("count", ["many", "few"] * 900),
        ("cells", [f"c{i}" for i in range(1800)]),
        ("percent", np.random.default_rng(1).uniform(40, 100, 1800).round(1)),  # sure of its label
    ],
)
def test_numbers_ones_totals_and_words_are_no_weights(
    column: str, values: object, report: Report, without: int
) -> None:
    found = run(report, TABLE.assign(**{column: values}))
    assert found.code == without != 2, found.console
    assert "weighted-row" not in found.console
    assert "says of 1800 rows" not in found.console


@pytest.mark.parametrize(
    "values", [np.tile([0.5, 2.25, 1.0], 600), np.repeat(np.arange(30) + 20, 60)]
)
def test_other_weights_are_told(values: np.ndarray, report: Report, without: int) -> None:
    """Of each class for training, or of the patient in kilograms."""
    found = run(report, TABLE.assign(weight=values))
    assert found.code == without != 2, found.console
    assert any("'weight' says of 1800 rows" in said for said in found.results["scope"]["seen"])
