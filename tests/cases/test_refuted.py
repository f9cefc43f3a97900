"""Declarations that the data refute are refused, and honest tables are not (STATISTICS.md §18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Report
from tests.cases.test_limits import criterion, files
from tests.simulated import repeats
from wbcval.door.tables import Checked
from wbcval.protocol.types import Protocol
from wbcval.study import refuted
from wbcval.values.measurands import PERCENT

SHARES = np.array([0.58, 0.30, 0.07, 0.035, 0.015])
ANY = Protocol("different-aliquot")
Rng = np.random.Generator


def counted(rng: Rng, n: int, cells: int) -> np.ndarray:
    """Cells of each class in n samples, shape (n, 5)."""
    return np.stack([rng.multinomial(cells, p) for p in rng.dirichlet(SHARES * 60, n)])


def remainders(values: np.ndarray, step: float) -> np.ndarray:
    """Rounded so that each row adds up to 100: the largest remainders are rounded up."""
    low = np.floor(values / step + 1e-9)
    order = np.argsort(-(values / step - low), axis=1)
    short = np.rint(100 / step - low.sum(axis=1)).astype(int)
    for i, k in enumerate(short):
        low[i, order[i, : max(k, 0)]] += 1
    return low * step


# how percentages are printed: value, step → value
STYLES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "rounded": lambda v, step: np.rint(v / step) * step,
    "half up": lambda v, step: np.floor(v / step + 0.5) * step,
    "cut off": lambda v, step: np.floor(v / step + 1e-9) * step,
    "made to add up": remainders,
    "sum of three parts": lambda v, step: sum(
        np.rint(part * v / step) * step for part in (0.5, 0.3, 0.2)
    ),
    "computed": lambda v, _: v,
}


def table(
    shares: np.ndarray, step: float | None, cells: float | np.ndarray | None = None,
    wbc: np.ndarray | None = None, name: str = "counts",
) -> Checked:  # fmt: skip
    """A table as the door hands it over; ``wbc``: with counts of each class, to two decimals."""
    frame = pd.DataFrame(shares, columns=list(PERCENT))
    frame.insert(0, "sample_id", [f"S{i:03d}" for i in range(len(frame))])
    resolution = {} if step is None else dict.fromkeys(PERCENT, step)
    if cells is not None:
        frame["n_cells"] = cells
    if wbc is not None:
        frame["WBC"] = wbc.round(2)
        resolution["WBC"] = 0.01
    return Checked(name, "t.csv", "", "frame", frame, resolution=resolution)


def with_counts(found: Checked, exact: np.ndarray, wbc: np.ndarray, step: float) -> Checked:
    for i, name in enumerate(PERCENT):
        found.frame[name[:-1] + "#"] = np.rint(wbc * exact[:, i] / 100 / step) * step
        found.resolution[name[:-1] + "#"] = step  # type: ignore[index]
    return found


def rules(*tables: Checked, protocol: Protocol = ANY) -> set[str]:
    return {f.rule for f in refuted.of_tables(tables, protocol)}


def honest(rng: Rng, style: str, step: float) -> set[str]:
    """What is said of one study whose tables are what they say they are."""
    n, cells = int(rng.integers(20, 201)), int(rng.integers(100, 401))
    if rng.random() < 0.5:  # not every sample has as many
        cells = rng.integers(cells // 2, cells + 1, n)  # type: ignore[assignment]
    hits = np.stack([rng.multinomial(c, p) for c, p in zip(
        np.broadcast_to(cells, n), rng.dirichlet(SHARES * 60, n), strict=True)])  # fmt: skip
    exact = 100 * hits / hits.sum(axis=1, keepdims=True)
    wbc = rng.uniform(1, 25, n)
    printed = table(STYLES[style](exact, step), None if style == "computed" else step, cells, wbc)
    typo = rng.integers(n)
    printed.frame.loc[typo, "n_cells"] *= 2  # one row in a study is mistyped
    nucleated = wbc * rng.uniform(1, 1.04, n)  # erythroblasts in the total of the counts
    with_counts(printed, exact, nucleated, float(rng.choice([0.01, 0.1])))
    return rules(printed)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("step", [0.01, 0.1, 1.0])
def test_honest_tables_are_not_refused(style: str, step: float) -> None:
    rng = np.random.default_rng(5)
    assert [found for _ in range(8) if (found := honest(rng, style, step))] == []


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("step", [0.01, 0.1, 1.0])
def test_of_a_thousand_honest_studies_none_is_refused(style: str, step: float) -> None:
    rng = np.random.default_rng(6)
    assert [found for _ in range(repeats(1000, 20)) if (found := honest(rng, style, step))] == []


@pytest.mark.parametrize(("cells", "step"), [(8, 0.1), (50, 0.1), (100, 0.1), (8, 1.0)])
def test_cells_that_cannot_give_the_shares_are_refused(cells: int, step: float) -> None:
    shares = 100 * counted(np.random.default_rng(1), 40, 200) / 200
    found = refuted.of_tables([table(np.rint(shares / step) * step, step, cells)], ANY)

    assert [f.rule for f in found] == ["cells-refuted"]
    assert "cannot be a share of" in found[0].got


def test_cells_of_the_reference_are_looked_at_too() -> None:
    shares = (100 * counted(np.random.default_rng(1), 40, 200) / 200).round(1)
    assert rules(table(shares, 0.1, 20, name="reference")) == {"cells-refuted"}


def test_a_share_computed_to_all_decimals_says_how_many_cells_there_were() -> None:
    shares = 100 * counted(np.random.default_rng(1), 40, 200) / 200
    assert rules(table(shares, None, 150)) == {"cells-refuted"}


def test_counts_that_are_not_the_product_are_refused() -> None:
    rng = np.random.default_rng(2)
    exact, wbc = 100 * counted(rng, 40, 200) / 200, rng.uniform(2, 20, 40)
    wrong = with_counts(table(exact.round(1), 0.1, wbc=wbc), exact[::-1], wbc, 0.01)
    assert rules(wrong) == {"product-refuted"}


@pytest.mark.parametrize(
    ("stated", "step", "bad"),
    [(5.0, 0.1, True), (0.001, 0.1, True), (0.5, 0.1, True), (0.1, 0.1, False), (0.0, 0.1, False)],
)
def test_a_resolution_that_the_decimals_deny_is_refused(
    stated: float, step: float, bad: bool
) -> None:
    shares = (100 * counted(np.random.default_rng(3), 40, 1000) / 1000).round(1)
    protocol = Protocol("different-aliquot", resolution={"NEUT%": stated})
    found = rules(table(shares, step, name="reference"), protocol=protocol)
    assert (found == {"resolution-refuted"}) == bad


def test_a_step_of_half_a_percent_may_be_printed_in_tenths() -> None:
    shares = (100 * counted(np.random.default_rng(3), 40, 200) / 200).round(1)
    protocol = Protocol("different-aliquot", resolution={"NEUT%": 0.5})
    assert rules(table(shares, 0.1, name="reference"), protocol=protocol) == set()


@pytest.mark.parametrize(("total", "bad"), [(200, False), (220, False), (150, True), (8, True)])
def test_a_total_below_its_own_columns_is_refused(total: int, bad: bool) -> None:
    hits = counted(np.random.default_rng(9), 30, 200)
    made = table(100 * hits / total, None, total)
    found = rules(replace(made, units=dict.fromkeys(PERCENT, "cells")))
    assert (found == {"total-refuted"}) == bad


# --- both sides together ---


def pairs(slope: float = 1.0, cells: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """A model that counts so many cells, against an analyzer to one decimal."""
    rng = np.random.default_rng(4)
    reference = rng.uniform(30, 75, 40).round(1)
    return reference, 100 * rng.binomial(cells, slope * reference / 100) / cells


def off_the_grid(noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Shares to four decimals that no 200 cells give; noise as a multiple of what these make."""
    rng = np.random.default_rng(6)
    reference = rng.uniform(30, 75, 60).round(1)
    counting = 100 * np.sqrt(reference / 100 * (1 - reference / 100) / 200)
    return reference, (reference + noise * counting * rng.standard_normal(60)).round(4)


BOTH = [
    criterion("share_within:20", "min = 0.9", measure="error", subject="NEUT%", rule="observed"),
    criterion("slope", "min = 0.8\nmax = 1.2", measure="deming", subject="NEUT%",
              rule="observed", name="slope"),
]  # fmt: skip


def test_refuted_cells_that_nothing_asks_for_are_not_used(report: Report) -> None:
    found = report(**files(*off_the_grid(1.0), *BOTH, column="NEUT%(%)", cells=200))

    assert found.code == 3
    assert found.outcome("c")["status"] == "pass"
    assert "the ratio of the errors of both sides is assumed" in found.outcome("slope")["message"]
    assert "cells-refuted" in found.console
    assert "not used" in found.console


def test_refuted_cells_are_no_way_around_the_doubt_that_both_sides_are_one(
    report: Report,
) -> None:
    found = report(**files(*off_the_grid(0.3), BOTH[0], column="NEUT%(%)", cells=200))

    assert found.code == 3
    assert "nearer to each other than counting" in found.outcome("c")["message"]


def test_refuted_cells_are_no_way_around_the_doubt_of_an_error_ratio(
    report: Report,
) -> None:
    given = files(*off_the_grid(1.0), BOTH[1], column="NEUT%(%)", cells=200)
    given["protocol_toml"] = "error_ratio = 1e6\n" + given["protocol_toml"]

    assert report(**given).code == 2


@pytest.mark.parametrize("statistic", ["share_within:10:or_noise", ""])
def test_refuted_cells_that_noise_is_asked_of_refuse_the_study(
    report: Report, statistic: str
) -> None:
    asked = criterion(statistic, "min = 0.9", measure="error", subject="NEUT%", rule="observed")
    given = files(*off_the_grid(1.0), *([asked] if statistic else []), column="NEUT%(%)", cells=200)

    assert report(**given).code == 2


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("stated", "bad"), [(1e6, True), (30.0, True), (1.0, False), (0.2, False)])
def test_an_error_ratio_that_counting_denies_is_refused(
    report: Report, stated: float, bad: bool
) -> None:
    asked = criterion("slope", "min = 0.9\nmax = 1.1", measure="deming", subject="NEUT%",
                      rule="observed")  # fmt: skip
    given = files(*pairs(), asked, column="NEUT%(%)", cells=200)
    given["protocol_toml"] = f"error_ratio = {stated}\n" + given["protocol_toml"]

    found = report(**given)

    assert (found.code == 2) == bad
    assert ("error-ratio-refuted" in found.console) == bad


@pytest.mark.parametrize(("off", "code"), [(20.0, 2), (0.0, 0)])
def test_a_table_that_its_own_cells_contradict_is_refused(
    report: Report, off: float, code: int
) -> None:
    reference, model = pairs()
    cells = ["sample_id,cell_id,predicted_class"]
    for i, share in enumerate(model - off):
        hits = round(share * 2)
        cells += [f"S{i:03d},{k},{'neutrophil' if k < hits else 'lymphocyte'}" for k in range(200)]
    asked = criterion("share_within:15", "min = 0.8", measure="error", subject="NEUT%",
                      rule="observed")  # fmt: skip
    given = files(reference, model, asked, column="NEUT%(%)", cells=200)
    given["protocol_toml"] = given["protocol_toml"].replace('"p.csv"', '["p.csv", "c.csv"]')

    found = report(**given, c_csv="\n".join(cells))

    assert found.code == code
    assert ("two-results" in found.console) == (code == 2)
