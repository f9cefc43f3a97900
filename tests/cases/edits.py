"""Studies as their tables and protocol, and what people do to them to get them accepted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from tests.simulated import labels
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Status, Verdict
from wbcval.judge.scope import scope_of
from wbcval.measure.evaluate import evaluate
from wbcval.protocol.protocol_file import parse
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.measurands import PERCENT

MIX = np.array([0.36, 0.24, 0.16, 0.13, 0.11])  # so that few cells hold all classes
KEY = ["sample_id", "cell_id"]
Table = pd.DataFrame
Criterion = dict[str, Any]


@dataclass(frozen=True)
class Given:
    """What is handed in.

    Attributes:
        p, r, s: predictions, reference and list of samples; in ``same-cells`` the reference holds
            the labels.
        top: keys of the protocol. more: tables of it, as text.
    """

    mode: str
    p: Table
    r: Table
    s: Table
    criteria: Sequence[Criterion]
    top: Mapping[str, Any]
    more: str = ""

    @property
    def text(self) -> str:
        """The protocol."""
        rows = [f'mode = "{self.mode}"', *(f"{k} = {json.dumps(v)}" for k, v in self.top.items())]
        rows += ["[inputs]", 'predictions = ["p.csv"]', 'reference = "r.csv"', 'samples = "s.csv"']
        rows.append(self.more)
        for i, c in enumerate(self.criteria):
            rows += ["[[criterion]]", f'id = "c{i}"', *(f"{k} = {json.dumps(c[k])}" for k in c)]
        return "\n".join([*rows, ""])

    def everywhere(self, change: Callable[[Table], Table]) -> Given:
        """The same change in each table."""
        return replace(self, p=change(self.p), r=change(self.r), s=change(self.s))


def judged(given: Given, folder: Path) -> Verdict | None:
    """The verdict by the road of a report; ``None``: refused."""
    _write(given, folder)
    try:
        protocol = parse(given.text, "p.toml", folder)
        study = build(read_inputs(protocol))
    except InputError:
        return None
    results = evaluate(study, protocol.criteria)
    verdict = judge(protocol.criteria, results, protocol.accepted)
    return verdict.over(scope_of(study, results, protocol.criteria))


def verdict(given: Given, folder: Path) -> Verdict:
    """The same of tables that are not refused."""
    found = judged(given, folder)
    assert found is not None
    return found


def studied(given: Given) -> Study:
    """The study of tables that are right."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(given, folder)
        return build(read_inputs(parse(given.text, "p.toml", folder)))


def _write(given: Given, folder: Path) -> None:
    for name in ("p", "r", "s"):
        getattr(given, name).to_csv(folder / f"{name}.csv", index=False)


def told(verdict: Verdict) -> set[object]:
    """What stands in the headline or beside it and is no figure of the model itself."""
    scope = verdict.scope
    optional = (o.criterion.id for o in verdict.outcomes if o.status is Status.FAIL)
    return {
        *scope.declared, *scope.seen, *scope.looser, *scope.assumed, *scope.miscounted, *optional,
        scope.missing,
        scope.ledger.no_leukocyte, scope.findings, scope.ledger.uncompared.said,
        *verdict.accepted,
        *((n.subject, n.dummy) for n in scope.not_shown),
        *((u.subject, u.statistic) for u in scope.not_judged),
    }  # fmt: skip


def asked(measure: str, subject: str, statistic: str, **bounds: object) -> Criterion:
    return {"measure": measure, "subject": subject, "statistic": statistic, **bounds}


def _list(ids: np.ndarray, patients: int) -> Table:
    n = np.arange(len(ids))
    return pd.DataFrame(
        {"sample_id": ids, "patient_id": [f"P{i % patients}" for i in n], "site": n % 2}
    )


def _ids(samples: int) -> np.ndarray:
    return np.array([f"S{i:03d}" for i in range(samples)])


def same_cells(
    rng: np.random.Generator,
    *,
    called: np.ndarray,
    samples: int = 24,
    cells: int = 50,
    patients: int = 99,
) -> Given:
    """Labels and predictions of the same cells; accuracy and each sensitivity are asked for."""
    ids = _ids(samples)
    true = np.concatenate([rng.choice(5, cells, p=p) for p in rng.dirichlet(MIX * 30, samples)])
    said = labels(rng, true, called)
    about = {"sample_id": ids.repeat(cells), "cell_id": [f"c{i}" for i in range(len(true))]}
    names = np.array(FIVE)
    return Given(
        "same-cells",
        pd.DataFrame(about | {"predicted_class": names[said]}),
        pd.DataFrame(about | {"true_class": names[true]}),
        _list(ids, patients),
        [
            asked("classification", "all", "accuracy", min=0.9),
            *(asked("classification", name, "sensitivity", min=0.8) for name in FIVE),
        ],
        {},
    )


def counts(
    rng: np.random.Generator,
    *,
    called: np.ndarray,
    mode: str = "different-aliquot",
    samples: int = 40,
    noise: float = 1.0,
    patients: int = 99,
) -> Given:
    """Percentages of 200 cells against an analyzer or another reader; biases and spreads.

    Args:
        noise: of the model, as a multiple of what counting makes; below 1 it is a copy.
    """
    ids, shares = _ids(samples), rng.dirichlet(MIX * 12, samples)
    hits = np.array([rng.multinomial(200, p @ called) for p in shares])
    expected = 200 * shares @ called
    model = np.rint(expected + noise * (hits - expected)).clip(0, 200) / 2
    theirs, more = (100 * shares).round(1), {}
    if mode == "same-slide":
        theirs = np.array([rng.multinomial(200, p) for p in shares]) / 2
        more = {"n_cells": 200}
    total = rng.uniform(4, 20, samples).round(2)
    measured = (total * rng.normal(1, 0.02, samples)).round(2)
    columns = {f"{name}(%)": i for i, name in enumerate(PERCENT)}
    criteria = [asked("error", "WBC", "share_within:10", min=0.95)]
    for name in PERCENT[:3]:
        criteria += [
            asked("bland_altman", name, "bias", min=-1.5, max=1.5),
            asked("bland_altman", name, "sd", max=5.5),
        ]
    return Given(
        mode,
        pd.DataFrame({"sample_id": ids, "n_cells": 200, "WBC(10^9/L)": measured}
                     | {name: model[:, i] for name, i in columns.items()}),
        pd.DataFrame({"sample_id": ids, **more, "WBC(10^9/L)": total}
                     | {name: theirs[:, i] for name, i in columns.items()}),
        _list(ids, patients), criteria, {},
    )  # fmt: skip


Edit = Callable[[Given, np.random.Generator], Given]


def _named(given: Given, name: Callable[[str], str], column: str = "sample_id") -> Given:
    def change(table: Table) -> Table:
        if column not in table:
            return table
        return table.assign(**{column: [name(x) for x in table[column]]})

    return given.everywhere(change)


def rename_samples(given: Given, rng: np.random.Generator) -> Given:
    """Every sample under another id, in another order."""
    ids = sorted(given.s["sample_id"])
    other = dict(zip(ids, rng.permutation([f"{i}-X" for i in range(len(ids))]), strict=True))
    return _named(given, lambda x: str(other.get(x, x)))


def rename_in_predictions(given: Given, rng: np.random.Generator) -> Given:
    """The worst of the samples, under ids that the reference does not know."""
    gone = worst(given, rng)
    renamed = [f"other {x}" if x in gone else x for x in given.p["sample_id"]]
    return replace(given, p=given.p.assign(sample_id=renamed))


def rename_cells(given: Given, rng: np.random.Generator) -> Given:
    return _named(given, lambda x: f"{x[::-1]}c", "cell_id")


def rename_patients(given: Given, rng: np.random.Generator) -> Given:
    return _named(given, lambda x: f"patient {x}", "patient_id")


def _errors(given: Given) -> pd.Series:
    """How wrong the model is, by sample."""
    if given.mode == "same-cells":
        both = given.p.merge(given.r, on=KEY)
        wrong = both["predicted_class"] != both["true_class"]
        return wrong.groupby(both["sample_id"]).sum()
    columns = [c for c in given.p if c.endswith("(%)") and c in given.r]
    both = given.p.merge(given.r, on="sample_id")
    apart = sum((both[f"{c}_x"] - both[f"{c}_y"]).abs() for c in columns)
    return pd.Series(np.asarray(apart), index=both["sample_id"])


def worst(given: Given, rng: np.random.Generator) -> set[str]:
    """Some of the samples, the worst first."""
    order = _errors(given).sort_values(ascending=False).index
    return {*map(str, order[: int(rng.integers(1, max(len(order) // 2, 2)))])}


def copy_samples(given: Given, rng: np.random.Generator) -> Given:
    """The best samples once more, under other ids."""
    best = [*_errors(given).sort_values().index[: int(rng.integers(3, 12))]]
    times = int(rng.integers(1, 5))

    def more(table: Table) -> Table:
        found = table[table["sample_id"].isin(best)]
        copies = [found.assign(sample_id=f"T{k} " + found["sample_id"]) for k in range(times)]
        return pd.concat([table, *copies])

    return given.everywhere(more)


def _without(table: Table, samples: set[str]) -> Table:
    return table[~table["sample_id"].isin(samples)]


def drop_from_predictions(given: Given, rng: np.random.Generator) -> Given:
    return replace(given, p=_without(given.p, worst(given, rng)))


def drop_from_reference(given: Given, rng: np.random.Generator) -> Given:
    return replace(given, r=_without(given.r, worst(given, rng)))


def drop_from_both(given: Given, rng: np.random.Generator) -> Given:
    """They are still in the list of samples."""
    gone = worst(given, rng)
    return replace(given, p=_without(given.p, gone), r=_without(given.r, gone))


def exclude(given: Given, rng: np.random.Generator) -> Given:
    rows = [f'[[exclusion]]\nsample_id = "{x}"\nreason = "clot"' for x in worst(given, rng)]
    return replace(given, more="\n".join([given.more, *rows]))


def _mistaken(given: Given, rng: np.random.Generator) -> pd.Series:
    """Rows of labels whose cells were called wrongly, of one class or of all."""
    both = given.r.merge(given.p, on=KEY, how="left")
    found = (both["true_class"] != both["predicted_class"]) & both["predicted_class"].notna()
    if rng.random() < 0.5:
        found &= both["true_class"] == rng.choice(FIVE)
    return pd.Series(np.asarray(found), index=given.r.index)


def _of_cells(edit: Edit) -> Edit:
    def only(given: Given, rng: np.random.Generator) -> Given:
        whole = given.mode == "same-cells" and not given.r.duplicated(KEY).any()
        return edit(given, rng) if whole else given

    only.__name__ = edit.__name__
    return only


@_of_cells
def blank_labels(given: Given, rng: np.random.Generator) -> Given:
    labels = given.r["true_class"].mask(_mistaken(given, rng), rng.choice(["", "unclassified"]))
    return replace(given, r=given.r.assign(true_class=labels))


@_of_cells
def label_as_no_leukocyte(given: Given, rng: np.random.Generator) -> Given:
    labels = given.r["true_class"].mask(_mistaken(given, rng), rng.choice(["artefact", "smudge"]))
    return replace(given, r=given.r.assign(true_class=labels))


@_of_cells
def drop_labels(given: Given, rng: np.random.Generator) -> Given:
    return replace(given, r=given.r[~_mistaken(given, rng)])


@_of_cells
def drop_predictions(given: Given, rng: np.random.Generator) -> Given:
    gone = given.r[_mistaken(given, rng)][KEY].apply(tuple, axis=1)
    return replace(given, p=given.p[~given.p[KEY].apply(tuple, axis=1).isin({*gone})])


@_of_cells
def merge_classes(given: Given, rng: np.random.Generator) -> Given:
    one, other = rng.choice(FIVE, 2, replace=False)
    return replace(given, more=f'{given.more}\n[class_map]\n"{one}" = "{other}"')


def blank_values(given: Given, rng: np.random.Generator) -> Given:
    """Of one column on one side, where the model is worst."""
    if given.mode == "same-cells":
        return given
    side = str(rng.choice(["p", "r"]))
    table = getattr(given, side).copy()
    column = rng.choice([c for c in table if "(" in c])
    table.loc[table["sample_id"].isin(worst(given, rng)), column] = np.nan
    return replace(given, **{side: table})


def remove_column(given: Given, rng: np.random.Generator) -> Given:
    """One of one table, its ids and labels aside."""
    kept = {"sample_id", "cell_id", "true_class", "predicted_class"}
    columns = [(side, c) for side in "prs" for c in getattr(given, side) if c not in kept]
    if not columns:
        return given
    side, column = columns[int(rng.integers(len(columns)))]
    return replace(given, **{side: getattr(given, side).drop(columns=column)})


def blank_patients(given: Given, rng: np.random.Generator) -> Given:
    """All but the first sample of each patient."""
    if "patient_id" not in given.s:
        return given
    patients = given.s["patient_id"]
    return replace(given, s=given.s.assign(patient_id=patients.mask(patients.duplicated())))


def _asked(given: Given, change: Callable[[Criterion], Criterion]) -> Given:
    return replace(given, criteria=[change(dict(c)) for c in given.criteria])


def widen(given: Given, rng: np.random.Generator) -> Given:
    """All bounds, but those of spreads: these have no default that they could be wider than."""
    by = rng.choice([1.2, 2.0, 4.0])

    def change(c: Criterion) -> Criterion:
        if c["measure"] == "classification":
            low = {"min": round(1 - min(by * (1 - c["min"]), 0.49), 3)} if "min" in c else {}
            return c | low
        if c["statistic"].startswith("share_within"):
            return c | {"statistic": f"share_within:{round(10 * by)}"}
        return c | {end: by * c[end] for end in ("min", "max") if end in c}

    return _asked(given, change)


def move_bound(given: Given, rng: np.random.Generator) -> Given:
    """To the other side."""
    at = int(rng.integers(len(given.criteria)))
    c = dict(given.criteria[at])
    low, high = c.pop("min", None), c.pop("max", None)
    moved = {k: v for k, v in (("min", high), ("max", low)) if v is not None}
    return replace(given, criteria=[*given.criteria[:at], c | moved, *given.criteria[at + 1 :]])


def lower_confidence(given: Given, rng: np.random.Generator) -> Given:
    by = rng.choice([0.5, 0.8, 0.9])
    return _asked(given, lambda c: c | {"rule": "demonstrated", "confidence": by})


def make_optional(given: Given, rng: np.random.Generator) -> Given:
    gone = rng.random(len(given.criteria)) < 0.4
    rows = zip(given.criteria, gone, strict=True)
    return replace(given, criteria=[c | {"optional": True} if g else c for c, g in rows])


def precisely(given: Given, other: str = "ppv") -> Given:
    """The same, asked for what does not find the missed cells."""

    def change(c: Criterion) -> Criterion:
        return c | {"statistic": other} if c["statistic"] == "sensitivity" else c

    return _asked(given, change)


def ask_for_precision(given: Given, rng: np.random.Generator) -> Given:
    return precisely(given, str(rng.choice(["ppv", "specificity", "npv"])))


def choose_a_mix(given: Given, rng: np.random.Generator) -> Given:
    """At which predictive values of rare classes are high."""
    mix = "".join(f"{name} = 0.2\n" for name in FIVE)
    return replace(given, more=f"{given.more}\n[clinical_mix]\n{mix}")


def leave_out_lost(given: Given, rng: np.random.Generator) -> Given:
    return replace(drop_from_predictions(given, rng), top={**given.top, "missing": "excluded"})


def call_it_same_slide(given: Given, rng: np.random.Generator) -> Given:
    return given if given.mode == "same-cells" else replace(given, mode="same-slide")


NEUTRAL: tuple[Edit, ...] = (rename_samples, rename_cells, rename_patients)
EDITS: tuple[Edit, ...] = (
    *NEUTRAL, rename_in_predictions, copy_samples, drop_from_predictions, drop_from_reference,
    drop_from_both, exclude, blank_labels, label_as_no_leukocyte, drop_labels, drop_predictions,
    merge_classes, blank_values, blank_patients, remove_column, widen, move_bound,
    lower_confidence, make_optional, ask_for_precision, choose_a_mix, leave_out_lost,
    call_it_same_slide,
)  # fmt: skip
