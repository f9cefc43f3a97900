"""A number outside and a covering error say their limit and their share in the verdict."""

from __future__ import annotations

import pytest

from tests.build.protocols import criterion, protocol
from tests.cases.conftest import Report
from tests.cases.test_levels import right, tables


@pytest.mark.parametrize(
    ("statistic", "said"),
    [
        ("n_outside:10", "WBC: samples outside 10 % "),
        ("n_outside:5", "WBC: samples outside 5 % "),
        ("covering_error:0.95", "WBC: error that covers 95 % of the samples "),
        ("covering_error:0.9", "WBC: error that covers 90 % of the samples "),
    ],
)
def test_it_names_its_parameter(statistic: str, said: str, report: Report) -> None:
    asked = criterion("error", "WBC", statistic, max=30)
    found = report(**tables(right), protocol_toml=protocol(asked))

    assert found.outcome("c")["message"].startswith(said)
    assert said in found.console
