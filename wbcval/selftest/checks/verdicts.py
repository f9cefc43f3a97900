"""A small study end to end: an honest model is accepted, wrong ones are not, edits are noticed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from wbcval.measure.results import Results
from wbcval.protocol.types import Protocol
from wbcval.selftest.checks import _study
from wbcval.selftest.types import Check, Family, Published
from wbcval.stats.metric import Floats
from wbcval.verbs import road

_Model = Callable[[Floats, Floats], tuple[Floats, Floats]]
_WITHIN = "share_within:10"


def _of_counts(model: _Model, subject: str, *, written: bool = False) -> dict[str, str]:
    """Judge a model by the default criteria; ``written``: and write, verify and edit the bundle."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts, reference = folder / "counts.csv", folder / "reference.csv"
        _study.write_reference(reference)
        _study.write_counts(counts, *model(*_study.counted()))
        inputs = {"predictions": (counts,), "reference": (reference,)}
        asked = Protocol("different-aliquot", inputs=inputs)
        made = road.report(asked) if written else road.decided(asked)
        found = {
            "verdict": str(made.verdict.decision),
            f"{subject} within 10 %": _part(made.results, "error", subject, _WITHIN),
        }
        return found | (_bundle(made, folder / "bundle") if isinstance(made, road.Report) else {})


def _bundle(made: road.Report, out: Path) -> dict[str, str]:
    made.write(out)
    whole = road.verify(out)
    results = out / "results.json"
    text = results.read_text(encoding="utf-8")
    edited = text.replace('"value": ', '"value": 1', 1)
    results.write_text(edited, encoding="utf-8")
    named = {difference.name for difference in road.verify(out)}
    return {
        "its bundle, verified": "different" if whole else "as written",
        "after one digit in results.json": "noticed" if named == {results.name} else "not noticed",
    }


def _of_cells(every: int, always: str) -> Mapping[str, str | float | None]:
    with tempfile.TemporaryDirectory() as name:
        cells = Path(name) / "cells.csv"
        _study.write_cells(cells, every, always=always)
        made = road.decided(Protocol("same-cells", inputs={"predictions": (cells,)}))
    found = made.results.get("classification", "lymphocyte", "sensitivity")
    return {
        "verdict": str(made.verdict.decision),
        "lymphocytes found": None if found is None else found.estimate.value,
    }


def _part(results: Results, measure: str, subject: str, statistic: str) -> str:
    found = results.get(measure, subject, statistic)
    if found is None or found.estimate.value is None or not found.estimate.n:
        return "not measured"
    n = found.estimate.n
    return f"{round(found.estimate.value * n)} of {n}"


def _honest(wbc: Floats, hits: Floats) -> tuple[Floats, Floats]:
    return wbc * np.where(np.arange(_study.SAMPLES) < 3, 1.2, 1.0), hits


def _all_neutrophils(wbc: Floats, hits: Floats) -> tuple[Floats, Floats]:
    everything = np.zeros_like(hits)
    everything[:, 0] = _study.CELLS
    return wbc, everything


def _biased(wbc: Floats, hits: Floats) -> tuple[Floats, Floats]:
    return 1.2 * wbc, hits


def _half_the_eosinophils(wbc: Floats, hits: Floats) -> tuple[Floats, Floats]:
    missed = np.ceil(hits[:, 3] / 2)
    return wbc, hits + np.outer(missed, [1, 0, 0, -1, 0])


def _four_missing(wbc: Floats, hits: Floats) -> tuple[Floats, Floats]:
    return wbc[:-4], hits[:-4]


_OF_COUNTS: tuple[tuple[str, _Model, str, str, str, str], ...] = (
    ("WBC 20 % too high", _biased, "WBC", "0 of 60", "rejected",
     "1.2 times what lies within 6 %"),
    ("every cell called a neutrophil", _all_neutrophils, "NEUT%", "0 of 60", "rejected",
     "100 % where the analyzer has less than 91 %"),
    ("half the eosinophils missed", _half_the_eosinophils, "WBC", "60 of 60", "rejected",
     "its WBC alone is right"),
    ("4 of 60 samples without a result", _four_missing, "WBC", "56 of 60", "rejected",
     "a sample without a result counts as outside, and 56 of 60 are less than 95 %"),
)  # fmt: skip
_BY_ARITHMETIC = "by construction"

FAMILY = Family(
    "A study from files to verdict",
    (
        Check(
            "an honest model, by the default criteria",
            f"{_BY_ARITHMETIC}: 400 cells that scatter by chance alone, WBC with a CV of 2 % but "
            "for 3 samples; 57 of 60 are 95 %",
            {
                "verdict": Published("accepted"),
                "WBC within 10 %": Published("57 of 60"),
                "its bundle, verified": Published("as written"),
                "after one digit in results.json": Published("noticed"),
            },
            partial(_of_counts, _honest, "WBC", written=True),
        ),
        *(
            Check(
                f"a wrong model: {fault}",
                f"{_BY_ARITHMETIC}: {why}",
                {"verdict": Published(verdict), f"{subject} within 10 %": Published(within)},
                partial(_of_counts, model, subject),
            )
            for fault, model, subject, within, verdict, why in _OF_COUNTS
        ),
        Check(
            "an honest model, the same cells",
            f"{_BY_ARITHMETIC}: of each class every 25th cell is called another",
            {"verdict": Published("accepted"), "lymphocytes found": Published("0.960")},
            partial(_of_cells, 25, ""),
        ),
        Check(
            "a wrong model, the same cells: every cell called a neutrophil",
            f"{_BY_ARITHMETIC}: no lymphocyte is found",
            {"verdict": Published("rejected"), "lymphocytes found": Published("0")},
            partial(_of_cells, 25, "neutrophil"),
        ),
    ),
)
