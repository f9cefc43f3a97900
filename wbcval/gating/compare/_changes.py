"""What changed from one model to another on the same samples (STATISTICS.md §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wbcval.bundle.read import Side
from wbcval.gating.compare._absent import LOST, MOST_LOST, RETOLD, lacking, on_their_samples
from wbcval.gating.compare._asked import PAIRED
from wbcval.gating.compare._unpaired import alone, by_itself
from wbcval.gating.compare.alike import MOST, refuse_renamed, truths_of
from wbcval.gating.compare.apart import retold, said_alike
from wbcval.gating.compare.types import Bounds, Change, Flips, Moved, losses_of
from wbcval.judge.outcomes import SAME_PREDICTIONS, SAME_VALUES
from wbcval.measure.hits import Hits, differences, errors, hits, subjects
from wbcval.measure.results import statistic_of
from wbcval.protocol.types import Margin
from wbcval.stats.detectable import detectable_drop
from wbcval.stats.functions.error import LIMIT
from wbcval.stats.functions.p_of_interval import p_of_interval
from wbcval.stats.functions.paired_change import absolute_bias, covering, paired_change
from wbcval.stats.functions.paired_difference import paired_differences
from wbcval.stats.functions.signed_rank import SignedRank, signed_rank
from wbcval.stats.metric import Context
from wbcval.stats.newcombe import newcombe_difference
from wbcval.stats.or_noise import FEW_CELLS
from wbcval.stats.paired_judged import PairedDifference
from wbcval.stats.statistic_name import COVERING_ERROR, SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import InputError, NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

_IDENTICAL = "equal digests of all predictions"
_UNCHANGED = "equal values of every sample"


@dataclass(frozen=True)
class Both:
    """Two models on one reference set; made by :func:`both_of`.

    Attributes:
        after: the candidate's study.
        before: the other side's; of the same samples in the same order where ``paired``.
        against: what the other side is, ``baseline`` or ``anchor``.
        rows: what is asked for.
        paired: sample by sample; else each side by itself, which is weaker.
        same: whether both said the same of every cell and sample.
        few_cells: measurands of which the candidate counted too few for noise to judge.
        absent: samples of the other side that the candidate does not list. Where ``paired`` they
            stand in ``after`` without a result; else they are told where most are shared.
        retold: not ``paired``, samples of both whose truth is not the same.
    """

    after: Study
    before: Study
    against: str
    rows: tuple[Margin, ...]
    paired: bool
    same: bool
    absent: tuple[str, ...] = ()
    few_cells: frozenset[str] = frozenset()
    retold: tuple[str, ...] = ()
    _found: dict[tuple[str, str, str], Mapping[str, PairedDifference]] = field(default_factory=dict)

    def by_stratum(self) -> Iterator[Change]:
        """What is asked for of all samples, in each stratum; shown, not judged."""
        taken = {(r.measure, r.subject, r.statistic, r.stratum) for r in self.rows}
        for stratum in self.after.strata:
            for r in self.rows:
                key = (r.measure, r.subject, r.statistic, stratum)
                if r.stratum == "all" and key not in taken:
                    yield self.change(replace(r, stratum=stratum))

    def flips(self) -> Iterator[Flips]:
        """Samples that crossed the limit, of each share of samples that is asked for."""
        for row in self.rows:
            if row.statistic.base != SHARE_WITHIN:
                continue
            try:
                after, before = self._sides(row.subject, row.statistic)
            except NotEstimable:
                continue
            crossed = [
                tuple(self.after.sample_ids[i] for i in np.flatnonzero(which))
                for which in (before.hits > after.hits, after.hits > before.hits)
            ]
            fell, came = crossed
            yield Flips(row.subject, row.statistic, fell, came, self._signed_rank(row))

    def _signed_rank(self, row: Margin) -> SignedRank | None:
        """Of the effective errors of the samples that either side measured."""
        floor, limit = row.statistic.floor, row.statistic.limit or LIMIT
        (new, ours), (old, theirs) = (
            errors(study, row.subject, floor, limit) for study in (self.after, self.before)
        )
        take = (ours | theirs) & self.after.strata[row.stratum]
        return signed_rank(new[take], old[take]) if take.any() else None

    def p_worse(self, row: Margin) -> float | None:
        """P of H₀: no more than the margin is lost; ``None`` where there is none."""
        found = self._found.get((row.measure, row.statistic, row.stratum), {}).get(row.subject)
        return None if found is None else found.p_worse

    def change(self, row: Margin) -> Change:
        """What became of one statistic."""
        about = statistic_of(row.measure, row.statistic)
        assert about is not None  # noqa: S101 (checked where it was asked for)
        blank = Change(
            row.measure, row.subject, row.stratum, row.statistic, self.against, None, None,
            Estimate.missing(Reason("nothing_to_compare"), n=0),
            about.title,
        )  # fmt: skip
        for study in (self.after, self.before):
            if row.stratum not in study.strata:
                there = ", ".join(study.strata)
                why = Reason("no_stratum", stratum=row.stratum, strata=there)
                return replace(blank, change=Estimate.missing(why, n=0))
        try:
            found = self._measured(blank, row)
        except NotEstimable as why:
            return replace(blank, change=Estimate.missing(why.reason, n=0))
        if not self.same or found.change.value is None:
            return found if found.p is not None else replace(found, p=p_of_interval(found.change))
        change = Estimate(0.0, method=_IDENTICAL, n=found.change.n, flags=(SAME_PREDICTIONS,))
        return replace(found, change=change, detectable=None, bounds=None, p=None)

    def _measured(self, blank: Change, row: Margin) -> Change:
        base = row.statistic.base
        by_samples = base in PAIRED.get(row.measure, ())
        if by_samples and blank.scale.percent:
            found = self._of_share(blank, row)
        elif by_samples:
            found = self._of_value(blank)
        else:
            found = by_itself(blank, self.after, self.before)
        if not (by_samples and blank.scale.percent) and self._unchanged(row):
            same = Estimate(0.0, method=_UNCHANGED, n=found.change.n, flags=(SAME_VALUES,))
            found = replace(found, change=same)
        # of these a worst case is counted: what is lost is a miss, or an infinite error
        if self.paired and ((blank.scale.percent and by_samples) or base == COVERING_ERROR):
            return found
        least = 0.0 if self.absent else MOST_LOST
        if self.paired:
            mask = self.after.strata[row.stratum]
            lost = lacking(self.after, self.before, row.subject, mask) > least
        else:
            lost = bool(self.absent)
        marks = (*((LOST,) if lost else ()), *((RETOLD,) if self.retold else ()))
        return replace(found, change=found.change.with_flags(*marks)) if marks else found

    def _unchanged(self, row: Margin) -> bool:
        """Whether both said the same of one measurand: no statistic of its values has moved.

        Of such no resample differs, and an interval without a width shows nothing.
        """
        after, before = (study.values.get(row.subject) for study in (self.after, self.before))
        if not self.paired or after is None or before is None:
            return False
        here = self.after.strata[row.stratum]
        return bool(here.any()) and all(
            np.array_equal(ours[here], theirs[here], equal_nan=True)
            for ours, theirs in (
                (after.model, before.model),
                (after.reference, before.reference),
            )
        )

    def _sides(self, subject: str, statistic: str) -> tuple[Hits, Hits]:
        """Both sides' hits; paired, a sample that either side measured counts on both."""
        after, before = (hits(study, subject, statistic) for study in (self.after, self.before))
        if not self.paired:
            return after, before
        trials = np.maximum(after.trials, before.trials)
        return replace(after, trials=trials), replace(before, trials=trials)

    def _of_share(self, blank: Change, row: Margin) -> Change:
        sides = self._sides(row.subject, row.statistic)
        masks = (study.strata[row.stratum] for study in (self.after, self.before))
        after, before = (side.at(mask) for side, mask in zip(sides, masks, strict=True))
        for name, side in (("candidate", after), ("other side", before)):
            if not side.trials.any():
                raise NotEstimable(Reason("side_without_trial", side=name))
        told = replace(
            blank,
            before=float(before.hits.sum() / before.trials.sum()),
            after=float(after.hits.sum() / after.trials.sum()),
        )
        doubts = self._doubts(row)
        if not self.paired:
            shares = (
                alone(side, study, losses_of(self.after.protocol.gate))
                for side, study in ((after, self.after), (before, self.before))
            )
            return replace(told, change=newcombe_difference(*shares).with_flags(*doubts))
        found = self._differences(row.measure, row.statistic, row.stratum)[row.subject]
        return replace(
            told,
            change=found.estimate.with_flags(*doubts),
            detectable=_detectable(found, row.margin),
            moved=self._moved(after, before, "cells" if row.measure == "classification" else ""),
            bounds=_bounds(found),
            p=found.p_moved,
        )

    def _doubts(self, row: Margin) -> tuple[str, ...]:
        """What the candidate's report said of a share that takes noise for right."""
        if not row.statistic.or_noise:
            return ()
        return (FEW_CELLS,) if row.subject in self.few_cells else ()

    def _differences(
        self, measure: str, statistic: str, stratum: str
    ) -> Mapping[str, PairedDifference]:
        """One share of every subject, whatever is asked, so that asking for one moves no other."""
        key = (measure, statistic, stratum)
        if key not in self._found:
            mask = self.after.strata[stratum]
            columns = {}
            for subject in subjects(self.before, measure, statistic):
                try:
                    new, old = (side.at(mask) for side in self._sides(subject, statistic))
                except NotEstimable:
                    continue
                if new.trials.any():
                    columns[subject] = (new.hits, old.hits, new.trials)
            margins = {r.subject: r.margin for r in self.rows
                       if (r.measure, r.statistic, r.stratum) == key}  # fmt: skip
            context = Context(seed=self.after.protocol.seed, stratum=stratum)
            after, before, trials = (
                np.column_stack(x) for x in zip(*columns.values(), strict=True)
            )
            found = paired_differences(
                after,
                before,
                trials,
                self.after.cluster,
                generator=context.generator(f"{measure} {statistic} against {self.against}"),
                margin=[margins.get(subject) for subject in columns],
                labels="patients" if self.after.patients_known else "samples",
                losses=losses_of(self.after.protocol.gate),
            )
            self._found[key] = dict(zip(columns, found, strict=True))
        return self._found[key]

    def _moved(self, after: Hits, before: Hits, trials: str) -> tuple[Moved, ...]:
        lost = before.hits - after.hits
        worst = sorted(np.flatnonzero(lost > 0), key=lambda i: (-lost[i], i))
        names = self.after.sample_ids
        if not trials:
            return tuple(Moved(names[i], 1, "within → outside") for i in worst)
        return tuple(
            Moved(names[i], int(lost[i]),
                  f"{before.hits[i]} → {after.hits[i]} of {after.trials[i]} {trials}")
            for i in worst
        )  # fmt: skip

    def _of_value(self, blank: Change) -> Change:
        """A change of the covering error, or of the size of the bias."""
        if not self.paired:
            raise NotEstimable(Reason("in_pairs_alone"))
        sides = (self.after, self.before)
        name = blank.statistic
        if name.base == COVERING_ERROR:
            assert name.number is not None  # noqa: S101 (checked where it was asked for)
            limit, floor = name.limit or LIMIT, name.floor
            (new, ours), (old, theirs) = (errors(s, blank.subject, floor, limit) for s in sides)
            take, statistic = ours | theirs, covering(name.number)
        else:
            (new, ours), (old, theirs) = (differences(s, blank.subject) for s in sides)
            take, statistic = ours & theirs, absolute_bias
        take &= self.after.strata[blank.stratum]
        new, old = new[take], old[take]
        context = Context(seed=self.after.protocol.seed, stratum=blank.stratum)
        seed = f"{blank.measure} {blank.subject} {blank.statistic} against {self.against}"
        change = paired_change(
            new, old, self.after.cluster[take], statistic, generator=context.generator(seed)
        )
        once = np.ones((1, len(new)), dtype=np.int64)
        after, before = (float(statistic.of(each, once)[0]) for each in (new, old))
        return replace(blank, before=before, after=after, change=change)


def both_of(
    candidate: Side, other: Side, against: str, rows: Sequence[Margin], paired: bool
) -> Both:
    """Two sides as they are compared: paired, on the samples of the other side.

    Raises:
        InputError: where equal digests stand beside tables that differ.
    """
    after, before = candidate.study, other.study
    ours = set(after.sample_ids)
    absent = tuple(i for i in before.sample_ids if i not in ours)
    if paired:
        after = on_their_samples(after, before)
    else:
        refuse_renamed(candidate.name, truths_of(after), truths_of(before))
        if len(absent) >= MOST * len(before.sample_ids):
            absent = ()  # other samples, which is what an unpaired comparison is for
    equal = [
        candidate.digests[side] == other.digests[side] for side in ("predictions", "reference")
    ]
    same = equal[0] and said_alike(candidate.study, other.study)
    if all(equal) and not same:
        raise InputError(
            f"{candidate.name} and {other.name}",
            "have equal digests of their predictions, and tables that differ: one of them was "
            "altered",
            "make both again with `wbcval report`",
        )
    other_truth = () if paired else retold(after, before)
    return Both(
        after, before, against, tuple(rows), paired, same, absent, candidate.few_cells, other_truth
    )


def _bounds(found: PairedDifference) -> Bounds | None:
    if found.spread_low is None or found.whole_low is None or found.unseen is None:
        return None
    return Bounds(found.spread_low, found.whole_low, found.unseen)


def _detectable(found: PairedDifference, margin: float) -> float | None:
    try:
        return detectable_drop(found, margin).stopped
    except NotEstimable:
        return None
