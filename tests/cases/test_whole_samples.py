"""True labels that patients were given, and not cells: a model is held against diagnoses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Judged
from tests.simulated import SHARES
from wbcval.study.cells import CellCounts
from wbcval.study.whole_samples import OF_SAMPLES, flags, lines
from wbcval.values.classes import FIVE

Report = Callable[..., Judged]
N, EACH = 40, 200
ASKED = """mode = "same-cells"
[inputs]
predictions = "c.csv"
[[criterion]]
id = "a"
measure = "classification"
subject = "all"
statistic = "accuracy"
min = 0.9
"""
ACCEPT = """[[accept]]
flag = "labels_of_samples"
subject = "all"
reason = "sorted cells, each tube of one class"
[[accept]]
flag = "copied"
subject = "all"
reason = "likewise"
"""


def table(whole: int) -> pd.DataFrame:
    """Of so many samples all cells have one label; the model errs in 7 % of the cells."""
    rng = np.random.default_rng(4)
    true = np.stack([rng.choice(5, EACH, p=rng.dirichlet(SHARES * 20)) for _ in range(N)])
    true[:whole] = (np.arange(whole) % 3)[:, None]
    called = np.where(rng.random(true.shape) < 0.07, (true + 1) % 5, true)
    names = np.array(FIVE)
    return pd.DataFrame(
        {"sample_id": np.repeat([f"S{i:02}" for i in range(N)], EACH),
         "cell_id": np.arange(N * EACH), "true_class": names[true.ravel()],
         "predicted_class": names[called.ravel()]}
    )  # fmt: skip


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("whole", "code", "told"), [(40, 3, 40), (24, 3, 24), (10, 0, 10), (3, 0, 0)]
)
def test_labels_of_samples_are_no_labels_of_cells(
    whole: int, code: int, told: int, report: Report
) -> None:
    held = table(whole).to_csv(index=False)
    found = report(protocol_toml=ASKED, c_csv=held)
    assert found.code == code, found.console
    said = f"in {told} of 40 samples of 10 labelled cells or more all cells have one true class"
    assert (said in found.console) is (told > 8)
    doubt = "as where patients were labelled and not cells"
    assert (doubt in str(found.results["outcomes"])) is (code == 3)
    if whole == 24:  # where all are whole, of few different ones, a dummy passes too
        assert report(protocol_toml=ASKED + ACCEPT, c_csv=held).code == 0


def counts(true: np.ndarray) -> CellCounts:
    """Shape (S, C), cells of each sample by true class, all called right."""
    confusion = true[:, :, None] * np.eye(true.shape[1], dtype=np.int64)
    names = tuple(f"c{i}" for i in range(true.shape[1]))
    ids = tuple(map(str, range(len(true))))
    return CellCounts(ids, names, len(names), confusion, confusion.sum(axis=1))


@pytest.mark.parametrize("cells", [10, 25, 100])
@pytest.mark.parametrize("concentration", [5, 10, 35])
def test_cells_of_patients_are_none(cells: int, concentration: float) -> None:
    """Nor where every fourth has a leukaemia with 80 to 99 % of one class."""
    rng = np.random.default_rng(cells)
    for _ in range(50):
        shares = rng.dirichlet(SHARES * concentration, 40)
        ill = rng.random(40) < 0.25
        most = rng.uniform(0.8, 0.99, 40) * ill
        of = np.eye(5)[rng.integers(0, 2, 40)]
        mix = shares * (1 - most)[:, None] + of * most[:, None]
        assert not flags(counts(np.stack([rng.multinomial(cells, p) for p in mix])))


def test_few_cells_one_class_or_few_samples_tell_nothing() -> None:
    one = np.eye(5, dtype=np.int64)[np.arange(40) % 3]
    assert flags(counts(one * 30)) == (OF_SAMPLES,)
    assert flags(counts(one * 9)) == ()
    assert flags(counts(one[:4] * 30)) == ()
    assert flags(counts(np.eye(5, dtype=np.int64)[np.zeros(40, int)] * 30)) == ()
    assert lines(counts(one * 9)) == lines(None) == flags(None) == ()
