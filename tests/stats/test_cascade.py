"""Stages apart and together: hand counts, a simulation that knows every decision, identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.build.pairs import cells
from wbcval.stats.functions.cascade import METRIC, cascade
from wbcval.stats.functions.classification import classification
from wbcval.stats.metric import Cells, Context, Stage
from wbcval.study.cells import CellCounts
from wbcval.study.reduce import CellReducer, stages_of
from wbcval.values.classes import FIVE, NOT_COUNTABLE
from wbcval.values.errors import NotEstimable

Table = Mapping[tuple[str, str], int]  # true label, and label or "?stage" that abstained → cells

TWO = (
    Stage("identification", ("artefact",), {"leukocyte": "differentiation"}),
    Stage("differentiation", ("neutrophil", "lymphocyte")),
)
# a platelet and a blast are cells of classes that this model does not have
GOLDEN: Table = {
    ("neutrophil", "neutrophil"): 80, ("neutrophil", "lymphocyte"): 5,
    ("neutrophil", "artefact"): 10, ("neutrophil", "?differentiation"): 4,
    ("neutrophil", "?identification"): 1,
    ("lymphocyte", "lymphocyte"): 45, ("lymphocyte", "neutrophil"): 3,
    ("lymphocyte", "artefact"): 2,
    ("artefact", "artefact"): 27, ("artefact", "neutrophil"): 2,
    ("artefact", "?differentiation"): 1,
    ("platelet", "artefact"): 6, ("platelet", "lymphocyte"): 4,
    ("blast", "lymphocyte"): 7, ("blast", "artefact"): 3,
}  # fmt: skip


def cells_of(*samples: Table, stages: tuple[Stage, ...] = TWO, known: bool = True) -> Cells:
    """Cells of each sample; ``known``: that stages of abstentions are known."""
    names = {name for table in samples for pair in table for name in pair if name[0] != "?"}
    names.add("unclassified")
    labels = sorted(names, key=lambda n: (n in NOT_COUNTABLE, n))
    place = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(samples), len(labels), len(labels)), dtype=np.int64)
    abstained = np.zeros((len(samples), len(stages), len(labels)), dtype=np.int64)
    at = {f"?{stage.name}": i for i, stage in enumerate(stages)}
    for s, table in enumerate(samples):
        for (true, called), n in table.items():
            counts[s, place[true], place["unclassified" if called in at else called]] += n
            if called in at and known:
                abstained[s, at[called], place[true]] += n
    n_classes = sum(label not in NOT_COUNTABLE for label in labels)
    return cells(counts, tuple(labels), n_classes, stages=stages, abstained=abstained)


def study_of(table: pd.DataFrame, reducer: CellReducer) -> Cells:
    """Cells as the road makes them of rows."""
    names = {name: i for i, name in enumerate(dict.fromkeys(table["sample_id"]))}
    hashes = np.arange(len(table), dtype=np.uint64) + 7
    for rows in np.array_split(np.arange(len(table)), 3):
        reducer.add(table.iloc[rows].assign(cell_hash=hashes[rows]))
    found: CellCounts = reducer.counts()
    return cells(
        found.confusion, found.labels, found.n_classes, sample_ids=found.sample_ids,
        cluster=np.array([names[i] for i in found.sample_ids]), stages=found.stages,
        abstained=found.abstained,
    )  # fmt: skip


# --- hand counts ---------------------------------------------------------------------------------


def test_two_stages_by_hand() -> None:
    found = cascade(cells_of(GOLDEN))

    first, second = found.stages
    assert (found.n_cells, found.errors) == (200, 200 - 80 - 45 - 27)
    # rightly sent: 89 neutrophils, 48 lymphocytes, 7 blasts as leukocytes; 27 artefacts
    assert (first.n, first.errors) == (200, 200 - 171)
    assert (first.abstained, first.unknown, first.strayed) == (1, 10, 0)
    assert first.accuracy.value == 171 / 200
    # of 144 leukocytes known for one 125 were called by their class; 3 artefacts, 4 platelets came
    assert (second.n, second.errors) == (144, 19)
    assert (second.abstained, second.unknown, second.strayed) == (4, 7, 7)
    assert second.accuracy.value == 125 / 144
    assert found.identification_sensitivity.value == 144 / 160
    assert found.identification_specificity.value == (27 + 6) / 40
    assert found.differentiation_accuracy.value == 125 / 144
    assert found.accuracy.value == 152 / 200


def test_branches_by_hand() -> None:
    found = cascade(cells_of(GOLDEN))

    values = {(s.name, b.name): (b.sensitivity.value, b.sensitivity.n)
              for s in found.stages for b in s.branches}  # fmt: skip
    assert values == {
        ("identification", "leukocyte"): (144 / 160, 160),  # blasts belong here too
        ("identification", "artefact"): (27 / 30, 30),
        ("differentiation", "neutrophil"): (80 / 89, 89),
        ("differentiation", "lymphocyte"): (45 / 48, 48),
    }


THREE = (
    Stage("identification", ("artefact", "smudge"), {"leukocyte": "three-class"}),
    Stage("three-class", ("lymphocyte", "monocyte"), {"granulocyte": "granules"}),
    Stage("granules", ("neutrophil", "eosinophil", "basophil")),
)


def test_three_stages_by_hand() -> None:
    table = {
        ("neutrophil", "neutrophil"): 50, ("neutrophil", "basophil"): 4,
        ("neutrophil", "monocyte"): 3, ("neutrophil", "?three-class"): 2,
        ("neutrophil", "smudge"): 1,
        ("monocyte", "monocyte"): 20, ("monocyte", "neutrophil"): 5,
        ("monocyte", "?granules"): 1,  # granules never should have seen it
        ("artefact", "artefact"): 10, ("artefact", "smudge"): 2,
    }  # fmt: skip

    found = cascade(cells_of(table, stages=THREE))

    assert [(s.name, s.n, s.errors, s.abstained, s.strayed) for s in found.stages] == [
        ("identification", 98, 3, 0, 0),  # a neutrophil called smudge, 2 artefacts called smudge
        ("three-class", 59 + 26, 3 + 2 + 5 + 1, 2, 0),
        ("granules", 54, 4, 0, 6),
    ]
    assert found.errors == 3 + 11 + 4
    assert found.identification_specificity.value == 1.0  # a smudge is no leukocyte either
    assert found.differentiation_accuracy.value == 70 / 85


def test_an_abstention_of_identification_is_neither_leukocyte_nor_not() -> None:
    table = {("neutrophil", "?identification"): 3, ("neutrophil", "neutrophil"): 1,
             ("artefact", "?identification"): 1, ("artefact", "artefact"): 3}  # fmt: skip

    found = cascade(cells_of(table))

    assert found.identification_sensitivity.value == 1 / 4
    assert found.identification_specificity.value == 3 / 4
    assert found.differentiation_accuracy.value == 1.0


def test_a_cell_without_a_true_class_has_no_way_to_go() -> None:
    more = GOLDEN | {("unclassified", "neutrophil"): 9, ("unclassified", "?identification"): 9}

    assert cascade(cells_of(more)) == cascade(cells_of(GOLDEN))


def test_intervals_are_those_of_clustered_proportions() -> None:
    samples = [{pair: n + s % 3 for pair, n in GOLDEN.items()} for s in range(12)]

    found = cascade(cells_of(*samples), level=0.9)

    assert found.accuracy == classification(cells_of(*samples), Context(level=0.9)).accuracy
    assert found.stages[1].accuracy == found.differentiation_accuracy
    assert found.stages[0].accuracy.level == 0.9
    assert "few_samples" in found.stages[0].accuracy.flags


# --- what is not estimable -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (cells_of({}), "no cell with a true class"),
        (cells_of({("unclassified", "artefact"): 3}), "no cell with a true class"),
        (cells_of(GOLDEN, known=False), "of 6 cells left unclassified no stage is known"),
        (cells_of(GOLDEN | {("blast", "monocyte"): 1}), "cells are called monocyte, which no"),
        (cells_of({}, stages=(Stage("a", ("nrbc",), {"g": "b"}), Stage("b", ("nrbc", "blast")))),
         "the roll-up puts classes of several stages into nrbc"),
        (cells_of({}, stages=(Stage("a", ("unclassified",), {"g": "b"}), Stage("b", ("blast",)))),
         "a stage has a class unclassified"),
    ],
)  # fmt: skip
def test_what_labels_do_not_tell_is_not_estimated(cells: Cells, why: str) -> None:
    with pytest.raises(NotEstimable, match=why):
        cascade(cells)


def test_without_other_cells_there_is_no_specificity() -> None:
    found = cascade(cells_of({("neutrophil", "neutrophil"): 5, ("neutrophil", "artefact"): 1}))

    assert found.identification_specificity.reason == "no true cell that is no leukocyte"
    assert found.identification_sensitivity.value == 5 / 6


def test_stages_that_all_differentiate_identify_nothing() -> None:
    found = cascade(cells_of({("neutrophil", "basophil"): 2, ("monocyte", "monocyte"): 3},
                             stages=(replace(THREE[1]), THREE[2])))  # fmt: skip

    assert found.identification_sensitivity.value is None
    assert "no stage tells leukocytes" in found.identification_specificity.reason
    assert found.differentiation_accuracy.value == 3 / 5


def test_one_model_has_no_stages() -> None:
    plain = replace(cells_of(GOLDEN), stages=(), abstained=None)

    assert METRIC.measure(plain, Context()) == []
    assert METRIC.measure(cells_of({}), Context()) == []


def test_the_names_of_all_measurements() -> None:
    names = {(m.measure, m.subject): sorted(m.estimates)
             for m in METRIC.measure(cells_of(GOLDEN), Context())}  # fmt: skip

    assert names == {
        ("cascade", "all"): [
            "accuracy", "differentiation_accuracy", "identification_sensitivity",
            "identification_specificity", "stage_accuracy:differentiation",
            "stage_accuracy:identification",
        ],
        ("cascade", "leukocyte"): ["stage_sensitivity:identification"],
        ("cascade", "artefact"): ["stage_sensitivity:identification"],
        ("cascade", "neutrophil"): ["stage_sensitivity:differentiation"],
        ("cascade", "lymphocyte"): ["stage_sensitivity:differentiation"],
    }  # fmt: skip


# --- a simulation that knows every decision -------------------------------------------------------

RECORD = [
    {"name": "identification", "classes": ["leukocyte", "artefact", "smudge"],
     "refined_by": {"leukocyte": "three-class"}},
    {"name": "three-class", "classes": ["granulocyte", "LY", "monocyte"],
     "refined_by": {"granulocyte": "granules"}},
    {"name": "granules", "classes": ["neutrophil", "eosinophil", "basophil"], "refined_by": {}},
]  # fmt: skip
RIGHT = {
    **dict.fromkeys(("neutrophil", "eosinophil", "basophil"), ("leukocyte", "granulocyte")),
    **dict.fromkeys(("lymphocyte", "monocyte"), ("leukocyte",)),
    **dict.fromkeys(("artefact", "smudge"), ()),
}


def simulated(seed: int, cells: int = 3000) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """Cells that really went through the stages; of each stage: came rightly, and sent rightly."""
    rng = np.random.default_rng(seed)
    stages = {stage["name"]: stage for stage in RECORD}
    tally = {name: [0, 0] for name in stages}
    rows = []
    for i in range(cells):
        true = str(rng.choice(list(RIGHT)))
        right = [*RIGHT[true], true]
        name, good, depth, called = "identification", True, 0, ""
        while not called:
            stage = stages[name]
            wanted = right[depth] if good else ""
            wanted = "LY" if wanted == "lymphocyte" else wanted
            branch = wanted if good and rng.random() < 0.8 else str(rng.choice(stage["classes"]))
            branch = "" if rng.random() < 0.1 else branch
            tally[name][0] += good
            good, depth = good and branch == wanted, depth + 1
            tally[name][1] += good
            if branch in stage["refined_by"]:
                name = stage["refined_by"][branch]
            else:
                called = {"": "unclassified", "LY": "lymphocyte"}.get(branch, branch)
        rows.append((f"S{i % 30}", true, called, name))
    columns = ["sample_id", "true_class", "predicted_class", "stage"]
    return pd.DataFrame(rows, columns=columns), tally


@pytest.mark.parametrize("seed", range(3))
def test_labels_and_stages_tell_every_decision(seed: int) -> None:
    table, tally = simulated(seed)

    found = cascade(study_of(table, CellReducer("full", stages_of(RECORD, {}, "full"))))

    assert {s.name: [s.n, s.n - s.errors] for s in found.stages} == tally
    right = int((table["true_class"] == table["predicted_class"]).sum())
    assert found.errors == sum(s.errors for s in found.stages) == len(table) - right
    assert found.accuracy.value == right / len(table)
    # together they are what they are apart: identified, times differentiated, and the others
    leukocytes = table["true_class"].isin(FIVE)
    others = table[~leukocytes & (table["true_class"] == table["predicted_class"])]
    identified = found.identification_sensitivity.value or 0.0
    product = identified * (found.differentiation_accuracy.value or 0.0) * leukocytes.sum()
    assert product + len(others) == pytest.approx(right)


def test_the_order_of_rows_changes_nothing() -> None:
    table, _ = simulated(5)
    tree = stages_of(RECORD, {}, "full")
    by_sample = sorted(range(30), key=lambda i: f"S{i}")

    def found(rows: pd.DataFrame) -> object:
        cells = study_of(rows, CellReducer("full", tree))
        order = np.argsort(cells.sample_ids)
        assert [cells.sample_ids[i] for i in order] == [f"S{i}" for i in by_sample]
        return cascade(replace(cells, counts=cells.counts[order],
                               abstained=cells.abstained[order],
                               cluster=np.arange(30)))  # fmt: skip

    assert found(table) == found(table.sample(frac=1, random_state=1))


def test_a_table_of_stages_that_says_nothing_else_is_of_two() -> None:
    table, _ = simulated(2)
    table["stage"] = table["stage"].where(table["stage"] == "identification", "differentiation")

    found = cascade(study_of(table, CellReducer("full")))

    first, second = found.stages
    assert (first.name, second.name) == ("identification", "differentiation")
    assert [b.name for b in first.branches] == ["leukocyte", "smudge", "artefact"]
    assert first.errors + second.errors == found.errors


def test_abstentions_of_a_stage_nobody_knows_are_not_placed() -> None:
    table, _ = simulated(2)
    table["stage"] = "step " + table["stage"]

    with pytest.raises(NotEstimable, match="no stage is known that left them so"):
        cascade(study_of(table, CellReducer("full")))


@pytest.mark.parametrize("stages", [None, ()])
def test_without_stages_the_counts_are_as_ever(stages: tuple[Stage, ...] | None) -> None:
    table, _ = simulated(1)
    plain, staged = CellReducer("full", stages), CellReducer("full")

    ours = study_of(table.drop(columns="stage"), plain)
    theirs = study_of(table, staged)

    assert (ours.stages, ours.abstained) == ((), None)
    assert (ours.counts == theirs.counts).all()
    assert plain.counts().called == staged.counts().called  # so are the digests


def test_a_roll_up_joins_the_classes_of_one_stage() -> None:
    stages = [
        {"name": "one", "classes": ["neutrophil", "LY", "blast"],
         "refined_by": {"neutrophil": "two"}},
        {"name": "two", "classes": ["SNE", "band", "x"], "refined_by": {}},
    ]  # fmt: skip

    tree = stages_of(stages, {"x": "myelocyte"}, "xn5")

    assert tree == (
        Stage("one", ("lymphocyte", "other"), {"neutrophil": "two"}),
        Stage("two", ("neutrophil",)),
    )
    assert stages_of(stages[:1], {}, "full") == ()
