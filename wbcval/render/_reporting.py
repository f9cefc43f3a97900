"""What a report of Bland–Altman agreement should say, and what this one says.

The items, in our words: Abu-Arafeh et al., Br J Anaesth 2016;117:569, as the 16 rows of Gerke,
Diagnostics 2020;10:334, table 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from wbcval.render._basis import Basis
from wbcval.render._words import listing
from wbcval.stats.functions.bland_altman import MEASURES, BlandAltman


def reporting_items(basis: Basis, found: Sequence[BlandAltman]) -> list[tuple[str, str]]:
    """Each item with the answer of this report; what it cannot answer is said.

    Args:
        basis: of the report.
        found: agreement of each measurand with any pair.
    """
    repeated = any(b.patients < b.n for b in found)
    return [
        ("Acceptable limits, set beforehand", _beforehand(basis)),
        ("Structure of the data", _structure(basis, repeated)),
        (
            "Repeatability",
            "Of the model, under Precision; of the reference not estimated."
            if basis.study.repeats
            else "Not estimated: there are no repeated measurements of one sample.",
        ),
        (
            "Plot, and inspection for normality, trend and constant variance",
            "Figures above for measurands under a criterion; skewness, kurtosis, Shapiro–Wilk and "
            "the slope on the mean for all.",
        ),
        (
            "Transformation, where needed",
            "Differences of counts are shown in percent first, of shares in points.",
        ),
        ("Bias, drawn and as a number", "Figures and first table."),
        ("Precision of the bias", "SD of the differences and 95 % interval of the bias: tables."),
        ("Limits of agreement, drawn and as numbers", "Figures and tables."),
        ("Precision of the limits", _limits(found)),
        (
            "Range of measurement wide enough",
            "For the reader to judge: the axis of each figure shows the range.",
        ),
        ("Structure of the data in the intervals", _intervals(repeated)),
        ("Software", "wbcval, with the versions under Provenance."),
        (
            "Assumptions of distribution",
            "The limits that decide are percentiles, which assume none; bias ± 1.96 SD, which "
            "stands beside them, presumes normal differences of one spread.",
        ),
        ("Sample size", "n in the tables; its planning is the protocol’s to give."),
        ("The right x-axis", "The mean of both methods."),
        ("Conflicts of interest", "For those who sign to declare."),
    ]


def _beforehand(basis: Basis) -> str:
    criteria = (o.criterion for o in basis.verdict.outcomes)
    ids = [c.id for c in criteria if c.measure in MEASURES]
    if ids:
        return f"The criteria {listing(ids)}." if len(ids) > 1 else f"The criterion {ids[0]}."
    return "No criterion asks for agreement."


def _structure(basis: Basis, repeated: bool) -> str:
    pairs = "One pair of values per sample"
    if not basis.study.patients_known:
        return f"{pairs}; one sample per patient is assumed."
    return f"{pairs}; {'some patients have several' if repeated else 'one sample per patient'}."


def _limits(found: Sequence[BlandAltman]) -> str:
    limits = (e for b in found for e in (b.deciding[0], b.lower) if e.has_interval)
    methods = dict.fromkeys(e.method for e in limits)
    return f"95 % intervals: {'; '.join(methods)}." if methods else "Too few pairs for any."


def _intervals(repeated: bool) -> str:
    if repeated:
        return "Between and within patients apart, with MOVER intervals."
    return "Samples taken as independent."
