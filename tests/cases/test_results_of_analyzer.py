"""The analyzer compared with itself: a column of the model's table names what gave the results."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import accept
from tests.cases.conftest import Judged, Report
from tests.cases.test_states import GOOD, IDS, PROTOCOL, WBC, N, table
from wbcval.values.cell_counters import counter_in

FLAG = "an analyzer, or what measured the reference, gave them"


def counts(report: Report, column: str, words: list[str], **more: str) -> Judged:
    toml = PROTOCOL
    for name, called in more.items():
        toml = toml.replace("[inputs]", f"[{name}]\nname = {called!r}\n[inputs]")
    return report(p_csv=table(GOOD, column, words), r_csv=table(WBC), protocol_toml=toml)


@pytest.mark.representatives(4)
@pytest.mark.parametrize("column", ["instrument", "Analyzer", "analyser", "device", "source",
                                    "Analyzer ID", "measured_by", "model", "method"])  # fmt: skip
@pytest.mark.parametrize("word", ["XN-1000", "Sysmex", "Beckman Coulter DxH 900"])
def test_results_that_name_a_cell_counter_are_none_of_the_model(
    column: str, word: str, report: Report
) -> None:
    found = counts(report, column, [word] * N)
    assert found.code == 3, found.console
    assert FLAG in found.console
    assert f"in {N} of {N} rows of p.csv" in "; ".join(found.results["scope"]["seen"])


@pytest.mark.representatives(2)
@pytest.mark.parametrize("seed", range(4))
def test_more_than_one_in_twenty_of_the_results_take_the_pass_away(
    seed: int, report: Report
) -> None:
    rng = np.random.default_rng(seed)
    named = int(rng.integers(1, 12))
    words = ["CELL-DYN Ruby"] * named + ["LeukoNet"] * (N - named)
    found = counts(report, "source", rng.permutation(words).tolist())
    assert (found.code == 3) is (named > 0.05 * N), found.console
    assert f"source = CELL-DYN Ruby in {named} of {N} rows" in found.console


def test_the_analyzer_of_the_protocol_is_known_by_its_name(report: Report) -> None:
    assert counts(report, "device", ["HemaLab 5"] * N, analyzer="Hemalab-5").code == 3
    assert counts(report, "device", ["HemaLab 6"] * N, analyzer="Hemalab-5").code == 0


def test_one_analyzer_is_held_against_another(report: Report) -> None:
    found = counts(
        report, "instrument", ["XN-2000"] * N, model="Sysmex XN-2000", analyzer="DxH 900"
    )
    assert found.code == 0, found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize("word", ["DI-60", "CellaVision DM1200", "LeukoNet", "A", "scanner 2"])
def test_what_looks_at_cells_gave_results_of_its_own(word: str, report: Report) -> None:
    found = counts(report, "instrument", [word] * N)
    assert found.code == 0, found.console
    assert FLAG not in found.console


def test_a_column_of_both_sides_is_told_and_takes_nothing_away(report: Report) -> None:
    rows = [f"{i},{m},{r},XN-1000" for i, m, r in zip(IDS, GOOD, WBC, strict=True)]
    maps = (
        '[columns.predictions]\nWBC = "ours"\n[columns.reference]\nWBC = "theirs"\n'
        '[units.predictions]\nWBC = "10^9/L"\n[units.reference]\nWBC = "10^9/L"\n'
    )
    toml = PROTOCOL.replace("r.csv", "p.csv") + maps
    text = "\n".join(["sample_id,ours,theirs,instrument", *rows, ""])
    found = report(p_csv=text, protocol_toml=toml)
    assert found.code == 0, found.console
    assert f"instrument = XN-1000 in {N} of {N} rows" in found.console


def test_it_is_accepted_by_name(report: Report) -> None:
    toml = PROTOCOL + accept("results_of_analyzer", "WBC")
    text = table(GOOD, "instrument", ["XN-1000"] * N)
    found = report(p_csv=text, r_csv=table(WBC), protocol_toml=toml)
    assert found.code == 0, found.console


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("XN-10^12345", "XN-10"),
        ("Lab 3: Sysmex XN-1000", "Sysmex XN-1000"),
        ("BC-6800Plus", "BC-6800Plus"),
        ("images of an XN", ""),
        ("Sysmex DI-60", ""),
        ("LeukoNet XNet", ""),
        ("max", ""),
    ],
)
def test_names_of_cell_counters(text: str, name: str) -> None:
    assert counter_in(text) == name
