"""What a protocol declares and a verdict could hide behind stands beside it (STATISTICS.md §18)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.build.protocols import accept, called, within
from tests.build.protocols import protocol as build_protocol
from tests.cases.conftest import Report
from tests.simulated import repeats
from wbcval.door.importers import Raw
from wbcval.door.importers.names import FIELD_OF, SPLITS, STATES
from wbcval.door.tables import ReadOptions
from wbcval.door.tables._bind import bind
from wbcval.door.tables._ledger import TableLog
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Decision
from wbcval.judge.scope import scope_of
from wbcval.machine.resources import root
from wbcval.measure.evaluate import evaluate
from wbcval.protocol.protocol_file import load, parse
from wbcval.protocol.types import Protocol
from wbcval.study.declared import lines, renamed
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.measurands import MEASURANDS
from wbcval.verbs.gate import gate

ACCURACY = called(name="acc")
ACCEPT = accept("classes_merged", reason="lymphoid or not")


def cells(wrong: float = 0.35, names: tuple[str, ...] = FIVE, samples: int = 30) -> str:
    """A model that calls the last three classes the second or first, as often as ``wrong``.

    And 2 % of the first the second, so that no merge makes the two sides equal.
    """
    rng = np.random.default_rng(7)
    p = np.array([0.4, 0.2, 0.2, 0.1, 0.1])[: len(names)]
    rows = ["sample_id,cell_id,predicted_class,true_class"]
    instead = (0, 1, 1, 0, 0)
    for i in range(samples):
        for k, t in enumerate(rng.choice(len(names), 100, p=p / p.sum())):
            called = instead[t] if rng.random() < wrong else t
            called = 1 if t == 0 and rng.random() < 0.02 else called
            rows.append(f"S{i:02d},{k},{names[called]},{names[t]}")
    return "\n".join(rows) + "\n"


def protocol(more: str = "", top: str = "") -> str:
    return build_protocol(ACCURACY, more, mode="same-cells", top=top, predictions="c.csv")


MERGE = '[class_map]\nmonocyte = "lymphocyte"\neosinophil = "neutrophil"\nbasophil = "neutrophil"\n'


def test_merged_classes_decide_nothing_and_are_named_everywhere(report: Report) -> None:
    plain = report(protocol_toml=protocol(), c_csv=cells())
    merged = report(protocol_toml=protocol(MERGE), c_csv=cells())
    assert gate(merged.bundle, merged.bundle).verdict.decision is Decision.INCONCLUSIVE
    accepted = report(protocol_toml=protocol(MERGE + ACCEPT), c_csv=cells())

    assert (plain.code, merged.code, accepted.code) == (1, 3, 0)
    assert "accuracy over all 5 classes." in plain.console
    assert "Declared:" not in plain.console
    for found in (merged, accepted):
        said = "Declared: monocyte counted as lymphocyte ([class_map])"
        assert said in found.console
        assert "monocyte counted as lymphocyte" in found.first_screen
        assert "accuracy over all 2 classes (neutrophil and lymphocyte)" in found.console
    scope = accepted.results["scope"]
    assert scope["declared"][0] == "monocyte counted as lymphocyte ([class_map])"
    schema = json.loads((root() / "schemas" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(accepted.results, schema)
    files = gate(accepted.bundle, accepted.bundle).files
    for name in ("summary.md", "annotations.txt", "report.html", "junit.xml"):
        assert "monocyte counted as lymphocyte" in files[name].decode(), name


@pytest.mark.parametrize("other", ["artefact", "smudge", "nrbc", "platelet"])
def test_a_class_mapped_out_of_the_leukocytes_touches_every_class(
    report: Report, other: str
) -> None:
    """The monocytes that the model misses are no cells of anybody's; the rest is 98 % right."""
    asked = build_protocol(
        *(called(c, "sensitivity", name=c) for c in ("neutrophil", "lymphocyte")),
        f'[class_map]\nmonocyte = "{other}"\n',
        mode="same-cells",
        predictions="c.csv",
    )
    found = report(protocol_toml=asked, c_csv=cells())
    both = "".join(accept("classes_merged", c) for c in ("neutrophil", "lymphocyte"))
    accepted = report(protocol_toml=asked + both, c_csv=cells())

    assert (found.code, accepted.code) == (3, 0)
    assert f"monocyte counted as {other} ([class_map])" in accepted.console


def test_errors_within_a_class_of_the_roll_up_are_counted(report: Report) -> None:
    names = ("neutrophil", "myelocyte", "blast")
    rolled = protocol(top='rollup = "manual5"')

    found = report(protocol_toml=rolled, c_csv=cells(1.0, names))

    # blasts are called myelocytes, and both are "other": each patient who has them is missed
    assert found.code == 3
    assert "blasts or plasma cells" in found.console
    said = r"myelocyte and blast counted as one (other, roll-up manual5), "
    assert said in found.console
    assert said in found.first_screen.replace("\N{NO-BREAK SPACE}", " ")
    n = cells(1.0, names).count("myelocyte,blast")
    assert f"{n} of their" in found.console


@pytest.mark.parametrize(
    ("class_map", "rollup", "hidden", "said"),
    [
        ({"mono": "lymph"}, "full", {"monocyte": "lymphocyte"}, "monocyte counted as lymphocyte"),
        ({"LYMPHO": "lymphocyte"}, "full", {}, ""),  # a translation
        ({"7": "lymphocyte"}, "full", {}, ""),
        ({"7": "blast", "8": "blast"}, "full", {}, "'7' and '8' counted as one (blast"),
        ({"band": "neutrophil"}, "full", {}, "band neutrophil counted as neutrophil"),
        ({"band": "segmented"}, "manual5", {}, "band neutrophil counted as segmented"),
        ({"promyelocyte": "myelocyte"}, "full", {"promyelocyte": "myelocyte"}, "promyelocyte"),
        ({"basophil": "artefact"}, "xn5", {"basophil": "artefact"}, "basophil counted as artefact"),
        ({"smudge": "artefact"}, "full", {}, "smudge counted as artefact"),
    ],
)
def test_a_merge_is_told_from_a_translation(
    class_map: dict[str, str], rollup: str, hidden: dict[str, str], said: str
) -> None:
    asked = Protocol("same-cells", class_map=class_map, rollup=rollup)
    assert renamed(asked) == hidden
    assert said in "; ".join(lines(asked, None))
    assert bool(said) == bool(lines(asked, None))


@pytest.mark.parametrize("apart", [False, True])  # labels in a file of their own
@pytest.mark.parametrize(
    ("label", "of", "said"),
    [
        ("leukemic cell", "lymphocyte", "true 'leukemic cell' (6 % of the cells) counted as lym"),
        ("leukemic cell", "artefact", "true 'leukemic cell' (6 % of the cells) counted as art"),
        ("leukemic cell", "other", "true 'leukemic cell' (6 % of the cells) counted as uncl"),
        ("leukemic cell", "blast", ""),  # a translation: no other label is of that class
        ("lymfo.", "lymphocyte", "true 'lymfo.' (6 % of the cells) counted as lymphocyte ([class"),
    ],
)
def test_a_foreign_label_that_joins_a_class_is_told_with_its_share(
    tmp_path: Path, label: str, of: str, said: str, apart: bool
) -> None:
    rows = [f"S{i % 25},{i},{FIVE[i % 5]},{label if i % 50 < 3 else FIVE[i % 5]}"
            for i in range(1000)]  # fmt: skip
    kept = [0, 1, 2] if apart else [0, 1, 2, 3]
    columns = ["sample_id", "cell_id", "predicted_class", "true_class"]
    for name, take in (("c", kept), ("t", [0, 1, 3])):
        lines_of = [",".join(row.split(",")[i] for i in take) for row in rows]
        table = "\n".join([",".join(columns[i] for i in take), *lines_of])
        (tmp_path / f"{name}.csv").write_text(table + "\n", encoding="utf-8")
    text = protocol(f'[class_map]\n"{label}" = "{of}"\n')
    if apart:
        text = text.replace('"c.csv"\n', '"c.csv"\nreference = "t.csv"\n')

    told = build(read_inputs(parse(text, "p", tmp_path))).declared

    assert len(told) == bool(said)
    assert "".join(told).startswith(said)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ("MONO%", "LYMPH%", "'LYMPH%' of the predictions read as MONO% ([columns])"),
        ("predicted_class", "expert_label", "'expert_label' of the predictions read as pre"),
        ("probability_monocyte", "p_lymphocyte", "'p_lymphocyte' of the predictions read as pr"),
        ("MONO%", "Monocytes", ""),
        ("MONO%", "Column 7", ""),
        ("cell_id", "image", ""),
        ("predicted_class", "Prediction", ""),
    ],
)
def test_a_column_read_as_another_than_its_name_says_is_told(
    ours: str, theirs: str, said: str
) -> None:
    told = lines(Protocol("same-cells", columns={"predictions": {ours: theirs}}), None)
    assert told == () if not said else told[0].startswith(said)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("declared")
    (folder / "c.csv").write_text(cells(samples=20), encoding="utf-8")
    return folder


@pytest.mark.drawn
@settings(max_examples=repeats(6, 2), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    merges=st.dictionaries(st.sampled_from(FIVE), st.sampled_from(FIVE), max_size=3),
    rollup=st.sampled_from(["xn5", "manual5", "full"]),
    accept=st.booleans(),
)
def test_no_merge_makes_a_bad_model_accepted_without_a_line(
    drawn: Path, merges: dict[str, str], rollup: str, accept: bool
) -> None:
    text = protocol(ACCEPT if accept else "", f'rollup = "{rollup}"')
    asked = replace(parse(text, "p", drawn), class_map=merges)
    study = build(read_inputs(asked))
    results = evaluate(study, asked.criteria)
    decision = judge(asked.criteria, results, asked.accepted).decision

    if decision is Decision.ACCEPTED:
        assert accept
        assert scope_of(study, results, asked.criteria).declared


SITES = """sample_id,site
{}"""


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("listed", "judged", "bad", "why"),
    [
        (False, False, True, "strata do not list"),
        (True, False, True, "no criterion judges"),
        (True, True, True, ""),
        (False, False, False, ""),
        (True, False, False, ""),
    ],
)
def test_a_site_that_fails_whole_is_named_unless_it_is_judged(
    report: Report, listed: bool, judged: bool, bad: bool, why: str
) -> None:
    rng = np.random.default_rng(8)
    reference = rng.uniform(3, 12, 120).round(2)
    site = np.where(np.arange(120) < 6, "C", np.where(np.arange(120) % 2, "A", "B"))
    model = (reference * np.where(bad & (site == "C"), 1.4, rng.normal(1, 0.02, 120))).round(2)
    rows = [f"S{i:03d},{v}" for i, v in enumerate(reference)]
    called = [f"S{i:03d},{v}" for i, v in enumerate(model)]
    asked = [within(min=0.9), *([within(min=0.9, name="c", stratum="site=C")] if judged else ())]
    top = 'strata = ["site"]' if listed else ""
    text = build_protocol(*asked, top=top, samples="s.csv")

    found = report(
        protocol_toml=text,
        p_csv="\n".join(["sample_id,WBC(10^9/L)", *called]),
        r_csv="\n".join(["sample_id,WBC(10^9/L)", *rows]),
        s_csv=SITES.format("\n".join(f"S{i:03d},{s}" for i, s in enumerate(site))),
    )

    assert (found.code == 0) is not judged
    assert (f"Also seen: site=C, which {why}: WBC 0 of 6 samples pass" in found.console) is bool(
        why
    )
    assert ("site=C, which" in found.console) is bool(why)
    assert "Declared" not in found.console


def two_columns(first: str, second: str, differ: float) -> str:
    """A reference of 30 samples with two columns of WBC; the second is off by so much (CV)."""
    rng = np.random.default_rng(8)
    wbc = rng.uniform(4, 11, 30).round(2)
    other = (wbc * np.exp(rng.normal(0, differ, 30))).round(2)
    unit = 1000 if "/uL" in second and "10" not in second else 1
    rows = [f"S{i},{a},{b * unit:g}" for i, (a, b) in enumerate(zip(wbc, other, strict=True))]
    return "\n".join((f"sample_id,{first},{second}", *rows)) + "\n"


OF_WBC = build_protocol(within(min=0.9), predictions="c.csv")


@pytest.mark.parametrize(("spelt", "differ", "refused"), [
    ("WBC(10^3/uL)", 0.3, True), ("Leukocytes (10^9/L)", 0.3, True), ("WBC(/uL)", 0.3, True),
    # the same again, rounded otherwise or in another unit, is no doubt
    ("WBC(10^3/uL)", 0.0, False), ("WBC(/uL)", 0.0, False),
])  # fmt: skip
def test_two_columns_of_one_meaning_must_agree_however_spelt(
    tmp_path: Path, spelt: str, differ: float, refused: bool
) -> None:
    (tmp_path / "p.toml").write_text(OF_WBC, "utf-8")
    table = two_columns("WBC", spelt, differ)
    (tmp_path / "r.csv").write_text(table, "utf-8")
    (tmp_path / "c.csv").write_text(two_columns("WBC", "of", 0), "utf-8")
    if not refused:
        assert build(read_inputs(load(tmp_path / "p.toml"))).declared == ()
        return
    with pytest.raises(InputError, match=f"'WBC' and {re.escape(repr(spelt))} are both WBC") as why:
        build(read_inputs(load(tmp_path / "p.toml")))
    assert "name the right one under [columns.reference]" in str(why.value)
    # the advice ends the doubt, and a slip in it is said
    (tmp_path / "p.toml").write_text(OF_WBC + f'[columns.reference]\nWBC = "{spelt}"\n', "utf-8")
    said = build(read_inputs(load(tmp_path / "p.toml"))).declared
    assert said == (
        f"r.csv: '{spelt}' read as WBC ([columns]), and 'WBC', which differs, is not read",
    )


def test_a_column_passed_over_is_named_where_it_differs(report: Report) -> None:
    table = cells(0.02)
    other = table.replace("predicted_class", "final_class").splitlines()
    both = [f"{line},{name}" for line, name in zip(
        other, ["predicted_class", *("monocyte",) * (len(other) - 1)], strict=True)]  # fmt: skip
    line = '[columns.predictions]\npredicted_class = "final_class"\n'

    found = report(protocol_toml=protocol(line), c_csv="\n".join(both) + "\n")

    said = "Declared: c.csv: 'final_class' read as predicted_class ([columns]), and "
    assert said + "'predicted_class', which differs, is not read." in found.console


@pytest.mark.parametrize(("failed", "named"), [((57, 58, 59), True), ((5, 25, 59), False)])
def test_failures_that_fall_together_name_their_site_of_three(
    report: Report, failed: tuple[int, ...], named: bool
) -> None:
    """All three failures of 60 in a given site of three: one in 34 220 by lot."""
    reference = np.random.default_rng(8).uniform(3, 12, 60)
    model = reference * np.where(np.isin(np.arange(60), failed), 1.5, 1.01)
    sites = ["A"] * 30 + ["B"] * 27 + ["C"] * 3
    found = report(
        "--predictions", "p.csv", "--reference", "r.csv", "--samples", "s.csv",
        "--mode", "different-aliquot",
        p_csv="\n".join(["sample_id,WBC", *(f"S{i:03d},{v:.2f}" for i, v in enumerate(model))]),
        r_csv="\n".join(["sample_id,WBC", *(f"S{i:03d},{v:.2f}" for i, v in enumerate(reference))]),
        s_csv=SITES.format("\n".join(f"S{i:03d},{s}" for i, s in enumerate(sites))),
    )  # fmt: skip
    assert ("site=C, which no criterion judges: WBC 0 of 3 samples pass" in found.console) is named


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("right", "named"), [(0.7, True), (0.4, True), (0.95, False)])
def test_a_site_whose_cells_fail_in_part_is_named(
    report: Report, right: float, named: bool
) -> None:
    rng = np.random.default_rng(9)
    rows = ["sample_id,cell_id,true_class,predicted_class"]
    for i in range(100):
        for k, true in enumerate(rng.choice(FIVE, 100)):
            wrong = rng.random() > (right if i >= 90 else 0.99)
            called = FIVE[(FIVE.index(true) + 1) % 5] if wrong else true
            rows.append(f"S{i:03d},{k},{true},{called}")
    sites = ["A"] * 50 + ["B"] * 40 + ["C"] * 10
    found = report(
        "--predictions", "p.csv", "--samples", "s.csv", "--mode", "same-cells",
        p_csv="\n".join(rows),
        s_csv=SITES.format("\n".join(f"S{i:03d},{s}" for i, s in enumerate(sites))),
    )  # fmt: skip
    assert ("site=C, which no criterion judges: all classes" in found.console) is named


ROLES: dict[str, dict[str, str]] = {
    "counts": {"sample_id": "S1", "n_cells": "100", "WBC": "7.1"},
    "cells": {"sample_id": "S1", "cell_id": "1", "predicted_class": "blast"},
    "reference": {"sample_id": "S1", "WBC": "7.1"},
    "samples": {"sample_id": "S1", "site": "A"},
}
SPELT = {ours: spelling for spelling, ours in FIELD_OF.items()}
BESIDE = (*STATES, *SPLITS)  # of which every column is read
SPELT = {ours: spelling for ours, spelling in SPELT.items() if ours not in BESIDE}
SPELT |= {name: name for name in (*MEASURANDS, "band neutrophil%", "probability_monocyte")}


def passed_over(role: str, row: dict[str, str], ours: str) -> list[str]:
    """What is said of columns that ``elsewhere`` is read instead of."""
    table = pa.table({name: [text] for name, text in row.items()})
    ledger = TableLog(role, "t.csv")
    raw = Raw("t.csv", "0", "csv", tuple(row), table, np.array([2]))
    bind(raw, ReadOptions(columns={ours: "elsewhere"}), ledger)
    return [f.got for f in ledger.findings() if f.rule == "passed-over-column"]


@pytest.mark.parametrize("role", ROLES)
def test_no_field_of_no_role_is_read_from_elsewhere_unsaid(role: str) -> None:
    for ours, spelt in SPELT.items():
        of_a_class = ours.startswith("probability") or ours.endswith("_class")
        own, other = ("blast", "monocyte") if of_a_class else ("100", "137")
        others = {k: v for k, v in ROLES[role].items() if k != ours}
        said = passed_over(role, others | {spelt: own, "elsewhere": other}, ours)
        which = f"'elsewhere' read as {ours} ([columns])"
        assert said == [f"{which}, and {spelt!r}, which differs, is not read"]
        assert passed_over(role, others | {spelt: own, "elsewhere": own}, ours) == []


@pytest.mark.parametrize(("ours", "other"), [("n_cells", "100.0"), ("WBC", "1000")])
def test_a_field_that_says_the_same_is_no_doubt(ours: str, other: str) -> None:
    own = {"n_cells": "100", "WBC": "1.0"}[ours]
    assert passed_over("counts", {ours: own, "elsewhere": other}, ours) == []


def test_samples_cut_into_tiles_are_said(report: Report) -> None:
    lines = cells(0.02, samples=4).splitlines()
    table = [f"{lines[0]},tile", *(f"{line},T{i // 20}" for i, line in enumerate(lines[1:]))]
    line = '[columns.predictions]\nsample_id = "tile"\n'
    found = report(protocol_toml=protocol(line), c_csv="\n".join(table) + "\n")
    said = "Declared: c.csv: 'tile' read as sample_id ([columns]), and 'sample_id', which differs, "
    assert said + "is not read." in found.console
