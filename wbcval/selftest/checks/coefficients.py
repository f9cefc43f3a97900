"""Correlation and agreement of readers, as printed and by other implementations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wbcval.selftest.checks._data import (
    PEFR_MINI,
    PEFR_SOURCE,
    PEFR_WRIGHT,
    VISION,
    VISION_SOURCE,
)
from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import (
    concordance_correlation,
    correlation,
    intraclass_correlation,
    krippendorff_alpha,
    mcnemar,
    two_raters,
)
from wbcval.stats.functions.krippendorff_alpha import Scale

_JUDGES = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))
_APPROVAL = ((794, 150), (86, 570))  # asked twice
_READERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")  # of 12 units
_ICC = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)")


def _icc() -> Mapping[str, float | None]:
    found = intraclass_correlation(_JUDGES)
    each = (found.one_way, found.agreement, found.consistency)
    values = {name: e.value for name, e in zip(_ICC, each, strict=True)}
    lower = {f"{name}, lower bound": e.low for name, e in zip(_ICC, each, strict=True)}
    return values | lower | {f"{n}, upper bound": e.high for n, e in zip(_ICC, each, strict=True)}


def _concordance() -> Mapping[str, float | None]:
    found = concordance_correlation(PEFR_WRIGHT, PEFR_MINI)
    both = correlation(PEFR_WRIGHT, PEFR_MINI)
    pearson = both.pearson
    return {
        "concordance": found.ccc.value,
        "concordance, lower bound": found.ccc.low,
        "concordance, upper bound": found.ccc.high,
        "Kendall’s τ-b": both.kendall.value,
        "Pearson’s r": pearson.value,
        "Pearson’s r, lower bound": pearson.low,
        "Pearson’s r, upper bound": pearson.high,
    }


def _vision() -> Mapping[str, float | None]:
    found = two_raters(VISION)
    return {
        "agreement": found.agreement.value,
        "agreement, lower bound": found.agreement.low,
        "agreement, upper bound": found.agreement.high,
        "κ": found.kappa.value,
        "κ, quadratic weights": two_raters(VISION, weights="quadratic").kappa.value,
        "AC1": found.ac1.value,
        "χ² of Bowker": found.bowker.statistic,
        "p of Bowker": found.bowker.p,
        "χ² of Stuart and Maxwell": found.stuart_maxwell.statistic,
    }


def _exactly() -> Mapping[str, float | None]:
    found = mcnemar([*zip(*_APPROVAL, strict=True)])  # the source has the first in columns
    return {
        "p, exact": found.p_exact,
        "p, mid": found.p_mid,
        "odds ratio": found.odds_ratio.value,
        "odds ratio, lower bound": found.odds_ratio.low,
        "odds ratio, upper bound": found.odds_ratio.high,
    }


def _krippendorff() -> Mapping[str, float | None]:
    given = [(int(each), unit) for reader in _READERS for unit, each in enumerate(reader)
             if each != "."]  # fmt: skip
    rating, unit = zip(*given, strict=True)
    scales: tuple[Scale, ...] = ("nominal", "ordinal", "interval")
    return {
        scale: krippendorff_alpha(
            rating, unit, scale=scale, rng=np.random.default_rng(1), replicates=0
        ).alpha.value
        for scale in scales
    }


def _mcnemar() -> Mapping[str, float | None]:
    found = two_raters(_APPROVAL).bowker
    return {"χ² of McNemar": found.statistic, "p": found.p}


FAMILY = Family(
    "Correlation and readers",
    (
        Check(
            "six subjects, four judges, as printed",
            "Shrout & Fleiss, Psychol Bull 1979;86:420, Table 4; data: Table 2",
            dict(zip(_ICC, map(Published, ("0.17", "0.29", "0.71")), strict=True)),
            _icc,
        ),
        Check(
            "six subjects, four judges",
            "R 4.2.2, irr 0.84.1, icc(unit = 'single'); data: Shrout & Fleiss 1979, Table 2",
            {
                "ICC(1,1)": Published("0.165741768405476", 9),
                "ICC(1,1), lower bound": Published("-0.132932324874751", 9),
                "ICC(1,1), upper bound": Published("0.722560062328121", 9),
                "ICC(2,1)": Published("0.289763779527559", 9),
                "ICC(2,1), lower bound": Published("0.0187865133747120", 9),
                "ICC(2,1), upper bound": Published("0.761084369648953", 9),
                "ICC(3,1)": Published("0.714840714840715", 9),
                "ICC(3,1), lower bound": Published("0.342464765033926", 9),
                "ICC(3,1), upper bound": Published("0.945858259955360", 9),
            },
            _icc,
        ),
        Check(
            "peak flow, concordance and correlation",
            "R 4.2.2, epiR 2.0.57, epi.ccc(ci = 'z-transform'), cor.test(), and cor(method = "
            "'kendall'); " + PEFR_SOURCE,
            {
                "concordance": Published("0.942742431427485", 9),
                "concordance, lower bound": Published("0.850491873168561", 9),
                "concordance, upper bound": Published("0.978726279170122", 9),
                "Kendall’s τ-b": Published("0.764705882352941", 12),
                "Pearson’s r": Published("0.943279446890946", 9),
                "Pearson’s r, lower bound": Published("0.846358808792465", 9),
                "Pearson’s r, upper bound": Published("0.979731337351924", 9),
            },
            _concordance,
        ),
        Check(
            "unaided vision of 7477 women",
            "R 4.2.2: binom.test(), irr 0.84.1 kappa2(), irrCAC 1.0 gwet.ac1.table(), "
            f"mcnemar.test(), DescTools 0.99.59 StuartMaxwellTest(); {VISION_SOURCE}",
            {
                "agreement": Published("0.708305470108332", 9),
                "agreement, lower bound": Published("0.697855908950413", 9),
                "agreement, upper bound": Published("0.718592410381688", 9),
                "κ": Published("0.595388828089434", 9),
                "κ, quadratic weights": Published("0.702334252490098", 9),
                "AC1": Published("0.616043995405479", 9),
                "χ² of Bowker": Published("19.1065502152668", 9),
                "p of Bowker": Published("0.00398741984042858", 9),
                "χ² of Stuart and Maxwell": Published("11.9565696225830", 9),
            },
            _vision,
        ),
        Check(
            "approval asked twice of 1600 voters",
            "R 4.2.2, mcnemar.test(correct = FALSE); data: Agresti, Categorical Data Analysis "
            "1990, § 10.1",
            {"χ² of McNemar": Published("17.3559322033898", 12),
             "p": Published("3.09929344104522E-05", 9)},
            _mcnemar,
        ),
        Check(
            "approval asked twice, the voters who changed it",
            "R 4.2.2, exact2x2 1.7.0, mcnemar.exact(), and mid-p by pbinom(); data: Agresti, "
            "Categorical Data Analysis 1990, § 10.1",
            {
                "p, exact": Published("3.71593613957144E-05", 9),
                "p, mid": Published("2.89338951761547E-05", 9),
                "odds ratio": Published("0.573333333333333", 12),
                "odds ratio, lower bound": Published("0.434597606083669", 9),
                "odds ratio, upper bound": Published("0.752316239171127", 9),
            },
            _exactly,
        ),
        Check(
            "four readers, some ratings missing: Krippendorff’s α",
            "Krippendorff, Computing Krippendorff’s Alpha-Reliability 2011, D and E, as printed",
            {"nominal": Published("0.743"), "ordinal": Published("0.815"),
             "interval": Published("0.849")},
            _krippendorff,
        ),
    ),
)  # fmt: skip
