"""λ = Var(error of reference)/Var(error of model), and where it comes from (STATISTICS.md §6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wbcval.stats.metric import Floats, Pairs
from wbcval.values.measurands import Quantity

MEASURES = ("deming", "passing_bablok")  # what rests on λ, by its number or by its flags
ANALYZER_CELLS = 1000.0  # an analyzer of unstated imprecision is no worse than such a count
ANALYZER_CV = 0.035  # beside its counting; of WBC 2 to 3 % are published
_FEWEST, _DENIED = 20, 2.0  # samples; times the scatter that was seen, as λ by a factor of 4


@dataclass(frozen=True, slots=True)
class ErrorRatio:
    """λ and its source.

    Attributes:
        value: λ ≥ 0; 0 means that the reference is free of error (Deming regression is then
            ordinary least squares of model on reference).
        source: ``protocol``, ``counting noise``, ``same cells`` or ``assumed``, in words.
        upper: where the analyzer's imprecision was not stated, so that ``value`` is a lower
            bound: λ if it were as imprecise as a count of 1 000 cells; else ``None``.
        reference_variance, model_variance: v_r and v_m, the mean error variance of each side in
            the unit of the values squared, or ``None`` where not known.
    """

    value: float
    source: str
    upper: float | None = None
    reference_variance: float | None = None
    model_variance: float | None = None

    @property
    def written(self) -> str:
        """The number and where it is from."""
        digits = np.format_float_positional(self.value, 3, unique=False, fractional=False, trim="-")
        return f"{digits} ({self.source})"

    def __str__(self) -> str:
        return f"λ = {self.written}"


def error_ratio(pairs: Pairs, fixed: float | None = None) -> ErrorRatio | None:
    """λ of these pairs: the protocol's, else from counting noise; ``None`` where neither is known.

    In same-cells mode both sides saw the very same cells, so that no counting noise stands between
    them, and the reference is by definition right about these cells: λ = 0, all scatter is the
    model's misclassification.

    The model's variance is that of its counting; random misclassification comes on top and makes
    the true λ smaller (``_proportional_bias`` allows for it).

    Args:
        pairs: with the cells either side counted, where known.
        fixed: λ fixed by the protocol.
    """
    if pairs.mode == "same-cells":
        if fixed is not None:
            return ErrorRatio(fixed, "protocol")
        return ErrorRatio(0.0, "same cells: the reference is exact for these very cells")
    if len(pairs) == 0:
        return None if fixed is None else ErrorRatio(fixed, "protocol")
    noise, cells = _model_variances(pairs), pairs.model_cells
    model = None if noise is None else float(noise.mean())
    reference, complete = _reference_variance(pairs)
    if fixed is not None:
        return ErrorRatio(fixed, "protocol", None, reference, model)
    if noise is None or cells is None or not model:  # unknown, or no cell of the class anywhere
        return None
    if complete:
        return ErrorRatio(reference / model, "counting noise", None, reference, model)
    upper = (reference + float((noise * cells).mean()) / ANALYZER_CELLS) / model
    source = "counting noise, analyzer imprecision not stated"
    return ErrorRatio(reference / model, source, upper, reference, model)


def believable(pairs: Pairs) -> Pairs:
    """The pairs, at the largest CV of the reference that is believed without more.

    That of an analyzer is 3.5 %, and for a class the counting of 1 000 cells besides (of those that
    the reference says it counted, where they are fewer), at the median share. A larger one makes λ
    larger, and a slope below 1 steeper.

    Returns:
        The same pairs where no larger one is stated, or the share of the class is 0 or not known.
    """
    counting = _analyzer_counting(pairs) if pairs.reference_cv is not None else None
    if pairs.reference_cv is None or counting is None:
        return pairs
    most = float(np.hypot(ANALYZER_CV, counting))
    return pairs if pairs.reference_cv <= most else replace(pairs, reference_cv=most)


def _analyzer_counting(pairs: Pairs) -> float | None:
    """CV of the reference's counting of a class at its median share; 0 of a total."""
    if pairs.subject.quantity is Quantity.TOTAL:
        return 0.0
    whole = np.full(len(pairs), 100.0) if pairs.unit == "%" else pairs.total
    if whole is None or not len(pairs) or not (whole > 0).all():
        return None
    share = float(np.median(pairs.reference / whole))
    cells = ANALYZER_CELLS
    if pairs.reference_cells is not None:
        cells = min(cells, max(float(np.median(pairs.reference_cells)), 1.0))
    return float(np.sqrt((1 - min(share, 1.0)) / (share * cells))) if share > 0 else None


def denied_cv(pairs: Pairs) -> float | None:
    """The relative scatter of the reference about its line on the model, of which a CV is a part.

    The residual of the reference, given the model, holds all of the reference's own error,
    whatever the slope is.

    Returns:
        The scatter as a fraction, where the stated CV is more than twice as large; else ``None``.
    """
    reference, model, cv = pairs.reference, pairs.model, pairs.reference_cv
    take = reference > 0
    if cv is None or pairs.mode == "same-cells" or take.sum() < _FEWEST:
        return None
    x, y = reference[take], model[take]
    design = np.stack((1 / x, y / x), axis=1)  # relative residuals: a CV is the same at all levels
    line, *_ = np.linalg.lstsq(design, np.ones(len(x)), rcond=None)
    scatter = float(np.sqrt(np.square(1 - design @ line).sum() / (len(x) - 2)))
    return scatter if cv > _DENIED * scatter else None


def _model_variances(pairs: Pairs) -> Floats | None:
    """Variance of each of the model's values under counting noise alone; ``None`` without N.

    ``%``: r(1 − r)/N·100² of the reference share r. A count X of k cells: from the model's own
    total X²/k (its volume is as uncertain as its N cells, CV² = 1/N), from the reference's
    X²(1 − k/N)/k·N/(N − 1); both 0 at k = 0, and unbiased in the mean. WBC: r²/N.
    """
    cells, hits = pairs.model_cells, pairs.model_hits
    if cells is None or len(pairs) == 0 or cells.min() < 1:
        return None
    if pairs.unit == "%":
        return _of_shares(pairs.reference, cells)
    if pairs.subject.quantity is Quantity.TOTAL:
        return np.asarray(pairs.reference**2 / cells)
    if hits is None:
        return None
    variances = pairs.model**2 / np.maximum(hits, 1)
    if pairs.shared_total:
        variances = variances * (cells - hits) / np.maximum(cells - 1, 1)
    return np.where(hits > 0, variances, 0.0)


def _reference_variance(pairs: Pairs) -> tuple[float, bool]:
    """Mean variance of the reference's error, and whether its imprecision is in it.

    r(1 − r)/N_r of a reference that counted cells, CV²·r² of an analyzer, u²/12 of its last digit.
    """
    variance = float(np.mean(np.square(pairs.resolution))) / 12
    if pairs.reference_cells is not None and pairs.unit == "%" and len(pairs):
        variance += float(_of_shares(pairs.reference, pairs.reference_cells).mean())
    if pairs.reference_cv is not None:
        variance += pairs.reference_cv**2 * float((pairs.reference**2).mean())
    return variance, pairs.reference_cells is not None or pairs.reference_cv is not None


def _of_shares(percent: Floats, cells: Floats) -> Floats:
    share = np.clip(percent / 100, 0.0, 1.0)
    return np.asarray(1e4 * share * (1 - share) / cells)
