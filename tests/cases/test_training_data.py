"""What a model was trained on is no test of it, and a table that says so is read."""

from __future__ import annotations

from functools import partial

import pytest

from tests.build.protocols import accept
from tests.cases.conftest import Report
from tests.cases.test_states import (
    CALLED,
    CELLS,
    EACH,
    GOOD,
    IDS,
    PROTOCOL,
    SAMPLES,
    TRUE,
    WBC,
    cells,
    table,
)
from tests.cases.test_states import listed as on_the_list

N = len(IDS)


def parts(word: str, rest: str, n: int = 10) -> list[str]:
    return [word if i < n else rest for i in range(N)]


listed = partial(on_the_list, model=GOOD)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "word", "rest"),
    [
        ("split", "train", "test"),
        ("fold", "Train_fold1", "test"),
        ("is_train", "1", "0"),
        ("subset", "训练集", "测试集"),
        ("Data Split", "TRAINING", ""),
    ],
)
def test_training_data_in_any_table_prove_nothing(
    report: Report, column: str, word: str, rest: str
) -> None:
    words = parts(word, rest, 1)
    found = listed(report, column, words)
    assert found.code == 3, found.console
    assert found.outcome("w")["status"] == "inconclusive"
    assert f"training-row · {column} = {word}" in found.console
    accepted = listed(report, column, words, SAMPLES + accept("training_data", "WBC"))
    assert accepted.code == 0
    for side in ("p_csv", "r_csv"):
        texts = {"p_csv": table(GOOD), "r_csv": table(WBC)}
        texts[side] = table(GOOD if side == "p_csv" else WBC, column, words)
        assert report(**texts, protocol_toml=PROTOCOL).code == 3


def test_a_failure_on_training_data_stands(report: Report) -> None:
    bad = (2 * GOOD).round(2)
    found = report(
        p_csv=table(bad, "split", ["train"] * N), r_csv=table(WBC), protocol_toml=PROTOCOL
    )
    assert found.code == 1


def test_the_test_set_as_a_stratum_is_judged(report: Report) -> None:
    toml = SAMPLES.replace("[inputs]", 'strata = ["split"]\n[inputs]')
    toml = toml.replace('subject = "WBC"', 'subject = "WBC"\nstratum = "split=test"')
    found = listed(report, "split", parts("train", "test"), toml)
    assert found.code == 0, found.console


@pytest.mark.parametrize("words", [["test"] * N, [str(i % 5) for i in range(N)], ["A"] * N])
def test_folds_and_sets_that_name_no_training_hurt_nobody(report: Report, words: list[str]) -> None:
    found = listed(report, "split", words)
    assert found.code == 0, found.console
    assert "training-row" not in found.console
    assert ("extra-column" in found.console) == (words[0] != "test")


@pytest.mark.parametrize(("column", "code"), [("group", 0), ("cohort", 0), ("split", 3)])
def test_the_arm_of_a_trial_is_no_training_data(report: Report, column: str, code: int) -> None:
    """ "training" beside "control"; where a column is named as a split, one such word is enough."""
    assert listed(report, column, parts("training", "control", N // 2)).code == code


def test_samples_that_a_model_may_have_been_chosen_on_are_said(report: Report) -> None:
    found = listed(report, "split", parts("val", "test"))
    assert found.code == 0, found.console
    assert "(and 9 more) · validation-row · split = val" in found.console


def test_training_data_that_are_not_judged_hurt_nobody(report: Report) -> None:
    head, *rows = table(WBC, "split", parts("train", "test")).splitlines()
    alone = [row.replace("S", "T", 1) for row in rows[:2]]
    rows = [row.replace("train", "test") for row in rows]
    found = report(
        p_csv=table(GOOD),
        r_csv=table(WBC),
        s_csv="\n".join([head, *rows, *alone]) + "\n",
        protocol_toml=SAMPLES,
    )
    assert found.code == 0, found.console


@pytest.mark.parametrize("where", ["predictions", "labels"])
def test_a_cell_of_the_training_data_is_found(report: Report, where: str) -> None:
    split = ("split", ["train" if i == 7 else "test" for i in range(EACH)])
    if where == "predictions":
        rows = cells(("predicted_class", CALLED), ("true_class", TRUE), split)
        found = report(p_csv=rows, protocol_toml=CELLS)
    else:
        toml = CELLS.replace('"p.csv"', '"p.csv"\nreference = "r.csv"')
        labels = cells(("true_class", TRUE), split)
        found = report(p_csv=cells(("predicted_class", CALLED)), r_csv=labels, protocol_toml=toml)
    assert found.code == 3, found.console
    assert "training_data" in {f for row in found.results["measurements"] for f in row["flags"]}


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "folder", ["TRAIN/EOSINOPHIL/", "data\\training_set\\", "trains/", "test/"]
)
def test_images_in_a_folder_train_are_said(report: Report, folder: str) -> None:
    images = [f"{folder if i < 40 else ''}{i}.png" for i in range(EACH)]
    rows = cells(("predicted_class", CALLED), ("true_class", TRUE), ("image", images))
    found = report(p_csv=rows, protocol_toml=CELLS)
    assert found.code == 0, found.console
    said = "column image (and 39 more) · training-folder"
    assert (said in found.console) == ("train" in folder.lower() and folder != "trains/")
