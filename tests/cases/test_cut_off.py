"""Cells left out below a limit of the model's own probability leave a step, and it is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import called, protocol
from tests.cases.conftest import Report
from wbcval.stats.cut_off import LeastSure
from wbcval.values.classes import FIVE

ASKED = protocol(called(min=0.5), mode="same-cells", predictions="c.csv")


def drawn(
    rng: np.random.Generator,
    cells: int,
    classes: int = 5,
    easy: tuple[float, float] = (3, 2),
    sharp: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """True classes and probabilities: a softmax whose margin differs from cell to cell."""
    true = rng.integers(0, classes, cells)
    scores = rng.normal(0, 1, (cells, classes))
    scores[np.arange(cells), true] += rng.gamma(*easy, cells)
    found = np.exp(sharp * (scores - scores.max(axis=1, keepdims=True)))
    return true, found / found.sum(axis=1, keepdims=True)


def table(cut: float, decimals: int) -> str:
    true, found = drawn(np.random.default_rng(2), 9000)
    kept = found.max(axis=1) >= cut
    sample = np.arange(9000) % 45
    columns = {f"probability_{name}": found[kept, i].round(decimals) for i, name in enumerate(FIVE)}
    columns["probability_neutrophil"] += 1 - sum(columns.values())
    names = np.array(FIVE)
    return pd.DataFrame(
        {
            "sample_id": [f"S{i:02}" for i in sample[kept]], "cell_id": np.flatnonzero(kept),
            "true_class": names[true[kept]], "predicted_class": names[found[kept].argmax(axis=1)],
        } | columns
    ).to_csv(index=False)  # fmt: skip


@pytest.mark.representatives(2)
@pytest.mark.parametrize("cut", [0.0, 0.7, 0.9])
def test_it_stands_beside_the_verdict(cut: float, report: Report) -> None:
    found = report(protocol_toml=ASKED, c_csv=table(cut, 4))
    assert found.code == 0
    assert (f"no probability below {cut:.2f} among" in found.console) is bool(cut)
    assert ("were cells cut there?" in found.console) is bool(cut)


def said(values: np.ndarray) -> str:
    least = LeastSure()
    least.add(values)
    return least.said


@pytest.mark.parametrize("decimals", [2, 3, 16])
@pytest.mark.parametrize("classes", [2, 5, 12])
@pytest.mark.parametrize("easy", [(3, 2), (8, 1), (20, 0.5)])
@pytest.mark.parametrize("sharp", [0.5, 1.0, 2.0])
def test_whole_tables_thin_out(
    decimals: int, classes: int, easy: tuple[float, float], sharp: float
) -> None:
    """Sure or not, few cells or many, rounded or not: also where no cell is below 0.9."""
    rng = np.random.default_rng(5)
    for cells in (500, 3000, 12_000):
        assert said(drawn(rng, cells, classes, easy, sharp)[1].round(decimals)) == ""


def test_constant_probabilities_and_labels_written_as_such_say_nothing() -> None:
    assert said(np.eye(5)[np.arange(1000) % 5]) == ""
    assert said(np.full((1000, 5), 0.2)) == ""
    assert said(np.eye(5)[np.arange(1000) % 5] * 0.75 + 0.05) == ""


def test_of_two_classes_one_half_is_no_step() -> None:
    top = np.random.default_rng(3).uniform(0.5, 1, 5000)
    assert said(np.column_stack([top, 1 - top])) == ""
    kept = top[top >= 0.8]
    assert said(np.column_stack([kept, 1 - kept])).startswith("no probability below 0.80 among")


def test_parts_say_the_same_as_the_whole() -> None:
    _, found = drawn(np.random.default_rng(4), 4000)
    found = found[found.max(axis=1) > 0.8]
    whole, one, other = LeastSure(), LeastSure(), LeastSure()
    whole.add(found)
    one.add(found[:700])
    other.add(found[700:900])
    other.add(found[900:])
    one.merge(other)
    assert one.said == whole.said != ""
