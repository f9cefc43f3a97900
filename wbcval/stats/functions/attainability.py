"""Could a perfect classifier meet the criterion at these cell counts? STATISTICS.md §4."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._given import pairs_of
from wbcval.stats._poisson_binomial import poisson_binomial_sf
from wbcval.stats.acceptance import EDGE, k_min, k_min_observed, samples_to_demonstrate
from wbcval.stats.functions.perfect import Perfect, perfect
from wbcval.stats.metric import Floats, Pairs
from wbcval.stats.or_noise import FEW_CELLS, few_cells, noise_edges
from wbcval.values.errors import NotEstimable
from wbcval.values.flags import FLAGS
from wbcval.values.measurands import Measurand, Quantity
from wbcval.values.reasons import NO_REASON, Reason
from wbcval.values.wording import in_percent

LIKELY, POSSIBLE = 0.8, 0.5  # chances from which a criterion is called attainable, or marginal
MOST_CELLS = 1_000_000  # no study counts more in a sample
_CLOSE = 1.002  # ratio at which the bracketing of the cell count ends
_STEPS, _WORK = 400, 100_000  # counts, and sample evaluations, spent on the exact one below it


@dataclass(frozen=True, slots=True)
class Attainability:
    """Whether a perfect classifier could meet a ``share_within`` criterion.

    Attributes:
        status: ``yes`` (chance ≥ 0.8), ``marginal`` (≥ 0.5), ``no``; ``None``: cannot be said,
            also where the data refute that the values were counted from these cells.
        reasons: the chance, the cells needed, what is not included.
        instead: what to ask for, where it is not attainable.
        chance: A, that a perfect classifier passes with these samples and cell counts.
        cells_needed: cells per sample from which A ≥ 0.8 for all larger counts, see
            :func:`attainability`; ``None`` where no count up to a million suffices, or where it
            does not apply.
        within: shape (n,), each sample's chance to be within the limit.
        unresolvable: samples whose reference is coarser than the limit.
        refuted: whether the data deny that the values were counted from these cells.
    """

    status: str | None
    reasons: tuple[Reason, ...]
    chance: float | None = None
    cells_needed: int | None = None
    within: Floats | None = None
    unresolvable: int = 0
    refuted: bool = False
    instead: Reason = NO_REASON

    @property
    def reason(self) -> str:
        """All of it in words."""
        return ". ".join(filter(None, (*self.reasons, self.instead)))


@overload
def attainability(
    reference: Pairs,
    *,
    limit: float,
    share: float,
    floor: float = 0.0,
    rule: str = "observed",
    confidence: float = 0.95,
    min_n: int = 0,
    or_noise: bool = False,
) -> Attainability: ...


@overload
def attainability(
    reference: ArrayLike,
    cells: ArrayLike,
    *,
    measurand: str,
    limit: float,
    share: float,
    floor: float = 0.0,
    rule: str = "observed",
    confidence: float = 0.95,
    min_n: int = 0,
) -> Attainability: ...


def attainability(
    reference: Pairs | ArrayLike,
    cells: ArrayLike | None = None,
    *,
    limit: float,
    share: float,
    floor: float = 0.0,
    measurand: str | None = None,
    rule: str = "observed",
    confidence: float = 0.95,
    min_n: int = 0,
    or_noise: bool = False,
) -> Attainability:
    """Chance that a perfect classifier meets "at least ``share`` of the samples within ``limit``".

    A = P(Σ Bernoulli(π_i) ≥ k_min) by exact convolution, π_i from
    :class:`wbcval.stats.Perfect`, k_min by the criterion's own rule over all counted
    samples (technical failures among them, always outside). Samples are taken as independent.

    ``cells_needed`` is N per sample such that A ≥ 0.8 at N *and every larger count up to a
    million*. A(N) is a saw (the limit falls between whole numbers of cells), so the proof runs
    over a smooth lower bound of each π_i, in blocks whose two ends bound what lies between; below
    the N so found the exact A is followed downwards, count by count, while it holds. Where that
    walk of at most 400 counts meets a failing one, N is the smallest such count; where it does
    not (large N), N exceeds the smallest by one to two parts in the number of cells that the
    limit allows (N·L·share: 3 to 5 % at a limit of 10 %).

    The model's results are not looked at: see ``_refuted_cells``.

    Args:
        reference: shape (n,), values of the samples; or :class:`Pairs` of any measurand. WBC and
            absolute counts on the model's own total take ``model_cells`` for the cells counted in
            its volume (CV² = 1/M besides).
        cells: cells that the model classifies of each sample, shape (n,), or one number; of arrays.
        limit: L, percent.
        share: P, a fraction.
        floor: A (``or_within``), in the measurand's unit.
        measurand: ``EO%``, ``WBC``: needed for arrays, which are of one blood counted twice
            (``different-aliquot``); of the very same cells, any criterion is attainable.
        rule: ``observed`` or ``demonstrated``.
        confidence: of ``demonstrated``.
        min_n: fewest samples on which the rule decides.
        or_noise: samples inside counting noise are within too; then it takes no more cells.

    Raises:
        ValueError: where a sample has fewer than 1 cell, or the reference is missing or negative.

    >>> attainability([2.0, 3.1, 4.4], 200, measurand="EO%", limit=10, share=0.95).status
    'no'
    """
    if isinstance(reference, Pairs):
        pairs = reference
    elif cells is None or measurand is None:
        raise TypeError("cells and measurand are missing: cells=200, measurand='NEUT%'")
    else:
        pairs = pairs_of(reference, reference, measurand=measurand, cells=cells)
    n = len(pairs) + pairs.technical_failures
    if n < min_n:
        return Attainability("no", (Reason("rule_needs", needed=min_n, got=n),), 0.0)
    if pairs.mode == "same-cells":
        return Attainability("yes", (Reason("very_same_cells"),), 1.0)
    unknown = _unknown(pairs)
    if unknown:
        return Attainability(None, (unknown,))
    if or_noise and few_cells(pairs):
        return Attainability("no", (Reason("cells_too_few", words=FLAGS[FEW_CELLS].words),), 0.0)
    least = k_min(n, share, rule, confidence) or n + 1
    try:
        edges = noise_edges(pairs) if or_noise else None
    except NotEstimable as why:
        return Attainability(None, (why.reason,))
    model = perfect(pairs, limit, floor, edges)
    within = model.chances()
    chance = _passes(within, least, n)
    if or_noise:
        return _inside_noise(chance, within, pairs, _hopeless(pairs, least, n, share, confidence))
    unresolvable = _unresolvable(pairs, limit, floor)
    coarse = len(pairs) - unresolvable < k_min_observed(len(pairs), share)
    # every sample with one and the same count: alike references become one case
    alike = perfect(replace(pairs, model_cells=np.ones(len(pairs))), limit, floor)
    needed = None if coarse else _cells_needed(alike, least, n)
    status = "no" if coarse else _status(chance)
    if coarse:
        opening = Reason("reference_coarse", coarse=unresolvable, n=len(pairs))
    else:
        opening = _opening(status, chance, pairs)
    hopeless = _hopeless(pairs, least, n, share, confidence)
    said = (opening, NO_REASON if coarse else hopeless or _cells(needed), _not_included(pairs))
    instead = NO_REASON if status == "yes" else _instead(pairs.subject, limit)
    return Attainability(status, said, chance, needed, within, unresolvable, instead=instead)


def _inside_noise(chance: float, within: Floats, pairs: Pairs, hopeless: Reason) -> Attainability:
    status = _status(chance)
    said = (_opening(status, chance, pairs), hopeless, _not_included(pairs))
    return Attainability(status, said, chance, None, within)


def _status(chance: float) -> str:
    return "no" if chance < POSSIBLE else "yes" if chance >= LIKELY else "marginal"


def _unknown(pairs: Pairs) -> Reason:
    if len(pairs) == 0:
        return Reason("no_pair")
    if pairs.model_cells is None:
        total = pairs.subject.quantity is Quantity.TOTAL
        return Reason("total_cells_unknown" if total else "model_cells_unknown")
    if pairs.subject.quantity is Quantity.COUNT and pairs.total is None:
        return Reason("total_unknown")
    return NO_REASON


def _passes(within: Floats, least: int, n: int) -> float:
    """P(at least ``least`` of ``n`` within); those beyond ``within`` are always outside."""
    return poisson_binomial_sf(within, least) if least <= n else 0.0


def _unresolvable(pairs: Pairs, limit: float, floor: float) -> int:
    allowed = np.maximum(limit / 100 * pairs.reference, floor)
    return int(np.sum(pairs.resolution / 2 > allowed * (1 + EDGE)))


def _cells_needed(model: Perfect, least: int, n: int) -> int | None:
    """See :func:`attainability`."""
    top = MOST_CELLS
    above = model.floor_at(top)
    if _passes(above, least, n) < LIKELY:
        return None
    factor = 100.0
    while top > 1 and factor > _CLOSE:
        bottom = min(max(int(top / factor), 1), top - 1)
        below = model.floor_at(bottom)
        # each bound rises, falls, or rises and falls between the two: its least is at an end
        if _passes(np.minimum(below, above), least, n) >= LIKELY:
            top, above = bottom, below
        else:
            factor = math.sqrt(factor)
    for _ in range(min(_STEPS, _WORK // model.work(top))):
        if top == 1 or _passes(model.chances_at(top - 1), least, n) < LIKELY:
            break
        top -= 1
    return top


_OPENING = {"yes": "attainable", "marginal": "hardly_attainable", "no": "not_attainable"}


def _opening(status: str, chance: float, pairs: Pairs) -> Reason:
    assert pairs.model_cells is not None  # noqa: S101 (asked for above)
    cells = float(np.median(pairs.model_cells))
    return Reason(_OPENING[status], passes=in_percent(chance), cells=cells)


def _hopeless(pairs: Pairs, least: int, n: int, share: float, confidence: float) -> Reason:
    """Why no number of cells helps, where it is not the cells."""
    if least > n and share >= 1:
        return Reason("never_demonstrated")
    if least > n:
        needed = samples_to_demonstrate(0, share, confidence)
        return Reason("cannot_demonstrate", n=n, needed=needed)
    if least > len(pairs):
        return Reason("lost_too_many", lost=pairs.technical_failures)
    return NO_REASON


def _cells(needed: int | None) -> Reason:
    if needed is None:
        return Reason("never_likely", most=MOST_CELLS)
    return Reason("likely_from", needed=needed)


def _not_included(pairs: Pairs) -> Reason:
    notes = []
    if pairs.reference_cv is not None:
        notes.append(Reason("cv_included", cv=100 * pairs.reference_cv))
    elif pairs.reference_cells is not None:
        notes.append(Reason("reference_noise_included"))
    elif pairs.mode == "same-slide":
        notes.append(Reason("reference_noise_not_included"))
    else:
        notes.append(Reason("imprecision_not_included"))
    if pairs.mode == "same-slide":
        notes.append(Reason("overlap_unknown"))
    if pairs.subject.quantity is Quantity.TOTAL:
        notes.append(Reason("total_from_n_cells"))
    return Reason.all(notes)


def _instead(subject: Measurand, limit: float) -> Reason:
    total = subject.quantity is Quantity.TOTAL
    return Reason("instead_of_total" if total else "instead_of_class", limit=limit)
