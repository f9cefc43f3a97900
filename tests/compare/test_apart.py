"""What must not differ between two sides, one difference at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.compare.make_sides import cells, reported, side, with_gate
from tests.origin.make_origin import make_record
from wbcval.bundle.read import Side
from wbcval.gating.compare import compare
from wbcval.gating.compare.apart import apart
from wbcval.values.errors import InputError

TABLE = cells(20, 30)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return side(reported(tmp_path_factory.mktemp("plain"), TABLE))


def kinds(candidate: Side, baseline: Side) -> list[str]:
    return [found.what for found in apart(candidate, baseline)]


def with_protocol(of: Side, **keys: object) -> Side:
    protocol = replace(of.protocol, **keys)  # type: ignore[arg-type]
    return replace(of, study=replace(of.study, protocol=protocol))


def test_a_side_is_not_apart_from_itself(plain: Side) -> None:
    assert apart(plain, plain) == []


@pytest.mark.parametrize(
    ("keys", "what", "said"),
    [
        ({"missing": "excluded"}, "protocol", "missing is excluded against outside"),
        ({"minimum_cells": 50}, "protocol", "minimum_cells is 50 against 1"),
        ({"measurands": ("NEUT%",)}, "protocol", "measurands"),
        ({"class_map": {"0": "monocyte"}}, "classes", "class maps"),
        ({"units": {"reference": {"WBC": "/nL"}}}, "units", "units"),
    ],
)
def test_another_protocol_is_another_way_of_judging(
    plain: Side, keys: dict[str, object], what: str, said: str
) -> None:
    (found,) = apart(with_protocol(plain, **keys), plain)
    assert found.what == what
    assert said in found.said


def test_looser_margins_do_not_let_themselves_pass(plain: Side) -> None:
    looser = with_gate(plain, margin=0.5)
    with pytest.raises(InputError, match=r"\[gate\] differs in margin"):
        compare(looser, plain)
    found = compare(looser, plain, allow=("protocol",))
    assert [a.what for a in found.waived] == ["protocol"]


@pytest.mark.parametrize(("key", "what"), [("mode", "mode"), ("rollup", "classes")])
def test_another_mode_or_roll_up_is_never_let_pass(plain: Side, key: str, what: str) -> None:
    other = replace(plain, provenance={**plain.provenance, key: "another"})
    assert kinds(other, plain) == [what]
    with pytest.raises(InputError, match="not comparable"):
        compare(other, plain, allow=("protocol",), paired=False)


def test_a_reference_value_or_a_true_class_that_differs_is_named(
    tmp_path: Path, plain: Side
) -> None:
    other = TABLE.copy()
    first = other.index[other.true_class == "neutrophil"][0]
    other.loc[first, "true_class"] = "monocyte"
    found = apart(side(reported(tmp_path, other)), plain)
    assert {a.what for a in found} == {"reference"}
    assert any("true classes differ in S000" in a.said for a in found)
    assert any("NEUT% of the reference differs in S000" in a.said for a in found)


def test_other_cells_with_the_same_counts_are_found(tmp_path: Path, plain: Side) -> None:
    other = TABLE.copy()
    one, two = (other.index[other.true_class == c][0] for c in ("neutrophil", "lymphocyte"))
    assert other.sample_id[one] == other.sample_id[two]
    other.loc[[one, two], "true_class"] = ["lymphocyte", "neutrophil"]
    (found,) = apart(side(reported(tmp_path, other)), plain)
    assert (found.what, "the cells of the two sides" in found.said) == ("reference", True)


def test_other_patients_or_strata_are_another_reference(plain: Side) -> None:
    n = len(plain.study.sample_ids)
    patients = replace(plain, study=replace(plain.study, cluster=np.arange(n) // 2))
    assert kinds(patients, plain) == ["reference"]
    half = np.arange(n) < n // 2
    strata = {**plain.study.strata, "site=A": half, "site=B": ~half}
    sites = replace(plain, study=replace(plain.study, strata=strata))
    assert kinds(sites, plain) == ["reference"]


def test_samples_on_one_side_alone_are_allowed_as_far_as_stated(tmp_path: Path) -> None:
    fewer = TABLE[TABLE.sample_id != "S007"]
    pair = [side(reported(tmp_path / str(k), t)) for k, t in enumerate((fewer, TABLE))]
    assert kinds(pair[0], pair[1]) == ["samples"]
    assert "S007" in apart(pair[0], pair[1])[0].said
    for share, expected in ((0.04, ["samples"]), (0.05, [])):
        stated = [with_gate(s, samples_apart=share) for s in pair]
        assert kinds(stated[0], stated[1]) == expected
    found = compare(*(with_gate(s, samples_apart=0.05) for s in pair))
    accuracy = found.change_of["all accuracy"]
    right = TABLE.true_class == TABLE.predicted_class
    assert accuracy.before == pytest.approx(right.mean())
    # every cell of the sample that the candidate lacks is a miss, and it is named
    assert accuracy.after == pytest.approx((right & (TABLE.sample_id != "S007")).mean())
    assert "lacks 1 sample of the baseline" in found.verdict.reason
    assert "S007" in found.verdict.reason


def test_a_side_that_names_a_class_deeper_is_not_compared(tmp_path: Path, plain: Side) -> None:
    """A lymphocyte called variant is no error once the two are merged: not on one side alone."""
    deeper = TABLE.copy()
    called = deeper.index[deeper["predicted_class"] == "lymphocyte"]
    deeper.loc[called[::2], "predicted_class"] = "variant lymphocyte"

    found = apart(side(reported(tmp_path, deeper)), plain)

    assert [a.what for a in found] == ["classes"]
    assert "deeper" in found[0].said


@pytest.mark.parametrize(
    ("changes", "found"), [({}, ["run"]), ({"device": "cuda"}, []), ({"content": None}, [])]
)
def test_one_run_cannot_have_said_two_things(
    plain: Side, changes: dict[str, object], found: list[str]
) -> None:
    """By their records of origin, the same model on the same images in the same way."""
    made = dict(make_record(3, content={"columns": ["predicted_class"], "digest": "ab" * 16}))
    other = made | {"content": {"columns": ["predicted_class"], "digest": "cd" * 16}} | changes
    sides = [
        replace(plain, provenance={**plain.provenance, "predicted_by": [row]})
        for row in (made, other)
    ]
    assert kinds(*sides) == found


def with_sites(of: Side, *names: str) -> Side:
    half = np.arange(len(of.study.sample_ids)) % 2 == 0
    masks = dict(zip((f"site={name}" for name in names), (half, ~half), strict=True))
    return replace(of, study=replace(of.study, strata={**of.study.strata, **masks}))


def test_a_column_that_one_side_alone_has_is_told_and_both_are_looked_at_by_it(
    plain: Side, tmp_path: Path
) -> None:
    table = TABLE.copy()
    odd = table.sample_id.isin(plain.study.sample_ids[1::2])
    wrong = odd & (table.true_class == "neutrophil")
    table.loc[wrong, "predicted_class"] = "lymphocyte"
    worse = side(reported(tmp_path, table))
    sites = with_sites(plain, "A", "B")
    for candidate, baseline, who in (
        (worse, sites, "baseline"), (with_sites(worse, "A", "B"), plain, "candidate"),
    ):  # fmt: skip
        found = compare(candidate, baseline)
        assert f"The {who}'s samples alone tell site." in found.verdict.reason
        assert "site=B: " in found.verdict.reason
        assert {c.stratum for c in found.changes} >= {"site=A", "site=B"}
    assert "alone tell" not in compare(sites, sites).verdict.reason


def test_an_anchor_lends_its_columns_too(plain: Side) -> None:
    found = compare(plain, plain, with_sites(plain, "A", "B"))
    assert "The anchor's samples alone tell site." in found.verdict.reason


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Site A", "Site B"), "site has other names, A, B became Site A, Site B: call them alike"),
        (("Site A", "B"), "site has other names, A became Site A: call them alike"),
        (("B", "A"), "samples stand in other strata, by site"),
    ],
)
def test_what_is_grouped_otherwise_is_refused_by_the_name_of_its_column(
    plain: Side, names: tuple[str, str], said: str
) -> None:
    if names == ("B", "A"):  # the same names of other samples
        at = np.arange(len(plain.study.sample_ids)) % 3 == 0
        strata = {**plain.study.strata, "site=A": at, "site=B": ~at}
        other = replace(plain, study=replace(plain.study, strata=strata))
    else:
        other = with_sites(plain, *names)
    with pytest.raises(InputError, match=said):
        compare(other, with_sites(plain, "A", "B"))
