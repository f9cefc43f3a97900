"""The tables of a bundle, stable to the byte."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from wbcval.judge.outcomes import Outcome, Verdict
from wbcval.machine import csv_text
from wbcval.measure.results import Measurement, Results
from wbcval.protocol import protocol_file
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.functions.error import LIMIT, Acceptance
from wbcval.stats.metric import Floats, Mask
from wbcval.stats.or_noise import BEYOND, INSIDE
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.findings import Exclusion, LogEntry
from wbcval.values.measurands import Measurand
from wbcval.values.strata import Stratum

# how a protocol begins that no file held
FROM_OPTIONS = "# As used: made from command-line options, with the default criteria."
FROM_PYTHON = "# As used: made in Python, with the criteria given there."

SAMPLE_COLUMNS = (
    "sample_id",
    "measurand",
    "unit",
    "reference",
    "model",
    "difference",
    "error_percent",
    "within",
    "limit_percent",
    "n_cells",
    "flags",
)


def samples_csv(study: Study, results: Results, verdict: Verdict) -> str:
    """A row per sample and measurand: both values, error, within or not, cells, flags.

    ``within`` follows the first criterion on the measurand's share within a limit, else 10 %; a
    technical failure is outside.
    """
    by = within_by(verdict.outcomes)
    parts = [_measurand_rows(study, results, name, by[name]) for name in study.measurands]
    text = pa.BufferOutputStream()
    quoted = pc.WriteOptions(include_header=False, quoting_style="needed")
    text.write((",".join(SAMPLE_COLUMNS) + "\n").encode())
    for part in parts:
        pc.write_csv(part, text, quoted)
    return str(text.getvalue().to_pybytes(), "utf-8")


def within_by(outcomes: Sequence[Outcome]) -> Mapping[str, str]:
    """Measurand → the limit of its column ``within``, with what else the statistic's name says."""
    judged = {
        o.criterion.subject: o.criterion.measured_as.rest
        for o in reversed(outcomes)
        if o.criterion.statistic.base == SHARE_WITHIN and o.criterion.stratum == "all"
    }
    return defaultdict(lambda: f"{LIMIT:g}", judged)


def _measurand_rows(study: Study, results: Results, name: Measurand, limit: str) -> pa.Table:
    """The rows of one measurand; a value that is not there is null, an empty field."""
    values = study.values[name]
    detail = results.detail("error", name)
    found: Acceptance | None = detail.acceptances.get(limit) if detail else None
    take = np.flatnonzero(values.listed)
    lost = values.lost[take]
    error, difference = (np.full(len(take), np.nan) for _ in range(2))
    within, coarse = np.full(len(take), None, dtype=object), np.zeros(len(take), dtype=bool)
    if found is not None:
        error[~lost], coarse[~lost] = detail.signed, found.unresolvable
        within[~lost] = np.where(found.within, "yes", "no")
        difference[~lost] = (values.model - values.reference)[take][~lost]
    if study.protocol.missing == "outside":
        within[lost] = "no"
    samples = [study.sample_ids[i] for i in take]
    marks = zip(samples, lost, coarse, _noise(found, lost), strict=True)
    columns = {
        "sample_id": csv_text.guarded_array(pa.array(samples, pa.string())),
        "measurand": pa.repeat(str(name), len(take)),
        "unit": pa.repeat(name.unit, len(take)),
        "reference": _numbers(values.reference[take]),
        "model": _numbers(values.model[take]),
        "difference": _numbers(difference),
        "error_percent": _numbers(error),
        "within": pa.array(within, pa.string()),
        "limit_percent": _numbers(np.full(len(take), np.nan if found is None else found.limit)),
        "n_cells": _numbers(np.full(len(take), np.nan) if values.model_cells is None
                            else values.model_cells[take]).cast(pa.int64()),
        "flags": pa.array([_flags(values, *mark) for mark in marks], pa.string()),
    }  # fmt: skip
    return pa.table({key: columns[key] for key in SAMPLE_COLUMNS})


def _noise(found: Acceptance | None, lost: Mask) -> list[str]:
    """Whether each sample lies inside counting noise, where that was asked."""
    said = np.full(len(lost), "", dtype=object)
    if found is not None and found.noise is not None:
        said[~lost] = np.where(found.noise, INSIDE, BEYOND)
    return said.tolist()


def _flags(values: Values, sample: str, lost: bool, coarse: bool, noise: str) -> str:
    more = ("unresolvable" if coarse else "", noise)
    return ";".join((*values.marks(sample, lost), *filter(None, more)))


def _numbers(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)  # NaN is no number: null


def confusion_csv(study: Study) -> str:
    """``sample_id, true, predicted, n``: cells of each sample, zeros left out."""
    counts = study.counts
    rows: Iterable[Sequence[object]] = ()
    if counts is not None:
        rows = (
            (
                study.sample_ids[s],
                counts.labels[t],
                counts.labels[p],
                int(counts.confusion[s, t, p]),
            )
            for s, t, p in zip(*np.nonzero(counts.confusion), strict=True)
        )
    return csv_text.text_of(("sample_id", "true", "predicted", "n"), rows)


def strata_csv(study: Study) -> str:
    """``sample_id, patient`` and a column per stratum: where each sample under study belongs.

    ``patient`` is a number of this file, equal for samples of one patient; empty where no patients
    are known.
    """
    columns: dict[str, list[str]] = {}
    for name, mask in study.strata.items():
        stratum = Stratum(name)
        if stratum.column:
            texts = columns.setdefault(stratum.column, [""] * len(study.sample_ids))
            for i in np.flatnonzero(mask):
                texts[i] = stratum.level
    patients: Iterable[object] = [""] * len(study.sample_ids)
    if study.patients_known:
        numbers: dict[int, int] = {}
        patients = [numbers.setdefault(int(c), len(numbers) + 1) for c in study.cluster]
    return csv_text.text_of(
        ("sample_id", "patient", *columns),
        zip(study.sample_ids, patients, *columns.values(), strict=True),
    )


FIGURE_COLUMNS = (
    "measure",
    "subject",
    "stratum",
    "statistic",
    "value",
    "low",
    "high",
    "level",
    "n",
    "unit",
    "criteria",
    "flags",
    "reason",
)


def figures_csv(measurements: Iterable[Measurement], outcomes: Iterable[Outcome]) -> str:
    """Every number of ``results.json`` as a row, with the criteria that judge it."""
    judged: dict[tuple[str, ...], list[str]] = {}
    for c in (o.criterion for o in outcomes):
        judged.setdefault((c.measure, c.subject, c.stratum, c.measured_as), []).append(c.id)
    rows = (
        (
            *m.key,
            *(_figure(getattr(m.estimate, part)) for part in ("value", "low", "high", "level")),
            "" if m.estimate.n is None else m.estimate.n,
            m.unit,
            " ".join(judged.get(m.key, ())),
            ";".join(m.estimate.flags),
            m.estimate.reason,
        )
        for m in measurements
    )
    return csv_text.text_of(FIGURE_COLUMNS, rows)


def _figure(number: float | None) -> str:
    """As ``results.json`` has it; nothing for what is not estimable."""
    if number is None:
        return ""
    return ("" if number > 0 else "-") + "Infinity" if math.isinf(number) else repr(number)


def exclusions_csv(exclusions: Iterable[Exclusion]) -> str:
    """``sample_id, subject, reason``."""
    rows = ((e.sample_id, e.subject, e.reason) for e in exclusions)
    return csv_text.text_of(("sample_id", "subject", "reason"), rows)


def import_log_csv(log: Iterable[LogEntry]) -> str:
    """``file, row, sample_id, column, rule, action, value, reason``."""
    columns = ("file", "row", "sample_id", "column", "rule", "action", "value", "reason")
    return csv_text.text_of(columns, ([getattr(entry, c) for c in columns] for entry in log))


def written_for(protocol: str) -> str:
    """The first line of a protocol that the program wrote itself; "" of one that people wrote."""
    first = protocol.partition("\n")[0]
    return first if first in (FROM_OPTIONS, FROM_PYTHON) else ""


def protocol_toml(protocol: Protocol, criteria: Sequence[Criterion]) -> str:
    """A protocol that no file held, as the file that asks for the same of inputs of these names."""
    head = FROM_PYTHON if protocol.criteria else FROM_OPTIONS
    return head + "\n" + protocol_file.write(replace(protocol, criteria=tuple(criteria)))
