"""Two answers to one question in one table: the one that is not read is told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cases.conftest import Report
from tests.cases.test_states import CALLED, CELLS, EACH, GOOD, PROTOCOL, TRUE, WBC, cells, table

APART = 37
OTHER = ["monocyte" if i >= EACH - APART else name for i, name in enumerate(TRUE)]
SAID = "says otherwise in {} of {} rows"


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "name", ["true_class_2", "true_class.1", "reviewer2", "Dr. A", "consensus"]
)
def test_a_second_reader_who_disagrees_is_told_beside_the_verdict(
    report: Report, name: str
) -> None:
    rows = cells(("predicted_class", CALLED), ("true_class", TRUE), (name, OTHER))
    found = report(p_csv=rows, protocol_toml=CELLS)
    assert found.code == 0, found.console
    said = f"'true_class' is read, and {name!r} is not, which {SAID.format(APART, EACH)}"
    for text in (found.console.partition("report:")[0], found.first_screen):
        assert said.replace("'", "") in text.replace("'", "").replace("&#39;", "")
    assert any(name in line for line in found.results["scope"]["seen"])


def test_in_a_file_of_labels_too(report: Report) -> None:
    toml = CELLS.replace('"p.csv"', '"p.csv"\nreference = "r.csv"')
    labels = cells(("true_class", TRUE), ("second_opinion", OTHER))
    found = report(p_csv=cells(("predicted_class", CALLED)), r_csv=labels, protocol_toml=toml)
    assert SAID.format(APART, EACH) in found.console


@pytest.mark.parametrize("name", ["WBC 2(10^9/L)", "WBC.1", "WBC_corrected"])
def test_a_second_value_of_a_measurand_is_told(report: Report, name: str) -> None:
    again = np.where(np.arange(len(WBC)) < 9, WBC + 0.5, WBC).round(2).tolist()
    texts = [table(GOOD), table(WBC, name, again)]
    found = report(p_csv=texts[0], r_csv=texts[1], protocol_toml=PROTOCOL)
    assert found.code == 0, found.console
    assert SAID.format(9, len(WBC)) in found.console.partition("report:")[0]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("true_class_2", TRUE),
        ("comment", ["blast" if i == 3 else "well spread, no clumps" for i in range(EACH)]),
        ("second_best", ["basophil" if c != "basophil" else "neutrophil" for c in TRUE]),
        ("fold", [str(i % 5) for i in range(EACH)]),
        ("hand", ["L" if i % 2 else "R" for i in range(EACH)]),
    ],
)
def test_what_is_no_second_answer_is_not_told(report: Report, name: str, values: list[str]) -> None:
    quoted = [f'"{value}"' for value in values]
    rows = cells(("predicted_class", CALLED), ("true_class", TRUE), (name, quoted))
    found = report(p_csv=rows, protocol_toml=CELLS)
    assert "second-column" not in found.console
    assert found.results["scope"]["declared"] == []
    assert not any(name in line for line in found.results["scope"]["seen"])


def test_rounding_is_no_other_value(report: Report) -> None:
    found = report(
        p_csv=table(GOOD), r_csv=table(WBC, "WBC.1", WBC.round(1).tolist()), protocol_toml=PROTOCOL
    )
    assert "second-column" not in found.console


def test_numbers_of_classes_are_a_second_answer_by_name(report: Report) -> None:
    codes = {"neutrophil": "0", "lymphocyte": "1", "monocyte": "2"}
    toml = CELLS + '[class_map]\n0 = "neutrophil"\n1 = "lymphocyte"\n2 = "monocyte"\n'
    rows = cells(
        ("predicted_class", CALLED), ("true_class", TRUE),
        ("true_class_2", [codes[name] for name in OTHER]),
    )  # fmt: skip
    assert SAID.format(APART, EACH) in report(p_csv=rows, protocol_toml=toml).console


@pytest.mark.representatives(3)
@pytest.mark.parametrize("name", ["TNC", "wbc_total", "leucos_v2_dev", "x"])
@pytest.mark.parametrize("factor", [0.8, 1.3])
def test_a_column_that_follows_wbc_and_differs_is_told(
    report: Report, name: str, factor: float
) -> None:
    for side in ("p.csv", "r.csv"):
        again = (factor * GOOD).round(2).tolist()
        texts = {"p.csv": table(GOOD), "r.csv": table(WBC)}
        texts[side] = table(GOOD if side == "p.csv" else WBC, name, again)
        found = report(p_csv=texts["p.csv"], r_csv=texts["r.csv"], protocol_toml=PROTOCOL)
        assert found.code == 0, found.console
        assert f"{name}" in "; ".join(found.results["scope"]["seen"]), found.console


def test_other_counts_are_no_second_wbc(report: Report) -> None:
    """Drawn blood: what rises with WBC in part, is of another size, or does not rise with it."""
    rng = np.random.default_rng(3)
    n = len(WBC)
    others = {
        "RBC": rng.normal(4.6, 0.5, n).round(2),
        "cells_seen": (500 * GOOD * rng.normal(1, 0.05, n)).round(),
        "quality": rng.uniform(0, 10, n).round(1),
        "lym_abs_new": (GOOD * rng.beta(6, 12, n)).round(2),
        "shuffled": rng.permutation(GOOD),
    }
    for name, values in others.items():
        found = report(p_csv=table(GOOD, name, values), r_csv=table(WBC), protocol_toml=PROTOCOL)
        assert "second-column" not in found.console, name


def test_the_column_of_the_other_side_is_none(report: Report) -> None:
    rows = [f"S{i:02d},{m},{r}" for i, (m, r) in enumerate(zip(GOOD, WBC, strict=True))]
    maps = (
        '[columns.predictions]\nWBC = "ours"\n[columns.reference]\nWBC = "theirs"\n'
        '[units.predictions]\nWBC = "10^9/L"\n[units.reference]\nWBC = "10^9/L"\n'
    )
    text = "\n".join(["sample_id,ours,theirs", *rows, ""])
    found = report(p_csv=text, protocol_toml=PROTOCOL.replace("r.csv", "p.csv") + maps)
    assert found.code == 0, found.console
    assert "second-column" not in found.console
