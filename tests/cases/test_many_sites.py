"""A site that fails whole is named by its first sample where there are too many for strata."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Judged, Report
from tests.cases.test_named_like_controls import PROTOCOL as NAMED
from tests.cases.test_sites_elsewhere import BAD, sites, with_column
from tests.cases.test_unread import study, text
from wbcval.door.tables import strata

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


PROTOCOL = protocol(within(), samples="s.csv")
LISTED = "{} of S007 (one of 20), which strata do not list: WBC 0 of 6 samples pass"


@pytest.mark.representatives(2)
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
    assert not strata.is_grouped([f"L{i % 3}" for i in range(60)], "lot")  # it has levels


@pytest.mark.parametrize("levels", [2, 3, 20])
@pytest.mark.parametrize(
    "form", ["2026-03-{:02}", "{:02}.03.2026", "202603{:02}", "March {}, 2026"]
)
def test_lots_that_read_as_dates_are_groups(form: str, levels: int) -> None:
    """Nobody prints them, so that a lot may be called by its day."""
    values = [form.format(1 + i % levels) for i in range(60)]
    assert strata.is_grouped(values, "lot")
    assert not strata.is_grouped(values, "age")
    assert not strata.is_grouped([f"2026-03-{1 + i % 28:02} {i}" for i in range(20)], "lot")


@pytest.mark.representatives(3)
@pytest.mark.parametrize("side", ["p", "r", "s"])
@pytest.mark.parametrize("column", ["lot", "Reagent Lot", "site"])
def test_a_lot_that_fails_is_told_and_its_date_is_not(
    side: str, column: str, report: Report
) -> None:
    reference, model = map(text, study(BAD))
    dates = [f"2026-0{'ABC'.index(x) + 1}-15" for x in sites()]
    tables = {"p": model, "r": reference}
    listed = "sample_id\n" + "".join(f"S{i:02d}\n" for i in range(len(dates)))
    tables["s"] = listed
    tables[side] = with_column(column, dates, tables[side])
    toml = NAMED.replace('reference = "r.csv"', 'reference = "r.csv"\nsamples = "s.csv"')
    found = report(protocol_toml=toml, p_csv=tables["p"], r_csv=tables["r"], s_csv=tables["s"])
    assert found.code == 0, found.console
    (said,) = [x for x in found.results["scope"]["seen"] if "(one of 3)" in x]
    assert "WBC 0 of 3 samples pass" in said
    assert "2026-" not in found.console
    assert "2026-0" not in (found.bundle / "strata.csv").read_text(encoding="utf-8")
    assert not strata.is_grouped([f"L{i % 20}" for i in range(60)], "age")
