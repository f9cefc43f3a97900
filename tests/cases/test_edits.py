"""No edit turns a study that is not accepted into one that is, unless the headline tells it.

Whatever is done to the tables and the protocol: STATISTICS.md §18, docs/decisions/0042.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cases import edits
from tests.cases.edits import EDITS, NEUTRAL, Edit, Given, Table, judged, told
from tests.simulated import SLOW_SHARE, repeats
from wbcval.bundle.evidence import provenance
from wbcval.bundle.read import Side
from wbcval.gating.compare import Comparison, compare
from wbcval.judge.outcomes import Decision, Verdict
from wbcval.protocol.protocol_file import load
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.errors import InputError

GOOD = 0.97 * np.eye(5) + 0.006
MONOCYTES_MISSED = GOOD.copy()
MONOCYTES_MISSED[2] = [0.06, 0.16, 0.75, 0.02, 0.01]
FALSE_BASOPHILS = GOOD.copy()
FALSE_BASOPHILS[0] = [0.91, 0.01, 0.005, 0.005, 0.07]
LYMPHOCYTES_MISSED = np.eye(5)
LYMPHOCYTES_MISSED[1] = [0, 0.91, 0.09, 0, 0]

STUDIES: dict[str, Callable[[np.random.Generator], Given]] = {
    "cells: monocytes missed": lambda rng: edits.same_cells(rng, called=MONOCYTES_MISSED),
    "cells: few patients": lambda rng: edits.same_cells(rng, called=GOOD, patients=9),
    "cells: equal in all": lambda rng: edits.same_cells(rng, called=np.eye(5)),
    "cells: false basophils": lambda rng: edits.precisely(
        edits.same_cells(rng, called=FALSE_BASOPHILS)
    ),
    "values: lymphocytes missed": lambda rng: edits.counts(rng, called=LYMPHOCYTES_MISSED),
    "values: few patients": lambda rng: edits.counts(rng, called=np.eye(5), patients=9),
    "values: a copy": lambda rng: edits.counts(rng, called=np.eye(5), noise=0.3),
    "slide: lymphocytes missed": lambda rng: edits.counts(
        rng, called=LYMPHOCYTES_MISSED, mode="same-slide"
    ),
}


@cache
def drawn(study: str, seed: int, folder: Path) -> tuple[Given, Verdict]:
    given = STUDIES[study](np.random.default_rng(seed))
    verdict = judged(given, folder)
    assert verdict is not None
    return given, verdict


def hold(study: str, seed: int, folder: Path, *how: Edit) -> bool:
    """Whether the edits led to acceptance; if so, that it is told."""
    rng = np.random.default_rng([seed, len(how)])
    given, before = drawn(study, seed, folder)
    if before.decision is Decision.ACCEPTED:
        return False  # it missed its bound by chance
    for edit in how:
        given = edit(given, rng)
    after = judged(given, folder)
    accepted = after is not None and after.decision is Decision.ACCEPTED
    if accepted:
        names = [edit.__name__ for edit in how]
        assert told(after) - told(before), f"{study} (seed {seed}): {names}: {after!r}"
    return accepted


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("study", "how"),
    [
        ("cells: monocytes missed", (edits.blank_labels, edits.copy_samples)),
        ("cells: monocytes missed", (edits.widen, edits.rename_cells)),
        ("slide: lymphocytes missed", (edits.drop_from_reference, edits.widen)),
    ],
)
def test_no_edit_leads_to_acceptance_untold(
    study: str, how: tuple[Edit, ...], tmp_path: Path
) -> None:
    hold(study, 0, tmp_path, *how)


def test_what_is_told_is_seen(tmp_path: Path) -> None:
    """An acceptance counts as one, so that the others could fail."""
    assert hold("values: a copy", 0, tmp_path, edits.call_it_same_slide)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_no_edits_lead_to_acceptance_untold(study: str, tmp_path: Path) -> None:
    """Each edit by itself, and with others before and after it."""
    rng = np.random.default_rng(42)
    for seed in range(repeats(12, 1)):
        for edit in EDITS[seed % 3 :: 1 if SLOW_SHARE > 0.1 else 6]:
            more = rng.choice(np.array(EDITS, dtype=object), int(rng.integers(3)))
            hold(study, seed, tmp_path, *rng.permutation([*more, edit]))


def test_names_decide_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    given = renamed = edits.same_cells(rng, called=GOOD)
    for edit in NEUTRAL:
        renamed = edit(renamed, rng)
    before, after = judged(given, tmp_path), judged(renamed, tmp_path)
    assert before is not None
    assert after is not None
    assert before.decision is after.decision is Decision.ACCEPTED
    assert [o.observed for o in before.outcomes] == [o.observed for o in after.outcomes]
    assert told(before) == told(after)


GateEdit = Callable[[Table, np.random.Generator], Table]
MARGIN = "[gate]\nmargin = {}\nsamples_apart = {}\n"


def _cells(folder: Path, table: Table, more: str) -> Side:
    """What the gate knows of one table of cells with labels."""
    table.to_csv(folder / "c.csv", index=False)
    text = f'mode = "same-cells"\nmeasurands = ["NEUT%"]\n[inputs]\npredictions = "c.csv"\n{more}'
    (folder / "p.toml").write_text(text, encoding="utf-8")
    study = build(read_inputs(load(folder / "p.toml")))
    return Side("side", study, (), True, provenance(study, "2027-01-01T00:00:00Z"))


def _wrong(table: Table) -> pd.Series:
    return table["predicted_class"] != table["true_class"]


def _blank(table: Table, rng: np.random.Generator) -> Table:
    return table.assign(true_class=table["true_class"].mask(_wrong(table), ""))


def _no_cell(table: Table, rng: np.random.Generator) -> Table:
    return table.assign(true_class=table["true_class"].mask(_wrong(table), "artefact"))


def _drop(table: Table, rng: np.random.Generator) -> Table:
    return table[~_wrong(table)]


def _drop_samples(table: Table, rng: np.random.Generator) -> Table:
    worst = _wrong(table).groupby(table["sample_id"]).sum().sort_values().index[-12:]
    return table[~table["sample_id"].isin(worst)]


def _copies(table: Table, rng: np.random.Generator) -> Table:
    best = _wrong(table).groupby(table["sample_id"]).sum().sort_values().index[:10]
    found = table[table["sample_id"].isin(best)]
    return pd.concat([table, *(found.assign(sample_id=f"T{k}" + found["sample_id"])
                               for k in range(3))])  # fmt: skip


def _other_ids(table: Table, rng: np.random.Generator) -> Table:
    return table.assign(sample_id="X" + table["sample_id"])


def _other_cells(table: Table, rng: np.random.Generator) -> Table:
    return table.assign(cell_id="X" + table["cell_id"].astype(str))


def _no_cells_named(table: Table, rng: np.random.Generator) -> Table:
    return table.drop(columns="cell_id")


OF_A_SIDE = (
    _blank, _no_cell, _drop, _drop_samples, _copies, _other_ids, _other_cells, _no_cells_named,
)  # fmt: skip
OF_PROTOCOLS = ("", '[class_map]\nmonocyte = "lymphocyte"\n', MARGIN.format(0.1, 0.0),
                MARGIN.format(0.02, 0.45))  # fmt: skip


@cache
def _models() -> tuple[Table, Table]:
    """A fair model and a worse one, on the same cells."""
    rng = np.random.default_rng(5)
    given = edits.same_cells(rng, called=GOOD, samples=40, cells=50)
    fair = given.p.merge(given.r, on=edits.KEY)
    hit = (fair["true_class"] == "monocyte") & (rng.random(len(fair)) < 0.08)
    return fair, fair.assign(predicted_class=fair["predicted_class"].mask(hit, "lymphocyte"))


def _gated(folder: Path, new: Table, old: Table, more: str, *, paired: bool) -> Comparison | None:
    try:
        sides = [_cells(folder, table, more) for table in (new, old)]
        return compare(sides[0], sides[1], paired=paired)
    except InputError:
        return None


def pass_the_gate(folder: Path, edit: GateEdit, side: str, more: str, *, paired: bool) -> None:
    """A worse candidate, edited on one side: refused, not accepted, or it is told."""
    fair, worse = _models()
    rng = np.random.default_rng(1)
    new, old = (edit(worse, rng), fair) if side == "candidate" else (worse, edit(fair, rng))
    found = _gated(folder, new, old, more, paired=paired)
    if found is not None and found.verdict.decision is Decision.ACCEPTED:
        scope = found.verdict.scope
        assert scope.declared or scope.seen or scope.looser or scope.missing, found.verdict


def _as_it_is(table: Table, rng: np.random.Generator) -> Table:
    return table


@pytest.mark.parametrize(("edit", "paired"), [(_copies, True), (_drop, False)])
def test_no_edit_of_the_candidate_passes_the_gate_untold(
    edit: GateEdit, paired: bool, tmp_path: Path
) -> None:
    pass_the_gate(tmp_path, edit, "candidate", OF_PROTOCOLS[3], paired=paired)


@pytest.mark.slow
@pytest.mark.parametrize("side", ["candidate", "baseline"])
@pytest.mark.parametrize("edit", [_as_it_is, *OF_A_SIDE], ids=lambda edit: edit.__name__)
def test_no_edit_passes_the_gate_untold(edit: GateEdit, side: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(sum(map(ord, edit.__name__)))
    for more in rng.permutation(OF_PROTOCOLS)[: repeats(4, 1)]:
        for paired in (True, False):
            pass_the_gate(tmp_path, edit, side, str(more), paired=paired)
