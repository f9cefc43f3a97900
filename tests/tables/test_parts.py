"""Columns of parts of a class: added up once, or asked for; never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.build.tables import Write, rules, table
from wbcval.door.tables import WITHIN, ReadOptions, read

Rows = list[tuple[float, ...]]
OTHERS = "LYMPH%,MONO%,EO%,BASO%"


def differentials(n: int = 30, immature: float = 0.0) -> NDArray[np.int64]:
    """Segmented, band, immature and the other four of 100 cells in each of n samples."""
    shares = (0.55 - immature, 0.05, immature, 0.28, 0.07, 0.03, 0.02)
    return np.random.default_rng(5).multinomial(100, shares, size=n)


SPLIT: Mapping[str, tuple[str, Callable[..., tuple[float, ...]]]] = {
    "all and bands": ("Neutrophils %,Bands %", lambda s, b: (s, b)),
    "all with bands": ("Neutrophils %,Bands %", lambda s, b: (s + b, b)),
    "segmented and band": ("Segs %,Stabs %", lambda s, b: (s, b)),
    "band first": ("Stabs %,Segs %", lambda s, b: (b, s)),
    "all three": ("SEG%,NEUT%,BAND%", lambda s, b: (s, s + b, b)),
    "in brackets": ("Neutrophil (segmented) %,Neutrophil (band) %", lambda s, b: (s, b)),
    "German": ("Segmentkernige %,Stabkernige %", lambda s, b: (s, b)),
    "Russian": ("Сегментоядерные %,Палочкоядерные %", lambda s, b: (s, b)),
    "Chinese": ("中性分叶核粒细胞%,中性杆状核粒细胞%", lambda s, b: (s, b)),
}


@pytest.mark.representatives(3)
@pytest.mark.parametrize("spelt", SPLIT)
def test_neutrophils_in_parts_are_the_neutrophils_whole(write: Write, spelt: str) -> None:
    header, row = SPLIT[spelt]
    cells = differentials()
    known = [(s + b, *rest) for s, b, _, *rest in cells]
    whole = read(write(table(f"NEUT%,{OTHERS}", known)), "reference")
    rows = [(*row(s, b), *rest) for s, b, _, *rest in cells]

    split = read(write(table(f"{header},{OTHERS}", rows)), "reference")

    parts = split.frame.filter(regex=f"{WITHIN}$")
    assert split.frame.drop(columns=parts.columns).to_dict() == whole.frame.to_dict()
    bands = parts[f"band neutrophil{WITHIN}"]
    assert bands.tolist() == [float(b) for _, b, *_ in cells]
    assert split.resolution == whole.resolution
    assert rules(split)["part-columns-read"] == "warn"


@pytest.mark.parametrize(
    ("total", "header"), [("Total", "cells"), ("n_cells", "cells"), ("WBC(10^9/L)", "#")]
)
@pytest.mark.parametrize("held", [False, True])
def test_counts_and_cells_tell_as_percentages_do(
    write: Write, total: str, header: str, held: bool
) -> None:
    names = "Neutrophils,Bands,Lymphocytes,Monocytes,Eosinophils,Basophils"
    cells = differentials()
    scale = 1 if header == "cells" else 0.08
    rows = [
        (*(f"{scale * n:.2f}" if scale < 1 else n for n in (s + b * held, b, *rest, 100)),)
        for s, b, _, *rest in cells
    ]

    checked = read(write(table(f"{names},{total}", rows)), "reference")

    column, factor = ("NEUT%", 1.0) if header == "cells" else ("NEUT#", 0.08)
    assert checked.frame[column].tolist() == pytest.approx((cells[:, 0] + cells[:, 1]) * factor)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("rollup", "added"), [("xn5", True), ("manual5", False), ("full", False)])
@pytest.mark.parametrize("columns", ["IG%", "Metamyelocytes %,Myelocytes %"])
def test_immature_granulocytes_are_neutrophils_where_the_rollup_says_so(
    write: Write, rollup: str, added: bool, columns: str
) -> None:
    # LAB.md §1.3: an XN counts them as neutrophils, a manual differential does not
    cells = differentials(immature=0.06)
    parts = [(i,) if columns == "IG%" else (i // 2, i - i // 2) for i in cells[:, 2].tolist()]
    rows = [(s, b, *p, *rest) for (s, b, _, *rest), p in zip(cells.tolist(), parts, strict=True)]

    checked = read(write(table(f"SEG%,BAND%,{columns},{OTHERS}", rows)), "reference",
                   ReadOptions(rollup=rollup))  # fmt: skip

    expected = cells[:, 0] + cells[:, 1] + (cells[:, 2] if added else 0)
    assert checked.frame["NEUT%"].tolist() == expected.tolist()


@pytest.mark.parametrize("rollup", ["xn5", "full"])
def test_immature_granulocytes_held_by_the_neutrophils_are_not_added(
    write: Write, rollup: str
) -> None:
    cells = differentials(immature=0.06)
    rows = [(s + b + i, i, *rest) for s, b, i, *rest in cells]

    path = write(table(f"NEUT%,IG%,{OTHERS}", rows))
    checked = read(path, "reference", ReadOptions(rollup=rollup))

    assert checked.frame["NEUT%"].tolist() == cells[:, :3].sum(axis=1).tolist()


def test_an_analyzers_neutrophils_are_all_of_them(write: Write) -> None:
    header = "Sample No.,Measurement Mode,Discrete,Date,Time,WBC(10^3/uL),WBC/M"
    header += ",NEUT%(%),NEUT%/M,IG%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)"
    text = f"{header}\nS1,WB,CBC+DIFF,,,7.0,,60.0,,5.0,28.0,7.0,3.0,2.0\n"

    checked = read(write(text), "reference", ReadOptions(rollup="xn5"))

    assert checked.dialect == "sysmex-xn"
    assert checked.frame["NEUT%"].tolist() == [60.0]
    assert rules(checked) == {}


@pytest.mark.parametrize("held", [False, True])
def test_variant_lymphocytes_are_lymphocytes_once(write: Write, held: bool) -> None:
    cells = differentials()
    rows = [(s + b, n - v * (not held), v, *rest) for s, b, _, n, *rest in cells
            for v in [n % 7]]  # fmt: skip

    header = "NEUT%,LYMPH%,Atypical lymphocytes %,MONO%,EO%,BASO%"
    checked = read(write(table(header, rows)), "reference")

    assert checked.frame["LYMPH%"].tolist() == cells[:, 3].tolist()


UNTOLD: Mapping[str, tuple[str, Callable[..., tuple[float, ...]]]] = {
    "too few classes": ("NEUT%,BAND%,LYMPH%", lambda s, b, *r: (s, b, r[1])),
    "segmented alone": ("SEG%,LYMPH%", lambda s, b, *r: (s, r[1])),
    "segmented of more": (f"SEG%,{OTHERS}", lambda s, b, _, *r: (s, *r)),
    "neither sum": (f"NEUT%,BAND%,{OTHERS}", lambda s, b, _, *r: (s / 2, b, *r)),
    "counts without a total": ("NEUT#(10^9/L),BAND#(10^9/L)", lambda s, b, *r: (s / 10, b / 10)),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_what_the_sums_do_not_tell_is_asked_for_and_advised(write: Write, case: str) -> None:
    header, row = UNTOLD[case]
    path = write(table(header, [row(*counts) for counts in differentials()]))
    first = header.split(",")[0]
    sign = "#" if "#" in first else "%"

    asked = read(path, "reference")
    named = read(path, "reference", ReadOptions(columns={f"NEUT{sign}": first}))

    (finding,) = (f for f in asked.findings if f.severity == "error")
    assert finding.rule == "part-columns"
    assert first in finding.column
    assert "[columns.reference]" in finding.advice
    assert not any(f.severity == "error" for f in named.findings)
    expected = [row(*counts)[0] for counts in differentials()]
    assert named.frame[f"NEUT{sign}"].tolist() == expected


def test_a_name_that_the_sums_refute_is_refused_and_the_advice_helps(write: Write) -> None:
    path = write(table(f"NEUT%,BAND%,{OTHERS}", [(s, b, *r) for s, b, _, *r in differentials()]))

    refuted = read(path, "reference", ReadOptions(columns={"NEUT%": "NEUT%"}))
    followed = read(path, "reference")

    assert rules(refuted)["part-columns-refuted"] == "error"
    assert not any(f.severity == "error" for f in followed.findings)


def test_bands_alone_are_no_neutrophils(write: Write) -> None:
    checked = read(write(table("BAND%,LYMPH%", [(3, 28), (5, 20)])), "reference")

    assert checked.measurands == ("LYMPH%",)
    assert any("'BAND%' not compared" in finding.got for finding in checked.findings)


def test_a_blank_part_is_a_zero_where_the_rest_adds_up_and_missing_elsewhere(write: Write) -> None:
    rows: list[tuple[object, ...]] = [(s, b, *r) for s, b, _, *r in differentials().tolist()]
    rows[0] = (60, "", 30, 6, 3, 1)
    rows[1] = (50, "", 30, 6, 3, 1)

    checked = read(write(table(f"SEG%,BAND%,{OTHERS}", rows)), "reference")

    assert checked.frame["NEUT%"][0] == 60.0
    assert np.isnan(checked.frame["NEUT%"][1])
    assert [(e.sample_id, e.subject) for e in checked.exclusions] == [("S01", "NEUT%")]


@pytest.mark.parametrize(("cell", "rule"), [("----", "masked"), ("<1", "censored"), ("5*", "mark")])
def test_what_marks_a_part_marks_the_sum(write: Write, cell: str, rule: str) -> None:
    rows: list[tuple[object, ...]] = [(s, b, *r) for s, b, _, *r in differentials().tolist()]
    rows[0] = (rows[0][0], cell, *rows[0][2:])

    checked = read(write(table(f"SEG%,BAND%,{OTHERS}", rows)), "reference")

    assert rule in rules(checked)
    assert np.isnan(checked.frame["NEUT%"][0]) == (rule != "mark")


def test_a_column_of_words_named_like_a_class_is_none(write: Write) -> None:
    rows = [(f"{i}.png", "yes", s + b, *r) for i, (s, b, _, *r) in enumerate(differentials())]

    checked = read(write(table(f"img,Reactive,NEUT%,{OTHERS}", rows)), "reference")

    assert not any(f.severity == "error" for f in checked.findings)


@pytest.mark.parametrize("header", ["%N,%L,%M,%E,%B", "N%,L%,M%,E%,B%"])
def test_letters_mean_the_five_together_and_nothing_alone(write: Write, header: str) -> None:
    rows = [(60, 28, 7, 3, 2), (50, 38, 7, 3, 2)]

    five = read(write(table(header, rows)), "reference")
    some = read(write(table("NEUT%,B%", [row[:2] for row in rows])), "reference")

    assert five.frame["BASO%"].tolist() == [2, 2]
    assert some.measurands == ("NEUT%",)


@pytest.mark.parametrize("header", ["GRAN%,MID%,LYM%", "Granulocytes %,Mid cells %,Lymphocytes %"])
def test_granulocytes_are_no_neutrophils(write: Write, header: str) -> None:
    checked = read(write(table(header, [(65, 7, 28), (60, 10, 30)])), "reference")

    assert checked.measurands == ("LYMPH%",)
    assert rules(checked)["three-part"] == "warn"


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    unit=st.sampled_from([1, 0.1]),
    held=st.booleans(),
    order=st.permutations(range(6)),
)
def test_a_reading_is_right_or_asked_for(
    seed: int, unit: float, held: bool, order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the bands, the rounding and the order, no wrong sum is read."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet((50, rng.uniform(0.2, 6), 28, 7, 3, 1), size=25) * 100
    truth = shares[:, 0] + shares[:, 1]
    shares[:, 0] += held * shares[:, 1]
    rows = [[f"{round(v / unit) * unit:.{1 if unit < 1 else 0}f}" for v in row] for row in shares]
    names = ["NEUT%", "BAND%", *OTHERS.split(",")]
    text = table(",".join(names[i] for i in order), [tuple(row[i] for i in order) for row in rows])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(text, encoding="utf-8")

    checked = read(path, "reference")

    if "part-columns" not in rules(checked):
        off = np.abs(checked.frame["NEUT%"].to_numpy() - truth)
        assert (off <= unit + 1e-9).all()
