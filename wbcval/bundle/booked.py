"""Whether the ledger of a bundle says what its tables hold."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wbcval.bundle.results_file import ResultsFile
from wbcval.study import false_findings
from wbcval.study.false_findings import FalseFinding
from wbcval.study.ledger import CELLS, CLASSIFICATION, FIELDS, SAMPLES, Account, Ledger
from wbcval.values.classes import PATHOLOGICAL

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
    return _with_findings(ledger, tuple(_false_findings([*_rows(tables["confusion.csv"])])))


def _with_findings(ledger: Ledger, counted: Sequence[FalseFinding]) -> Ledger:
    """The ledger, whose false findings are those of the cells; with them, where it tells none."""
    if ledger.false_findings is None:
        return replace(ledger, false_findings=tuple(f for f in counted if f.found))
    told = {f.label: f.found for f in ledger.false_findings if f.known}
    for f in counted:
        if told.get(f.label, 0) != f.found:
            raise ValueError(f"the ledger does not add up: false findings of {f.label}")
    return ledger


def _false_findings(cells: Sequence[Mapping[str, str]]) -> Iterator[FalseFinding]:
    """Of each class that the roll-up keeps, by the table of cells."""
    for label in {row[side] for row in cells for side in ("true", "predicted")} & {*PATHOLOGICAL}:
        of, true, falsely = Counter[str](), Counter[str](), Counter[str]()
        for row in cells:
            name, n = row["sample_id"], int(row["n"])
            of[name] += n
            if row["true"] == label:
                true[name] += n
            elif row["predicted"] == label:
                falsely[name] += n
        none = [name for name in of if not true[name]]
        found = false_findings.is_positive(
            np.array([falsely[name] for name in none]), np.array([of[name] for name in none])
        )
        yield FalseFinding(label, int(found.sum()), len(none), known=True)


def _same(account: Account, what: str, found: int, where: str) -> None:
    said = getattr(account, what)
    if said != found:
        raise ValueError(
            f"the ledger does not add up: {account.subject}, {said} {account.of} "
            f"{what.replace('_', ' ')}, and {found} by {where}"
        )


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(io.StringIO(content.decode(), newline="")))
