"""One row per reviewer: a cell stands as often as it was read."""

from __future__ import annotations

import pytest

from tests.cases.conftest import Report


@pytest.mark.parametrize("name", ["reviewer", "Annotator"])
def test_the_column_that_tells_the_rows_apart_is_named(report: Report, name: str) -> None:
    head = f"sample_id,cell_id,preclass,reclass,{name}"
    rows = [
        f"S{i:03d},{k},neutrophil,neutrophil,{who}"
        for i in range(30) for k in range(10) for who in ("AB", "CD")
    ]  # fmt: skip
    given = ("--predictions", "p.csv", "--mode", "same-cells")
    found = report(*given, p_csv="\n".join([head, *rows]))
    assert found.code == 2
    assert f"'{name}' tells the rows of a cell apart" in found.console
    assert "a file with the rows of one reviewer" in found.console
    # the advice, followed
    one = report(*given, p_csv="\n".join([head, *rows[::2]]))
    assert one.code in (0, 1, 3)
    assert "tells the rows" not in one.console
