"""Two sides, not one twice (STATISTICS.md §18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.build.protocols import accept, called, protocol, within
from tests.cases.conftest import Report
from wbcval.values.classes import FIVE

MIX = (0.48, 0.28, 0.09, 0.08, 0.07)


def labels(samples: int = 24, cells: int = 20, wrong: int = 0, seed: int = 1) -> str:
    """Cells whose true class is the model's, but for some."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(FIVE, p=MIX, size=samples * cells).tolist()
    rows = ["sample_id,cell_id,predicted_class,true_class"]
    for i, label in enumerate(drawn):
        true = "lymphocyte" if i < wrong and label != "lymphocyte" else label
        rows.append(f"S{i // cells},{i},{label},{true}")
    return "\n".join(rows) + "\n"


ACCURACY = called(name="c")
SAME = protocol(ACCURACY, mode="same-cells")


def test_labels_that_are_all_equal_show_nothing(report: Report) -> None:
    found = report(p_csv=labels(), protocol_toml=SAME)
    assert found.code == 3
    assert "which proves nothing" in found.console
    assert "which proves nothing" in (found.bundle / "report.html").read_text(encoding="utf-8")


def test_a_model_that_is_right_in_every_cell_is_declared(report: Report) -> None:
    found = report(p_csv=labels(), protocol_toml=SAME + accept("identical", "all"))
    assert found.code == 0
    assert "Accepted by the protocol: all: both sides are equal" in found.console


@pytest.mark.parametrize(("cells", "wrong"), [(20, 3), (8, 0)])
def test_a_mistake_or_few_cells_are_no_copy(report: Report, cells: int, wrong: int) -> None:
    found = report(p_csv=labels(24, cells, wrong), protocol_toml=SAME)
    assert found.code == 0


def test_one_column_in_two_roles_is_refused(report: Report) -> None:
    text = labels().replace("predicted_class,true_class", "label,other")
    maps = '[columns.predictions]\ntrue_class = "label"\npredicted_class = "label"\n'
    found = report(p_csv=text, protocol_toml=SAME + maps)
    assert found.code == 2
    assert "'label' is given as true_class and as predicted_class" in found.console


def test_one_file_as_both_sides_is_refused(report: Report) -> None:
    text = labels().replace("predicted_class,true_class", "label,other")
    maps = (
        '[columns.predictions]\npredicted_class = "label"\n'
        '[columns.reference]\ntrue_class = "label"\n'
    )
    both = protocol(ACCURACY, maps, mode="same-cells", reference="p.csv")
    found = report(p_csv=text, protocol_toml=both)
    assert found.code == 2
    assert "one-column-twice" in found.console


def table(values: Any, digits: int, name: str = "NEUT%", cells: int | None = 2000) -> str:
    """A row per sample; where cells are given, values are shares of so many."""
    if cells:
        values = np.rint(np.asarray(values) * cells / 100) * 100 / cells
    head = f"sample_id,{name}" + (",n_cells" if cells else "")
    tail = f",{cells}" if cells else ""
    rows = [f"S{i:03d},{v:.{digits}f}{tail}" for i, v in enumerate(values)]
    return "\n".join([head, *rows]) + "\n"


NEUT = within("NEUT%", name="c", min=0.5)
APART = protocol(NEUT)


def true_shares(n: int = 60) -> Any:
    return np.random.default_rng(4).uniform(40, 75, n)


def test_the_same_file_of_counts_is_refused(report: Report) -> None:
    text = table(true_shares(), 1, "NEUT%(%)")
    found = report(p_csv=text, protocol_toml=APART.replace("r.csv", "p.csv"))
    assert found.code == 2
    assert "one-column-twice" in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize("digits", [0, 1])
@pytest.mark.parametrize("changed", [0, 2])
def test_a_reference_that_is_the_model_rounded_shows_nothing(
    report: Report, digits: int, changed: int
) -> None:
    model = true_shares()
    reference = model + np.where(np.arange(len(model)) < changed, 3, 0)
    found = report(
        p_csv=table(model, 3), r_csv=table(reference, digits, "NEUT%(%)", None),
        protocol_toml=APART,
    )  # fmt: skip
    assert found.code == 3
    assert "equal but for rounding" in found.console


def per_microlitre(values: Any, step: int) -> str:
    rows = [f"S{i:03d},{round(1000 * v / step) * step}" for i, v in enumerate(values)]
    return "\n".join(["sample_id,WBC(cells/uL)", *rows]) + "\n"


@pytest.mark.parametrize("step", [100, 1000])
def test_wbc_in_hundreds_or_thousands_is_no_copy(report: Report, step: int) -> None:
    """Two analyzers of 2 %: a third of the values, or nearly all, are equal by rounding."""
    rng = np.random.default_rng(step)
    true = np.exp(rng.normal(np.log(7.5), 0.5, 60))
    one, other = (true * rng.normal(1, 0.02, 60) for _ in range(2))
    found = report(
        p_csv=per_microlitre(one, step), r_csv=per_microlitre(other, step),
        protocol_toml=protocol(within("WBC", name="c", min=0.5)),
    )  # fmt: skip
    assert found.code == 0
    assert "resolution" not in found.console


@pytest.mark.parametrize(("samples", "code"), [(20, 0), (200, 3)])
def test_a_copy_in_whole_numbers_is_told_or_stopped(
    report: Report, samples: int, code: int
) -> None:
    text = per_microlitre(np.random.default_rng(6).uniform(3, 12, samples), 1000)
    asked = protocol(within("WBC", name="c", min=0.5))
    found = report(p_csv=text, r_csv=text, protocol_toml=asked)
    told = "two measurements of WBC, and no copy (equal in 20 of 20 samples"
    assert found.code == code
    assert (told in found.console) is (code == 0)
    assert ("equal in every sample or cell" in found.console) is (code == 3)


@pytest.mark.parametrize("digits", [0, 2])
def test_counts_rounded_to_hundreds_beside_percentages_are_compared(
    report: Report, digits: int
) -> None:
    """NEUT# of 400 where WBC and NEUT% give 450 is its rounding, no other measurement."""
    rng = np.random.default_rng(9)
    rows = ["sample_id,WBC(cells/uL),NEUT#(cells/uL),NEUT%(%)"]
    for i, (wbc, share) in enumerate(
        zip(rng.uniform(1, 12, 40), rng.uniform(5, 75, 40), strict=True)
    ):
        count = 10 * wbc * share
        rows.append(f"S{i},{1000 * wbc:.{digits}f},{round(count, -2):.0f},{share:.1f}")
    text = "\n".join(rows) + "\n"
    asked = protocol(within("NEUT#", name="c", min=0.5))
    found = report(p_csv=text, r_csv=text, protocol_toml=asked)
    assert "product-refuted" not in found.console
    assert found.code == 3  # a copy, all the same


@pytest.mark.parametrize(("noise", "code"), [(0.4, 3), (1.0, 0)])
def test_nearer_than_counting_shows_nothing(report: Report, noise: float, code: int) -> None:
    """A copy with noise of 0.4 of what counting 2 000 cells makes; an honest count at all of it."""
    shares = true_shares() / 100
    rng = np.random.default_rng(8)
    spread = noise * np.sqrt(shares * (1 - shares) / 2000)
    model = 100 * (shares + spread * rng.normal(size=len(shares)))
    found = report(
        p_csv=table(model, 3), r_csv=table(100 * shares, 1, "NEUT%(%)", None),
        protocol_toml=APART,
    )  # fmt: skip
    assert found.code == code
    assert ("nearer to each other than counting" in found.console) is (code == 3)


def test_a_copy_of_the_file_shows_nothing(report: Report) -> None:
    text = table(true_shares(), 1, "NEUT%(%)")
    found = report(p_csv=text, r_csv=text, protocol_toml=APART)
    assert found.code == 3
    assert "equal in every sample or cell" in found.console


def test_copied_columns_under_two_names_show_nothing(report: Report) -> None:
    rows = [f"S{i},{v:.1f},{v:.1f}" for i, v in enumerate(true_shares())]
    text = "\n".join(["sample_id,ours,theirs", *rows]) + "\n"
    maps = '[columns.predictions]\n"NEUT%" = "ours"\n[columns.reference]\n"NEUT%" = "theirs"\n'
    units = '[units.predictions]\n"NEUT%" = "%"\n[units.reference]\n"NEUT%" = "%"\n'
    asked = APART.replace("r.csv", "p.csv") + maps + units
    found = report(p_csv=text, protocol_toml=asked)
    assert found.code == 3
    assert "equal in every sample or cell" in found.console


def test_a_pass_that_is_not_attainable_is_called_suspicious(report: Report) -> None:
    """MONO% of 6 within 10 % takes 7 000 cells; the model has 2 000, and is near all the same."""
    shares = np.random.default_rng(6).uniform(5, 7, 40)
    model = shares * (1 + np.random.default_rng(7).uniform(-0.09, 0.09, 40))
    nearer = accept("nearer_than_counting", "MONO%")
    asked = protocol(within("MONO%", name="c"), nearer)
    found = report(
        p_csv=table(model, 3, "MONO%(%)"), r_csv=table(shares, 2, "MONO%(%)", None),
        protocol_toml=asked,
    )  # fmt: skip
    assert found.code == 0
    assert "Suspicious: MONO% (c) passed" in found.console
    assert "Suspicious: MONO% (c) passed" in (found.bundle / "report.html").read_text("utf-8")


@pytest.mark.parametrize("shift", [lambda r: r + 0.5, lambda r: 1.005 * r, lambda r: r // 0.5 / 2])
def test_a_copy_that_was_shifted_scaled_or_cut_shows_nothing(
    report: Report, shift: Callable[[Any], Any]
) -> None:
    reference = true_shares()
    found = report(
        p_csv=table(shift(reference), 3), r_csv=table(reference, 2, "NEUT%(%)", None),
        protocol_toml=APART,
    )  # fmt: skip
    assert found.code == 3
    assert "nearer to each other than counting" in found.console


@pytest.mark.parametrize("name", ["WBC(10^9/L)", "NEUT%(%)"])
def test_a_copy_but_for_a_factor_shows_nothing_until_it_is_declared(
    report: Report, name: str
) -> None:
    subject = name.partition("(")[0]
    reference = true_shares().round(2) / (10 if subject == "WBC" else 1)
    text = protocol(within(subject, name="c"))
    sides = {
        "p_csv": table(1.02 * reference, 2, name, None),
        "r_csv": table(reference, 2, name, None),
    }

    found = report(**sides, protocol_toml=text)

    assert found.code == 3
    assert "the reference's but for a factor or a constant" in found.console
    declared = accept("equal_but_for_a_line", subject)
    assert report(**sides, protocol_toml=text + declared).code == 0


def test_a_copy_as_a_fraction_shows_nothing(report: Report) -> None:
    reference = true_shares().round(1)
    units = '[units.predictions]\n"NEUT%" = "1"\n'
    found = report(
        p_csv=table(reference / 100, 3, "NEUT%", None), r_csv=table(reference, 1, "NEUT%(%)", None),
        protocol_toml=APART + units,
    )  # fmt: skip
    assert found.code == 3
    assert "equal in every sample or cell" in found.console


def test_one_column_as_two_measurands_is_refused(report: Report) -> None:
    maps = '[columns.predictions]\n"NEUT%" = "x"\n"LYMPH%" = "x"\n'
    reference = table(true_shares(), 1, "NEUT%(%)", None)
    found = report(p_csv=table(true_shares(), 3, "x"), r_csv=reference, protocol_toml=APART + maps)
    assert found.code == 2
    assert "one-column-twice" in found.console


@pytest.mark.parametrize(("cells", "code"), [(1000, 3), (200, 3), (None, 0)])
def test_a_copy_on_a_line_of_one_slide(report: Report, cells: int | None, code: int) -> None:
    shares = np.round(np.random.default_rng(6).uniform(40, 75, 40), 1)
    column = f",{cells}" if cells else ""
    lines = [[f"sample_id,NEUT%(%){',n_cells' if cells else ''}"], ["sample_id,NEUT%(%)"]]
    for i, share in enumerate(shares):
        lines[0].append(f"S{i:02d},{1.03 * share:.1f}{column}")
        lines[1].append(f"S{i:02d},{share:.1f}")
    model, reference = ("\n".join(side) + "\n" for side in lines)
    asked = protocol(within("NEUT%", name="c"), mode="same-slide")
    found = report(p_csv=model, r_csv=reference, protocol_toml=asked)
    assert found.code == code
    assert ("but for a factor or a constant" in found.console) == (code == 3)
    assert ("two counts, and no copy, of NEUT%" in found.console) == (cells is None)


def test_the_model_s_own_rows_in_some_samples_show_nothing(report: Report) -> None:
    """Of 60 samples 12 have the model's numbers as their reference, and it was wrong there."""
    rng = np.random.default_rng(14)
    names = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
    shares = rng.dirichlet(np.array([0.58, 0.30, 0.07, 0.035, 0.015]) * 25, 60)
    model, reference = (
        np.array([rng.multinomial(n, p) for p in shares]) * 100 / n for n in (1000, 10_000)
    )
    text = protocol(within("NEUT%", name="c", min=0.9))

    def row(i: int, values: Any, more: str = "") -> str:
        return f"S{i:03d}{more}," + ",".join(f"{v:.1f}" for v in values)

    def tables(copied: int) -> dict[str, str]:
        head = ",".join(f"{name}(%)" for name in names)
        ours = [row(i, model[i], ",1000") for i in range(60)]
        theirs = [row(i, model[i] if i < copied else reference[i]) for i in range(60)]
        return {
            "p_csv": "\n".join([f"sample_id,n_cells,{head}", *ours, ""]),
            "r_csv": "\n".join([f"sample_id,{head}", *theirs, ""]),
        }

    assert report(**tables(0), protocol_toml=text).code == 0
    found = report(**tables(12), protocol_toml=text)
    assert found.code == 3
    assert "equal on both sides in all classes" in found.console
    accepted = text + accept("equal_rows", "NEUT%")
    assert report(**tables(12), protocol_toml=accepted).code == 0
