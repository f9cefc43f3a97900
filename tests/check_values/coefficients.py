"""Coefficients of agreement: correlation, concordance, intraclass correlation."""

from __future__ import annotations

from tests.check_values.trial import Compare, Entry, Found
from wbcval.stats import concordance_correlation, correlation, intraclass_correlation
from wbcval.stats.functions.intraclass_correlation import IntraclassCorrelation
from wbcval.values.estimate import Estimate


def _concordance(entry: Entry) -> Found:
    found = concordance_correlation(entry.data.x, entry.data.y)
    return {
        "rho_c": found.ccc.value, "lci": found.ccc.low, "uci": found.ccc.high,
        "C_b": found.accuracy, "scale_shift": found.scale_shift,
        "location_shift": found.location_shift,
    }  # fmt: skip


def _pearson(entry: Entry) -> Found:
    found = correlation(entry.data.x, entry.data.y).pearson
    return {"r": found.value, "lci": found.low, "uci": found.high}


def _spearman(entry: Entry) -> Found:
    found = correlation(entry.data.x, entry.data.y, spearman="fisher").spearman
    return {"rho": found.value, "lci": found.low, "uci": found.high}


def _kendall(entry: Entry) -> Found:
    return {"tau": correlation(entry.data.x, entry.data.y).kendall.value}


def _ratings(entry: Entry) -> IntraclassCorrelation:
    frame = entry.data.frame
    return intraclass_correlation(frame[["x", "y"]] if "x" in frame else frame)


def _three(entry: Entry) -> dict[str, Estimate]:
    found = _ratings(entry)
    return {"icc_1_1": found.one_way, "icc_2_1": found.agreement, "icc_3_1": found.consistency}


def _icc(entry: Entry) -> Found:
    found = _three(entry)[entry.stat]
    return {"icc": found.value, "lci": found.low, "uci": found.high}


def _all_icc(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, found in enumerate(_three(entry).values()):
        figures |= {
            f"icc/{i}": found.value, f"lci/{i}": found.low, f"uci/{i}": found.high,
            f"ci/{i}/0": found.low, f"ci/{i}/1": found.high,
        }  # fmt: skip
    return figures


def _icc_printed(entry: Entry) -> Found:
    return {name: found.value for name, found in _three(entry).items()}


COMPARE: dict[str, Compare] = {
    "ccc.z_transform": _concordance,
    "ccc.asymptotic": _concordance,
    "pearson": _pearson,
    "spearman": _spearman,
    "kendall_tau_b": _kendall,
    "icc_1_1": _icc,
    "icc_2_1": _icc,
    "icc_3_1": _icc,
    "icc_all": _all_icc,
    "icc.published": _icc_printed,
}
