"""Classes beside the five that one side or both count, and that no percentage compares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Report
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.compare import compare

FIVE = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
N = 40
PROTOCOL = protocol(within("NEUT%", "10:or_noise", min=0.9), predictions="m.csv")


def table(
    blasts: Sequence[float], *columns: str, cells: int, seed: int, called: Sequence[float] = ()
) -> str:
    """A row per sample: the five of a blood with so many percent of blasts, and other columns.

    Args:
        blasts: percent of the truth; without a column of it the five share them.
        columns: of other classes. cells: counted. called: what the first says; the truth if empty.
    """
    rng = np.random.default_rng(7)
    mixes = rng.dirichlet([6, 3.5, 1, 0.5, 0.3], N)  # wide: a constant would fail
    rng = np.random.default_rng(seed)
    rows = [",".join(("sample_id", "n_cells", *FIVE, *columns))]
    for i, (mix, blast) in enumerate(zip(mixes, blasts, strict=True)):
        own = blast if columns else 0.0
        five = rng.multinomial(round(cells * (1 - own / 100)), mix)
        shares = [f"{100 * k / cells:g}" for k in five]
        told = [called[i] if len(called) else own, *[0.0] * (len(columns) - 1)]
        rows.append(",".join((f"S{i:02}", str(cells), *shares, *map(str, told[: len(columns)]))))
    return "\n".join(rows) + "\n"


def few(percent: float, samples: int) -> list[float]:
    return [percent if i < samples else 0.0 for i in range(N)]


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "blasts", "said", "code"),
    [
        ("Blast%", few(40, 2), "2.0 % (above 5 % in 2 of 40 samples)", 0),
        ("Blast%", [3.0] * N, "3.0 %", 0),
        ("Other%", [3.0] * N, "3.0 %", 0),
        ("Blast%", few(20, 4), "2.0 % (above 5 % in 4 of 40 samples)", 3),
        ("Plasma cells (%)", few(20, 4), "2.0 % (above 5 % in 4 of 40 samples)", 3),
        ("Other%", [8.0] * N, "8.0 % (above 5 % in 40 of 40 samples)", 3),
        ("Blast%", [0.0] * N, "", 0),
        ("Plasma cells (%)", [0.25] * N, "", 0),
    ],
)
def test_what_the_reference_alone_counts_is_named(
    column: str, blasts: Sequence[float], said: str, code: int, report: Report
) -> None:
    files = {
        "m_csv": table(blasts, cells=1000, seed=1),
        "r_csv": table(blasts, column, cells=400, seed=2),
    }

    found = report(protocol_toml=PROTOCOL, **files)

    name = {"B": "blast", "O": "another class", "P": "plasma cell"}[column[0]]
    sentence = f"Counted by the reference and compared with nothing: {name} {said}"
    assert (sentence in found.console) is bool(said)
    assert ("compared with nothing" in found.console) is bool(said)
    assert found.code == code


@pytest.mark.parametrize(
    ("called", "said", "code"),
    [
        (few(30, 2), "blast 1.5 % (reference 1.5 %).", 0),
        ([0.0] * N, "in 2 of 40 samples).", 3),  # both who have it are missed
        (few(12, 6)[::-1], "in 8 of 40 samples).", 3),  # other samples than those that have it
    ],
)
def test_what_both_count_and_nothing_judges_is_told_with_both_figures(
    called: Sequence[float], said: str, code: int, report: Report
) -> None:
    blasts = few(30, 2)
    files = {
        "m_csv": table(blasts, "Blast%", cells=1000, seed=1, called=called),
        "r_csv": table(blasts, "Blast%", cells=400, seed=2),
    }

    found = report(protocol_toml=PROTOCOL, **files)

    assert "Counted on both sides, not judged: blast" in found.console
    assert said in found.console
    assert found.code == code


@pytest.mark.parametrize("rollup", ["full", "manual5"])
def test_cells_called_blast_are_told_beside_the_reference_of_counts(
    rollup: str, report: Report
) -> None:
    blasts = few(30, 2)
    names = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "blast")
    rows = ["sample_id,cell_id,predicted_class"]
    for line in table(blasts, "Blast%", cells=400, seed=1).splitlines()[1:]:
        name, _, *shares = line.split(",")
        labels = np.repeat(names, [round(4 * float(x)) for x in shares])
        rows += [f"{name},{i},{label}" for i, label in enumerate(labels)]
    files = {
        "m_csv": "\n".join(rows) + "\n",
        "r_csv": table(blasts, "Blast%", cells=400, seed=2),
    }

    found = report(protocol_toml=f'rollup = "{rollup}"\n{PROTOCOL}', **files)

    assert "Counted on both sides, not judged: blast 1.5 % (reference 1.5 %)." in found.console
    assert "compared with nothing" not in found.console


def test_absolute_counts_of_a_class_are_a_share_of_the_total(report: Report) -> None:
    blasts = few(40, 2)
    lines = table(blasts, "Blast (10^9/L)", cells=400, seed=2, called=few(2.0, 2)).splitlines()
    reference = [f"{x},{'WBC (10^9/L)' if i == 0 else '5.0'}" for i, x in enumerate(lines)]
    files = {"m_csv": table(blasts, cells=1000, seed=1), "r_csv": "\n".join(reference) + "\n"}

    found = report(protocol_toml=PROTOCOL, **files)

    assert "compared with nothing: blast 2.0 % (above 5 % in 2 of 40 samples)" in found.console


def test_immature_granulocytes_that_the_neutrophils_hold_are_no_class_beside(
    report: Report,
) -> None:
    lines = table([0.0] * N, cells=400, seed=2).splitlines()
    reference = [f"{x},{'IG%' if i == 0 else '2.5'}" for i, x in enumerate(lines)]
    files = {"m_csv": table([0.0] * N, cells=1000, seed=1), "r_csv": "\n".join(reference) + "\n"}

    found = report(protocol_toml=PROTOCOL, **files)

    assert found.code == 0
    assert "immature granulocyte" not in found.console


def test_immature_granulocytes_beside_the_neutrophils_are_told(report: Report) -> None:
    ig = [2.5] * N
    files = {
        "m_csv": table(ig, cells=1000, seed=1),
        "r_csv": table(ig, "IG%", cells=400, seed=2),
    }

    found = report(protocol_toml=PROTOCOL, **files)

    assert "compared with nothing: immature granulocyte 2.5 %" in found.console


def side(report: Report, predictions: str, reference: str) -> Side:
    """What the gate knows of two tables."""
    bundle = report(protocol_toml=PROTOCOL, m_csv=predictions, r_csv=reference).bundle
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("samples", "column_of_reference", "doubt"),
    [(2, True, False), (4, True, True), (4, False, True)],
)
def test_a_candidate_that_no_longer_counts_a_class_is_told_so_at_the_gate(
    samples: int, column_of_reference: bool, doubt: bool, report: Report
) -> None:
    blasts = few(30, samples)
    before = table(blasts, "Blast%", cells=1000, seed=1)
    reference = table(blasts, "Blast%", cells=400, seed=2)
    lines = table(blasts, "Blast%", cells=1000, seed=3).splitlines()
    after = "\n".join(line.rpartition(",")[0] for line in lines) + "\n"
    cut = "\n".join(line.rpartition(",")[0] for line in reference.splitlines()) + "\n"
    old = side(report, before, reference)
    new = side(report, after, reference if column_of_reference else cut)

    found, again = compare(new, old), compare(old, old)

    share = f"{30 * samples / N:.1f}"
    assert f"The baseline counts blast {share} % of its leukocytes" in found.verdict.reason
    marked = [c for c in found.changes if "uncompared" in c.change.flags and c.subject == "NEUT%"]
    assert bool(marked) is doubt
    assert "The baseline counts" not in again.verdict.reason
    assert not any("uncompared" in c.change.flags for c in again.changes)


def test_a_reference_that_lost_a_class_is_told_at_the_gate(report: Report) -> None:
    """Neither model counts blasts; the candidate was judged beside a reference without them."""
    blasts = few(30, 4)
    model, reference = (
        table(blasts, cells=1000, seed=1),
        table(blasts, "Blast%", cells=400, seed=2),
    )
    cut = "\n".join(line.rpartition(",")[0] for line in reference.splitlines()) + "\n"
    other = table(blasts, cells=1000, seed=3)

    found = compare(side(report, other, cut), side(report, model, reference))

    assert "The baseline's reference counts blast 3.0 %" in found.verdict.reason
    assert any("uncompared" in c.change.flags for c in found.changes)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("column_of_model", [True, False])
def test_a_class_that_went_long_before_is_told_against_the_anchor(
    column_of_model: bool, report: Report
) -> None:
    """The baseline lacks it already: held against that alone, nothing would be missing."""
    blasts = few(30, 4)
    model, reference = (
        table(blasts, *["Blast%"] * column_of_model, cells=1000, seed=1),
        table(blasts, "Blast%", cells=400, seed=2),
    )
    cut = "\n".join(line.rpartition(",")[0] for line in reference.splitlines()) + "\n"
    first = side(report, model, reference)
    second, third = (side(report, table(blasts, cells=1000, seed=k), cut) for k in (3, 4))

    found, alone = compare(third, second, first), compare(third, second)

    whose = "anchor" if column_of_model else "anchor's reference"
    assert f"The {whose} counts blast 3.0 %" in found.verdict.reason
    assert found.verdict.reason.count("counts blast") == 1
    assert "counts blast" not in alone.verdict.reason
    marked = {c.against for c in found.changes if "uncompared" in c.change.flags}
    assert marked == {"anchor"}
    assert not any("uncompared" in c.change.flags for c in alone.changes)
