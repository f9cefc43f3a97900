"""What a verdict takes for granted, since nothing in the files tells it. STATISTICS.md §18.

A doubt that needs a column vanishes with that column. Then the verdict says what was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from wbcval.protocol.roles import PREDICTIONS
from wbcval.protocol.types import Criterion
from wbcval.stats.functions.one_source import NEARER, ONE_SOURCE
from wbcval.study import independence
from wbcval.study.ledger import MOST
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.findings import LABEL_OF_MODEL, STATE_UNREAD, UNEXPLAINED
from wbcval.values.measurands import WBC, Measurand
from wbcval.values.one_line import one_line
from wbcval.values.wording import all_of

# high, low, panic, abnormal, normal: of a value that is no less certain for it
_ORDINARY = frozenset(("", "H", "HH", "L", "LL", "N", "A", "HIGH", "LOW", "NORMAL", "ABNORMAL", "▲",
                       "▲▲", "▼", "▼▼", "↑", "↑↑", "↓", "↓↓"))  # fmt: skip
_SHOWN, _LONGEST = 6, 30  # columns that are named, and characters of each
_KNOWN = 0.95  # of the samples: so many tell enough
_EQUALS = 3  # samples; fewer are no wonder


def lines(study: Study, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """In sentences without an end.

    Args:
        study: of the comparison.
        criteria: all of them; what optional ones judge needs nothing granted.
    """
    asked = {c.subject: None for c in criteria if not c.optional}
    ranked = independence.sorted_by_ids({n: study.values[n] for n in asked if n in study.values})
    counted = [name for name in asked if name in study.values and name != WBC]
    return (
        *_records(study),
        *_stages(study),
        *_of_a_model(study),
        *_patients(study),
        *_mixes(study),
        *_ranks(study, ranked),
        *_counts(study, counted),
        *_coarse(study, [name for name in asked if name in study.values]),
        *_totals(study, counted),
        *_marked(study, [name for name in asked if name in study.values]),
        *_states(study),
        *_unread(study),
    )


def _records(study: Study) -> Iterator[str]:
    """That one model made all predictions, where the records of some files name it."""
    files, known = len(study.protocol.inputs[PREDICTIONS]), len(study.origins)
    if 0 < known < files:
        yield f"{files - known} of {files} files of predictions are of the same model (no record)"


def _stages(study: Study) -> Iterator[str]:
    """That a cascade made labels which the probabilities alone do not bear out."""
    said = {
        "label-of-stage": "are what a stage decided, not the most probable class (no record)",
        UNEXPLAINED: "are right, though not the most probable class, and no stage explains it",
    }
    for rule, words in said.items():
        cells = sum(f.rows for f in study.findings if f.rule == rule)
        if cells and study.counts is not None:
            of = int(study.counts.predicted.sum())
            yield f"{cells} of {of} labels ({100 * cells / of:.2g} %) {words}"


def _of_a_model(study: Study) -> Iterator[str]:
    """That few labels, or reference values, are right which a column calls a model's."""
    rows = sum(f.rows for f in study.findings if f.rule == LABEL_OF_MODEL)
    if rows and "labels_of_model" not in study.flags:
        yield f"{rows} labels or reference values are right though a column calls them a model's"


def _patients(study: Study) -> Iterator[str]:
    if not study.patients_known:
        yield "each sample is of another patient (no patient_id)"
    elif study.without_patient:
        yield f"{study.without_patient} samples are each of another patient (no patient_id)"


def _mixes(study: Study) -> Iterator[str]:
    if study.mode == "same-cells" and (n := independence.one_mix(study.values)):
        yield f"the {n} samples of one mix of true cells are each of other cells"
    cells = study.counts if study.mode == "same-cells" else None
    if n := independence.equal_samples(study.values, cells):
        yield f"{n} samples with every value of another one are each of other blood"
    if independence.one_blood(study.values, study.reference_cells):
        yield "the samples are of different blood (their mixes differ less than those of patients)"


def _ranks(study: Study, names: Sequence[str]) -> Iterator[str]:
    """That rows belong together, where row numbers as ids did not raise the doubt already."""
    if names and independence.SORTED not in study.flags:
        yield f"samples not paired by rank (both sides of {all_of(names)} are sorted by id)"


def _counts(study: Study, names: Iterable[str]) -> Iterator[str]:
    """That the sides are two counts: the number of cells alone tells copies with noise."""
    if study.mode == "same-cells":
        return
    unknown, same = [], []
    for name in names:
        values = study.values[name]
        if not _known(values):
            unknown.append(name)
        elif study.mode == "same-slide" and _near(values, name):
            same.append(name)
    if unknown:
        yield f"two counts, and no copy, of {all_of(unknown)} (no n_cells)"
    if same:
        yield f"the same cells counted on both sides, so near are {all_of(same)} (same-slide)"


def _coarse(study: Study, names: Iterable[str]) -> Iterator[str]:
    """That values so coarse that chance makes nearly all of them equal were measured twice."""
    if study.mode == "same-cells":
        return
    for name in names:
        values = study.values[name]
        equal, of = values.equals
        if equal >= max(_EQUALS, _KNOWN * of) and not {*ONE_SOURCE} & {*values.flags}:
            yield (
                f"two measurements of {name}, and no copy (equal in {equal} of {of} samples, "
                "as values of so few digits may be)"
            )


def _totals(study: Study, names: Iterable[str]) -> Iterator[str]:
    """That a count is no share of the reference's total: percentages or all five tell it."""
    alone = [Measurand(name) for name in names if not study.values[name].total_told]
    if alone:
        percent = all_of([name.share for name in alone])
        yield f"{all_of(alone)} of a total that the model counted (no {percent})"


def _marked(study: Study, names: Iterable[str]) -> Iterator[str]:
    """That values are right which their own table calls unreliable."""
    for side in ("reference", "model"):
        by: dict[str, list[str]] = {}
        for name in names:
            values = study.values[name]
            known = values.sample_flags if side == "reference" else values.model_marks
            judged = [study.sample_ids[i] for i in np.flatnonzero(values.paired)]
            told = [marks for i in judged if (marks := _doubts(known.get(i, "")))]
            if len(told) > MOST * len(judged):
                which = all_of(sorted({mark for marks in told for mark in marks}))
                said = f"{len(told)} of {len(judged)} {side} values marked {which}"
                by.setdefault(said, []).append(name)
        yield from (f"{said} are right ({all_of(found)})" for said, found in by.items())


def _states(study: Study) -> Iterator[str]:
    """That rows are valid results whose own table says it, or not, in words that no list has."""
    for f in study.findings:
        if f.rule == STATE_UNREAD:
            said = f"{f.rows} rows of {f.file}" if f.rows > 1 else f"1 row of {f.file}"
            yield f"{said} count, whatever they say of themselves ({f.got})"


def _unread(study: Study) -> Iterator[str]:
    """That nothing stands against the rows in columns that nothing is made of."""
    names = [one_line(name, _LONGEST) for name in study.unread]
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield f"columns not read say nothing against it ({', '.join(names[:_SHOWN])}{more})"


def _doubts(marks: str) -> set[str]:
    """Of the marks of a sample (``NEUT%:*;WBC:H``), those that do not just say high or low."""
    found = {mark.partition(":")[2].strip() for mark in marks.split(";")} - {""}
    return {mark for mark in found if mark.upper().strip("+-!") not in _ORDINARY}


def _known(values: Values) -> bool:
    paired = values.paired
    if values.model_cells is None or not paired.any():
        return not paired.any()
    return bool(np.isfinite(values.model_cells[paired]).mean() >= _KNOWN)


def _near(values: Values, name: str) -> bool:
    return NEARER in values.one_source(Measurand(name), "different-aliquot")
