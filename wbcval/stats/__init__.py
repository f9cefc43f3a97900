"""Statistics: pure functions of arrays that return frozen results of :class:`Estimate`.

``from wbcval.stats import bland_altman`` loads that statistic alone; a statistic ``name`` and its
result ``Name`` live in ``functions/name.py``.
"""

from __future__ import annotations

from wbcval.machine.plugins import face
from wbcval.values.errors import NotEstimable

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.stats.functions.attainability import Attainability, attainability
    from wbcval.stats.functions.attribution import Attribution, attribution
    from wbcval.stats.functions.bland_altman import BlandAltman, bland_altman
    from wbcval.stats.functions.cascade import Cascade, cascade
    from wbcval.stats.functions.classification import Classification, classification
    from wbcval.stats.functions.concordance_correlation import (
        ConcordanceCorrelation,
        concordance_correlation,
    )
    from wbcval.stats.functions.constants import constants
    from wbcval.stats.functions.correlation import Correlation, correlation
    from wbcval.stats.functions.counting_noise import CountingNoise, counting_noise
    from wbcval.stats.functions.deming import Deming, deming
    from wbcval.stats.functions.equal_errors import equal_errors
    from wbcval.stats.functions.equivalence import Equivalence, equivalence
    from wbcval.stats.functions.equivariant_passing_bablok import (
        EquivariantPassingBablok,
        equivariant_passing_bablok,
    )
    from wbcval.stats.functions.error import Error, error
    from wbcval.stats.functions.error_ratio import ErrorRatio, error_ratio
    from wbcval.stats.functions.extreme_deviates import ExtremeDeviates, extreme_deviates
    from wbcval.stats.functions.fall_together import fall_together
    from wbcval.stats.functions.holm import holm
    from wbcval.stats.functions.intraclass_correlation import (
        IntraclassCorrelation,
        intraclass_correlation,
    )
    from wbcval.stats.functions.krippendorff_alpha import KrippendorffAlpha, krippendorff_alpha
    from wbcval.stats.functions.least_squares import LeastSquares, least_squares
    from wbcval.stats.functions.limits_of_agreement import limits_of_agreement
    from wbcval.stats.functions.mcnemar import Mcnemar, mcnemar
    from wbcval.stats.functions.mean_difference import MeanDifference, mean_difference
    from wbcval.stats.functions.noise_ranges import noise_ranges
    from wbcval.stats.functions.nonparametric_limits import nonparametric_limits
    from wbcval.stats.functions.one_source import one_source
    from wbcval.stats.functions.one_total import one_total
    from wbcval.stats.functions.p_of_interval import p_of_interval
    from wbcval.stats.functions.paired_change import paired_change
    from wbcval.stats.functions.paired_difference import PairedDifference, paired_difference
    from wbcval.stats.functions.passing_bablok import PassingBablok, passing_bablok
    from wbcval.stats.functions.perfect import Perfect, perfect
    from wbcval.stats.functions.precision import Precision, precision
    from wbcval.stats.functions.proportional_bias import ProportionalBias, proportional_bias
    from wbcval.stats.functions.regression_limits import RegressionLimits, regression_limits
    from wbcval.stats.functions.repeated_cells import repeated_cells
    from wbcval.stats.functions.repeated_limits import RepeatedLimits, repeated_limits
    from wbcval.stats.functions.repeated_rows import repeated_rows
    from wbcval.stats.functions.replicate_limits import ReplicateLimits, replicate_limits
    from wbcval.stats.functions.scores import Scores, scores
    from wbcval.stats.functions.shape import Shape, shape
    from wbcval.stats.functions.signed_rank import SignedRank, signed_rank
    from wbcval.stats.functions.stands_apart import stands_apart
    from wbcval.stats.functions.total_error import TotalError, total_error
    from wbcval.stats.functions.two_raters import TwoRaters, two_raters
    from wbcval.stats.functions.variance_components import VarianceComponents, variance_components
    from wbcval.stats.functions.weighted_deming import weighted_deming
    from wbcval.stats.functions.westgard import Westgard, westgard

__all__ = [
    "Attainability",
    "Attribution",
    "BlandAltman",
    "Cascade",
    "Classification",
    "ConcordanceCorrelation",
    "Correlation",
    "CountingNoise",
    "Deming",
    "Equivalence",
    "EquivariantPassingBablok",
    "Error",
    "ErrorRatio",
    "ExtremeDeviates",
    "IntraclassCorrelation",
    "KrippendorffAlpha",
    "LeastSquares",
    "Mcnemar",
    "MeanDifference",
    "NotEstimable",
    "PairedDifference",
    "PassingBablok",
    "Perfect",
    "Precision",
    "ProportionalBias",
    "RegressionLimits",
    "RepeatedLimits",
    "ReplicateLimits",
    "Scores",
    "Shape",
    "SignedRank",
    "TotalError",
    "TwoRaters",
    "VarianceComponents",
    "Westgard",
    "attainability",
    "attribution",
    "bland_altman",
    "cascade",
    "classification",
    "concordance_correlation",
    "constants",
    "correlation",
    "counting_noise",
    "deming",
    "equal_errors",
    "equivalence",
    "equivariant_passing_bablok",
    "error",
    "error_ratio",
    "extreme_deviates",
    "fall_together",
    "holm",
    "intraclass_correlation",
    "krippendorff_alpha",
    "least_squares",
    "limits_of_agreement",
    "mcnemar",
    "mean_difference",
    "noise_ranges",
    "nonparametric_limits",
    "one_source",
    "one_total",
    "p_of_interval",
    "paired_change",
    "paired_difference",
    "passing_bablok",
    "perfect",
    "precision",
    "proportional_bias",
    "regression_limits",
    "repeated_cells",
    "repeated_limits",
    "repeated_rows",
    "replicate_limits",
    "scores",
    "shape",
    "signed_rank",
    "stands_apart",
    "total_error",
    "two_raters",
    "variance_components",
    "weighted_deming",
    "westgard",
]

if not TYPE_CHECKING:  # else any name would be one of Any
    __getattr__, __dir__ = face(f"{__name__}.functions", __all__)
