"""From the tables to the study: which samples, which measurands, what each side says of them.

DESIGN.md "what is compared" (modes, measurands, roll-ups, severities); STATISTICS.md §2 (missing
results). Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from wbcval.door.tables import UNEXPLAINED, raise_on_errors
from wbcval.door.tables.strata import normal
from wbcval.origin import checked
from wbcval.protocol.roles import PREDICTIONS, REFERENCE
from wbcval.protocol.types import Protocol
from wbcval.stats.functions.one_source import LINE, NEARER
from wbcval.stats.metric import Ints, Mask
from wbcval.study import (
    accounts,
    cross_checks,
    declared,
    depths,
    elsewhere,
    independence,
    patients,
    refuted,
    unread,
)
from wbcval.study.cells import CellCounts
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import CLASSIFICATION, MOST
from wbcval.study.paired_values import Values
from wbcval.study.sides import Sides
from wbcval.study.types import Study
from wbcval.values.errors import InputError
from wbcval.values.findings import Exclusion, Finding, Kind, Severity
from wbcval.values.measurands import MEASURANDS, PERCENT, Measurand
from wbcval.values.strata import Stratum


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
    ids, left_out = _samples(inputs)
    findings += independence.alike(ids)
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
        Exclusion(name, "all", "none of its images could be scored", _alone(protocol)[1])
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
    columns, more = _columns(inputs, ids)
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
            *_unchecked(inputs),
            *_unexplained(inputs),
        ),
        not_compared=sides.not_compared(values),
        notes=notes,
        origins=inputs.origins,
        merged=merged,
        renamed=declared.renamed(protocol),
        declared=(
            *declared.lines(protocol, inputs.cells),
            *declared.of_labels(inputs.tables),
            *declared.passed_over(findings),
        ),
        unlisted=_unlisted(inputs, ids),
        without_patient=without_patient,
        ledger=accounts.ledger_of(inputs, ids, values, counts, exclusions),
        training=independence.trained_on(inputs.tables, inputs.origins, ids),
    )
    raise_on_errors(refuted.of_study(study))
    return study


def _unexplained(inputs: Inputs) -> tuple[str, ...]:
    """The flag of labels that neither probabilities nor stages bear out, where they are many."""
    rows = sum(f.rows for f in inputs.findings if f.rule == UNEXPLAINED)
    many = inputs.cells is not None and rows > MOST * inputs.cells.predicted.sum()
    return ("labels_unexplained",) if many else ()


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


def _samples(inputs: Inputs) -> tuple[tuple[str, ...], list[Exclusion]]:
    """The samples under study, sorted, and those left out whole."""
    protocol = inputs.protocol
    model: set[str] = set(inputs.cells.sample_ids) if inputs.cells else set()
    if inputs.counts is not None:
        model |= set(inputs.counts.frame["sample_id"])
    if protocol.mode == "same-cells":
        cells = inputs.cells
        assert cells is not None  # noqa: S101 (build has refused)
        labelled = cells.confusion.sum(axis=(1, 2)) > 0
        under = {name for name, has in zip(cells.sample_ids, labelled, strict=True) if has}
    else:
        assert inputs.reference is not None  # noqa: S101 (read_inputs has refused)
        under = set(inputs.reference.frame["sample_id"])
        if not under & model:
            raise InputError(
                "sample_id",
                f"no id in common: predictions have {cross_checks.some(model)}, "
                f"the reference {cross_checks.some(under)}",
                "check [columns.*] and leading zeros; ids are compared as text",
            )
    missing, kind = _alone(protocol)
    alone = sorted(model - under, key=cross_checks.natural)
    left_out = [Exclusion(name, "all", missing, kind) for name in alone]
    left_out += [
        Exclusion(name, "all", "in the list of samples alone", kind)
        for name in sorted(
            accounts.listed(inputs) - model - under - cross_checks.unseen(inputs),
            key=cross_checks.natural,
        )
    ]
    stated = {e.sample_id: e.reason for e in protocol.exclusions if e.subject == "all"}
    left_out += [
        Exclusion(name, "all", f"protocol: {reason}", Kind.EXCLUDED)
        for name, reason in stated.items()
        if name in under
    ]
    alike = unread.no_samples(inputs)
    left_out += [
        Exclusion(name, "all", "by its name no sample, and a result on both sides", Kind.NO_SAMPLE)
        for name in alike
    ]
    left_out += [
        Exclusion(name, "all", said, Kind.UNREAD)
        for name, said in unread.unread(inputs, accounts.listed(inputs) | {*alike}).items()
    ]
    invalid = {} if inputs.samples is None else inputs.samples.invalid
    invalid = {i: said for i, said in invalid.items() if i in under and i not in stated}
    left_out += [
        Exclusion(name, "all", f"in the samples table: {said}", Kind.INVALID)
        for name, said in invalid.items()
    ]
    outside = sorted(cross_checks.unlisted(inputs) - stated.keys(), key=cross_checks.natural)
    left_out += [Exclusion(name, "all", "not in the samples table", Kind.UNLISTED)
                 for name in outside]  # fmt: skip
    kept = sorted(under - stated.keys() - {*outside} - invalid.keys(), key=cross_checks.natural)
    if not kept:
        raise InputError("sample_id", "no sample is left to compare", "look at the exclusions")
    return tuple(kept), left_out


def _alone(protocol: Protocol) -> tuple[str, Kind]:
    """Why a sample that the model has alone is left out."""
    if protocol.mode == "same-cells":
        return "no cell of it has a true class", Kind.UNLABELLED
    return "not in the reference", Kind.UNREFERENCED


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


def _unlisted(inputs: Inputs, ids: tuple[str, ...]) -> dict[str, Mask]:
    """Levels of the columns that are no strata; of other tables all that are not asked for."""
    grouped = _grouped(elsewhere.groups(inputs), ids) | elsewhere.levels(inputs, ids)
    if inputs.samples is None or not inputs.protocol.source:
        return grouped  # without a protocol all others are strata
    listed = {normal(name) for name in inputs.protocol.strata}
    frame = inputs.samples.frame.set_index("sample_id").reindex(list(ids))
    found: dict[str, Mask] = {}
    for column in frame.columns.difference(["patient_id", *listed], sort=False):
        texts = _levels(frame[column])
        levels = texts.unique()
        if len(levels) > 1:
            found |= {
                Stratum.of(column, level): (texts == level).to_numpy(dtype=bool) for level in levels
            }
    return found | grouped


def _grouped(groups: Mapping[str, Mapping[str, str]], ids: tuple[str, ...]) -> dict[str, Mask]:
    """Levels of columns that have too many for strata, each called by its first sample.

    What stands in such a column may name a person, and is not printed.
    """
    found: dict[str, Mask] = {}
    for column, of in groups.items():
        levels = np.array([of.get(i, "") for i in ids], dtype=object)
        known = dict.fromkeys(filter(None, levels))
        for level in known:
            mask = (levels == level).astype(bool)
            found[f"{column} of {ids[int(mask.argmax())]} (one of {len(known)})"] = mask
    return found


def _levels(column: pd.Series) -> pd.Series:
    """Blanks are a level too: else what is left blank is in none."""
    return column.astype(object).where(column.notna(), "unknown").astype(str)


def _columns(
    inputs: Inputs, ids: tuple[str, ...]
) -> tuple[dict[str, dict[str, Mask]], list[Finding]]:
    """Column → level → mask of the strata, and what is missing."""
    strata: dict[str, dict[str, Mask]] = {}
    asked = inputs.protocol.strata
    further = elsewhere.asked_for(inputs)
    if inputs.samples is None and not further:
        if asked:
            raise InputError("strata", f"{', '.join(asked)} asked for", "give a samples table")
        return strata, []
    frame = pd.DataFrame(index=list(ids))
    if inputs.samples is not None:
        frame = inputs.samples.frame.set_index("sample_id").reindex(list(ids))
    for name, of in further.items():
        frame[name] = pd.Series(of, dtype=object).reindex(list(ids))
    findings: list[Finding] = []
    if not asked and not inputs.protocol.source:
        columns = frame.drop(columns="patient_id", errors="ignore")
        asked = tuple(str(c) for c in columns if len({*_levels(columns[c])}) > 1)
    for spelt in asked:
        column = spelt if spelt in frame else spelt.strip().lower().replace(" ", "_")
        if column not in frame:
            raise InputError("strata", f"{spelt!r} is no column of the samples table",
                             f"it has: {', '.join(frame.columns)}")  # fmt: skip
        texts = _levels(frame[column])
        levels = sorted(texts.unique(), key=cross_checks.natural)
        strata[spelt] = {level: (texts == level).to_numpy(dtype=bool) for level in levels}
        missing = int(frame[column].isna().sum())
        if missing:
            findings.append(
                Finding(
                    "samples",
                    inputs.samples.file if inputs.samples else "the tables",
                    "missing-stratum",
                    Severity.WARN,
                    column,
                    missing,
                    got="no value",
                    advice=f"these samples stand in {column}=unknown",
                )
            )
    return strata, findings
