"""A site that fails whole is named by its first sample where there are too many for strata."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.cases.conftest import Judged
from wbcval.door.tables import strata

Report = Callable[..., Judged]
N, SITES = 120, 20
IDS = [f"S{i:03d}" for i in range(N)]
rng = np.random.default_rng(21)
WBC = np.exp(rng.normal(2, 0.4, N)).round(2)
SITE = np.arange(N) % SITES  # six samples each


def judged(
    report: Report, wrong: np.ndarray[tuple[int], np.dtype[np.bool_]], *,
    column: str = "site", names: str = "Quuxmann {}", toml: str = "",
) -> Judged:  # fmt: skip
    model = (WBC * np.where(wrong, 2, 1 + rng.normal(0, 0.02, N))).round(2)
    files = {
        f"{stem}_csv": "\n".join([f"sample_id,{head}", *map(",".join, zip(IDS, own, strict=True))])
        for stem, head, own in (
            ("p", "WBC(10^9/L)", map(str, model)),
            ("r", "WBC(10^9/L)", map(str, WBC)),
            ("s", column, [names.format(chr(65 + k) * 3) for k in SITE]),
        )
    }
    if toml:
        return report(**files, protocol_toml=toml)
    return report("--predictions", "p.csv", "--reference", "r.csv", "--samples", "s.csv",
                  "--mode", "different-aliquot", **files)  # fmt: skip


PROTOCOL = """schema_version = 1
mode = "different-aliquot"
[inputs]
predictions = "p.csv"
reference = "r.csv"
samples = "s.csv"
[[criterion]]
id = "w"
measure = "error"
subject = "WBC"
statistic = "share_within:10"
min = 0.95
"""
LISTED = "{} of S007 (one of 20), which strata do not list: WBC 0 of 6 samples pass"


@pytest.mark.parametrize("toml", ["", PROTOCOL])
@pytest.mark.parametrize("column", ["site", "Scanner"])
def test_one_of_twenty_that_fails_is_named_without_its_name(
    report: Report, column: str, toml: str
) -> None:
    found = judged(report, SITE == 7, column=column, toml=toml)
    assert LISTED.format(column.lower()) in found.console.partition("report:")[0]
    everything = found.console + "".join(
        path.read_text(encoding="utf-8") for path in found.bundle.iterdir()
    )
    assert "Quuxmann" not in everything


def test_scattered_failures_name_no_site(report: Report) -> None:
    for first in range(3):
        wrong = np.isin(np.arange(N), first + np.arange(5) * 21)
        assert "one of 20" not in judged(report, wrong).console


def test_a_column_of_no_place_groups_nobody(report: Report) -> None:
    assert "one of" not in judged(report, SITE == 7, column="nickname").console


def test_a_lot_of_its_own_for_each_sample_is_no_group() -> None:
    assert strata.is_grouped([f"L{i % 20}" for i in range(60)], "lot")
    assert not strata.is_grouped([f"L{i}" for i in range(60)], "lot")
    assert not strata.is_grouped([f"19{40 + i % 20}-03-01" for i in range(60)], "lot")
    assert not strata.is_grouped([f"L{i % 20}" for i in range(60)], "age")
