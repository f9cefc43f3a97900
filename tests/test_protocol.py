"""The protocol is read strictly: what is not right is refused, with what to write instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build.protocols import protocol, within
from wbcval.machine import plugins, resources
from wbcval.protocol.protocol_file import as_file, load, parse, write
from wbcval.protocol.roles import OF_TABLE, ROLES, Role
from wbcval.protocol.types import (
    LOSSES,
    MODES,
    AcceptedFlag,
    Criterion,
    Gate,
    Margin,
    Product,
    Protocol,
    Signer,
    StatedExclusion,
)
from wbcval.stats.functions.classification import CLINICAL
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import InputError
from wbcval.verbs.gate import gate

GOOD = protocol(
    within(name="wbc"), top="schema_version = 1", predictions=["cells.csv"], reference="xn.csv"
)


def read(tmp_path: Path, text: str) -> Protocol:
    path = tmp_path / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_paths_start_at_the_protocol(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.inputs["predictions"] == (tmp_path / "cells.csv",)
    assert found.path("reference") == tmp_path / "xn.csv"


def test_defaults(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert (found.missing, found.minimum_cells, found.seed, found.rollup) == ("outside", 1, 1, None)
    assert (found.criteria[0].rule, found.criteria[0].stratum) == ("observed", "all")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mode =", "mod =", "mode"),
        ('mode = "different-aliquot"', 'mode = "aliquot"', "same-cells"),
        ("[inputs]", "rolup = 'xn5'\n[inputs]", "did you mean 'rollup'"),
        ("predictions =", "prediction =", "did you mean 'predictions'"),
        ('measure = "error"', 'measure = "errors"', "did you mean 'error'"),
        ("share_within:10", "share_witin:10", "did you mean 'share_within'"),
        ("share_within:10", "share_within", "write it as 'share_within:10'"),
        ("share_within:10", "share_within:-1", "write it as"),
        ("share_within:10", "share_within:nan", "write it as"),
        ("share_within:10", "share_within:010", "write it as"),
        ("share_within:10", "covering_error:95", "covering_error:0.95"),
        ("min = 0.95", "min = 95", "0.95 for 95 %"),
        ("min = 0.95", "min = nan", "finite"),
        ("min = 0.95", "min = inf", "finite"),
        ("min = 0.95", 'min = "0.95"', "number"),
        ("min = 0.95", "", "bound"),
        ("min = 0.95", "min = 0.95\nmax = 0.5", "swap"),
        ("min = 0.95", "min = 0.95\nmni_n = 30", "did you mean 'min_n'"),
        ("min = 0.95", "min = 0.95\nmin_n = 0", "at least 1"),
        ("min = 0.95", "min = 0.95\nmin_n = true", "whole number"),
        ("min = 0.95", "min = 0.95\nconfidence = 95", "0.95"),
        ("min = 0.95", "min = 0.95\nor_within = -1", "above 0"),
        ('subject = "WBC"', 'subject = "neutrophil"', "one of"),
        ("schema_version = 1", "schema_version = 2", "version 1"),
        ("[inputs]", "[resolution]\nNEUT = 0.1\n[inputs]", "did you mean 'NEUT%'"),
        ("[inputs]", "[clinical_mix]\nneutrophil = 0.6\n[inputs]", "sum to 1"),
        ("[inputs]", "[columns.refrence]\nx='y'\n[inputs]", "did you mean 'reference'"),
        ("[inputs]", "[sheets]\nrefernce = 'x'\n[inputs]", "did you mean 'reference'"),
        ("[inputs]", "[inputs", "TOML"),
    ],
)
def test_refusals_name_what_is_right(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("subject", "statistic"),
    [("all", "identification_sensitivity"), ("all", "stage_accuracy:identification"),
     ("basophil", "stage_sensitivity:differentiation")],
)  # fmt: skip
def test_a_criterion_may_name_a_stage(tmp_path: Path, subject: str, statistic: str) -> None:
    asked = GOOD.replace('measure = "error"', 'measure = "cascade"')
    asked = asked.replace('subject = "WBC"', f'subject = "{subject}"')

    (found,) = read(tmp_path, asked.replace("share_within:10", statistic)).criteria

    assert (found.measure, found.statistic) == ("cascade", statistic)


def test_a_criterion_on_a_stage_names_it(tmp_path: Path) -> None:
    asked = GOOD.replace('measure = "error"', 'measure = "cascade"').replace('"WBC"', '"all"')

    with pytest.raises(InputError, match="'stage_accuracy:identification'"):
        read(tmp_path, asked.replace("share_within:10", "stage_accuracy"))


def test_a_criterion_id_stands_once(tmp_path: Path) -> None:
    criterion = GOOD[GOOD.index("[[criterion]]") :]
    with pytest.raises(InputError, match="twice"):
        read(tmp_path, GOOD + criterion)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SHARE = st.floats(0.01, 0.19)
SIZE = st.floats(1e-3, 1e20)
ROW = st.dictionaries(TEXT, TEXT, max_size=2)
NUMBERS = st.dictionaries(st.sampled_from(["WBC", "NEUT%", "MONO#"]), SIZE, max_size=2)
PRODUCT = st.builds(Product, TEXT, TEXT)
CRITERION = st.builds(
    Criterion,
    id=TEXT, measure=st.just("error"), subject=st.sampled_from(["WBC", "NEUT%"]),
    statistic=st.just(StatisticName("share_within:10")), stratum=TEXT, min=st.floats(0.5, 1),
    rule=st.sampled_from(["observed", "demonstrated"]), min_n=st.none() | st.integers(20, 99),
    confidence=st.floats(0.8, 0.99), or_within=st.none() | SIZE, optional=st.booleans(),
)  # fmt: skip
MARGIN = st.builds(
    Margin, st.just("error"), st.just("WBC"), st.just(StatisticName("share_within:10")), SHARE,
    TEXT, st.booleans(), st.just("why"),
)  # fmt: skip
PROTOCOL = st.builds(
    Protocol,
    mode=st.sampled_from(MODES), title=TEXT, intended_use=TEXT, seed=st.integers(0, 2**60),
    rollup=st.sampled_from([None, "xn5", "full"]), strata=st.lists(TEXT, max_size=2).map(tuple),
    measurands=st.sampled_from([(), ("WBC", "NEUT%")]), minimum_cells=st.integers(1, 9),
    missing=st.sampled_from(["outside", "excluded"]), error_ratio=st.none() | SIZE,
    duplicates=st.sampled_from([None, "first", "last"]), model=PRODUCT, analyzer=PRODUCT,
    card_checked=st.booleans(), sheets=st.dictionaries(st.sampled_from([*ROLES]), TEXT),
    inputs=st.just({"predictions": (Path("a b.csv"), Path("ü.csv")), "samples": (Path("s.csv"),)}),
    columns=st.fixed_dictionaries(dict.fromkeys(ROLES, ROW)),
    units=st.fixed_dictionaries(dict.fromkeys(ROLES, ROW)), class_map=ROW,
    resolution=NUMBERS, reference_cv=NUMBERS,
    clinical_mix=st.sampled_from([{}, {"neutrophil": 0.75, "monocyte": 0.25}]),
    exclusions=st.lists(st.builds(StatedExclusion, TEXT, TEXT, st.just("WBC"))).map(tuple),
    accepted=st.sampled_from([(), (AcceptedFlag("identical", "WBC", "seen"),)]),
    criteria=st.lists(CRITERION, max_size=2, unique_by=lambda c: c.id).map(tuple),
    gate=st.builds(Gate, SHARE, st.sampled_from(LOSSES), SHARE, SHARE,
                   st.lists(MARGIN, max_size=1).map(tuple), st.sampled_from(["", "since"])),
    signers=st.lists(st.builds(Signer, TEXT, TEXT, TEXT), max_size=2).map(tuple),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(protocol=PROTOCOL)
def test_a_protocol_that_was_written_is_read_again(protocol: Protocol) -> None:
    assert replace(parse(write(protocol), "p"), source="") == protocol


PPV = Criterion("ppv", "classification", "monocyte", StatisticName("ppv"), min=0.9)


def test_a_protocol_made_in_python_is_judged_as_the_file_that_states_it() -> None:
    mix = {"neutrophil": 0.75, "monocyte": 0.25}
    found = as_file(Protocol("same-cells", criteria=(PPV,), clinical_mix=mix))
    assert found.criteria[0].statistic == CLINICAL
    assert as_file(found) == found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mode": "same"}, "mode"),
        ({"resolution": {"WBC": -1.0}}, "at least 0"),
        ({"clinical_mix": {"neutrophil": 0.5}}, "sum to 1"),
        ({"gate": Gate(margin=0.9)}, "lose that much"),
        ({"accepted": (AcceptedFlag("lost", "WBC", ""),)}, "is empty"),
        ({"criteria": (replace(PPV, rule="non-inferior"),)}, "non-inferior"),
        ({"criteria": (PPV, PPV)}, "ppv"),
    ],
)
def test_what_no_file_may_state_is_refused_of_python_too(change: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        as_file(replace(Protocol("same-cells"), **change))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"prediction": (Path("c.csv"),)}, "use one of: predictions, reference, samples"),
        ({"reference": (Path("a.csv"), Path("b.csv"))}, "give one file"),
    ],
)
def test_inputs_play_known_parts(inputs: dict[str, tuple[Path, ...]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Protocol("same-cells", inputs=inputs)


def test_inputs_are_told_role_by_role_however_they_are_given() -> None:
    sides = {"reference": (Path("r.csv"),), "predictions": [Path("b.csv"), Path("a.csv")]}

    found = Protocol("different-aliquot", inputs=sides)

    assert list(found.inputs) == list(ROLES)
    assert found.paths == (Path("b.csv"), Path("a.csv"), Path("r.csv"))
    assert (found.path("reference"), found.path("samples")) == (Path("r.csv"), None)


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
def test_a_role_is_read_by_the_file_of_its_name(role: Role) -> None:
    assert callable(plugins.named("wbcval.door.tables.roles", role.name).read)
    assert role.tables
    for table in role.tables:
        assert (resources.root() / "schemas" / f"{table}.yaml").is_file()
        assert OF_TABLE[table] is role
    assert {*role.needed_by} <= {*MODES}
    assert all(role.lacking) == bool(role.needed_by)
    assert role.words


def test_the_gate_takes_no_predictions_beside_its_two_sides() -> None:
    sides = Path("new.csv"), Path("old.csv")

    with pytest.raises(InputError, match="candidate and baseline"):
        gate(*sides, mode="same-cells", inputs={"predictions": sides})


def test_no_remainder_is_asked_of_the_same_cells() -> None:
    text = (
        'schema_version = 1\nmode = "{}"\n[[criterion]]\nid = "rest"\nmeasure = "attribution"\n'
        'subject = "monocyte"\nstatistic = "remainder"\nmin = -1.0\nmax = 1.0\n'
    )
    assert parse(text.format("same-slide"), "protocol.toml").criteria
    with pytest.raises(InputError, match="remainder in mode same-cells"):
        parse(text.format("same-cells"), "protocol.toml")
