"""Whether the ledger of a bundle says what its tables hold."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wbcval.bundle.results_file import ResultsFile
from wbcval.machine import csv_text
from wbcval.stats.metric import Ints
from wbcval.study import false_findings, missed_findings
from wbcval.study.false_findings import FalseFinding
from wbcval.study.ledger import CELLS, CLASSIFICATION, FIELDS, SAMPLES, Account, Ledger
from wbcval.study.missed_findings import MissedFinding
from wbcval.values.classes import MALIGNANT, PATHOLOGICAL

TABLES = ("samples.csv", "confusion.csv")


def booked(told: ResultsFile, tables: Mapping[str, bytes]) -> Ledger:
    """The ledger of a bundle, once it adds up and agrees with the tables.

    Args:
        told: by ``results.json``.
        tables: content of each of ``TABLES``.

    Raises:
        KeyError, TypeError, ValueError: where it does not.
    """
    ledger = told.verdict.scope.ledger
    judged, lost = Counter[str](), Counter[str]()
    for row in _rows(tables["samples.csv"]):
        (judged if row["model"] else lost)[row["measurand"]] += 1
    cells, labelled = Counter[str](), set[str]()
    for row in _rows(tables["confusion.csv"]):
        cells[row["true"]] += int(row["n"])
        labelled.add(row["sample_id"])
    left_out = Counter(e.subject for e in told.exclusions)
    accounts = {(a.subject, a.of): a for a in ledger.accounts}
    if len(accounts) < len(ledger.accounts):
        raise ValueError("the ledger has two accounts of one subject")
    for name in {*judged, *lost} - {a.subject for a in ledger.accounts if a.of == SAMPLES}:
        raise ValueError(f"the ledger has no account of {name}")
    for account in ledger.accounts:
        name = account.subject
        if account.of == FIELDS:
            images = [by["images"] for by in told.provenance.get("predicted_by", ())]
            found = sum(i["listed"] for i in images if i["kind"] == FIELDS)
            _same(account, "listed", found, "the records of the predictions")
        elif account.of == CELLS:
            found = cells.total() if name == "all" else cells[name]
            _same(account, "judged", found, "confusion.csv")
        elif name == CLASSIFICATION:
            _same(account, "judged", len(labelled), "confusion.csv")
        else:
            out = left_out["all"] + (left_out[name] if name != "all" else 0)
            _same(account, "left_out", out, "the exclusions")
            if name != "all":
                _same(account, "judged", judged[name], "samples.csv")
                _same(account, "lost", lost[name], "samples.csv")
    if cells and ("all", CELLS) not in accounts:
        raise ValueError("the ledger has no account of the cells")
    counted = tuple(_by_class([*_rows(tables["confusion.csv"])]))
    return _with_findings(ledger, counted, of_cells=told.provenance["mode"] == "same-cells")


# class; cells that are truly, falsely and all called so, and all, of each sample; the samples
_Counted = tuple[str, Ints, Ints, Ints, Ints, Sequence[str]]


def _with_findings(ledger: Ledger, counted: Sequence[_Counted], *, of_cells: bool) -> Ledger:
    """The ledger, whose findings are those of the cells; with them, where it tells none.

    Where a reference may have told of more, it has no fewer.
    """
    falsely: dict[str, FalseFinding] = {}
    missed: dict[str, MissedFinding] = {}
    for label, true, wrong, called, of, ids in counted:
        none = true == 0
        found = int(false_findings.is_positive(label, wrong[none], of[none]).sum())
        falsely[label] = FalseFinding(label, found, int(none.sum()), known=True)
        if label in MALIGNANT:
            found_not = missed_findings.of_counts(label, true, called, of, ids)
            missed |= {f.label: f for f in found_not}
    before = ledger.missed_findings is None  # of a version that looked at fewer classes
    told = {f.label: f.found for f in ledger.false_findings or () if f.known}
    looked_at = () if ledger.false_findings is None else MALIGNANT if before else PATHOLOGICAL
    for label, f in falsely.items():
        n = told.get(label, 0)
        if label in looked_at and (n != f.found if of_cells else n < f.found):
            raise ValueError(f"the ledger does not add up: false findings of {label}")
    if before:
        more = [f for f in falsely.values() if f.found and f.label not in looked_at]
        both = (*(ledger.false_findings or ()), *more)
        return replace(ledger, false_findings=both, missed_findings=tuple(missed.values()))
    said = {f.label: f for f in ledger.missed_findings or ()}
    for label in falsely:
        ours, theirs = said.get(label), missed.get(label)
        if ours is not None and theirs is not None and ours.beyond is None:
            ours = said[label] = replace(ours, beyond=theirs.beyond)
        of_more = ours is not None and ours.missed > (theirs.missed if theirs else 0)
        if ours != theirs and (of_cells or not of_more):
            raise ValueError(f"the ledger does not add up: missed findings of {label}")
    return replace(ledger, missed_findings=tuple(said.values()))


def _by_class(cells: Sequence[Mapping[str, str]]) -> Iterator[_Counted]:
    """Cells of each class that the roll-up keeps, by the table of cells."""
    for label in {row[side] for row in cells for side in ("true", "predicted")} & {*PATHOLOGICAL}:
        of, true, falsely, called = (Counter[str]() for _ in range(4))
        for row in cells:
            name, n = row["sample_id"], int(row["n"])
            of[name] += n
            true[name] += n * (row["true"] == label)
            called[name] += n * (row["predicted"] == label)
            falsely[name] += n * (row["true"] != label == row["predicted"])
        found = (np.array([by[name] for name in of]) for by in (true, falsely, called, of))
        yield (label, *found, [*map(csv_text.unguarded, of)])  # type: ignore[misc]


def _same(account: Account, what: str, found: int, where: str) -> None:
    said = getattr(account, what)
    if said != found:
        raise ValueError(
            f"the ledger does not add up: {account.subject}, {said} {account.of} "
            f"{what.replace('_', ' ')}, and {found} by {where}"
        )


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(io.StringIO(content.decode(), newline="")))
