"""The ledger of a study, made from what was read: each sample and cell is booked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from wbcval.door.tables import Checked
from wbcval.origin import fields
from wbcval.stats.metric import Mask
from wbcval.study import cross_checks, false_findings, missed_findings, unread
from wbcval.study.beside import findings, uncompared
from wbcval.study.cells import CellCounts
from wbcval.study.false_findings import FalseFinding
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import CELLS, CLASSIFICATION, FIELDS, SAMPLES, Account, Called, Ledger
from wbcval.study.missed_findings import MissedFinding
from wbcval.study.paired_values import Values
from wbcval.study.uncompared import NONE
from wbcval.values.findings import Exclusion, Kind, Severity
from wbcval.values.measurands import Measurand


def listed(inputs: Inputs) -> set[str]:
    """Every sample that the list of samples, the reference or the predictions name."""
    found = cross_checks.unseen(inputs)
    for table in (inputs.samples, inputs.counts, reference(inputs)):
        found |= set() if table is None else set(table.frame["sample_id"])
    return found | (set(inputs.cells.sample_ids) if inputs.cells else set())


def reference(inputs: Inputs) -> Checked | None:
    """The reference of samples; in same-cells there is none, whatever was given."""
    return None if inputs.protocol.mode == "same-cells" else inputs.reference


def ledger_of(
    inputs: Inputs,
    ids: Sequence[str],
    values: Mapping[str, Values],
    judged: CellCounts | None,
    exclusions: Iterable[Exclusion],
) -> Ledger:
    """Book every sample and cell.

    Args:
        inputs: with the labels of one depth.
        ids: samples under study.
        values: both sides of each measurand.
        judged: the cells that are judged, over ``ids``.
        exclusions: of samples, single values and labelled cells.

    Raises:
        ValueError: where something was booked twice or not at all: a mistake of the program.
    """
    known = listed(inputs) | {*unread.no_samples(inputs)}
    everyone = len(known | unread.unread(inputs, known).keys())
    by_subject: dict[str, dict[str, Kind]] = {}
    for e in exclusions:
        by_subject.setdefault(e.subject, {})[e.sample_id] = e.kind
    out = by_subject.get("all", {})
    accounts = [Account("all", SAMPLES, everyone, len(ids), Counter(out.values()))]
    for name, v in values.items():
        gone = Counter([*out.values(), *by_subject.get(name, {}).values()])
        gone[Kind.LOST] += int(v.lost.sum())
        again = _superseded(inputs, ids, Measurand(name), v.paired)
        accounts.append(Account(name, SAMPLES, everyone, int(v.paired.sum()), gone, again))
    if inputs.cells is None:
        falsely, missed = findings(inputs, ids, None, values)
        return Ledger(
            tuple(accounts),
            uncompared=uncompared(inputs, ids, None, (), (), values),
            false_findings=falsely,
            missed_findings=missed,
        )
    kinds = {**by_subject.get(CLASSIFICATION, {}), **out}
    if inputs.cells.has_truth and judged is not None:
        accounts += _of_cells(inputs, inputs.cells, judged, kinds)
        if CLASSIFICATION in by_subject:
            accounts.append(_labelled(inputs.cells, judged, kinds))
    elif lost := inputs.cells_lost:
        found = int(inputs.cells.predicted.sum())
        accounts.append(Account("all", CELLS, found + lost, found, {Kind.LOST: lost}))
    of_fields, dark = fields(inputs.origins)
    if dark:
        accounts.append(Account("all", FIELDS, of_fields, of_fields - dark, {Kind.LOST: dark}))
    called = _called(inputs.cells, judged)
    labelled = {a.subject for a in accounts if a.of == CELLS}
    return Ledger(
        tuple(accounts),
        called,
        inputs.cells.has_truth and _selected(inputs.cells),
        # of the same cells each call is right or wrong
        uncompared(inputs, ids, judged, called, labelled, values) if reference(inputs) else NONE,
        *_findings(inputs, ids, judged, values),
    )


def _findings(
    inputs: Inputs, ids: Sequence[str], judged: CellCounts | None, values: Mapping[str, Values]
) -> tuple[tuple[FalseFinding, ...], tuple[MissedFinding, ...]]:
    """By the labels of the cells, and by the reference; of each class what tells of more.

    Some cells of a few samples may have labels, and all samples a reference.
    """
    falsely = () if judged is None else tuple(false_findings.of_cells(judged))
    missed = () if judged is None else tuple(missed_findings.of_cells(judged))
    if not reference(inputs):
        return falsely, missed
    of_samples, unseen = findings(inputs, ids, judged, values)
    every = sorted((*of_samples, *falsely), key=lambda f: (f.known, f.found))
    more = {f.label: f for f in every}
    most = {f.label: f for f in sorted((*unseen, *missed), key=lambda f: f.missed)}
    return tuple(more.values()), tuple(most.values())


def _of_cells(
    inputs: Inputs, cells: CellCounts, judged: CellCounts, kinds: Mapping[str, Kind]
) -> list[Account]:
    """All cells, and the labelled ones of each countable class."""
    labelled = cells.confusion.sum(axis=2)
    of_kind = np.array([str(kinds.get(name, "")) for name in cells.sample_ids])
    gone: Counter[Kind] = Counter()
    by_class: list[Counter[Kind]] = [Counter() for _ in range(cells.n_classes)]
    for kind in dict.fromkeys(kinds.values()):
        found = labelled[of_kind == str(kind)].sum(axis=0)
        gone[kind] += int(found.sum())
        for i, counter in enumerate(by_class):
            counter[kind] += int(found[i])
    gone[Kind.UNLABELLED] += int(cells.without_truth.sum())
    gone[Kind.LOST] += inputs.cells_lost
    gone[Kind.UNUSABLE] = sum(
        f.rows for f in inputs.findings if f.table == "cells" and f.severity is Severity.EXCLUDE
    )
    everything = int(cells.predicted.sum()) + gone[Kind.UNUSABLE] + inputs.cells_lost
    kept = judged.confusion.sum(axis=(0, 2))
    return [
        Account("all", CELLS, everything, int(kept.sum()), gone),
        *(
            Account(label, CELLS, int(n), int(kept[i]), by_class[i])
            for i, (label, n) in enumerate(
                zip(cells.labels[: cells.n_classes], labelled.sum(axis=0), strict=False)
            )
            if n
        ),
    ]


def _labelled(cells: CellCounts, judged: CellCounts, kinds: Mapping[str, Kind]) -> Account:
    """The samples with labelled cells: those of a few cells are few cells, and may be many."""
    have = cells.confusion.sum(axis=(1, 2)) > 0
    names = [name for name, some in zip(cells.sample_ids, have, strict=True) if some]
    kept = int(judged.confusion.any(axis=(1, 2)).sum())
    gone = Counter(kinds[name] for name in names if name in kinds)
    return Account(CLASSIFICATION, SAMPLES, len(names), kept, gone)


def _called(cells: CellCounts, judged: CellCounts | None) -> tuple[Called, ...]:
    open_ = cells.undecided.sum(axis=0) * cells.has_truth
    true = np.zeros_like(open_)
    if judged is not None:
        true = judged.confusion[:, : judged.n_classes].sum(axis=(0, 1))
    numbers = zip(cells.predicted.sum(axis=0).tolist(), open_.tolist(), true.tolist(), strict=True)
    return tuple(
        Called(label, *found)
        for label, found in zip(cells.labels, numbers, strict=True)
        if found[0]
    )


_FAR, _FEW = 4.5, 3.0  # standard deviations, and cells: a rare label's count is skewed


def _selected(cells: CellCounts) -> bool:
    """Whether the unlabelled cells are no random ones of their samples, by what they are called.

    Their number under a label against its expectation and hypergeometric variance, sample by
    sample (as Mantel and Haenszel, J Natl Cancer Inst 1959;22:719): the mix of a sample and how
    many of its cells were left open do not enter.
    """
    called, open_ = cells.predicted, cells.undecided
    n, gone = called.sum(axis=1, keepdims=True), open_.sum(axis=1, keepdims=True)
    share = called / np.maximum(n, 1)
    expected = (gone * share).sum(axis=0)
    variance = (gone * (n - gone) / np.maximum(n - 1, 1) * share * (1 - share)).sum(axis=0)
    far = np.abs(open_.sum(axis=0) - expected) > _FAR * np.sqrt(variance) + _FEW
    return bool(far.any())


def _superseded(inputs: Inputs, ids: Sequence[str], name: Measurand, paired: Mask) -> int:
    """Judged samples of which another result of this measurand stands in the reference."""
    found = reference(inputs)
    if found is None:
        return 0
    twin = name.twin or name
    again = found.superseded.get(name, found.superseded.get(twin, frozenset()))
    return sum(i in again for i, both in zip(ids, paired, strict=True) if both)
