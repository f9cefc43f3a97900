"""Which samples differ by no more than counting cells explains, and how many should.

Rümke's question (Blood Cells 1985;11:179; CLSI H20): a differential of N cells is a draw of N
cells, and two of them differ by chance. STATISTICS.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from wbcval.stats.binomial import clopper_pearson
from wbcval.stats.functions.error import effective_n
from wbcval.stats.functions.noise_ranges import counts, noise_ranges
from wbcval.stats.metric import Better, Context, Floats, Measured, Metric, Pairs, fraction
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Quantity
from wbcval.values.notebook import Shown


@dataclass(frozen=True, slots=True)
class CountingNoise(Shown):
    """Samples inside the counting noise of one ``%`` measurand.

    Attributes:
        sample_ids: n ids.
        inside: shape (n,), bool.
        chance: shape (n,), chance of lying inside if counting noise were all there is.
        first, last: shape (n,), the range of the model's hits that lies inside.
        share: of the samples inside, with its exact interval.
        expected: the share to compare it with: the mean of ``chance``, not 95 %.
        note: what the reference was taken for.
    """

    sample_ids: tuple[str, ...]
    inside: NDArray[np.bool_]
    chance: Floats
    first: Floats
    last: Floats
    share: Estimate
    expected: Estimate
    note: str

    @property
    def p_fewer(self) -> float:
        """Chance of no more samples inside if counting noise were all there is, at n/deff.

        Binomial at the mean chance: the sum over unequal chances varies less.
        """
        n = len(self.inside) / (self.share.deff or 1.0)
        k, chance = n * float(self.inside.mean()), float(self.chance.mean())
        return 1.0 if k >= n else float(special.betainc(n - k, k + 1, 1 - chance))


def share_sd(share: ArrayLike, cells: ArrayLike) -> Floats:
    """SD of an observed share of true value ``share`` among ``cells`` cells: √(p(1 − p)/N).

    >>> round(float(share_sd(0.05, 200)), 4)
    0.0154
    """
    p, n = np.asarray(share, dtype=np.float64), np.asarray(cells, dtype=np.float64)
    return np.asarray(np.sqrt(p * (1 - p) / n))


def count_cv(share: ArrayLike, cells: ArrayLike) -> Floats:
    """CV of the count of a class of true share ``share`` > 0, a fraction: √((1 − p)/(pN)).

    >>> round(float(count_cv(0.05, 200)), 3)
    0.308
    """
    p, n = np.asarray(share, dtype=np.float64), np.asarray(cells, dtype=np.float64)
    return np.asarray(np.sqrt((1 - p) / (p * n)))


def funnel_half_width(cells: ArrayLike) -> Floats:
    """95 % half-width of a total of M counted cells, percent of it: 196/√M (Poisson).

    >>> round(float(funnel_half_width(400)), 1)
    9.8
    """
    return np.asarray(196 / np.sqrt(np.asarray(cells, dtype=np.float64)))


def counting_noise(pairs: Pairs, *, level: float = 0.95) -> CountingNoise:
    """Samples whose difference counting alone explains, and the share expected under it alone.

    *Analyzer* (``reference_cells`` is ``None``): the reference is taken as free of noise; a
    sample is inside iff the interval r ± u/2 (cut at 0 and 100 %) of true values that print as r
    touches the Clopper–Pearson 95 % interval of (k, N). The true value itself then lies inside
    with a chance of at least 95 %, however coarse r is. Expected: P(inside) by the binomial
    distribution, averaged over r ± u/2.

    *Both counted*: given the k_m + k_r cells of the class among N_m + N_r, the model's k_m is
    hypergeometric if nothing but chance separates the two; inside iff 2·min(tail) > 0.05.
    Expected: the chance of that under the same distribution, in which no true share is unknown.

    *same-slide* is treated as both counted and flagged ``overlap_unknown``: where both readers
    met the same cells they differ by less, so that the range is too wide (conservative).

    Args:
        pairs: of a ``%`` measurand; technical failures take no part.
        level: of the interval of the share; the limits of the noise stay at 95 %.

    Raises:
        NotEstimable: without pairs or cell counts, for a measurand that is no percentage, in
            mode same-cells (no counting noise), or in same-slide where the reference's own cell
            count is unknown.
        ValueError: where more hits than cells are given.
    """
    model, cells = counts(pairs)
    first, last, chance = noise_ranges(pairs, model, cells)
    alone = pairs.reference_cells is None or pairs.reference_hits is None
    note = "reference taken as free of counting noise" if alone else "both sides counted cells"
    flags: tuple[str, ...] = ()
    if pairs.mode == "same-slide":
        note, flags = f"{note}; conservative, overlap unknown", ("overlap_unknown",)
    inside = (first <= model) & (model <= last)
    n, k = len(inside), int(inside.sum())
    n_eff, deff, assumed = effective_n(inside, pairs.cluster)
    low, high = clopper_pearson(k * n_eff / n, n_eff, level)
    share = Estimate(
        k / n,
        low,
        high,
        level,
        "Clopper–Pearson" + ("" if deff == 1 else f" at n/deff, deff {deff:.3g}"),
        n=n,
        flags=(*flags, "assumed_deff") if assumed else flags,
        deff=None if deff == 1 else deff,
    )
    expected = Estimate(float(chance.mean()), method="exact, counting noise alone", n=n)
    return CountingNoise(
        pairs.sample_ids, inside, chance, first, last, share, expected.with_flags(*flags), note
    )


def _measure(pairs: Pairs, context: Context) -> list[Measured]:
    if pairs.subject.quantity is not Quantity.SHARE or pairs.mode == "same-cells":
        return []  # not applicable, so never printed (§4)
    found = counting_noise(pairs, level=context.level)
    estimates = {
        "share_within_noise": found.share,
        "expected_share_within_noise": found.expected,
    }
    return [Measured("counting_noise", pairs.subject, estimates, len(pairs), found)]


METRIC = Metric(
    takes="pairs",
    measures={
        "counting_noise": {
            "share_within_noise": fraction("share inside counting noise"),
            "expected_share_within_noise": fraction(
                "share expected inside it by chance alone", better=Better.NONE, judged=False
            ),
        }
    },
    measure=_measure,
)
