"""Every applicable check value is reproduced, and every other has its reason; so does the trial."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from tests.check_values.rules import RULES
from tests.check_values.table import printed
from tests.check_values.trial import (
    DataSet,
    Entry,
    Of,
    Row,
    Rules,
    Tolerance,
    figures_of,
    read,
    run,
)

# who builds a statistic takes its rows out of WAITING and lowers these
MOST_WAITING = {"waiting": 0, "figures waiting": 0}
LEAST_COMPARED = {"entries": 956, "figures": 6819}


@pytest.fixture(scope="module")
def trial(shared):
    return run(read(shared / "reference"), RULES)


@pytest.mark.parametrize("stat", sorted(RULES.compare))
def test_figures_are_reproduced(trial, stat):
    rows = [row for row in trial.rows if row.entry.stat == stat]

    assert rows
    assert not [str(row) for row in rows if not row.holds]


def test_every_figure_is_compared_or_has_a_reason(trial):
    assert trial.forgotten == []


def test_every_rule_is_used(trial):
    assert trial.unused == []


def test_a_tolerance_is_wider_only_where_a_figure_needs_it(trial):
    wide = [of for of, each in RULES.tolerances.items() if each.relative > 1e-9 or each.decimals]
    needless = [
        of
        for of in wide
        if all(
            abs(row.found - row.expected) <= 1e-9 * abs(row.expected)
            for row in trial.rows
            if of.holds(row.entry, row.key)
        )
    ]

    assert needless == []


def test_what_waits_only_becomes_less(trial):
    counts = trial.counts()

    assert {name: counts[name] for name in MOST_WAITING} == MOST_WAITING


def test_what_is_reproduced_only_becomes_more(trial):
    counts = trial.counts()
    entries = counts["reproduced whole"] + counts["reproduced but for some figures"]

    assert entries >= LEAST_COMPARED["entries"]
    assert counts["figures compared"] >= LEAST_COMPARED["figures"]


def test_the_table_names_everything(trial):
    text = printed(trial)

    for entry in trial.entries:
        assert f"\n{entry.stat}, {entry.package}: " in text
        assert entry.data.id in text
    assert "Beyond tolerance" not in text
    assert f"{len(trial.entries)} entries" in text


# --- the trial itself ---


def entry(stat="mean", values=None, package="R", data="milk"):
    values = values or {"value": 2.0, "sd": 1.0}
    return Entry(DataSet(data, pd.DataFrame()), stat, package, values, dict(figures_of(values)))


def of_mean(found):
    return {"mean": lambda entry: found}


def test_a_figure_that_nothing_compares_is_told():
    trial = run([entry(), entry("median")], Rules(of_mean({"value": 2.0})))

    assert trial.forgotten == [
        "mean of milk by R: sd", "median of milk by R: value", "median of milk by R: sd",
    ]  # fmt: skip
    assert "Neither compared nor left out" in printed(trial)


def test_a_rule_that_nothing_uses_is_told():
    idle = Of("mode"), Of("mean", "third"), Of("mean", "fourth")
    trial = run(
        [entry()],
        Rules(
            of_mean({"value": 2.0, "sd": 1.0}) | {"mode": dict},
            left_out={idle[0]: "why"}, waiting={idle[1]: "why"},
            tolerances={idle[2]: Tolerance(1, "why")},
        ),
    )  # fmt: skip

    assert trial.unused == [*map(str, idle), "mode"]


@pytest.mark.parametrize("found", [2.0 * (1 + 2e-9), -2.0, math.nan, math.inf, None])
def test_a_figure_beyond_its_tolerance_is_told(found):
    (row, _) = run([entry()], Rules(of_mean({"value": found, "sd": 1.0}))).rows

    assert not row.holds
    assert row.digits < 9
    assert str(row) == f"mean of milk by R: value = {found!r}, expected 2.0"


def test_what_is_compared_left_out_and_waits_is_counted():
    rules = Rules(
        of_mean({"value": 2.0, "sd": 1.0}),
        left_out={Of("mean", data="ox"): "why", Of("mean", "sd", "py*"): "why"},
        waiting={Of("median"): "not built"},
    )
    entries = [entry(), entry(package="pycm"), entry(data="ox"), entry("median")]

    assert run(entries, rules).counts() == {
        "entries": 4, "reproduced whole": 1, "reproduced but for some figures": 1,
        "left out": 1, "waiting": 1,
        "figures compared": 3, "figures left out": 3, "figures waiting": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected", "digits"),
    [
        (1.0, 1.0, 17),
        (0.0, 0.0, 17),
        (1.001, 1.0, 3),
        (1e-5, 0.0, 5),
        (5.0, 1.0, 0),
        (None, 1.0, 0),
    ],
)
def test_digits_are_significant_ones(found, expected, digits):
    assert Row(entry(), "value", found, expected, 0.0).digits == pytest.approx(digits, abs=1e-6)


def test_printed_figures_agree_to_half_their_last_digit():
    to_two = Tolerance(0, "printed", decimals=2)

    assert to_two.allowed(entry(), 3.1) == 0.005


def test_words_and_what_a_peer_did_not_define_are_no_figures():
    values = {"a": [1, None], "b": {"c": "Infinity", "d": "word"}, "e": 2.5}

    assert dict(figures_of(values)) == {"a/0": 1.0, "b/c": math.inf, "e": 2.5}
