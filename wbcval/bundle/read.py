"""One side of a comparison: a model's results on a reference set, as a bundle carries them."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wbcval.bundle import results_file
from wbcval.bundle.booked import booked
from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import FROM_OPTIONS, written_for
from wbcval.judge.outcomes import Decision, Outcome
from wbcval.machine import csv_text, input_files
from wbcval.measure.results import Key, Measurement
from wbcval.protocol.protocol_file import parse
from wbcval.protocol.types import Protocol
from wbcval.stats.equal_rows import EQUAL_ROWS
from wbcval.stats.functions.error import WITHIN
from wbcval.stats.functions.one_source import ONE_SOURCE
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.stats.or_noise import BEYOND, FEW_CELLS, INSIDE, few_cells
from wbcval.stats.runs import SORTED_CELLS
from wbcval.study.cells import CellCounts
from wbcval.study.declared import lines, renamed
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.classes import COUNTABLE, FIVE, NOT_COUNTABLE, OTHER
from wbcval.values.errors import InputError
from wbcval.values.flags import FLAGS
from wbcval.values.measurands import MEASURANDS

FILES = ("results.json", "protocol.toml", "samples.csv", "confusion.csv", "strata.csv")
_AGAIN = "make it again with `wbcval report`"
_Table = Mapping[str, Sequence[str]]  # column → its texts
_MARKS = (*ONE_SOURCE, EQUAL_ROWS, "shared_total")  # marks of a whole measurand


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """What the record of one file of predictions says.

    Attributes:
        model: name and version.
        sha256: of the model's files.
        failed, listed: images that could not be scored, and all.
    """

    model: str
    sha256: str
    failed: int
    listed: int


@dataclass(frozen=True)
class Side:
    """What the gate knows of one model.

    Attributes:
        name: of the folder or file it came from; for words alone.
        study: samples, values and cells; what a bundle does not carry (resolution, shares of the
            reference by class) is unknown in it.
        outcomes: the absolute criteria as they were judged, and whether a protocol declared them.
        provenance: of ``results.json``.
        verdict, reason: as the bundle states them; ``None``: not stated.
        written_for: how its protocol begins, where no file held one; "" where one did.
        few_cells: measurands of which too few cells were counted for noise to judge.
        doubts: (measure, subject, stratum, statistic) → flags of that number that doubt whether the
            two sides tell of a model at all.
    """

    name: str
    study: Study
    outcomes: tuple[Outcome, ...]
    declared: bool
    provenance: Mapping[str, Any]
    verdict: Decision | None = None
    reason: str = ""
    written_for: str = FROM_OPTIONS
    few_cells: frozenset[str] = frozenset()
    doubts: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)

    @property
    def protocol(self) -> Protocol:
        """As it was used."""
        return self.study.protocol

    @property
    def digests(self) -> Mapping[str, str]:
        """Of the predictions and of the reference side."""
        found: Mapping[str, str] = self.provenance["digests"]
        return found

    @property
    def predicted_by(self) -> tuple[PredictionRecord, ...]:
        """How its predictions were made; none where no record says."""
        return tuple(
            PredictionRecord(
                f"{r['model']['name']} {r['model']['version']}",
                r["model"]["sha256"],
                r["failures"]["n"],
                r["images"]["listed"],
            )
            for r in self.provenance.get("predicted_by", ())
        )

    @property
    def unscored(self) -> tuple[int, int] | None:
        """Images that could not be scored, and all that were listed; ``None``: not known."""
        found = self.predicted_by
        return (sum(p.failed for p in found), sum(p.listed for p in found)) if found else None


def side_of(name: str, files: Mapping[str, bytes]) -> Side:
    """Read one side.

    Args:
        name: what people call it.
        files: content of each of ``FILES``.

    Raises:
        InputError: where one is missing or cannot be understood.
    """
    for file in FILES:
        if file not in files:
            raise InputError(
                f"{name}/{file}", "is missing", "give a bundle that this wbcval's report wrote"
            )
    with input_files.border(name, "a bundle", _AGAIN):
        told = results_file.read(files["results.json"], f"{name}/results.json", _AGAIN)
        protocol = parse(files["protocol.toml"].decode(), "protocol.toml")
        scope, provenance = told.verdict.scope, told.provenance
        study = _study(protocol, files)
        absent = [
            u for u in scope.not_judged if u.statistic == WITHIN and u.subject not in study.values
        ]
        study = replace(
            study,
            not_compared=tuple(u.subject for u in absent),
            switched_off={
                u.subject: (round(u.value * u.n), u.n)
                for u in absent
                if u.value is not None and u.n
            },
            renamed=renamed(protocol),
            # what its protocol says by itself, and what its cells showed before the roll-up
            declared=tuple(dict.fromkeys((*lines(protocol, None), *scope.declared))),
            seen=scope.seen,
            flags=tuple(mark for mark in scope.marks if mark != SORTED_CELLS),
            counts=study.counts and replace(study.counts, in_order=SORTED_CELLS in scope.marks),
            ledger=booked(told, files),
        )
    return Side(
        name,
        study,
        _as_asked(told, protocol),
        declared=provenance["protocol_sha256"] is not None,
        provenance=provenance,
        verdict=told.verdict.decision,
        reason=told.verdict.reason,
        written_for=written_for(protocol.source),
        few_cells=_few_cells(study, told.measurements),
        doubts=_doubts(told.measurements),
    )


def _as_asked(told: ResultsFile, protocol: Protocol) -> tuple[Outcome, ...]:
    """Outcomes; version 1 named the statistic alone, and the rest stands in the protocol."""
    if told.version > 1:
        return told.verdict.outcomes
    asked = {c.id: c for c in protocol.criteria}
    found = []
    for outcome in told.verdict.outcomes:
        mine = outcome.criterion
        c = asked.get(mine.id)
        if c is not None and c.measured_as == mine.statistic:
            mine = replace(
                mine, statistic=c.statistic, min_n=c.min_n, confidence=c.confidence,
                or_within=c.or_within, limits=c.limits, allowable=c.allowable,
            )  # fmt: skip
        found.append(replace(outcome, criterion=mine))
    return tuple(found)


def _doubts(measurements: Sequence[Measurement]) -> dict[Key, tuple[str, ...]]:
    return {
        m.key: tuple(name for name in m.estimate.flags if FLAGS[name].evidence)
        for m in measurements
    }


def _few_cells(study: Study, measurements: Sequence[Measurement]) -> frozenset[str]:
    """Of which so few cells were counted that noise explains everything.

    The report tells it, and the cells that it counted do.
    """
    told = {m.subject for m in measurements if FEW_CELLS in m.estimate.flags}
    asked = (name for name, v in study.values.items() if v.noise is not None)
    return frozenset(told | {name for name in asked if few_cells(study.pairs(name))})


def _table(files: Mapping[str, bytes], name: str) -> _Table:
    header, *rows = csv.reader(io.StringIO(files[name].decode(), newline=""))
    names = [csv_text.unguarded(column) for column in header]
    if len(set(names)) != len(names) or any(len(row) != len(names) for row in rows):
        raise ValueError(f"{name} names a column twice, or not every row has every column")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {
        column: [*map(csv_text.unguarded, texts)]
        for column, texts in zip(names, columns, strict=True)
    }


def _study(protocol: Protocol, files: Mapping[str, bytes]) -> Study:
    groups = _table(files, "strata.csv")
    ids = tuple(groups["sample_id"])
    place = {name: i for i, name in enumerate(ids)}
    if len(place) != len(ids):
        raise ValueError("strata.csv names a sample twice")
    values = _values(_table(files, "samples.csv"), place)
    patients = {patient: code for code, patient in enumerate(dict.fromkeys(groups["patient"]))}
    known = bool(patients.keys() - {""})
    columns = {
        column: {level: np.array([t == level for t in texts]) for level in dict.fromkeys(texts)}
        for column, texts in groups.items()
        if column not in ("sample_id", "patient")
    }
    return Study.of(
        protocol,
        ids,
        values,
        _counts(_table(files, "confusion.csv"), place),
        columns=columns,
        cluster=np.array([patients[p] for p in groups["patient"]]) if known else None,
    )


def _values(rows: _Table, place: Mapping[str, int]) -> dict[str, Values]:
    found: dict[str, Values] = {}
    by: dict[str, list[int]] = {}
    for i, name in enumerate(rows["measurand"]):
        by.setdefault(name, []).append(i)
    for name in [m for m in MEASURANDS if m in by]:
        part = {column: [texts[i] for i in by[name]] for column, texts in rows.items()}
        if set(part["unit"]) != {name.unit}:
            raise ValueError(f"{name} is in {'/'.join(sorted(set(part['unit'])))}")
        at = np.array([place[i] for i in part["sample_id"]])
        marks = [set(text.split(";")) for text in part["flags"]]
        found[name] = Values(
            reference=_at(at, part["reference"], len(place)),
            model=_at(at, part["model"], len(place)),
            resolution=np.zeros(len(place)),
            model_cells=_at(at, part["n_cells"], len(place)),
            shared_total="shared_total" in set.intersection(*marks),
            flags=tuple(m for m in _MARKS if m in set.intersection(*marks)),
            noise=_noise(at, marks, [text == "" for text in part["model"]], len(place)),
        )
    if not found:
        raise ValueError("samples.csv holds no measurand")
    return found


def _noise(places: Ints, marks: Sequence[set[str]], lost: Sequence[bool], size: int) -> Mask | None:
    """Samples inside counting noise; ``None`` where the bundle did not ask."""
    told = [len(found & {INSIDE, BEYOND}) for found in marks]
    if not any(told):
        return None
    if told != [0 if none else 1 for none in lost]:
        raise ValueError("samples.csv marks some samples by counting noise, and others not")
    inside = np.zeros(size, dtype=bool)
    inside[places] = [INSIDE in found for found in marks]
    return inside


def _at(places: Ints, texts: Sequence[str], size: int) -> Floats:
    numbers = np.full(size, np.nan)
    if len(np.unique(places)) < len(places):
        raise ValueError("samples.csv names a sample twice")
    numbers[places] = [_number(text) if text else np.nan for text in texts]
    return numbers


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(f"{text[:20]!r} is no number")
    return number


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text[:20]!r} is no count")
    return int(text)


def _counts(rows: _Table, place: Mapping[str, int]) -> CellCounts | None:
    if not rows["n"]:
        return None
    names = set(rows["true"]) | set(rows["predicted"])
    countable = [n for n in dict.fromkeys((*FIVE, *COUNTABLE, OTHER)) if n in names or n in FIVE]
    labels = (*countable, *(name for name in NOT_COUNTABLE if name in names))
    at = {label: i for i, label in enumerate(labels)}
    confusion = np.zeros((len(place), len(labels), len(labels)), dtype=np.int64)
    where = tuple(
        np.array([key[name] for name in rows[column]])
        for key, column in ((place, "sample_id"), (at, "true"), (at, "predicted"))
    )
    np.add.at(confusion, where, [*map(_count, rows["n"])])
    return CellCounts(
        sample_ids=tuple(place),
        labels=labels,
        n_classes=len(countable),
        confusion=confusion,
        predicted=confusion.sum(axis=1),
    )
