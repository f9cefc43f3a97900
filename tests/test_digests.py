"""Digests: blind to order, batches and names of files; not to a single label."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.study.reduce import CellReducer
from wbcval.values import hashes
from wbcval.values.digests import of_side

CELLS = pd.DataFrame(
    {
        "sample_id": [f"S{i // 7}" for i in range(60)],
        "cell_id": [str(i) for i in range(60)],
        "predicted_class": ["neutrophil", "monocyte", "blast"] * 20,
        "true_class": ["neutrophil", "lymphocyte"] * 30,
    }
)


def digests(*batches: pd.DataFrame) -> tuple[str, str]:
    reducer = CellReducer("xn5")
    for batch in batches:
        reducer.add(hashed(batch))
    found = reducer.counts()
    return str(found.called), str(found.true)


def hashed(table: pd.DataFrame) -> pd.DataFrame:
    """With the cell's hash, as the door gives it."""
    columns = (pa.array(table[c].astype(object)) for c in ("sample_id", "cell_id"))
    samples, cells = (hashes.of_text(column) for column in columns)
    return table.assign(cell_hash=hashes.of_pairs(samples, cells))


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(60)), st.lists(st.integers(1, 59), max_size=4, unique=True))
def test_order_and_batches_do_not_matter(order: list[int], cuts: list[int]) -> None:
    shuffled = CELLS.iloc[order]
    ends = [0, *sorted(cuts), 60]
    batches = [shuffled.iloc[a:b] for a, b in itertools.pairwise(ends)]
    assert digests(*batches) == digests(CELLS)


@pytest.mark.parametrize("column", ["sample_id", "cell_id", "predicted_class", "true_class"])
def test_one_changed_cell_changes_the_digest(column: str) -> None:
    other = CELLS.copy()
    other.loc[3, column] = "basophil" if "class" in column else "X"
    changed = [a != b for a, b in zip(digests(other), digests(CELLS), strict=True)]
    assert changed == [column != "true_class", column != "predicted_class"]


def test_labels_swapped_between_two_cells_change_the_digest() -> None:
    other = CELLS.copy()
    other.loc[[0, 1], "predicted_class"] = CELLS.loc[[1, 0], "predicted_class"].to_numpy()
    assert digests(other)[0] != digests(CELLS)[0]


def test_labels_that_a_roll_up_merges_stay_apart() -> None:
    other = CELLS.replace({"predicted_class": {"neutrophil": "band neutrophil"}})
    assert digests(other)[0] != digests(CELLS)[0]


def test_values_are_told_apart_to_the_last_bit_and_missing_from_zero() -> None:
    ids, values = ("A", "B"), np.array([1.0, 0.0])
    plain = of_side(None, ids, {"WBC": values})
    assert of_side(None, ids[::-1], {"WBC": values[::-1]}) == plain
    for other in (np.nextafter(values, 2), np.array([1.0, np.nan]), values[::-1]):
        assert of_side(None, ids, {"WBC": other}) != plain
    assert of_side(None, ids, {"NEUT%": values}) != plain
