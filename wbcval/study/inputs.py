"""Read every file of a protocol through the door, once: what pairing works on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wbcval.door.importers import dialect_named, expand
from wbcval.door.tables import (
    CellTables,
    Checked,
    Labels,
    ReadOptions,
    of_an_analyzer,
    of_this_model,
    open_labels,
    other_versions,
    read,
)
from wbcval.machine import input_files
from wbcval.machine.progress import Progress, silent
from wbcval.origin import Origin, doubts, failed, missed, unreadable, with_content
from wbcval.origin import read as read_origin
from wbcval.protocol.roles import OF_TABLE, PREDICTIONS, REFERENCE, REPLICATES, ROLES, SAMPLES
from wbcval.protocol.types import Protocol
from wbcval.stats.metric import Stage
from wbcval.study import given_as
from wbcval.study.cells import CellCounts
from wbcval.study.counts import joined
from wbcval.study.part import CellParts, PredictionsFile, read_part
from wbcval.study.reduce import CellReducer, stages_of
from wbcval.study.types import InputFile
from wbcval.values.errors import InputError
from wbcval.values.findings import Exclusion, Finding, LogEntry


@dataclass(frozen=True)
class Inputs:
    """Everything that was read, with all that was found.

    Attributes:
        cells: reduced cells, or ``None`` where no file held any.
        counts: the model's sample counts; ``None`` where not given.
        beside: role → its table, of the other roles whose file is read whole.
        origins: where files of predictions come from, of those that say so.
        tables: all that were read of the samples of the study, for whose each sample is; those of
            cells have no rows left.
        rollup_stated: whether the roll-up is the protocol's and no default.
        cells_lost: that a record says could not be scored, and that no true class tells of.
    """

    protocol: Protocol
    cells: CellCounts | None
    counts: Checked | None
    beside: Mapping[str, Checked]
    files: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    log: tuple[LogEntry, ...]
    exclusions: tuple[Exclusion, ...]
    origins: tuple[Origin, ...] = ()
    rollup_stated: bool = False
    tables: tuple[Checked, ...] = ()
    cells_lost: int = 0

    @property
    def reference(self) -> Checked | None:
        """Values of the samples; ``None`` where cells have labels instead, or there is none."""
        return self.beside.get(REFERENCE)

    @property
    def replicates(self) -> Checked | None:
        """Repeated results of the model, of these samples or others; ``None`` where not given."""
        return self.beside.get(REPLICATES)

    @property
    def samples(self) -> Checked | None:
        """What is known of the samples; ``None`` where not given."""
        return self.beside.get(SAMPLES)


def by_precedence(tables: Iterable[Checked]) -> list[Checked]:
    """Tables by whose word counts first: that of the samples, then the others, the model's last."""
    roles = [SAMPLES, *(role for role in ROLES if role not in (SAMPLES, PREDICTIONS)), PREDICTIONS]
    return sorted(tables, key=lambda table: roles.index(OF_TABLE[table.name].name))


def expanded(protocol: Protocol) -> Protocol:
    """The protocol with the files that its patterns name.

    Raises:
        InputError: for a pattern that matches no file, and for a file that is named twice.
    """
    inputs = {
        role: expand(paths) if ROLES[role].many else paths
        for role, paths in protocol.inputs.items()
    }
    return replace(protocol, inputs=inputs)


def read_inputs(
    protocol: Protocol, progress: Progress = silent, executor: Executor | None = None
) -> Inputs:
    """Read all inputs of a protocol; findings are returned, not raised.

    Args:
        protocol: which they are, and how they are read.
        progress: told what is being done.
        executor: where files of predictions are read and reduced, such as processes of this machine
            (``ProcessPoolExecutor``); ``None``: here, one by one. What is found is the same.

    Raises:
        InputError: where a file cannot be read at all, changes meanwhile, or none is given.
    """
    for role, paths in protocol.inputs.items():
        if not paths and protocol.mode in ROLES[role].needed_by:
            got, advice = ROLES[role].lacking
            raise InputError(role, got.format(mode=protocol.mode), advice)
    protocol = expanded(protocol)
    states = {path: input_files.state(path) for path in protocol.paths}
    found, labels = _Found(), None
    beside: dict[str, Checked] = {}
    for role in ROLES:
        if role == PREDICTIONS or (path := protocol.path(role)) is None:
            continue
        progress(f"reading {path.name}")
        options = _options(protocol, role)
        if role == REFERENCE and protocol.mode == "same-cells":
            labels = open_labels(path, options)
        if role != REFERENCE or labels is None:
            beside[role] = found.keep(read(path, role, options))
    stated = protocol.rollup is not None
    if not stated:
        reference = beside.get(REFERENCE)
        dialect = dialect_named(reference.dialect) if reference is not None else None
        protocol = replace(protocol, rollup=dialect.rollup if dialect else "full")
    cells, counts, origins, lost = _predictions(protocol, labels, found, progress, executor)
    for path, before in states.items():  # a record of origin and its table are of one moment
        input_files.check_same(path, before)
    one_sheet = protocol.sheets.get(REFERENCE) == protocol.sheets.get(PREDICTIONS)
    if one_sheet and protocol.path(REFERENCE) in protocol.inputs[PREDICTIONS]:
        found.findings += given_as.one_column(found.tables)
    model = protocol.model
    found.findings += doubts(
        origins,
        model.name,
        model.version,
        protocol.columns.get(PREDICTIONS, {}),
    )
    found.findings += other_versions(found.tables, model.name, model.version)
    found.findings = given_as.two_exports(found.tables, found.findings)
    found.findings = given_as.without_other_sides(found.tables, found.findings)
    found.findings += given_as.one_name(found.tables, model, protocol.analyzer)
    names = (model.name, *(o.record["model"]["name"] for o in origins))
    found.findings += of_this_model(found.tables, names)
    counted = protocol.analyzer.name if protocol.mode == "different-aliquot" else ""
    found.findings += of_an_analyzer(found.tables, names, counted)
    return Inputs(
        protocol,
        cells,
        counts,
        beside,
        tuple(found.files),
        tuple(found.findings),
        tuple(found.log),
        tuple(found.exclusions),
        origins,
        stated,
        tuple(table for table in found.tables if table.name != REPLICATES),
        lost,
    )


class _Found:
    """Findings, log and exclusions of all files, in the order they were read."""

    def __init__(self) -> None:
        self.files: list[InputFile] = []
        self.findings: list[Finding] = []
        self.log: list[LogEntry] = []
        self.exclusions: list[Exclusion] = []
        self.tables: list[Checked] = []

    def keep(self, checked: Checked) -> Checked:
        self.files.append(
            InputFile(checked.name, checked.file, checked.sha256, checked.dialect, checked.rows)
        )
        self.tables.append(checked)
        self.findings += checked.findings
        self.log += checked.log
        self.exclusions += checked.exclusions
        return checked

    def origin(self, path: Path) -> Origin | None:
        try:
            found = read_origin(path)
            return None if found is None else with_content(path, found)
        except InputError as why:
            self.findings.append(unreadable(path.name, why))
            return None


def _predictions(
    protocol: Protocol,
    labels: Labels | None,
    found: _Found,
    progress: Progress,
    executor: Executor | None,
) -> tuple[CellCounts | None, Checked | None, tuple[Origin, ...], int]:
    """The model's cells, reduced as they are read, its sample counts, and where they come from.

    And how many cells a record says are lost, which stand nowhere.
    """
    options, paths = _options(protocol, PREDICTIONS), protocol.inputs[PREDICTIONS]
    origins = {path: found.origin(path) for path in paths}
    usable = labels if labels is not None and labels.usable else None
    rollup, stages = str(protocol.rollup), _stages(protocol, origins.values())
    files = [
        PredictionsFile(path, options, rollup, stages, recorded=origins[path] is not None)
        for path in paths
    ]
    tables, all_cells = [], CellParts(CellTables(options), CellReducer(rollup, stages))
    of_counts, of_cells = [], []
    for file, part in zip(files, _parts(files, usable, progress, executor), strict=True):
        if isinstance(part, Checked):
            tables.append(found.keep(part))
            of_counts.append(origins[file.path])
        else:
            all_cells.merge(part)
            of_cells.append(origins[file.path])
    reducer = all_cells.reducer
    read_tables = [found.keep(checked) for checked in all_cells.tables.checked()]
    lost = failed(of_cells)
    if labels is not None:
        for batch in labels.unmet() if of_cells and labels.usable else ():
            reducer.add(batch)  # a labelled cell that nobody called anything was missed (§18)
            lost -= Counter(batch["sample_id"])  # the labels may name each that failed, or none
        found.keep(labels.checked())
    elif reducer.has_truth:
        unseen = missed(of_cells, protocol.class_map)  # no cell came of their images
        reducer.add(unseen)
        lost -= Counter(unseen["sample_id"])
    cells = reducer.counts() if of_cells else None
    known = zip((*of_cells, *of_counts), (*read_tables, *tables), strict=True)
    complete = (_complete(o, t.sha256, cells) for o, t in known if o is not None)
    return cells, joined(tables, found.findings), tuple(complete), lost.total()


def _parts(
    files: Sequence[PredictionsFile],
    labels: Labels | None,
    progress: Progress,
    executor: Executor | None,
) -> Iterator[Checked | CellParts]:
    """What each file holds, in the order of the files."""
    # labels know what they met, and stay in their process
    done = executor.map(read_part, files) if executor is not None and labels is None else None
    for i, file in enumerate(files, start=1):
        many = f" ({i} of {len(files)})" if len(files) > 1 else ""
        step = f"reading {file.path.name}{many}"
        progress(step)
        if done is None:
            yield read_part(file, labels, partial(progress, step))
        else:
            yield next(done)


def _stages(protocol: Protocol, origins: Iterable[Origin | None]) -> tuple[Stage, ...] | None:
    """Of the model that a record names; several models are refused later."""
    first = next((o for o in origins if o is not None), None)
    if first is None:
        return None
    return stages_of(first.record["stages"], protocol.class_map, str(protocol.rollup))


def _complete(origin: Origin, sha256: str, cells: CellCounts | None) -> Origin:
    """The origin with what reading the table told."""
    counted = {}
    if cells is not None and origin.of_cells:
        totals = zip(cells.sample_ids, cells.predicted.sum(axis=1).tolist(), strict=True)
        failed = origin.record["failures"]["samples"]
        counted = {name: n for name, n in totals if name in failed}
    return replace(origin, sha256=sha256, cells=counted)


def _options(protocol: Protocol, role: str) -> ReadOptions:
    return ReadOptions(
        columns=protocol.columns.get(role, {}),
        units=protocol.units.get(role, {}),
        class_map=protocol.class_map,
        duplicates=protocol.duplicates if role == REFERENCE else None,
        sheet=protocol.sheets.get(role),
        strata=protocol.strata,
        rollup=protocol.rollup or "full",
        read_elsewhere=frozenset(
            sheet
            for other, sheet in protocol.sheets.items()
            if other != role and {*protocol.inputs[other]} & {*protocol.inputs[role]}
        ),
    )
