"""Read every file of a protocol through the door, once: what pairing works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from wbcval.cells import CellCounts, reduce_cells
from wbcval.classes import MEASURANDS
from wbcval.errors import InputError
from wbcval.findings import Exclusion, Finding, LogEntry, Severity
from wbcval.protocol import Protocol
from wbcval.study import Input
from wbcval.tables import (
    Checked,
    ReadOptions,
    SeenCells,
    add_findings,
    kind_of,
    read,
    read_cells,
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """Everything that was read, with all that was found.

    Attributes:
        cells: reduced cells, or ``None`` where no file held any.
        counts: the model's sample counts, ``reference`` and ``samples``: indexed by
            ``sample_id``; ``None`` where not given.
    """

    protocol: Protocol
    cells: CellCounts | None
    counts: Checked | None
    reference: Checked | None
    samples: Checked | None
    files: tuple[Input, ...]
    findings: tuple[Finding, ...]
    log: tuple[LogEntry, ...]
    exclusions: tuple[Exclusion, ...]


def read_inputs(protocol: Protocol, progress: Progress = lambda _: None) -> Inputs:
    """Read all inputs of a protocol; findings are returned, not raised.

    Raises:
        InputError: where a file cannot be read at all, or none is given.
    """
    if not protocol.predictions:
        raise InputError("predictions", "no file given", "give --predictions FILE or [inputs]")
    if protocol.reference is None and protocol.mode != "same-cells":
        raise InputError(
            "reference",
            f"no file given, and mode {protocol.mode} compares with one",
            "give --reference FILE (only same-cells goes without)",
        )
    found = _Found()
    reference = samples = None
    if protocol.reference is not None:
        progress(f"reading {protocol.reference.name}")
        reference = found.keep(
            read(protocol.reference, "reference", _options(protocol, "reference"))
        )
    if protocol.samples is not None:
        progress(f"reading {protocol.samples.name}")
        samples = found.keep(read(protocol.samples, "samples", _options(protocol, "samples")))
    if protocol.rollup is None:
        sysmex = reference is not None and reference.dialect.startswith("sysmex")
        protocol = replace(protocol, rollup="xn5" if sysmex else "full")
    options = _options(protocol, "predictions")
    tables, cell_files = [], []
    for path in protocol.predictions:
        if kind_of(path, options) == "cells":
            cell_files.append(path)
        else:
            progress(f"reading {path.name}")
            tables.append(found.keep(read(path, "predictions", options)))
    cells = None
    if cell_files:
        batches = _batches(cell_files, options, found, progress)
        cells = reduce_cells(batches, str(protocol.rollup))
    counts = _one(tables, found)
    return Inputs(
        protocol,
        cells,
        counts,
        reference,
        samples,
        tuple(found.files),
        add_findings(found.findings),
        tuple(found.log),
        tuple(found.exclusions),
    )


class _Found:
    """Findings, log and exclusions of all files, in the order they were read."""

    def __init__(self) -> None:
        self.files: list[Input] = []
        self.findings: list[Finding] = []
        self.log: list[LogEntry] = []
        self.exclusions: list[Exclusion] = []

    def keep(self, checked: Checked, new_file: bool = True) -> Checked:
        if new_file:
            self.files.append(
                Input(
                    checked.name, checked.file, checked.sha256, checked.dialect, len(checked.frame)
                )
            )
        else:
            last = self.files[-1]
            self.files[-1] = replace(last, rows=last.rows + len(checked.frame))
        self.findings += checked.findings
        self.log += checked.log
        self.exclusions += checked.exclusions
        return checked


def _options(protocol: Protocol, role: str) -> ReadOptions:
    return ReadOptions(
        columns=protocol.columns.get(role, {}),
        units=protocol.units.get(role, {}),
        class_map=protocol.class_map,
        duplicates=protocol.duplicates if role == "reference" else None,
        sheet=protocol.sheets.get(role),
    )


def _batches(
    paths: list[Path], options: ReadOptions, found: _Found, progress: Progress
) -> Iterator[pd.DataFrame]:
    seen = SeenCells()  # a cell may stand once, whichever file it is in
    for path in paths:
        progress(f"reading {path.name}")
        for i, batch in enumerate(read_cells(path, options, seen)):
            found.keep(batch, new_file=i == 0)
            yield batch.frame


def _one(tables: list[Checked], found: _Found) -> Checked | None:
    """Several tables of model counts as one; a sample may stand in one of them only."""
    if len(tables) < 2:
        return tables[0] if tables else None
    frame = pd.concat([t.frame for t in tables], ignore_index=True)
    twice = frame["sample_id"].duplicated()
    if twice.any():
        found.findings.append(
            Finding(
                "counts",
                ", ".join(t.file for t in tables),
                "duplicate-id",
                Severity.ERROR,
                "sample_id",
                int(twice.sum()),
                got=f"{frame['sample_id'][twice].iloc[0]!r} stands in more than one table",
                advice="give each sample once",
            )
        )
        frame = frame[~twice]
    measurands = tuple(m for m in MEASURANDS if any(m in t.measurands for t in tables))
    return replace(tables[0], frame=frame, measurands=measurands)
