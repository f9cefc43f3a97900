"""What is compared, what is left out or waits and why, and where 1e-9 is not the measure."""

from __future__ import annotations

from tests.check_values import agreement, coefficients, precision, proportions, regression, tables
from tests.check_values.trial import Of, Rules, Tolerance

OFFSET, FLEISS = "edge_big_offset", "fleiss_diagnoses_r1_r2"
UNBALANCED = ("ox", "cardiac", "simplyagree_reps")
BELOW_39 = (
    "aromatics_mono", "arsenate", "edge_*", "giavarina2015", "glucose_t0_plas_cap",
    "hba1c_means", "pefr1986",
)  # fmt: skip

EVEN = ("pefr1986", "hba1c_means", "edge_even_slopes", "edge_big_offset")

INPUTS = [
    Of("ba.*", "conf"),
    Of("predicted_bias*", "level/*"),
    Of("mcnemar", "*/[abcd]"),
    Of("binomial_ci", "*/[kn]"),
    Of("rumke_limits", "*/[kn]"),
    Of("rumke_limits", "*/percent"),
    Of("acceptance", "zero_failure/*/p"),
    Of("acceptance", "zero_failure/*/confidence"),
    Of("acceptance", "max_failures/*/n"),
]

_COUNTED_DOF = (
    "categories never confused are counted as degrees of freedom: the mean of the statistic over "
    "all tables of the same pairs is 5 (Bowker) and 3 (Stuart–Maxwell), as ours are"
)
_LITERAL = "multiplies by 1.96, not 1.959964; base R's entry of the same limits is compared"
_CANCELS = "loses digits at an offset of 1e6; the decimals in exact arithmetic agree with ours"
_Z_JACKKNIFE = "jackknife with n − 1 and z; mcr's, with t(n − 2), is compared"
_NARROW = "interval too narrow with ties: their term is taken from the SD, not the variance"
_FLOAT = "tests a slope of −1 in floating point; exact_rational decides"
_MIDDLE = "of two central slopes the geometric mean is taken (1983)"
_ASYMPTOTIC = "asymptotic, by Kendall's τ; intervals are of resampled patients"
_ANGLE = "of two central slopes the mean angle, in floating point; ours is the geometric mean"
_WEIGHED = "weighs the variances within subjects by another rule; base R's of 1999 is compared"
_MIXED = "mixed models are no method of §5, which has the analysis of variance of 2007"
_STEP = "a step on the way; the bounds at its ranks are compared"
_NO_TEST = "no test of 0 is offered: an interval says it"
_ANOVA = "parts of the analysis of variance are not reported"

LEFT_OUT: dict[Of, str] = {
    Of("peer_disagreements"): "documents what peers do wrong; never a reference",
    # --- lines ---
    Of("ols", package="mcr", data=OFFSET): _CANCELS,
    Of("wls_1_over_x2", package="mcr", data=OFFSET): _CANCELS,
    Of("predicted_bias*.ols", data=OFFSET): _CANCELS,
    Of("predicted_bias.deming_analytical", data=OFFSET): _CANCELS,
    Of("deming.er1", "*_se"): _Z_JACKKNIFE,
    Of("deming.er1", "*_?ci"): _Z_JACKKNIFE,
    Of("deming.er1", "sigma"): "of the latent errors; not reported",
    Of("wdeming.er1"): "maximum likelihood, another estimator than Linnet's",
    Of("passing_bablok.radian"): _FLOAT,
    Of("passing_bablok.tangent"): _FLOAT,
    Of("passing_bablok_large.radian"): "binned slopes; exact_rational decides",
    Of("passing_bablok.deming_pkg"): _NARROW,
    Of("passing_bablok.simplyagree"): _NARROW,
    Of("passing_bablok.methcomp_R"): "keeps slopes of −1",
    Of("passing_bablok.jackknife"): "intervals are of ranks (1983), no standard errors",
    Of("predicted_bias.passing_bablok"): "by the jackknife; intervals are of ranks (1983)",
    Of("passing_bablok.exact_rational", "*_angle"): _MIDDLE,
    Of("passing_bablok.exact_rational", "*_arith"): _MIDDLE,
    Of("passing_bablok.exact_rational", "mcr_rule/*"): "ranks by the rule of 1983",
    Of("passing_bablok.exact_rational", "n_pairs"): "n(n − 1)/2",
    Of("passing_bablok.exact_rational", "C"): _STEP,
    Of("passing_bablok.exact_rational", "pb1983/M?"): _STEP,
    Of("*passing_bablok_equivariant", "*se*"): _ASYMPTOTIC,
    Of("*passing_bablok_equivariant", "*lci*"): _ASYMPTOTIC,
    Of("*passing_bablok_equivariant", "*uci*"): _ASYMPTOTIC,
    Of("passing_bablok_equivariant", "slope", data=EVEN): _ANGLE,
    Of("passing_bablok_equivariant", "intercept", data=EVEN): _ANGLE,
    Of("predicted_bias.passing_bablok_equivariant", "bias/*", data=EVEN): _ANGLE,
    Of("bootstrap.paba.bca"): "drawn; ends within a tenth of the width: test_passing_bablok.py",
    Of("bootstrap.paba.*"): "BCa is the bootstrap interval of a line (§6); that is compared",
    Of("bootstrap.*deming.*"): "Deming's interval is the jackknife's (§6); that is compared",
    Of("theil_sen"): "no method of §6: it takes the reference for exact, as least squares does",
    Of("cusum_linearity", data="edge_ties_dups"): "counts rounding as points above and below",
    Of("cusum_linearity", "p_smirnov"): "Smirnov's for two samples; ours is Kolmogorov's",
    # --- differences ---
    Of("descriptive", "?_m[ia][nx]"): "an end of the data, which nothing computes",
    Of("ba.absolute.approx_carkeet_var", "loa_[lu]*"): _LITERAL,
    Of("ba.absolute.classic_1986", "loa_*"): _LITERAL,
    Of("ba.absolute.classic_1986", "critical.diff"): _LITERAL,
    Of("ba.absolute.classic_1986", "*.limit.ci.*"): "SE √(3s²/n) of 1986; that of 1999 is compared",
    Of("ba.absolute.approx_z", "loa_se_1986"): "SE √(3s²/n) of 1986; that of 1999 is compared",
    Of("ba.proportional_bias", "slope_p"): _NO_TEST,
    Of("ba.published", "multiplier"): "2 SD of 1986; 1.959964 is the multiplier here",
    Of("ba.published", "loa_*_2sd"): "2 SD of 1986; 1.959964 is the multiplier here",
    Of("ba.published", "loa_*_ci/*"): "SE √(3s²/n) or 1.71·s/√n; the full formula is compared",
    Of("normality.shapiro_wilk", "W"): "not reported; its p is compared",
    Of("wilcoxon_signed_rank"): "with continuity correction; ours has none (scipy's is compared)",
    Of("within_10pct", "abs_pct_*"): "covering errors are ranks, no interpolated quantiles",
    Of("within_10pct", "p_*_t7"): "percentiles are of type 6",
    Of("within_10pct", "p_*_t6", data=BELOW_39): "not estimable below 39 differences",
    Of("ba.repeated.linked_varying", "loa_*_196"): _LITERAL,
    Of("ba.repeated.linked_varying", package="SimplyAgree", data=UNBALANCED): (
        "takes the variance of the patients' means; ours the analysis of variance of 2007"
    ),
    Of("ba.repeated.linked_varying", "bias_?ci", "SimplyAgree"): "z; ours is t(patients − 1)",
    Of("ba.repeated.linked_varying", "ccc*", "SimplyAgree"): (
        "of replicates; our concordance takes single pairs"
    ),
    Of("ba.repeated.unlinked", "loa_*_196"): _LITERAL,
    Of("ba.repeated.unlinked", "repeatability_?"): "1.96·√2 times the SD within subjects",
    Of("ba.repeated.unlinked", "ccc*", "SimplyAgree"): "of replicates; ours takes single pairs",
    Of("ba.repeated.unlinked", "bias_?ci", "SimplyAgree"): "z; ours is t(subjects − 1)",
    Of("ba.repeated.unlinked", package="SimplyAgree", data=UNBALANCED): _WEIGHED,
    Of("ba.repeated.reps.*", data=UNBALANCED): _WEIGHED,
    Of("ba.repeated.reps.*", "var_loa"): "of a limit, presuming normal limits; MOVER is compared",
    Of("ba.repeated.reps.blandaltman", "lme"): "not MOVER; that is compared",
    Of("ba.repeated.reps.blandaltman", "?????_loa_ci"): "not MOVER; that is compared",
    Of("ba.repeated.nest.*"): _MIXED,
    Of("ba.repeated.mixed_model.*"): _MIXED,
    Of("ba.shieh_exact"): (
        "another statement: that the share between two margins is at least 95 %; §3 and §5 have "
        "the share within a limit and bounds of limits"
    ),
    # --- coefficients and tables ---
    Of("ccc.asymptotic", "?ci"): "not transformed; the z-transformed interval is compared",
    Of("icc_?_1", "F"): _ANOVA,
    Of("icc_?_1", "df?"): _ANOVA,
    Of("icc_?_k"): "the mean of k readers is not offered",
    Of("icc_all", "*/[345]"): "the mean of k readers is not offered",
    Of("icc_all", "ci/[345]/?"): "the mean of k readers is not offered",
    Of("icc.published", "icc_?_k"): "the mean of k readers is not offered",
    Of("pearson", "p"): _NO_TEST,
    Of("kappa.*", "z", "irr"): _NO_TEST,
    Of("kappa.*", "p", "irr"): _NO_TEST,
    Of("kappa.*", "se0", "statsmodels"): _NO_TEST,
    Of("bowker_mcnemar_symmetry", "*df", data=FLEISS): _COUNTED_DOF,
    Of("bowker_mcnemar_symmetry", "*p", data=FLEISS): _COUNTED_DOF,
    Of("stuart_maxwell", "df", data=FLEISS): _COUNTED_DOF,
    Of("stuart_maxwell", "p/0/0", data=FLEISS): _COUNTED_DOF,
    Of("classification", "weighted_f1"): "the mean by support is not offered",
    Of("overall", "kappa_*"): "Cohen's SE of 1960; that of Fleiss, Cohen & Everitt is compared",
    Of("overall", "ci95/*"): "Wald's interval",
    Of("overall", "pi"): "Scott's π is not offered",
    Of("overall", "bangdiwala_b"): "Bangdiwala's B is not offered",
    Of("mcnemar", "*_cc"): "with continuity correction",
    Of("binomial_ci", "*/wald/*"): "covers too little; not offered",
    Of("binomial_ci", "*/agresti_coull/*"): "not offered: Wilson's",
    Of("binomial_ci", "*/jeffreys/*"): "not offered: Wilson's",
    Of("binomial_ci", "*/midp/*"): "not offered: Clopper and Pearson's",
    Of("binomial_ci", "*/wilson_cc/*"): "with continuity correction",
    Of("binomial_ci", "0/wilson/lower"): "2e-17 by rounding; ours is 0",
    Of("univariate.certified", "*/lag1"): "no autocorrelation is offered",
}  # fmt: skip

WAITING: dict[Of, str] = {}

_HELD = "at an offset of 1e6 float64 holds the scatter to nine digits, and the peer loses some"
TOLERANCES: dict[Of, Tolerance] = {
    Of("passing_bablok.exact_rational", "pb1983/*"): Tolerance(1e-12, "single slopes"),
    Of("*passing_bablok_equivariant", "*", data="edge_ties_dups"): Tolerance(
        1e-12, "0 but for the peer's rounding", of_data=True
    ),
    Of("deming.er1", "slope"): Tolerance(1e-4, "a numerical optimiser"),
    Of("deming.er1", "intercept"): Tolerance(1e-4, "a numerical optimiser", of_data=True),
    Of("wdeming.jackknife.er1", "*"): Tolerance(1e-5, "stops at a change of 1e-6"),
    Of("predicted_bias.wdeming_jackknife", "*"): Tolerance(1e-5, "stops at a change of 1e-6"),
    Of("predicted_bias*.deming_jackknife", "bias*", data=OFFSET): Tolerance(2e-7, _HELD),
    Of("predicted_bias*.deming_jackknife", "*", data=OFFSET): Tolerance(1e-8, _HELD),
    Of("ols", "*", "base R", OFFSET): Tolerance(2e-9, _HELD),
    Of("ols", "*", "statsmodels", OFFSET): Tolerance(2e-8, _HELD),
    Of("wls_1_over_x2", "*", data=OFFSET): Tolerance(4e-9, _HELD),
    Of("ba.absolute.exact_paired", "*", "EnvStats"): Tolerance(1e-5, "quadrature"),
    Of("ba.absolute.exact_paired", "*", "pyCompare"): Tolerance(2e-5, "1.96, and quadrature"),
    Of("ba.published", "bias", data="sbp*"): Tolerance(0, "printed", decimals=2),
    Of("ba.published", "sd", data="sbp*"): Tolerance(0, "printed", decimals=2),
    Of("ba.repeated.published", "within_var_?"): Tolerance(0, "printed", decimals=3),
    Of("ba.repeated.published", "*"): Tolerance(0, "printed, its 358.493 from rounded", decimals=2),
    Of("ba.published", "*"): Tolerance(0, "printed", decimals=1),
    Of("ba.proportional_bias.published", "intercept"): Tolerance(0, "printed", decimals=3),
    Of("ba.proportional_bias.published", "slope"): Tolerance(0, "printed", decimals=4),
    Of("ba.proportional_bias.published", "resid_sd"): Tolerance(0, "printed", decimals=5),
    Of("esd_rosner.published", "[Rl]*"): Tolerance(1e-3, "printed, cut after three decimals"),
    Of("icc.published", "*"): Tolerance(0, "printed", decimals=2),
    Of("icc_all", "ci/*", "pingouin"): Tolerance(0, "rounded by pingouin", decimals=2),
    Of("anova.certified", "*", data="nist_smls01"): Tolerance(1e-12, "holds all digits"),
    Of("anova.certified", "*", data=("nist_smls07", "nist_smls09")): Tolerance(
        2e-4, "values of 13 digits: float64 holds their tenths to 4"
    ),
    Of("univariate.certified", "3/sd"): Tolerance(1e-8, "float64 holds the tenths to 8 digits"),
    Of("univariate.certified", "*/mean"): Tolerance(1e-15, "holds all digits"),
    Of("binomial_ci", "*"): Tolerance(1e-12, "holds all digits"),
}

RULES = Rules(
    compare={
        **regression.COMPARE, **agreement.COMPARE, **precision.COMPARE, **coefficients.COMPARE,
        **tables.COMPARE, **proportions.COMPARE,
    },
    inputs=INPUTS,
    left_out=LEFT_OUT,
    waiting=WAITING,
    tolerances=TOLERANCES,
)  # fmt: skip
