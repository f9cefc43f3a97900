"""Correlation and agreement of readers, as printed and by other implementations."""

from __future__ import annotations

from collections.abc import Mapping

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
    two_raters,
)

_JUDGES = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))
_APPROVAL = ((794, 150), (86, 570))  # asked twice
_ICC = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)")


def _icc() -> Mapping[str, float | None]:
    found = intraclass_correlation(_JUDGES)
    each = (found.one_way, found.agreement, found.consistency)
    values = {name: e.value for name, e in zip(_ICC, each, strict=True)}
    lower = {f"{name}, lower bound": e.low for name, e in zip(_ICC, each, strict=True)}
    return values | lower | {f"{n}, upper bound": e.high for n, e in zip(_ICC, each, strict=True)}


def _concordance() -> Mapping[str, float | None]:
    found = concordance_correlation(PEFR_WRIGHT, PEFR_MINI)
    pearson = correlation(PEFR_WRIGHT, PEFR_MINI).pearson
    return {
        "concordance": found.ccc.value,
        "concordance, lower bound": found.ccc.low,
        "concordance, upper bound": found.ccc.high,
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
            "R 4.2.2, epiR 2.0.57, epi.ccc(ci = 'z-transform'), and cor.test(); " + PEFR_SOURCE,
            {
                "concordance": Published("0.942742431427485", 9),
                "concordance, lower bound": Published("0.850491873168561", 9),
                "concordance, upper bound": Published("0.978726279170122", 9),
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
    ),
)  # fmt: skip
