"""A site that fails whole is named wherever its column stands (STATISTICS.md §18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.cases.conftest import Judged, Report
from tests.cases.test_ledger import cells, protocol, sensitivity
from tests.cases.test_named_like_controls import PROTOCOL
from tests.cases.test_unread import HEAD, N, study, text

BAD = 3  # of 66: all of one site, and 95.5 % of all are within


def with_column(name: str, values: Sequence[str], table: str) -> str:
    lines = table.splitlines()
    rows = [f"{line},{value}" for line, value in zip(lines[1:], values, strict=True)]
    return "\n".join([f"{lines[0]},{name}", *rows]) + "\n"


def sites(bad: str = "C") -> list[str]:
    return [bad] * BAD + ["A", "B"] * ((N - BAD) // 2) + ["A"] * ((N - BAD) % 2)


def judged(report: Report, model: str, reference: str, more: str = "", **files: str) -> Judged:
    text_of = PROTOCOL.replace('reference = "r.csv"', 'reference = "r.csv"\n' + more)
    return report(p_csv=model, r_csv=reference, protocol_toml=text_of, **files)


def told(found: Judged) -> list[str]:
    return [line for line in found.results["scope"]["seen"] if "which strata do not list" in line]


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    "column",
    ["site", "Scanner", "site_name", "lab_id", "hospital_site", "reagent_lot", "stainer",
     "slide_scanner", "operator", "standort", "instrument_serial"],
)  # fmt: skip
@pytest.mark.parametrize("side", ["p", "r"])
def test_a_site_that_fails_is_named_in_either_table(side: str, column: str, report: Report) -> None:
    reference, model = map(text, study(BAD))
    if side == "p":
        model = with_column(column, sites(), model)
    else:
        reference = with_column(column, sites(), reference)

    found = judged(report, model, reference)

    assert found.code == 0
    name = column.lower()
    assert told(found) == [f"{name}=C, which strata do not list: WBC 0 of 3 samples pass"]
    assert "extra-column" not in found.console


@pytest.mark.parametrize("side", ["p", "r"])
def test_a_site_in_several_spellings_is_one_there_too(side: str, report: Report) -> None:
    reference, model = map(text, study(BAD))
    spelt = ["Clinic C", "clinic-c", "Clinic  \N{CYRILLIC CAPITAL LETTER ES}", *sites()[BAD:]]
    if side == "p":
        model = with_column("site", spelt, model)
    else:
        reference = with_column("site", spelt, reference)

    found = judged(report, model, reference)

    assert len(told(found)) == 1
    assert "WBC 0 of 3 samples pass" in told(found)[0]
    assert "levels-alike" in found.console


def erring() -> Iterator[tuple[str, str, str, bool]]:
    """Sample and cell, true and called class of each cell; whether its sample is called badly."""
    for i, line in enumerate(cells(40, 100).splitlines()[1:]):
        sample, cell, true, called = line.split(",")
        bad = sample < "S005"
        if (bad and i % 2) or i % 40 == 0:
            called = "lymphocyte" if true != "lymphocyte" else "monocyte"
        yield f"{sample},{cell}", true, called, bad


def test_a_scanner_in_the_table_of_cells_is_looked_at(report: Report) -> None:
    """A sample is on one scanner; its cells are called wrong there."""

    rows = ["sample_id,cell_id,true_class,predicted_class,scanner"]
    rows += [
        f"{key},{true},{called},{'S2' if bad else 'S1'}" for key, true, called, bad in erring()
    ]

    asked = sensitivity("all", statistic="accuracy")
    found = report(protocol_toml=protocol(asked, mode="same-cells"), m_csv="\n".join(rows) + "\n")

    (said,) = told(found)
    assert said.startswith("scanner=S2, which strata do not list: all classes ")


def test_labels_of_a_second_file_may_say_it(report: Report) -> None:
    predicted, labels = ["sample_id,cell_id,predicted_class"], ["sample_id,cell_id,true_class,Lab"]
    for key, true, called, bad in erring():
        predicted.append(f"{key},{called}")
        labels.append(f"{key},{true},{'North' if bad else 'South'}")
    asked = protocol(sensitivity("all", statistic="accuracy"), mode="same-cells", reference="r.csv")

    found = report(
        protocol_toml=asked, m_csv="\n".join(predicted) + "\n", r_csv="\n".join(labels) + "\n"
    )

    assert [line.partition(",")[0] for line in told(found)] == ["lab=North"]


def test_what_contradicts_the_samples_table_is_looked_at_as_well(report: Report) -> None:
    """The table of samples calls site C A; more would say that the ids join wrong rows."""
    reference, model = map(text, study(BAD))
    hidden = sites("A")
    listed = "sample_id,site\n" + "".join(f"S{i:02d},{hidden[i]}\n" for i in range(N))

    found = judged(
        report, model, with_column("site", sites(), reference), 'samples = "s.csv"', s_csv=listed
    )

    assert told(found) == ["site (r.csv)=C, which strata do not list: WBC 0 of 3 samples pass"]
    same = judged(
        report, model, with_column("site", hidden, reference), 'samples = "s.csv"',
        s_csv=listed,
    )  # fmt: skip
    assert told(same) == []


def test_a_protocol_may_ask_for_a_stratum_of_the_reference(report: Report) -> None:
    reference, model = map(text, study())
    asked = PROTOCOL.replace("[inputs]", 'strata = ["Site"]\n[inputs]')

    found = report(protocol_toml=asked, p_csv=model, r_csv=with_column("site", sites(), reference))

    strata = {m["stratum"] for m in found.results["measurements"]}
    assert {"Site=A", "Site=B", "Site=C"} <= strata


def test_two_files_of_predictions_may_be_two_scanners(report: Report) -> None:
    """Each file holds one value of the column, and has no two levels by itself."""
    reference, model = study(BAD)
    asked = PROTOCOL.replace('"p.csv"', '["p.csv", "q.csv"]')

    found = report(
        protocol_toml=asked,
        p_csv=with_column("scanner", ["S2"] * BAD, text(model[:BAD])),
        q_csv=with_column("scanner", ["S1"] * (N - BAD), text(model[BAD:])),
        r_csv=text(reference),
    )

    assert told(found) == ["scanner=S2, which strata do not list: WBC 0 of 3 samples pass"]


def test_more_sites_than_strata_are_named_by_a_sample(report: Report) -> None:
    reference, model = map(text, study(BAD))
    values = ["C"] * BAD + [f"H{i % 16}" for i in range(N - BAD)]

    found = judged(report, model, with_column("hospital_site", values, reference))

    assert told(found) == [
        "hospital_site of S00 (one of 17), which strata do not list: WBC 0 of 3 samples pass"
    ]


NAMES = ["Meier", "Schulz", "Weber", "Wolf", "Bauer", "Koch"]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("operator", [f"{NAMES[i % 6]}, Anna" for i in range(N)]),  # persons
        ("operator", [NAMES[i % 6] for i in range(N)]),
        ("site", [f"19{40 + i % 6}-03-0{1 + i % 6}" for i in range(N)]),  # dates
        ("patient_name", [NAMES[i % 6] for i in range(N)]),
        ("remark", [NAMES[i % 6] for i in range(N)]),  # not on the list
    ],
)
def test_no_name_and_no_date_leaves_a_table(column: str, values: list[str], report: Report) -> None:
    rows = [f'"{value}"' for value in [values[0]] * BAD + values[BAD:]]
    reference, model = map(text, study(BAD))

    found = judged(report, model, with_column(column, rows, reference))

    assert found.code == 0
    everything = found.console + "".join(
        path.read_text(encoding="utf-8")
        for path in found.bundle.iterdir()
        if path.suffix in (".json", ".csv", ".html", ".xml", ".md")
    )
    assert not [value for value in {*values} if value.strip('"') in everything]


@pytest.mark.representatives(2)
@pytest.mark.parametrize("seed", range(4))
def test_honest_sites_are_not_named(seed: int, report: Report) -> None:
    rng = np.random.default_rng(seed)
    reference, model = map(text, study(int(rng.integers(0, 3)), seed))
    values = [str(v) for v in rng.choice(["A", "B", "C", ""], N)]

    found = judged(report, with_column("scanner", values, model), reference)

    assert (found.code, told(found)) == (0, [])
    assert HEAD in model
