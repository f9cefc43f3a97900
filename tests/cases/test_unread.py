"""Results that are read as no sample's are booked: without an id, or above the column names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.build.protocols import accept
from tests.cases.conftest import Report
from tests.cases.test_ledger import cells, sensitivity
from tests.cases.test_ledger import protocol as made
from tests.cases.test_named_like_controls import judged

N, HEAD = 66, "sample_id,WBC(10^9/L),NEUT%(%)"
Row = tuple[str, float, float]


def study(bad: int = 0, seed: int = 5) -> tuple[list[Row], list[Row]]:
    """Rows of the reference and of a model that is wrong in the first samples."""
    rng = np.random.default_rng(seed)
    wbc, share = np.exp(rng.normal(2, 0.5, N)), rng.uniform(40, 70, N)
    off = np.where(np.arange(N) < bad, 2, 1)
    ids = [f"S{i:02d}" for i in range(N)]
    model = wbc * rng.normal(1, 0.02, N) * off, share + rng.normal(0, 1, N)
    return (
        [(i, round(w, 2), round(s, 1)) for i, w, s in zip(ids, wbc, share, strict=True)],
        [(i, round(w, 2), round(s, 1)) for i, w, s in zip(ids, *model, strict=True)],
    )


def text(rows: Sequence[Row], *more: str, above: int = 0, blank: int = 0) -> str:
    """A table, the first rows of it above the column names or without an id."""
    lines = [f"{'' if k < blank else i},{w:.2f},{s:.1f}" for k, (i, w, s) in enumerate(rows)]
    return "\n".join([*lines[:above], HEAD, *lines[above:], *more]) + "\n"


@pytest.mark.representatives(2)
@pytest.mark.parametrize("how", ["blank", "above"])
@pytest.mark.parametrize(("n", "code"), [(1, 0), (3, 0)])
def test_results_without_a_sample_on_both_sides_are_booked(
    how: str, n: int, code: int, report: Report
) -> None:
    reference, model = study(6)  # 60 of 66 within: rejected
    found = judged(report, text(model, **{how: n}), text(reference, **{how: n}))

    assert found.account("all") == {
        "subject": "all", "of": "samples", "listed": 66, "judged": 66 - n, "lost": 0,
        "left_out": {"unread": n}, "superseded": 0,
    }  # fmt: skip
    if n == 3:
        assert found.code == code
        assert "WBC (63 of 66 samples)" in found.console
    for place in (found.console, found.first_screen):
        assert f"of 66 samples, {n} with a result that is read as no sample's" in place


def test_a_record_above_the_names_may_lack_a_result(report: Report) -> None:
    reference, model = study(6)
    sides = [
        "\n".join(
            line.rpartition(",")[0] + "," if k < 6 else line
            for k, line in enumerate(text(side, above=6).splitlines())
        )
        for side in (model, reference)
    ]
    found = judged(report, *sides)
    assert found.account("all")["left_out"] == {"unread": 6}
    assert found.code == 3


def test_many_of_them_take_a_pass_away_unless_accepted(report: Report) -> None:
    reference, model = study(10)
    tables = text(model, above=10), text(reference, above=10)

    assert judged(report, *tables).code == 3
    accepted = judged(report, *tables, accept("unread", "WBC"))
    assert (accepted.code, "planned so" in accepted.console) == (0, True)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("seed", range(8))
def test_each_result_is_booked_once_wherever_it_lacks_its_sample(seed: int, report: Report) -> None:
    """Drawn: rows of either side without an id, above the names, or not there at all."""
    rng = np.random.default_rng(seed)
    reference, model = study()
    blank = [int(rng.integers(0, 4)) for _ in range(2)]
    gone = [int(rng.integers(0, 3)) for _ in range(2)]
    sides = []
    for rows, k, out in zip((model, reference), blank, gone, strict=True):
        lines = text(rows).splitlines()
        names = rng.permutation(N)
        for i in names[:k]:
            lines[1 + i] = lines[1 + i][3:]
        left_out = {1 + int(i) for i in names[k : k + out]}
        sides.append("\n".join(x for i, x in enumerate(lines) if i not in left_out) + "\n")

    found = judged(report, *sides)

    told = found.account("all")
    assert told["listed"] == told["judged"] + sum(told["left_out"].values())
    # no row of either side is forgotten, and no sample counts twice without a doubt
    rows = max(N - gone[0], N - gone[1])
    assert rows <= told["listed"] <= N + max(blank)


@pytest.mark.parametrize("side", ["p", "r"])
def test_without_an_id_on_one_side_a_sample_is_booked_as_the_other_side_has_it(
    side: str, report: Report
) -> None:
    reference, model = study()
    n = {side: 3}
    found = judged(report, text(model, blank=n.get("p", 0)), text(reference, blank=n.get("r", 0)))

    told = found.account("WBC")
    assert (told["listed"], told["judged"], told["lost"] + sum(told["left_out"].values())) == (
        66, 63, 3,
    )  # fmt: skip
    assert "unread" not in told["left_out"]


@pytest.mark.parametrize("how", ["blank", "above"])
def test_what_the_reference_alone_holds_unread_is_booked_too(how: str, report: Report) -> None:
    """The model's table lacks them: they would count as lost, had they been read."""
    reference, model = study()
    found = judged(report, text(model[3:]), text(reference, **{how: 3}))

    assert found.account("all")["left_out"] == {"unread": 3}


@pytest.mark.parametrize("name", ["A-17-{}", "2026/{}", ""])
def test_a_wbc_alone_above_the_names_is_booked_under_any_id(name: str, report: Report) -> None:
    """Six samples in which the model is wrong, of another form of id, or without one."""
    reference, model = study(6)

    def one(rows: Sequence[Row]) -> str:
        lines = [f"{i},{w:.2f}" for i, w, _ in rows]
        for k in range(6):
            lines[k] = name.format(k) + lines[k][3:]
        return "\n".join([*lines[:6], HEAD.rpartition(",")[0], *lines[6:]]) + "\n"

    found = judged(report, one(model), one(reference))
    assert found.account("all")["left_out"] == {"unread": 6}
    assert found.code == 3


@pytest.mark.representatives(3)
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("legend", ["n,66", "Page,1", "Date,2026-01-02", "SOP 17,", "Limits,4-10"])
def test_a_legend_above_the_names_of_a_table_of_wbc_is_none(
    legend: str, both: bool, report: Report
) -> None:
    reference, model = study()
    sides = []
    for rows in (reference, model):
        lines = [f"{i},{w:.2f}" for i, w, _ in rows]
        sides.append("\n".join([HEAD.rpartition(",")[0], *lines]) + "\n")
    given = f"{legend}\n{sides[0]}"
    found = judged(report, f"{legend}\n{sides[1]}" if both else sides[1], given)
    assert found.code == 0, found.console
    assert found.account("all")["listed"] == 66


@pytest.mark.representatives(2)
@pytest.mark.parametrize("n", [20, 24, 60])
@pytest.mark.parametrize("side", ["p", "r"])
def test_least_and_largest_without_a_name_are_no_samples(n: int, side: str, report: Report) -> None:
    """Below 24 samples two rows are more than 5 %, which refused an honest export."""
    reference, model = (rows[:n] for rows in study())
    tables = {"p": text(model), "r": text(reference)}
    rows = model if side == "p" else reference
    ends = [f"{f([w for _, w, _ in rows]):.2f},{f([s for _, _, s in rows]):.1f}"
            for f in (min, max, np.mean)]  # fmt: skip
    tables[side] += "".join(f",{end}\n" for end in ends)
    found = judged(report, tables["p"], tables["r"])
    assert found.code == 0, found.console
    assert found.account("all")["listed"] == n


def test_a_row_without_a_name_that_is_no_statistic_is_one_still(report: Report) -> None:
    """The least of one column, and another sample's value of the other."""
    reference, model = study()
    least = f"{min(w for _, w, _ in reference):.2f},{reference[3][2]:.1f}"
    found = judged(report, text(model) + f",{least}\n", text(reference) + f",{least}\n")
    assert found.account("all")["left_out"] == {"unread": 1}


@pytest.mark.parametrize("names", [
    ("QC1", "QC2", "QC3", "QC4"), ("Level 1", "Level 2", "Level 3", "Control 4"),
    ("Low 1", "High 1", "Limit 2", "Max 2"),
])  # fmt: skip
def test_controls_and_limits_above_the_names_of_one_side_decide_nothing(
    names: Sequence[str], report: Report
) -> None:
    """Ids of the form of the samples' (a letter, a number), in the laboratory's export alone."""
    reference, model = study()
    above = "".join(f"{name},{5 + k}.00,50.0\n" for k, name in enumerate(names))
    alone = judged(report, text(model), above + text(reference))
    assert alone.code == 0, alone.console
    assert alone.account("all")["listed"] == 66
    both = judged(report, above + text(model), above + text(reference))
    assert both.account("all")["left_out"] == {"unread": 4}


HONEST = {
    "titles": ("Report of the laboratory,,\nn,66,\nDate,2026-01-02,\n\n", ""),
    "units": ("", ""),
    "limits": ("Lower limit,4.0,40.0\nUpper limit,10.0,70.0\n", ""),
    "limits without a name": ("reference,4.0-10.0,40-70\n", ""),
    "summary": ("Mean,7.4,55.1\nSD,3.1,8.2\n", ""),
    "notes": ("", ",,\n,,measured twice\n,,Signed by the head\n"),
    "a mean without a name": ("", ",{mean},{share}\n"),
}


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", HONEST)
def test_titles_units_notes_and_summaries_are_no_samples(name: str, report: Report) -> None:
    reference, model = study()
    above, below = HONEST[name]
    sides = []
    for rows in (model, reference):
        means = [np.mean([row[k] for row in rows]) for k in (1, 2)]
        end = below.format(mean=f"{means[0]:.2f}", share=f"{means[1]:.1f}")
        table = text(rows)
        if name == "units":
            table = table.replace(HEAD, "sample_id,WBC,NEUT%\n,10^9/L,%")
        sides.append(above + table + end)
    one = judged(report, text(model), sides[1])  # in the laboratory's export
    both = judged(report, *sides) if name != "limits" else one

    for found in (one, both):
        assert found.code == 0, found.console
        assert found.account("all")["listed"] == 66


def test_a_long_table_without_ids_is_booked_by_its_lines(report: Report) -> None:
    reference, model = study(6)
    lines = ["sample_id,parameter,value,unit"]
    for k, (i, w, s) in enumerate(reference):
        name = "" if k < 3 else i
        lines += [f"{name},WBC,{w},10*9/L", f"{name},NEUT%,{s},%"]

    found = judged(report, text(model, blank=3), "\n".join(lines) + "\n")

    assert found.account("all")["left_out"] == {"unread": 3}


def test_cells_above_the_column_names_are_without_use(report: Report) -> None:
    lines = cells(20, 100, lambda t, i: (t, "lymphocyte" if i % 30 == 7 else t)).splitlines()
    table = "\n".join([*lines[1:31], lines[0], *lines[31:]]) + "\n"

    found = report(
        protocol_toml=made(sensitivity("all", statistic="accuracy"), mode="same-cells"), m_csv=table
    )

    told = found.account("all", "cells")
    assert (told["listed"], told["left_out"]) == (2000, {"unusable": 30})
    assert "(1970 of 2000 cells)" in found.console
