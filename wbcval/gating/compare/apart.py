"""Whether two sides may be compared at all: the same reference, judged the same way (§12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from wbcval.bundle.read import Side
from wbcval.origin import run_of
from wbcval.protocol.types import Gate
from wbcval.stats.metric import Ints, Mask
from wbcval.study.types import Study
from wbcval.values.strata import Stratum

PROTOCOL, REFERENCE, SAMPLES = "protocol", "reference", "samples"
OVERRIDES = (PROTOCOL, REFERENCE, SAMPLES)  # what may be waived; mode, classes and units never
_JUDGED = (
    "measurands", "missing", "minimum_cells", "duplicates", "exclusions", "resolution",
    "reference_cv", "error_ratio", "clinical_mix", "accepted", "criteria", "gate",
)  # fmt: skip
_SOME = 5


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which two sides differ that must not differ.

    Attributes:
        what: ``mode``, ``classes``, ``units``, ``run`` or one of ``OVERRIDES``.
        said: what differs, in words.
    """

    what: str
    said: str


def apart(candidate: Side, baseline: Side) -> list[Mismatch]:
    """Everything in which two sides are not comparable; empty where they are.

    The reference is compared by what it says (ids with true classes and values, patients, strata),
    never by the hash of a file that holds predictions too.
    """
    return [
        *_same_way(candidate, baseline),
        *_same_protocol(candidate, baseline),
        *_same_samples(candidate, baseline),
        *_same_reference(candidate, baseline),
        *_two_answers(candidate, baseline),
    ]


def on_common_samples(candidate: Study, baseline: Study) -> tuple[Study, Study]:
    """Both studies cut to the samples they share, in one order."""
    theirs = set(baseline.sample_ids)
    ids = tuple(i for i in candidate.sample_ids if i in theirs)
    return candidate.at(ids), baseline.at(ids)


def _same_way(candidate: Side, baseline: Side) -> Iterator[Mismatch]:
    ours, theirs = candidate.provenance, baseline.provenance
    if ours["mode"] != theirs["mode"]:
        yield Mismatch("mode", f"{ours['mode']} against {theirs['mode']}")
    if ours["rollup"] != theirs["rollup"]:
        yield Mismatch("classes", f"roll-up {ours['rollup']} against {theirs['rollup']}")
    if set(ours.get("label_depths", ())) != set(theirs.get("label_depths", ())):
        yield Mismatch(
            "classes", "one side alone names a class deeper than its labels: state rollup"
        )
    if candidate.protocol.class_map != baseline.protocol.class_map:
        yield Mismatch("classes", "the class maps of the protocols differ")
    if candidate.protocol.units != baseline.protocol.units:
        yield Mismatch("units", "the units that the protocols state differ")


def _same_protocol(candidate: Side, baseline: Side) -> Iterator[Mismatch]:
    for key in _JUDGED:
        ours, theirs = (getattr(side.protocol, key) for side in (candidate, baseline))
        if ours == theirs:
            continue
        if isinstance(ours, str | int | float):
            yield Mismatch(PROTOCOL, f"{key} is {ours} against {theirs}")
        elif isinstance(ours, Gate):
            names = [
                f.name for f in fields(Gate) if getattr(ours, f.name) != getattr(theirs, f.name)
            ]
            yield Mismatch(PROTOCOL, f"[gate] differs in {', '.join(names)}")
        else:
            yield Mismatch(PROTOCOL, f"{key} of the two protocols differ")


def _same_samples(candidate: Side, baseline: Side) -> Iterator[Mismatch]:
    ours, theirs = set(candidate.study.sample_ids), set(baseline.study.sample_ids)
    alone = len(ours ^ theirs)
    allowed = candidate.protocol.gate.samples_apart
    if alone > allowed * len(ours | theirs) * (1 + 1e-9):
        yield Mismatch(
            SAMPLES,
            f"{alone} of {len(ours | theirs)} samples stand on one side alone: "
            f"only in the candidate {_some(ours - theirs)}; only in the baseline "
            f"{_some(theirs - ours)} (the protocol allows {100 * allowed:g} %)",
        )


def retold(candidate: Study, baseline: Study) -> tuple[str, ...]:
    """Samples of both whose reference values, or true cells of a class, are not the same."""
    ours, theirs = on_common_samples(candidate, baseline)
    differ = _true_cells(ours, theirs)
    for _, other in _values(ours, theirs):
        differ |= other
    return tuple(ours.sample_ids[i] for i in np.flatnonzero(differ))


def _values(ours: Study, theirs: Study) -> Iterator[tuple[str, Mask]]:
    """Of each measurand of both the samples whose reference is not the same."""
    for name in (m for m in ours.values if m in theirs.values):
        one, other = ours.values[name].reference, theirs.values[name].reference
        yield name, ~np.isclose(one, other, 1e-12, 0, equal_nan=True)


def _same_reference(candidate: Side, baseline: Side) -> Iterator[Mismatch]:
    ours, theirs = on_common_samples(candidate.study, baseline.study)
    why = unscored_said(candidate, baseline)
    of_cells = why if candidate.protocol.mode == "same-cells" else ""  # these make its percentages
    for name, differ in _values(ours, theirs):
        if differ.any():
            said = f"{name} of the reference differs in {_named(ours, differ)}"
            yield Mismatch(REFERENCE, said + of_cells)
    differ = _true_cells(ours, theirs)
    if differ.any():
        yield Mismatch(REFERENCE, f"the true classes differ in {_named(ours, differ)}{why}")
    if _partition(ours.cluster) != _partition(theirs.cluster):
        yield Mismatch(REFERENCE, "samples are of other patients")
    for column in dict.fromkeys(Stratum(s).column for s in (*ours.strata, *theirs.strata)):
        one, other = (_levels(study, column) for study in (ours, theirs))
        if one != other:
            yield Mismatch(REFERENCE, _regrouped(column, one, other))
    found = [side.digests["reference"] for side in (candidate, baseline)]
    whole = set(candidate.study.sample_ids) == set(baseline.study.sample_ids)
    measured = set(candidate.study.values) == set(baseline.study.values)
    if whole and measured and not differ.any() and found[0] != found[1]:
        yield Mismatch(REFERENCE, f"the cells of the two sides, or their true classes, differ{why}")


def _levels(study: Study, column: str) -> dict[str, frozenset[int]]:
    """Samples of each level of a column."""
    named = {s: Stratum(s) for s in study.strata}
    return {
        name.level: frozenset(np.flatnonzero(study.strata[s]).tolist())
        for s, name in named.items()
        if name.column == column
    }


def _regrouped(
    column: str, one: dict[str, frozenset[int]], other: dict[str, frozenset[int]]
) -> str:
    """How a column differs that both sides have, or one of them."""
    ours, theirs = ({*levels} for levels in (one, other))
    if not one or not other:
        return f"samples stand in other strata: one side alone tells {column}"
    if {*one.values()} == {*other.values()}:
        was, now = (_some(names) for names in (theirs - ours, ours - theirs))
        return f"{column} has other names, {was} became {now}: call them alike"
    return f"samples stand in other strata, by {column}"


def unscored_said(candidate: Side, other: Side) -> str:
    """That images gave no cell on either side, to follow what differs; "" where all did."""
    found = [side.unscored or (0, 0) for side in (candidate, other)]
    (ours, listed), (theirs, before) = found
    if not ours and not theirs:
        return ""
    return (
        f"; {ours} of {listed} images of the candidate gave no cell, and {theirs} of {before} of "
        "the other side: no result says which cells these were"
    )


def _two_answers(candidate: Side, baseline: Side) -> Iterator[Mismatch]:
    """One run of one model on the same images that said two things: a table was changed."""
    ours, theirs = (
        dict(map(run_of, side.provenance.get("predicted_by", ()))) for side in (candidate, baseline)
    )
    for run in ours.keys() & theirs.keys():
        if ours[run] and theirs[run] and ours[run] != theirs[run]:
            yield Mismatch(
                "run", "by their records of origin one run of one model on the same images "
                "made both tables, and they say different things",
            )  # fmt: skip


def _true_cells(ours: Study, theirs: Study) -> Mask:
    """Samples whose true cells per class are not the same."""
    found = [_totals(study) for study in (ours, theirs)]
    none = np.zeros(len(ours.sample_ids), dtype=np.int64)
    differ = np.zeros(len(ours.sample_ids), dtype=bool)
    for label in found[0] | found[1]:
        differ |= found[0].get(label, none) != found[1].get(label, none)
    return differ


def _totals(study: Study) -> dict[str, Ints]:
    if study.counts is None:
        return {}
    totals = study.counts.confusion.sum(axis=2)
    return {label: totals[:, i] for i, label in enumerate(study.counts.labels)}


def _partition(cluster: Ints) -> list[int]:
    first: dict[int, int] = {}
    return [first.setdefault(int(c), len(first)) for c in cluster]


def _named(study: Study, which: Mask) -> str:
    return _some({study.sample_ids[i] for i in np.flatnonzero(which)})


def _some(ids: set[str]) -> str:
    named = ", ".join(sorted(ids)[:_SOME])
    return f"{named} and {len(ids) - _SOME} more" if len(ids) > _SOME else named or "none"


def said_alike(one: Study, other: Study) -> bool:
    """Whether the tables of two sides hold the same predictions."""
    if one.sample_ids != other.sample_ids or {*one.values} != {*other.values}:
        return False
    if any(
        not np.array_equal(v.model, other.values[name].model, equal_nan=True)
        for name, v in one.values.items()
    ):
        return False
    if one.counts is None or other.counts is None:
        return one.counts is other.counts
    ours, theirs = (
        {
            (c.labels[i], c.labels[k]): c.confusion[:, i, k].tolist()
            for i, k in np.argwhere(c.confusion.any(axis=0))
        }
        for c in (one.counts, other.counts)
    )
    return ours == theirs
