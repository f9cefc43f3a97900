"""Attainability that the data refute says so (STATISTICS.md §4)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cases.test_limits import Report, counts, criterion, files, shares


def whole(drawn: tuple[object, object]) -> tuple[object, object]:
    """The model in whole percentages, which 100 cells can give."""
    return drawn[0], np.rint(drawn[1])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("subject", "column", "drawn", "status", "said"),
    [
        ("WBC", "WBC(10^9/L)", counts(60, cv=0.02), "pass", "So WBC was not counted from n_cells"),
        (
            "MONO%",
            "MONO%(%)",
            whole(shares(8.0, cells=10_000)),
            "inconclusive",
            "do not come from n_cells cells",
        ),
    ],
)
def test_more_within_than_the_cells_allow_is_no_unattainable_pass(
    report: Report, subject: str, column: str, drawn: tuple[object, object], status: str, said: str
) -> None:
    asked = criterion("share_within:10", "min = 0.9", measure="error", subject=subject,
                      rule="observed")  # fmt: skip

    found = report(**files(*drawn, asked, column=column, cells=100))

    outcome = found.outcome("c")
    assert (outcome["status"], outcome["attainable"]) == (status, None)
    assert "Suspicious" not in found.console  # a total need not come from n_cells
    assert said in (found.bundle / "report.html").read_text(encoding="utf-8")
