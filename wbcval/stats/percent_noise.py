"""What counting noise alone does to differences in percent of the mean of both sides.

STATISTICS.md §5. 100·d/a is bent: a class of which no cell was met counts −200 %, and missing one
of two cells weighs more than finding one too many. A perfect classifier therefore shows a bias in
rare classes, of −42 % for 1–3 % eosinophils at 100 cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from scipy import special

from wbcval.stats.metric import Floats, Pairs
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Quantity
from wbcval.values.reasons import NO_REASON, Reason

EXPECTED = "expected_bias"  # the statistic's name
ZEROS = "zeros_in_percent"  # flag
NOISE_BIAS = "noise_bias"  # flag, of the judge: it exceeds a tenth of a criterion's limit
NOISY = ("bias", "sd", "lower", "upper", "lower:normal", "upper:normal")  # what it falsifies
_REACH = 7.0  # SDs of a count on either side; what lies beyond weighs less than 1e-11
_CHUNK = 500_000  # counts at once


def of_percent(pairs: Pairs, estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The statistics of percent differences, zeros told, and the bias that noise alone gives."""
    zeros = int(np.sum((pairs.reference == 0) | (pairs.model == 0)))
    flags = (ZEROS,) if zeros else ()
    found = {name: estimate.with_flags(*flags) for name, estimate in estimates.items()}
    return found | {EXPECTED: expected_bias(pairs)}


def expected_bias(pairs: Pairs) -> Estimate:
    """Mean percent difference of a perfect classifier at these counts and references.

    Missing where it is not known: without the model's cells, on the same cells (no counting
    noise), in same-slide without the reference's cells, and for WBC.
    """
    n = len(pairs)
    why = _unknown(pairs)
    if why:
        return Estimate.missing(why, n=n)
    each, method = expected_percent(pairs), "exact, counting noise alone"
    return Estimate(math.fsum(each.tolist()) / n, method=method, n=n)


def _unknown(pairs: Pairs) -> Reason:
    if len(pairs) == 0:
        return Reason("no_pair")
    if pairs.mode == "same-cells":
        return Reason("same_cells")
    if pairs.subject.quantity is Quantity.TOTAL:
        return Reason("noise_of_class")
    if pairs.model_cells is None:
        return Reason("model_cells_unknown")
    if pairs.mode == "same-slide" and pairs.reference_cells is None:
        return Reason("reference_cells_unknown")
    if pairs.subject.quantity is not Quantity.SHARE and pairs.total is None:
        return Reason("total_unknown")
    return NO_REASON


def expected_percent(pairs: Pairs) -> Floats:
    """E_i of each pair, shape (n,), percent: Σ_k w_k·g(k/N, r), g(x, y) = 200(x − y)/(x + y).

    Noise-free reference: w_k is the binomial of the model's N cells, averaged over the true
    shares r ± u/2, cut to [0, 1]; for a count on the model's own volume the Poisson distribution.
    Both counted: w_k is hypergeometric, given the cells of the class on both sides together.
    """
    assert pairs.model_cells is not None  # noqa: S101 (asked for before)
    cells = np.maximum(np.rint(pairs.model_cells), 1)
    percent = pairs.subject.quantity is Quantity.SHARE
    if percent and pairs.reference_cells is not None and pairs.reference_hits is not None:
        theirs = np.maximum(np.rint(pairs.reference_cells), 1)
        held = np.rint(pairs.model / 100 * cells) + np.rint(pairs.reference_hits)
        return _summed(_both_counted, cells, theirs, np.minimum(held, cells + theirs))
    scale = np.full(len(pairs), 100.0) if percent else pairs.total
    assert scale is not None  # noqa: S101 (asked for before)
    share, half = pairs.reference, np.broadcast_to(pairs.resolution, len(pairs)) / 2
    share, low, high = (
        np.clip(x / np.where(scale > 0, scale, 1.0), 0.0, 1.0)
        for x in (share, share - half, share + half)
    )
    law = (_binomial, 1) if percent or pairs.shared_total else (_poisson, 0)
    return _summed(partial(_noise_free, *law), cells, share, low, high)


_Law = Callable[..., tuple[Floats, Floats, Callable[[Floats], Floats]]]


def _summed(law: _Law, *columns: Floats) -> Floats:
    """Σ_k of a law's terms, for each row of the columns; equal rows once, long ranges in chunks.

    Args:
        law: from columns, shape (m, 1) each: first and last count of each row, and its terms at
            counts of shape (m, K).
    """
    cases, place = np.unique(np.stack(columns), axis=1, return_inverse=True)
    first, last, _ = law(*cases[:, :, None])
    width = (last - first)[:, 0] + 1
    order = np.argsort(width)
    found = np.zeros(len(order))
    start = 0
    while start < len(order):
        rows = np.flatnonzero(np.cumsum(np.maximum.accumulate(width[order[start:]])) <= _CHUNK)
        part = order[start : start + max(len(rows), 1)]
        start += len(part)
        first, last, terms = law(*cases[:, part, None])
        k = first + np.arange(int(width[part].max()))
        found[part] = np.where(k <= last, terms(np.minimum(k, last)), 0.0).sum(axis=1)
    return np.asarray(found[place.ravel()])


def _difference(x: Floats, y: Floats) -> Floats:
    """g: 100·d/a, 0 where both are 0."""
    return np.asarray(200 * (x - y) / np.maximum(x + y, np.finfo(np.float64).tiny))


def _noise_free(
    pmf: Callable[[Floats, Floats, Floats], Floats],
    trials: int,
    cells: Floats,
    share: Floats,
    low: Floats,
    high: Floats,
) -> tuple[Floats, Floats, Callable[[Floats], Floats]]:
    """Counts of a true share from ``low`` to ``high``, each as likely.

    ∫ P(k | N, p) dp is a difference of distribution functions, of N + ``trials`` cells.
    """
    least, most = cells * low, cells * high
    first = np.floor(np.maximum(least - _REACH * np.sqrt(least + 1), 0.0))
    last = np.ceil(most + _REACH * np.sqrt(most + 1) + 10)

    def terms(k: Floats) -> Floats:
        width = (cells + trials) * (high - low)
        below, above = (np.cumsum(pmf(k, cells + trials, p), axis=1) for p in (low, high))
        weight = (below - above) / np.where(width > 0, width, 1.0)
        if not width.all():
            weight = np.where(width > 0, weight, pmf(k, cells, low))
        return np.asarray(weight * _difference(k / cells, share))

    return first, np.minimum(last, cells) if trials else last, terms


def _binomial(k: Floats, n: Floats, p: Floats) -> Floats:
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(np.exp(ways + special.xlogy(k, p) + special.xlog1py(n - k, -p)))


def _poisson(k: Floats, n: Floats, p: Floats) -> Floats:
    return np.asarray(np.exp(special.xlogy(k, n * p) - n * p - special.gammaln(k + 1)))


def _both_counted(
    cells: Floats, theirs: Floats, held: Floats
) -> tuple[Floats, Floats, Callable[[Floats], Floats]]:
    least, most = np.maximum(held - theirs, 0.0), np.minimum(held, cells)
    mean = held * cells / (cells + theirs)
    reach = _REACH * np.sqrt(mean + 1) + 10
    first = np.maximum(np.floor(mean - reach), least)

    def terms(k: Floats) -> Floats:
        log = special.betaln(held + 1, cells + theirs - held + 1) + np.log(cells + theirs + 1)
        for chosen, of in ((k, cells), (held - k, theirs)):
            log = log - special.betaln(chosen + 1, of - chosen + 1) - np.log(of + 1)
        return np.asarray(np.exp(log) * _difference(k / cells, (held - k) / theirs))

    return first, np.minimum(np.ceil(mean + reach), most), terms
