"""A few true cells of a further class: of a good study they make no question it cannot answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.laboratories import Laboratory, drawn
from tests.cases.conftest import Report

HEALTHY = Laboratory(mode="same-cells", patients="healthy", samples=60, cells=100)
WITHOUT_PROTOCOL = ("--predictions", "p.csv", "--mode", "same-cells")


def labelled(seed: int, cells: int, label: str, samples: int, called: str = "") -> str:
    """A good model's labels, of which so many true ones are of a further class.

    ``called``: what the model calls these, or as they are.
    """
    rng = np.random.default_rng(seed)
    table: pd.DataFrame = drawn(HEALTHY, rng)[0]["p.csv"]
    at = [100 * (3 * i % samples) + 5 + i // samples for i in range(cells)]
    table.loc[at, "true_class"] = label
    table.loc[at, "predicted_class"] = called or label
    return table.to_csv(index=False)


@pytest.mark.parametrize(
    ("label", "cells", "samples", "told"),
    [
        ("blast", 2, 1, "blast 0 of 2"),  # two of a hundred: a model that finds 80 % misses both
        ("prolymphocyte", 19, 19, "prolymphocyte 0 of 19"),
    ],
)
def test_a_stray_class_is_named_and_takes_nothing_away(
    report: Report, label: str, cells: int, samples: int, told: str
) -> None:
    text = labelled(1, cells, label, samples, called="monocyte")
    found = report(*WITHOUT_PROTOCOL, p_csv=text)
    assert found.code == 0, found.console
    assert told in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("label", "cells", "samples", "code"),
    [("blast", 3, 1, 3), ("blast", 19, 1, 3), ("prolymphocyte", 60, 30, 1)],
)
def test_more_of_it_decides(
    report: Report, label: str, cells: int, samples: int, code: int
) -> None:
    text = labelled(1, cells, label, samples, called="monocyte")
    found = report(*WITHOUT_PROTOCOL, p_csv=text)
    assert found.code == code
