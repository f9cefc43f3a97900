"""Bands, immature granulocytes and variant lymphocytes inside a class that is compared as one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Judged
from tests.simulated import SHARES
from wbcval.values.measurands import PERCENT

Report = Callable[..., Judged]
BOTH = ("--predictions", "p.csv", "--reference", "r.csv", "--mode", "different-aliquot")
N, CELLS = 60, 400
SHIFTED = 20  # patients with many
BOTH_TOLD, ONE_TOLD = "parts counted on both sides, not judged", "alone tells apart"
# the whole, the rest of it and the part, as columns
SPLITS = {
    "band": ("NEUT%", "Segmented%", "Band%", "band neutrophil"),
    "variant": ("LYMPH%", "Lymphocyte (typical)", "Variant lymphocyte%", "variant lymphocyte"),
}


def sides(column: str, model: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, the part in the reference as a third of the class in 20 patients."""
    rng = np.random.default_rng(6)
    whole, rest, part, _ = SPLITS[column]
    shares = rng.dirichlet(SHARES * 25, N)
    counted = np.stack([rng.multinomial(CELLS, p) for p in shares]) / CELLS * 100
    r = pd.DataFrame((100 * shares).round(1), columns=PERCENT)
    p = pd.DataFrame(counted, columns=PERCENT)
    of = np.where(np.arange(N) < SHIFTED, 0.35, 0.02)
    own = {"right": rng.binomial((p[whole] / 100 * CELLS).round().astype(int), of) / CELLS * 100,
           "none": np.zeros(N), "others": of[::-1] * p[whole]}  # fmt: skip
    for table, value in ((r, (of * r[whole]).round(1)), (p, own.get(model))):
        if value is not None:
            table[part] = value
            table[rest] = table[whole] - value
            del table[whole]
    ids = [f"S{i:02}" for i in range(N)]
    p.insert(0, "n_cells", CELLS)
    for table in (p, r):
        table.insert(0, "sample_id", ids)
    return p.round(4), r.round(1)


def run(report: Report, p: pd.DataFrame, r: pd.DataFrame) -> Judged:
    return report(*BOTH, p_csv=p.to_csv(index=False), r_csv=r.to_csv(index=False))


def declared(found: Judged) -> str:
    return "; ".join(found.results["scope"]["seen"])


@pytest.mark.representatives(2)
@pytest.mark.parametrize("column", SPLITS)
@pytest.mark.parametrize(("model", "apart"), [("right", False), ("none", True), ("others", True)])
def test_parts_of_both_sides_are_told_with_the_samples_apart(
    column: str, model: str, apart: bool, report: Report
) -> None:
    found = run(report, *sides(column, model))
    name = SPLITS[column][-1]
    assert found.code in (0, 1, 3), found.console
    assert f"{BOTH_TOLD}: {name} " in declared(found)
    assert ("less than half of the other side's in" in declared(found)) is apart
    assert f"{BOTH_TOLD}: {name} " in found.console


@pytest.mark.parametrize("side", ["reference", "model"])
def test_a_part_of_one_side_is_told_as_compared_in_the_whole(side: str, report: Report) -> None:
    p, r = sides("band", "whole only")
    if side == "model":
        ids, r = r["sample_id"], r.assign(**{"NEUT%": r["Segmented%"] + r["Band%"]})
        p["Band%"], p["Segmented%"] = r["Band%"], p["NEUT%"] - r["Band%"]
        p, r = p.drop(columns="NEUT%"), r.drop(columns=["Segmented%", "Band%"])
        assert list(ids) == list(p["sample_id"])
    found = run(report, p, r)
    assert f"parts that the {side} alone tells apart, compared as one: band neutrophil" in declared(
        found
    )


def test_immature_granulocytes_are_one_whatever_the_stages(report: Report) -> None:
    """The stages stand in the neutrophils of both sides."""
    p, r = sides("band", "right")
    for table in (p, r):
        table["NEUT%"] = table.pop("Segmented%") + table["Band%"]
    few = np.where(np.arange(N) < SHIFTED, 0.3, 0.0)
    p["IG%"] = 0.0
    r["IG%"] = (r["NEUT%"] * few).round(1)
    found = run(report, p, r)
    assert "immature granulocyte 0.0 %" in declared(found), found.console
    assert "less than half of the other side's in" in declared(found)


def test_no_part_no_word(report: Report) -> None:
    p, r = sides("band", "right")
    for table in (p, r):
        table["NEUT%"] = table.pop("Segmented%") + table.pop("Band%")
    found = run(report, p, r)
    assert BOTH_TOLD not in found.console
    assert ONE_TOLD not in found.console
