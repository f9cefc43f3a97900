"""From the tables to the study: which samples, which measurands, what each side says of them.

DESIGN.md "what is compared" (modes, measurands, roll-ups, severities); STATISTICS.md §2 (missing
results). Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from wbcval.door.tables import raise_on_errors
from wbcval.origin import checked
from wbcval.protocol.roles import PREDICTIONS, REFERENCE
from wbcval.protocol.types import Protocol
from wbcval.stats.functions.one_source import LINE, NEARER
from wbcval.stats.metric import Ints
from wbcval.study import (
    accounts,
    beside,
    cross_checks,
    declared,
    depths,
    further,
    independence,
    joins,
    membership,
    patients,
    percent_sums,
    refuted,
    repeats,
    replicates,
    strata,
    whole_samples,
)
from wbcval.study.cells import CellCounts
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import CLASSIFICATION, MOST
from wbcval.study.paired_values import Values
from wbcval.study.sides import Sides
from wbcval.study.types import Study
from wbcval.values.errors import InputError
from wbcval.values.findings import (
    LABEL_OF_MODEL,
    OF_ANALYZER,
    UNEXPLAINED,
    Exclusion,
    Finding,
    Goes,
    Kind,
    Severity,
    told,
)
from wbcval.values.measurands import MEASURANDS, PERCENT, Measurand


def build(inputs: Inputs) -> Study:
    """Pair the samples of both sides.

    Raises:
        InputError: on any finding of severity error, or where nothing is in common.
    """
    protocol = inputs.protocol
    findings = [*inputs.findings, *cross_checks.too_many_excluded(inputs)]
    findings += cross_checks.not_read(inputs)
    whose, more = patients.of_tables(inputs.tables)
    findings += more
    found = refuted.of_tables((inputs.counts, inputs.reference), protocol)
    findings += found
    raise_on_errors(tuple(findings))
    stated = inputs
    inputs = replace(
        inputs,
        counts=inputs.counts and refuted.without_cells(inputs.counts, found),
        beside={
            role: refuted.without_cells(table, found) if role == REFERENCE else table
            for role, table in inputs.beside.items()
        },
    )
    inputs, merged, more = _one_depth(inputs)
    findings += more
    if protocol.mode == "same-cells" and (inputs.cells is None or not inputs.cells.has_truth):
        raise InputError(
            "predictions",
            "no cell table with a true class for each cell, and mode same-cells compares with it",
            "add a true_class column, or a table of labels as the reference; or name another mode",
        )
    ids, left_out = membership.samples(inputs)
    findings += independence.alike(ids)
    findings += joins.contradicted(inputs.tables, ids)
    raise_on_errors(tuple(findings))
    counts, sides, values = _sides(inputs, ids)
    copied = independence.copies(ids, values, counts if protocol.mode == "same-cells" else None)
    if copied:
        ids = tuple(name for name in ids if name not in copied)
        counts, sides, values = _sides(inputs, ids)
    once, said = independence.counted_once(copied)
    findings += said
    again, said = independence.same_cells(inputs.cells)
    findings += said
    if not values:
        raise InputError("inputs", "no measurand in common", sides.advice())
    if any(f.rule == refuted.CELLS for f in found):
        values = _nearer(values, Sides(stated, ids, counts))
    findings += cross_checks.scale(values)
    findings += cross_checks.orphans(inputs, ids, left_out)
    left_out += once
    left_out += [
        Exclusion(name, "all", "none of its images could be scored", membership.alone(protocol)[1])
        for name in sorted(
            cross_checks.unseen(inputs) - {*ids} - {e.sample_id for e in left_out},
            key=cross_checks.natural,
        )
    ]
    findings += cross_checks.unmatched(inputs)
    findings += cross_checks.mixed_up(inputs)
    findings += cross_checks.of_no_study(inputs, ids)
    findings += cross_checks.two_results(sides, values)
    raise_on_errors(tuple(findings))
    values, gone = _excluded(values, ids, inputs, protocol)
    values = independence.whole_rows(values, protocol.mode)
    values = percent_sums.flagged(values, inputs, ids)
    columns, more = strata.columns(inputs, ids)
    if not whose:
        whose = replicates.by_name(ids, values)
        findings += replicates.said(whose)
    cluster, known, without_patient, odd = patients.codes(whose, ids)
    findings += (*odd, *more)
    shares, cells_of_reference = sides.for_cells(values)
    notes = sides.notes(values, known)
    if counts is not None:
        counts, thin = _enough_labelled(counts, protocol.minimum_cells)
        gone += thin
    exclusions = tuple(dict.fromkeys((*left_out, *gone)))
    study = Study.of(
        protocol,
        ids,
        values,
        counts,
        columns=columns,
        cluster=cluster if known else None,
        reference_shares=shares,
        reference_cells=cells_of_reference,
    )
    repeated = [] if inputs.replicates is None else [inputs.replicates]
    study = replace(
        study,
        exclusions=exclusions,
        findings=tuple(findings),
        log=inputs.log,
        inputs=inputs.files,
        flags=(
            *_flags(cluster, without_patient),
            *independence.by_rank(ids, values),
            *independence.same_errors(values, counts if protocol.mode == "same-cells" else None),
            *independence.same_images(inputs.origins),
            *again,
            *independence.tied_by_truth(inputs.cells),
            *whole_samples.flags(inputs.cells),
            *_unchecked(inputs),
            *_unexplained(inputs),
            *_of_the_other_side(inputs),
            *further.flags_of((*inputs.tables, *repeated)),
        ),
        not_compared=(absent := sides.not_compared(values)),
        switched_off=sides.switched_off(absent),
        notes=notes,
        origins=inputs.origins,
        merged=merged,
        renamed=declared.renamed(protocol),
        declared=(
            *declared.lines(protocol, inputs.cells),
            *declared.of_labels(inputs.tables),
            *told(findings, Goes.DECLARED),
        ),
        seen=(
            *declared.cut_off(inputs.cells),
            *whole_samples.lines(inputs.cells),
            *told(findings, Goes.SEEN),
            *beside.parts(inputs, ids, counts, values),
            *percent_sums.lines(inputs, ids),
            *further.of_rows((*inputs.tables, *repeated)),
            *further.suspect(inputs.tables, ids),
        ),
        unread=further.unread(inputs.tables),
        rows=_rows(inputs),
        unlisted=strata.unlisted(inputs, ids),
        without_patient=without_patient,
        ledger=accounts.ledger_of(inputs, ids, values, counts, exclusions),
        training=independence.trained_on(inputs.tables, inputs.origins, ids),
        repeats={m: found for t in repeated for m, found in repeats.of_table(t).items()},
    )
    raise_on_errors(refuted.of_study(study))
    return study


def _rows(inputs: Inputs) -> tuple[str, ...]:
    table = inputs.counts or inputs.reference
    return () if table is None else tuple(table.frame["sample_id"])


def _unexplained(inputs: Inputs) -> tuple[str, ...]:
    """The flag of labels that neither probabilities nor stages bear out, where they are many."""
    rows = sum(f.rows for f in inputs.findings if f.rule == UNEXPLAINED)
    many = inputs.cells is not None and rows > MOST * inputs.cells.predicted.sum()
    return ("labels_unexplained",) if many else ()


def _of_the_other_side(inputs: Inputs) -> Iterator[str]:
    """Flags of labels or a reference that a column calls a model's, of results an analyzer's."""
    of = {table.file: table.rows for table in inputs.tables}
    for rule, flag in ((LABEL_OF_MODEL, "labels_of_model"), (OF_ANALYZER, "results_of_analyzer")):
        found = (f for f in inputs.findings if f.rule == rule)
        if any(f.rows > MOST * of.get(f.file, 0) for f in found):
            yield flag


def _unchecked(inputs: Inputs) -> tuple[str, ...]:
    """The flag of predictions by a card that was not checked, where the protocol asks for it."""
    protocol = inputs.protocol
    files = len(protocol.inputs[PREDICTIONS])
    unchecked = protocol.card_checked and not checked(inputs.origins, files)
    return ("card_unchecked",) if unchecked else ()


def _sides(
    inputs: Inputs, ids: tuple[str, ...]
) -> tuple[CellCounts | None, Sides, dict[str, Values]]:
    """The cells of these samples, and what each side says of them."""
    protocol = inputs.protocol
    counts = None if inputs.cells is None else inputs.cells.at(ids)
    if counts is not None and protocol.mode == "same-cells":
        # only cells labelled on both sides are the very same cells
        counts = replace(counts, predicted=counts.confusion.sum(axis=1))
    sides = Sides(inputs, ids, counts)
    values: dict[str, Values] = {
        name: v for name in _asked(protocol) if (v := sides.values(name)) is not None
    }
    return counts, sides, values


def _nearer(values: Mapping[str, Values], stated: Sides) -> dict[str, Values]:
    """Both sides by what no cells are believed for, still one for the cells that are stated.

    A wrong ``n_cells`` beside its own shares must not be the way around that doubt.
    """
    found = {}
    for name, v in values.items():
        as_stated = stated.values(Measurand(name))
        said = () if as_stated is None else as_stated.flags
        one = (flag for flag in (NEARER, LINE) if flag in said)
        found[name] = replace(v, flags=tuple(dict.fromkeys((*v.flags, *one))))
    return found


def _one_depth(inputs: Inputs) -> tuple[Inputs, tuple[str, ...], list[Finding]]:
    """Cells whose labels are of one depth on both sides; the classes that were not, and it said."""
    found = depths.apart(inputs.cells) if inputs.cells is not None else ()
    if not found or inputs.cells is None:
        return inputs, (), []
    stated = inputs.rollup_stated
    wholes = " and ".join(depth.family[0] for depth in found)
    said = Finding(
        "cells",
        next(f.file for f in inputs.files if f.role == "cells"),
        "label-depths",
        Severity.WARN,
        got="; ".join(depth.text() for depth in found),
        advice=f"kept apart: rollup = {inputs.protocol.rollup!r} is stated; they count as errors"
        if stated
        else f"compared as {wholes}; state rollup = 'manual5', or 'full' to keep them apart",
    )
    if stated:
        return inputs, (), [said]
    one = replace(inputs, cells=depths.merged(inputs.cells, found))
    return one, tuple(depth.family[0] for depth in found), [said]


def _asked(protocol: Protocol) -> tuple[Measurand, ...]:
    asked = protocol.measurands or MEASURANDS
    named = {c.subject for c in protocol.criteria}
    possible = PERCENT if protocol.mode == "same-cells" else MEASURANDS
    return tuple(m for m in MEASURANDS if m in possible and (m in asked or m in named))


def _excluded(
    values: Mapping[str, Values], ids: tuple[str, ...], inputs: Inputs, protocol: Protocol
) -> tuple[dict[str, Values], list[Exclusion]]:
    """Take out what the protocol leaves out of one measurand; list what the reference lacks."""
    out: list[Exclusion] = []
    reasons = {(e.sample_id, e.subject): e.reason for e in inputs.exclusions}
    stated = {(e.sample_id, e.subject): e.reason for e in protocol.exclusions}
    kept = {}
    for name, v in values.items():
        take = np.array([(i, name) in stated for i in ids], dtype=bool)
        out += [
            Exclusion(str(i), name, f"protocol: {stated[i, name]}", Kind.EXCLUDED)
            for i in np.array(ids)[take]
        ]
        kept[name] = replace(
            v,
            reference=np.where(take, np.nan, v.reference),
            model=np.where(take, np.nan, v.model),
        )
        absent = ~np.isfinite(v.reference) & ~take
        for i in np.array(ids, dtype=object)[absent]:
            why = reasons.get((i, name)) or reasons.get((i, "all")) or "no reference value"
            out.append(Exclusion(str(i), name, why))
    return kept, out


def _flags(cluster: Ints, without_patient: int) -> tuple[str, ...]:
    """That patients repeat while some are not known: who repeats among these cannot be seen."""
    repeat = len(np.unique(cluster)) < len(cluster)
    return ("patients_unknown",) if repeat and without_patient else ()


def _enough_labelled(counts: CellCounts, minimum: int) -> tuple[CellCounts, tuple[Exclusion, ...]]:
    """Take samples with too few labelled cells out of the confusion, by name."""
    thin = counts.thin(minimum)
    labelled = counts.confusion.sum(axis=(1, 2))
    listed = tuple(
        Exclusion(
            counts.sample_ids[i],
            CLASSIFICATION,
            f"{labelled[i]} cells with a true class, at least {minimum} required",
            Kind.EXCLUDED,
        )
        for i in np.flatnonzero(thin)
    )
    return counts.unlabelled(thin), listed
