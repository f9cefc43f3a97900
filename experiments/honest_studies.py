"""How often honest good models are accepted, and which doubts are raised of them.

    python -m experiments.honest_studies --runs 30

Each study is written as the tables that a laboratory has, and judged by the road that a report
takes, without a protocol. Prints the table of docs/decisions/0042, or with ``--laboratories 300``
one of so many studies of each laboratory (docs/decisions/0069). ``--json`` prints a line for each
study instead, so that two versions of the program can be compared on the same inputs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import wbcval
from experiments.laboratories import LABORATORIES
from experiments.laboratories import drawn as laboratory_drawn
from wbcval.judge.criteria import judge
from wbcval.judge.defaults import default_criteria
from wbcval.judge.scope import scope_of
from wbcval.measure.evaluate import evaluate
from wbcval.protocol.types import MODES, Protocol
from wbcval.study.inputs import read_inputs
from wbcval.study.ledger import CELLS, SAMPLES
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.flags import FLAGS, Consequence
from wbcval.values.measurands import PERCENT

MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])
WARDS, HEALTHY = 10.0, 35.0  # concentration of a Dirichlet: how much samples differ in their mix
MODELS: Mapping[str, float] = {"perfect": 0.0, "good": 0.01, "fair": 0.03}  # cells miscalled
_FULL, _GATES = 6, 50  # one study of so many is judged, and one gated, too: both take longer
MOST_GONE = 0.04  # of the samples lost, of the cells left open by the expert or by the model
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """One study, drawn.

    Attributes:
        mode: of comparison.
        samples, cells: how many, and in each.
        spread: concentration of the mixes.
        model: name among ``MODELS``.
        lost, unlabelled, abstained: chance of a sample without a result, of a cell without a true
            class (``same-cells`` alone), and of a cell that the model leaves open.
    """

    mode: str
    samples: int
    cells: int
    spread: float
    model: str
    lost: float
    unlabelled: float
    abstained: float


def drawn(mode: str, rng: np.random.Generator) -> Setting:
    """A study of 40 to 200 samples of 120 to 400 cells: fewer than 100 decide nothing."""
    gone = rng.uniform(0, MOST_GONE, 3) * (rng.random(3) < 0.7)
    return Setting(
        mode,
        int(rng.choice([40, 60, 100, 200])),
        int(rng.choice([120, 200, 400])),
        float(rng.choice([WARDS, HEALTHY])),
        str(rng.choice([*MODELS])),
        *map(float, gone),
    )


def tables(setting: Setting, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Predictions and reference by the name of their file."""
    ids = np.array([f"S{i:03d}" for i in range(setting.samples)])
    shares = rng.dirichlet(MIX * setting.spread, setting.samples)
    wrong = MODELS[setting.model]
    called = (1 - wrong) * np.eye(5) + wrong / 4 * (1 - np.eye(5))
    lost = rng.random(setting.samples) < setting.lost
    if setting.mode == "same-cells":
        return _cells(setting, rng, ids, shares, called, lost)
    seen = rng.binomial(setting.cells, 1 - setting.abstained, setting.samples)
    hits = np.array([rng.multinomial(n, p @ called) for n, p in zip(seen, shares, strict=True)])
    total = rng.uniform(4, 12, setting.samples)
    model = pd.DataFrame({"sample_id": ids, "n_cells": seen})
    model["WBC(10^9/L)"] = (total * rng.normal(1, 0.02, setting.samples)).round(2)
    reference = pd.DataFrame({"sample_id": ids, "WBC(10^9/L)": total.round(2)})
    theirs = 100 * shares
    if setting.mode == "same-slide":  # another reader, who counts 200 cells of the same slide
        reference["n_cells"] = 200
        theirs = np.array([rng.multinomial(200, p) for p in shares]) / 2
    for i, name in enumerate(PERCENT):
        model[f"{name}(%)"] = (100 * hits[:, i] / seen).round(2)
        reference[f"{name}(%)"] = theirs[:, i].round(1)
    return {"p.csv": model[~lost], "r.csv": reference}


def _cells(
    setting: Setting,
    rng: np.random.Generator,
    ids: NDArray[np.str_],
    shares: NDArray[np.float64],
    called: NDArray[np.float64],
    lost: NDArray[np.bool_],
) -> dict[str, pd.DataFrame]:
    n = setting.samples * setting.cells
    true = np.concatenate([rng.choice(5, setting.cells, p=p) for p in shares])
    said = (rng.random(n)[:, None] > called.cumsum(axis=1)[true]).sum(axis=1)
    names = np.array([*FIVE, ""], dtype=object)
    about = {"sample_id": ids.repeat(setting.cells), "cell_id": np.arange(n)}
    open_ = rng.random(n) < setting.unlabelled
    refused = rng.random(n) < setting.abstained
    labels = pd.DataFrame(about | {"true_class": names[np.where(open_, 5, true)]})
    model = pd.DataFrame(about | {"predicted_class": names[np.minimum(said, 4)]})
    model.loc[refused, "predicted_class"] = "unclassified"
    return {"p.csv": model[~lost.repeat(setting.cells)], "r.csv": labels}


def judged(made: Mapping[str, pd.DataFrame], mode: str, folder: Path) -> dict[str, Any]:
    """What a report without a protocol says of one study.

    Args:
        made: its tables by the name of their file: ``p.csv``, ``r.csv``, ``s.csv``.
        mode: of comparison. folder: where they are written.

    Returns:
        ``verdict``; ``passed``: whether every required criterion passed; ``flags``: flag → subjects
        of the required criteria whose number carries one that takes a pass away.
    """
    study = build(read_inputs(written(made, mode, folder)))
    criteria = default_criteria(study)
    results = evaluate(study, criteria)
    verdict = judge(criteria, results).over(scope_of(study, results, criteria))
    flags: dict[str, list[str]] = {}
    for o in verdict.required:
        c = o.criterion
        found = results.get(c.measure, c.subject, c.measured_as, c.stratum)
        for name in found.estimate.flags if found else ():
            if takes_away(name):
                flags.setdefault(name, []).append(c.subject)
    return {
        "verdict": str(verdict.decision),
        "statuses": {o.criterion.id: str(o.status) for o in verdict.required},
        "flags": {name: sorted({*subjects}) for name, subjects in flags.items()},
        "not_shown": [n.name for n in getattr(verdict.scope, "not_shown", ())],
        "findings": sorted({f.rule for f in study.findings}),
    }


def written(made: Mapping[str, pd.DataFrame], mode: str, folder: Path) -> Protocol:
    """The tables as files, and the protocol that names them and no criterion."""
    roles = {"p.csv": "predictions", "r.csv": "reference", "s.csv": "samples"}
    for name, table in made.items():
        table.to_csv(folder / name, index=False)
    return Protocol(mode, inputs={roles[name]: (folder / name,) for name in made})


def takes_away(flag: str) -> bool:
    """Whether a pass is none with it."""
    return FLAGS[flag].consequence is not Consequence.INFORMATIVE and FLAGS[flag].passes


def studies(mode: str, runs: int, seed: int) -> Iterator[tuple[Setting, dict[str, Any]]]:
    """So many studies of one mode, each of its own seed."""
    with tempfile.TemporaryDirectory() as folder:
        for k in range(runs):
            rng = np.random.default_rng([seed, MODES.index(mode), k])
            setting = drawn(mode, rng)
            yield setting, judged(tables(setting, rng), mode, Path(folder))


def doubts(study: Study) -> list[str]:
    """Flags of a study that take a pass away before anything is measured."""
    found = {*study.flags}
    for subject in study.values:
        found |= {*study.marks(subject)}
        found |= {*study.ledger.marks(subject, SAMPLES, same_cells=study.mode == "same-cells")}
    for label in study.counts.labels if study.counts is not None else ():
        found |= {*study.cell_marks(label), *study.ledger.marks(label, CELLS)}
    return sorted(filter(takes_away, found))


def gated(pair: Sequence[Mapping[str, pd.DataFrame]], mode: str, folder: Path) -> dict[str, Any]:
    """What the gate says of two equally good models, each with its report, without a protocol."""
    for name, made in zip(("old", "new"), pair, strict=True):
        place = folder / f"{name}-tables"
        place.mkdir()
        wbcval.report(written(made, mode, place)).write(folder / name)
    verdict = wbcval.gate(folder / "new", folder / "old").verdict
    return {"gate": str(verdict.decision), "reason": verdict.reason}


def laboratory_studies(runs: int, full: int, gates: int, seed: int) -> Iterator[dict[str, Any]]:
    """Studies of every laboratory by turns, so that each has as many whenever it ends.

    Args:
        runs: of each, built: which flags they raise. full: of these, so many are judged.
        gates: of these, so many are reported twice and gated. seed: of all.
    """
    for k in range(runs):
        for name, lab in LABORATORIES.items():
            rng = np.random.default_rng([seed, k, zlib.crc32(name.encode())])
            said: dict[str, Any] = {"laboratory": name, "study": k}
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder)
                pair = laboratory_drawn(lab, rng, 1 + (k < gates))
                try:
                    study = build(read_inputs(written(pair[0], lab.mode, place)))
                    said |= {"doubts": doubts(study)}
                    said |= {"findings": sorted({f.rule for f in study.findings})}
                    said |= judged(pair[0], lab.mode, place) if k < full else {}
                    said |= gated(pair, lab.mode, place) if k < gates else {}
                except InputError as why:
                    said |= {"refused": str(why)}
            yield said


def laboratory_table(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows of docs/decisions/0069: how often a laboratory's study is doubted, and not accepted."""
    by: dict[str, list[Mapping[str, Any]]] = {}
    for said in lines:
        by.setdefault(said["laboratory"], []).append(said)
    for name, rows in by.items():
        built = Counter(flag for said in rows for flag in said.get("doubts", ["refused"]))
        whole = [said for said in rows if "verdict" in said]
        told = Counter(said["verdict"] for said in whole)
        gates = Counter(said["gate"] for said in rows if "gate" in said)
        flags = Counter(flag for said in whole for flag in said["flags"])
        yield " | ".join(
            [f"| {name}", str(len(rows)), _all(built), str(len(whole)), _all(told), _all(flags),
             _all(gates) + " |"]
        )  # fmt: skip


def _all(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(found.items()))


def main() -> None:
    """Print the table, in Markdown, or a line for each study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="studies of each mode")
    parser.add_argument("--laboratories", type=int, help="studies of each laboratory, instead")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.laboratories:
        n = asked.laboratories
        made = laboratory_studies(n, n // _FULL, n // _GATES, asked.seed)
        lines = (json.dumps(said) for said in made) if asked.json else laboratory_table(made)
        for line in lines:
            print(line, flush=True)
        return
    if not asked.json:
        print("| mode, model | studies | accepted | rejected | inconclusive | by flag |")
        print("|---|---|---|---|---|---|")
    for mode in MODES:
        found: dict[str, list[dict[str, Any]]] = {}
        for setting, said in studies(mode, asked.runs, asked.seed):
            found.setdefault(setting.model, []).append(said)
            if asked.json:
                print(json.dumps({**vars_of(setting), **said}), flush=True)
        for model in MODELS if not asked.json else ():
            rows = found.get(model, [])
            verdicts = Counter(said["verdict"] for said in rows)
            flags = Counter(name for said in rows for name in said["flags"])
            counted = " | ".join(str(verdicts[d]) for d in ("accepted", "rejected", "inconclusive"))
            told = ", ".join(f"{name} {n}" for name, n in sorted(flags.items()))
            print(f"| {mode}, {model} | {len(rows)} | {counted} | {told} |", flush=True)


def vars_of(setting: Setting) -> dict[str, Any]:
    """The attributes of a setting, for a line of JSON."""
    return {name: getattr(setting, name) for name in Setting.__dataclass_fields__}


if __name__ == "__main__":
    main()
