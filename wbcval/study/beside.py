"""What either side counts beside the five, and which of it nothing compares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from wbcval.door.tables import WITHIN, Checked
from wbcval.stats.metric import Floats, Mask
from wbcval.study import missed_findings
from wbcval.study.cells import CellCounts
from wbcval.study.false_findings import FalseFinding, SideShares, of_samples, shares_of
from wbcval.study.inputs import Inputs
from wbcval.study.ledger import Called
from wbcval.study.missed_findings import MissedFinding
from wbcval.study.paired_values import Values
from wbcval.study.uncompared import ANOTHER, MOST, Beside, Uncompared
from wbcval.values.classes import COUNTABLE, FAMILIES, FIVE, OTHER, measured_class
from wbcval.values.measurands import PERCENT
from wbcval.values.wording import all_of, fixed

_ROUNDING = 1.0  # percent: five rounded percentages of all leukocytes are no further off 100
_HALF, _SURE = 0.5, 3.0  # of the other side's share; standard deviations of counting
_ABOVE = 1.645  # of these at 5 %: that a share is above it, one-sided at 95 %
_CELLS = 200.0  # of a sample, where nobody says how many were counted
_IMMATURE = FAMILIES[1]
_SEGMENTED = "segmented neutrophil"  # what the bands leave
Shares = dict[str, Floats]  # class beside the five → percent of the leukocytes, shape (S,)


def uncompared(
    inputs: Inputs,
    ids: Sequence[str],
    counts: CellCounts | None,
    called: Iterable[Called],
    labelled: Collection[str],
    values: Mapping[str, Values],
) -> Uncompared:
    """Leukocytes of either side that no compared percentage holds.

    Args:
        inputs: with a reference of samples.
        ids: samples under study, S of them.
        counts: the model's cells over ``ids``, or ``None``.
        called: all its cells, by label.
        labelled: classes of its cells with a true class, which are compared.
        values: both sides of each measurand.
    """
    model, theirs = _as_one(
        _of_table(inputs.counts, ids) or _of_cells(counts), _of_table(inputs.reference, ids)
    )
    true = {_kin(label) for label in labelled}
    model = {n: share for n, share in model.items() if n in theirs or n not in true}
    alone = model.keys() - theirs.keys()
    mask = _compared(values, len(ids))
    lacks, room = _lacks(values, model, theirs, len(ids))
    percent = _by_label(called, alone)
    if percent is None:
        percent = {_named(name): _mean(model[name], mask) for name in alone}
        if (rest := _mean(lacks, mask)) > _ROUNDING:
            percent[ANOTHER] = percent.get(ANOTHER, 0.0) + rest
    cells = _counted(inputs.counts, counts, ids), _counted(inputs.reference, None, ids)
    room = np.maximum(np.nan_to_num(room), 0.0)
    return Uncompared(
        {name: share for name, share in percent.items() if share > 0},
        float(room[mask].mean()) if mask.any() else 0.0,
        tuple(_classes(model, theirs, mask, cells, room)),
    )


def findings(
    inputs: Inputs, ids: Sequence[str], counts: CellCounts | None, values: Mapping[str, Values]
) -> tuple[tuple[FalseFinding, ...], tuple[MissedFinding, ...]]:
    """Pathological cells by the percentages of samples, against those of the reference.

    False ones and missed ones.

    Args:
        inputs, ids, counts, values: as of :func:`uncompared`.
    """
    model = _of_table(inputs.counts, ids) | shares_of(counts)
    theirs = _of_table(inputs.reference, ids)
    _, room = _lacks(values, model, theirs, len(ids))
    sides = (
        SideShares(model, _counted(inputs.counts, counts, ids)),
        SideShares(theirs, _counted(inputs.reference, None, ids)),
    )
    compared = _compared(values, len(ids))
    room = np.where(np.nan_to_num(room) > _ROUNDING, room, 0.0)
    missed = missed_findings.of_samples(*sides, compared, ids)
    return tuple(of_samples(*sides, room, compared)), tuple(missed)


def parts(
    inputs: Inputs, ids: Sequence[str], counts: CellCounts | None, values: Mapping[str, Values]
) -> tuple[str, ...]:
    """Parts of a class that either side tells apart, such as bands, in sentences without an end.

    What is compared is the whole, whatever the parts are.

    Args:
        inputs, ids, counts, values: as of :func:`uncompared`.
    """
    model = _parts_of_table(inputs.counts, ids) or _parts_of_cells(counts)
    theirs = _parts_of_table(inputs.reference, ids)
    # a column of zeros, of which nothing shows whether it stands in the class or beside it
    ours, other = _of_table(inputs.counts, ids), _of_table(inputs.reference, ids)
    model, theirs = (
        {n: share for n, share in ours.items() if n in theirs} | model,
        {n: share for n, share in other.items() if n in model} | theirs,
    )
    if inputs.reference is None or not any(name in values for name in PERCENT):
        return ()
    mask = _compared(values, len(ids))
    cells = _counted(inputs.counts, counts, ids), _counted(inputs.reference, None, ids)
    found = [*_classes(model, theirs, mask, cells, np.zeros(len(ids)))]
    told = [part for part in found if part.some and part.label != _SEGMENTED]
    both = [part.both for part in told if None not in (part.model, part.reference)]
    said = [f"parts counted on both sides, not judged: {all_of(both)}"] if both else []
    alone = {
        # every analyzer has a column of immature granulocytes
        "reference": {p.label: p.reference for p in told if p.model is None
                      and p.label != _IMMATURE[0]},
        "model": {p.label: p.model for p in told if p.reference is None},
    }  # fmt: skip
    for side, own in alone.items():
        if own:
            shares = all_of([f"{name} {fixed(share, 1)} %" for name, share in own.items()])
            said.append(f"parts that the {side} alone tells apart, compared as one: {shares}")
    return tuple(said)


def _parts_of_table(table: Checked | None, ids: Sequence[str]) -> Shares:
    """Of a stage of immature granulocytes where nothing names them all."""
    found: Shares = {}
    if table is not None:
        frame = table.frame.set_index("sample_id").reindex(list(ids))
        for name in (name for family in FAMILIES for name in family if name + WITHIN in frame):
            own = frame[name + WITHIN].to_numpy(dtype=np.float64, na_value=np.nan)
            if name == _kin(name):
                found[name] = own
            elif _IMMATURE[0] + WITHIN not in frame:
                found[_kin(name)] = found.get(_kin(name), 0.0) + own
    return found


def _parts_of_cells(counts: CellCounts | None) -> Shares:
    found: Shares = {}
    if counts is not None:
        shares = 100 * counts.shares(counts.predicted)
        parts = {name for family in FAMILIES for name in family} - {*FIVE}
        for i, label in enumerate(counts.labels[: counts.n_classes]):
            if label in parts and measured_class(label) in FIVE:
                found[_kin(label)] = found.get(_kin(label), 0.0) + shares[:, i]
    return found


def _compared(values: Mapping[str, Values], samples: int) -> Mask:
    """Samples of which any percentage is compared; all where none is."""
    taken = [values[name].paired for name in PERCENT if name in values]
    return np.asarray(np.any(taken, axis=0) if taken else np.ones(samples, dtype=bool))


def _lacks(
    values: Mapping[str, Values], model: Shares, theirs: Shares, samples: int
) -> tuple[Floats, Floats]:
    """Percent of either side that is of no class it names; NaN where a class is not compared."""
    lacks, room = np.full((2, samples), np.nan)
    five = [values[name] for name in PERCENT if name in values]
    if len(five) == len(PERCENT):
        full = np.all([v.paired for v in five], axis=0)
        lacks[full] = _lacking([v.model[full] for v in five], model, full)
        room[full] = _lacking([v.reference[full] for v in five], theirs, full)
    return lacks, room


def _of_table(table: Checked | None, ids: Sequence[str]) -> Shares:
    found: Shares = {}
    if table is not None:
        frame = table.frame.set_index("sample_id").reindex(list(ids))
        for name in (*COUNTABLE, OTHER):
            if f"{name}%" in frame:
                own = frame[f"{name}%"].to_numpy(dtype=np.float64, na_value=np.nan)
                found[_kin(name)] = found.get(_kin(name), 0.0) + own
    return found


def _of_cells(counts: CellCounts | None) -> Shares:
    found: Shares = {}
    if counts is not None:
        shares = 100 * counts.shares(counts.predicted)
        for i, label in enumerate(counts.labels[: counts.n_classes]):
            if measured_class(label) not in FIVE and counts.predicted[:, i].any():
                found[_kin(label)] = found.get(_kin(label), 0.0) + shares[:, i]
    return found


def _kin(label: str) -> str:
    """Stages of immature granulocytes are these, whichever of them a side tells apart."""
    return _IMMATURE[0] if label in _IMMATURE else label


def _as_one(model: Shares, theirs: Shares) -> tuple[Shares, Shares]:
    """The same; what one side alone names is what the other counts as ``other``."""
    alone = [{n: v for n, v in a.items() if n not in b or n == OTHER}
             for a, b in ((model, theirs), (theirs, model))]  # fmt: skip
    if not all(alone) or OTHER not in {*alone[0], *alone[1]}:
        return dict(model), dict(theirs)
    names = dict.fromkeys(name for side in alone for name in side if name != OTHER)
    label = all_of(list(names)) or OTHER
    joint = [
        {n: v for n, v in side.items() if n not in own} | {label: np.sum([*own.values()], axis=0)}
        for side, own in zip((model, theirs), alone, strict=True)
    ]
    return joint[0], joint[1]


def _lacking(five: Sequence[Floats], named: Shares, full: Mask) -> Floats:
    """Percent of the leukocytes that are of none of the five and of no class that is named."""
    others = [np.nan_to_num(v[full]) for v in named.values()]
    return np.asarray(100.0 - np.sum([*five, *others], axis=0))


def _by_label(called: Iterable[Called], alone: Collection[str]) -> dict[str, float] | None:
    """Percent of the cells by what they were called; ``None`` without a leukocyte."""
    leukocytes = [c for c in called if c.label in COUNTABLE or c.label == OTHER]
    total = sum(c.cells for c in leukocytes)
    found = {_named(c.label): 100 * c.cells / total for c in leukocytes if _kin(c.label) in alone}
    return found if leukocytes else None


def _named(label: str) -> str:
    return ANOTHER if label == OTHER else label


def _counted(table: Checked | None, counts: CellCounts | None, ids: Sequence[str]) -> Floats:
    """Leukocytes that were counted of each sample, shape (S,)."""
    found = np.full(len(ids), np.nan)
    if table is not None and "n_cells" in table.frame:
        frame = table.frame.set_index("sample_id").reindex(list(ids))
        found = frame["n_cells"].to_numpy(dtype=np.float64, na_value=np.nan)
    elif counts is not None:
        found = counts.countable.astype(np.float64)
    return np.where(found > 0, found, _CELLS)


def _classes(
    model: Shares, theirs: Shares, mask: Mask, cells: tuple[Floats, Floats], room: Floats
) -> Iterator[Beside]:
    """Each class of either side, on the samples that are compared.

    Args:
        model, theirs: of each side.
        mask: samples that are compared.
        cells: that were counted of each, by either side.
        room: percent of the reference that is of no class it names, and may be any.
    """
    for name in dict.fromkeys((*theirs, *model)):
        sides = [side.get(name) for side in (model, theirs)]
        known = mask & np.all([np.isfinite(s) for s in sides if s is not None], axis=0)
        if not known.any():
            continue
        ours = np.zeros(len(known)) if sides[0] is None else sides[0]
        # what the reference has no name for may be all of it
        other = np.minimum(ours, room) if sides[1] is None else sides[1]
        low, high = np.minimum(ours, other), np.maximum(ours, other)
        noise = np.sqrt(sum(s * (100 - s) / n for s, n in zip((ours, other), cells, strict=True)))
        much = known & (high > MOST)
        of = np.where(ours > other, *cells)
        apart = known & (high > MOST + _ABOVE * np.sqrt(MOST * (100 - MOST) / of))
        apart &= (low < _HALF * high) & (high - low > _SURE * noise)
        model_mean, their_mean = (None if s is None else float(s[known].mean()) for s in sides)
        numbers = int(known.sum()), int(much.sum()), int(apart.sum())
        yield Beside(_named(name), model_mean, their_mean, *numbers)


def _mean(values: Floats, mask: Mask) -> float:
    known = values[mask & np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
