"""Results as files: ``results.json`` and the tables of the bundle, stable to the byte."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wbcval.classes import UNITS
from wbcval.criteria import Verdict
from wbcval.findings import Exclusion, LogEntry
from wbcval.protocol import Criterion, Protocol
from wbcval.results import SCHEMA_VERSION, Results
from wbcval.stats._error import LIMIT, Acceptance
from wbcval.study import Study


def results_json(
    study: Study, results: Results, verdict: Verdict, provenance: Mapping[str, Any]
) -> str:
    """``results.json`` by ``schemas/results.schema.json``: numbers, or null with a reason."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "wbcval_version": provenance["wbcval_version"],
        "created": provenance["created"],
        "verdict": str(verdict.decision),
        "reason": verdict.reason,
        "measurements": [m.to_json() for m in results.measurements],
        "outcomes": [o.to_json() for o in verdict.outcomes],
        "exclusions": [
            {"sample_id": e.sample_id, "subject": e.subject, "reason": e.reason}
            for e in study.exclusions
        ],
        "provenance": dict(provenance),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


_SAMPLE_COLUMNS = (
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
    judged = {
        o.criterion.subject: o.criterion.measured_as.partition(":")[2]
        for o in reversed(verdict.outcomes)
        if o.criterion.statistic.startswith("share_within:") and o.criterion.stratum == "all"
    }
    return _csv(
        _SAMPLE_COLUMNS,
        _sample_rows(study, results, judged),
    )


def _sample_rows(
    study: Study, results: Results, judged: Mapping[str, str]
) -> Iterator[Sequence[object]]:
    for name in study.measurands:
        values = study.values[name]
        detail = results.detail("error", name)
        limit = judged.get(name, f"{LIMIT:g}")
        found: Acceptance | None = detail.acceptances.get(limit) if detail else None
        paired, lost = values.paired, values.lost
        at = np.cumsum(paired) - 1  # place of a sample among the pairs
        for i in np.flatnonzero(paired | lost):
            sample = study.sample_ids[i]
            flags = [*values.flags]
            if sample in values.sample_flags:
                flags.append(values.sample_flags[sample])
            within, error, difference = "", "", ""
            if lost[i]:
                flags.append("technical_failure")
                within = "no" if study.protocol.missing == "outside" else ""
            elif found is not None:
                within = "yes" if found.within[at[i]] else "no"
                error = _number(float(detail.signed[at[i]]))
                difference = _number(float(values.model[i] - values.reference[i]))
                if found.unresolvable[at[i]]:
                    flags.append("unresolvable")
            cells = values.model_cells
            yield (
                sample,
                name,
                UNITS[name],
                _number(float(values.reference[i])),
                _number(float(values.model[i])),
                difference,
                error,
                within,
                "" if found is None else f"{found.limit:g}",
                "" if cells is None or np.isnan(cells[i]) else int(cells[i]),
                ";".join(flags),
            )


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
    return _csv(("sample_id", "true", "predicted", "n"), rows)


def exclusions_csv(exclusions: Iterable[Exclusion]) -> str:
    """``sample_id, subject, reason``."""
    rows = ((e.sample_id, e.subject, e.reason) for e in exclusions)
    return _csv(("sample_id", "subject", "reason"), rows)


def import_log_csv(log: Iterable[LogEntry]) -> str:
    """``file, row, sample_id, column, rule, action, value, reason``."""
    columns = ("file", "row", "sample_id", "column", "rule", "action", "value", "reason")
    return _csv(columns, ([getattr(entry, c) for c in columns] for entry in log))


def protocol_toml(protocol: Protocol, criteria: Sequence[Criterion]) -> str:
    """A protocol made from options, as the file that would ask for the same."""

    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"  # JSON's scalars are TOML's

    lines = ["# As used: made from command-line options, with the default criteria."]
    lines += ["schema_version = 1", line("mode", protocol.mode), line("rollup", protocol.rollup)]
    lines += [line("seed", protocol.seed), line("strata", list(protocol.strata)), "", "[inputs]"]
    lines.append(line("predictions", [p.name for p in protocol.predictions]))
    for key, path in (("reference", protocol.reference), ("samples", protocol.samples)):
        if path is not None:
            lines.append(line(key, path.name))
    for c in criteria:
        lines += ["", "[[criterion]]"]
        for key in ("id", "measure", "subject", "stratum", "statistic", "min", "max", "rule"):
            value = getattr(c, key)
            if value is not None:
                lines.append(line(key, value))
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Shortest text that reads back as the same number; empty for none."""
    return "" if math.isnan(value) else repr(value)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
