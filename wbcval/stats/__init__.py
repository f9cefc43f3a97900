"""Statistics: pure functions of arrays that return frozen results of :class:`Estimate`.

``from wbcval.stats import bland_altman`` loads that statistic alone; a statistic ``name`` and its
result ``Name`` live in ``_name.py``.
"""

from __future__ import annotations

from wbcval._plugins import member
from wbcval.errors import NotEstimable

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.stats._attainability import Attainability, attainability
    from wbcval.stats._attribution import Attribution, attribution
    from wbcval.stats._bland_altman import BlandAltman, bland_altman
    from wbcval.stats._cascade import Cascade, cascade
    from wbcval.stats._classification import Classification, classification
    from wbcval.stats._constants import constants
    from wbcval.stats._counting_noise import CountingNoise, counting_noise
    from wbcval.stats._deming import Deming, deming
    from wbcval.stats._equal_errors import equal_errors
    from wbcval.stats._error import Error, error
    from wbcval.stats._error_ratio import ErrorRatio, error_ratio
    from wbcval.stats._fall_together import fall_together
    from wbcval.stats._holm import holm
    from wbcval.stats._limits_of_agreement import limits_of_agreement
    from wbcval.stats._mean_difference import MeanDifference, mean_difference
    from wbcval.stats._noise_ranges import noise_ranges
    from wbcval.stats._nonparametric_limits import nonparametric_limits
    from wbcval.stats._one_source import one_source
    from wbcval.stats._one_total import one_total
    from wbcval.stats._p_of_interval import p_of_interval
    from wbcval.stats._paired_change import paired_change
    from wbcval.stats._paired_difference import PairedDifference, paired_difference
    from wbcval.stats._perfect import Perfect, perfect
    from wbcval.stats._proportional_bias import ProportionalBias, proportional_bias
    from wbcval.stats._regression_limits import RegressionLimits, regression_limits
    from wbcval.stats._repeated_limits import RepeatedLimits, repeated_limits
    from wbcval.stats._repeated_rows import repeated_rows
    from wbcval.stats._scores import Scores, scores
    from wbcval.stats._shape import Shape, shape
    from wbcval.stats._signed_rank import SignedRank, signed_rank
    from wbcval.stats._stands_apart import stands_apart

__all__ = [
    "Attainability",
    "Attribution",
    "BlandAltman",
    "Cascade",
    "Classification",
    "CountingNoise",
    "Deming",
    "Error",
    "ErrorRatio",
    "MeanDifference",
    "NotEstimable",
    "PairedDifference",
    "Perfect",
    "ProportionalBias",
    "RegressionLimits",
    "RepeatedLimits",
    "Scores",
    "Shape",
    "SignedRank",
    "attainability",
    "attribution",
    "bland_altman",
    "cascade",
    "classification",
    "constants",
    "counting_noise",
    "deming",
    "equal_errors",
    "error",
    "error_ratio",
    "fall_together",
    "holm",
    "limits_of_agreement",
    "mean_difference",
    "noise_ranges",
    "nonparametric_limits",
    "one_source",
    "one_total",
    "p_of_interval",
    "paired_change",
    "paired_difference",
    "perfect",
    "proportional_bias",
    "regression_limits",
    "repeated_limits",
    "repeated_rows",
    "scores",
    "shape",
    "signed_rank",
    "stands_apart",
]

if not TYPE_CHECKING:  # else any name would be one of Any

    def __getattr__(name: str) -> object:
        return member(__name__, name)


def __dir__() -> list[str]:
    return __all__
