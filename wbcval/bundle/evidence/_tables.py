"""Whether tables of a bundle are those of its results, and their rows agree with themselves."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import exclusions_csv, import_log_csv, within_by
from wbcval.machine import csv_text
from wbcval.stats.acceptance import is_within
from wbcval.stats.functions.error import effective_error, relative_error
from wbcval.stats.or_noise import INSIDE
from wbcval.stats.statistic_name import SHARE_WITHIN, StatisticName
from wbcval.values.findings import LogEntry

EXCLUSIONS, IMPORT_LOG, SAMPLES = "exclusions.csv", "import-log.csv", "samples.csv"
TABLES = (EXCLUSIONS, IMPORT_LOG, SAMPLES)


def contradictions(told: ResultsFile, tables: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Tables that tell something else than the results or than their own rows, and what.

    Args:
        told: by ``results.json``.
        tables: content of each of ``TABLES``.
    """
    if tables[EXCLUSIONS] != exclusions_csv(told.exclusions).encode():
        yield EXCLUSIONS, "tells other exclusions than results.json"
    try:
        if said := _of_log(tables[IMPORT_LOG], told.provenance["inputs"]):
            yield IMPORT_LOG, said
    except (TypeError, ValueError):
        yield IMPORT_LOG, "is no import log"
    try:
        if said := _of_samples(told, tables[SAMPLES]):
            yield SAMPLES, said
    except (KeyError, TypeError, ValueError):
        yield SAMPLES, "is no table of samples"


def _of_log(content: bytes, inputs: Sequence[Mapping[str, Any]]) -> str:
    """What an import log lacks: each row of an input is kept, or has a line that says why not."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    next(rows, None)
    entries = [LogEntry(*map(csv_text.unguarded, row)) for row in rows]
    if import_log_csv(entries).encode() != content:
        return "is not written as an import log is"
    told: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for entry in entries:
        first, _, last = entry.row.partition("-")
        if first:
            told[entry.file].append((int(first), int(last or first)))
    for each in inputs:
        if _size(told[each["file"]]) < (each.get("rows") or 0):
            return "tells of fewer rows than results.json says were read"
    return ""


def _size(spans: Sequence[tuple[int, int]]) -> int:
    """How many rows lie in any of the spans."""
    size = end = 0
    for first, last in sorted(spans):
        size += max(last - max(first - 1, end), 0)
        end = max(end, last)
    return size


def _of_samples(told: ResultsFile, content: bytes) -> str:
    """In what a row denies its own two values; "" where none does."""
    by = within_by(told.verdict.outcomes)
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        parts[row["measurand"]].append(row)
    for name, rows in parts.items():
        limits = {row["limit_percent"] for row in rows}
        pairs = [row for row in rows if row["model"]]
        if any(row["within"] == "yes" for row in rows if not row["model"]):
            return f"says that a sample without a value of the model is within ({name})"
        if limits == {""}:
            continue
        asked = StatisticName(f"{SHARE_WITHIN}:{by[name]}")
        limit = asked.limit
        assert limit is not None  # noqa: S101 (a share within has one)
        if {float(text) for text in limits} != {limit}:
            return f"says another limit of {name} than results.json judges"
        reference, model, difference, error = (
            np.array([float(row[key]) for row in pairs])
            for key in ("reference", "model", "difference", "error_percent")
        )
        inside = is_within(effective_error(reference, model, limit, asked.floor), limit)
        inside |= np.array([INSIDE in row["flags"].split(";") for row in pairs], dtype=bool)
        said = np.array([row["within"] == "yes" for row in pairs], dtype=bool)
        if not np.array_equal(difference, model - reference):
            return f"states a difference of {name} that is not that of its two values"
        if not np.array_equal(error, relative_error(reference, model), equal_nan=True):
            return f"states an error of {name} that is not that of its two values"
        if not np.array_equal(inside, said):
            return f"says of a sample of {name} that it is within, or outside, against its values"
    return ""
