"""Tables of two readers, of truth and call, and of pairs of answers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from tests.build.pairs import cells
from tests.check_values.trial import Compare, DataSet, Entry, Found
from wbcval.stats import krippendorff_alpha, mcnemar, two_raters
from wbcval.stats.functions.classification import Classification, classification
from wbcval.stats.functions.two_raters import Symmetry, TwoRaters, Weights
from wbcval.stats.metric import Context, Ints
from wbcval.values.estimate import Estimate

_Z = float(special.ndtri(0.975))
_WEIGHTS: dict[str, Weights] = {"unweighted": "none", "linear": "linear", "quadratic": "quadratic"}


def _table(data: DataSet) -> Ints:
    return data.frame.drop(columns="row").to_numpy(np.int64)


@lru_cache
def _readers(data: DataSet, weights: Weights = "none") -> TwoRaters:
    return two_raters(_table(data), weights=weights)


def _normal_se(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.value is not None
    return (estimate.value - estimate.low) / _Z


def _kappa(entry: Entry) -> Found:
    found = _readers(entry.data, _WEIGHTS[entry.stat.removeprefix("kappa.")]).kappa
    return {
        "kappa": found.value, "lci": found.low, "uci": found.high,
        "se": _normal_se(found), "ase": _normal_se(found),
    }  # fmt: skip


def _ac1(entry: Entry) -> Found:
    found = _readers(entry.data).ac1
    return {"ac1": found.value, "se": _normal_se(found)}


def _agreement(entry: Entry) -> Found:
    found = _readers(entry.data)
    share = found.agreement
    assert share.value is not None
    return {
        "k": round(share.value * found.n), "n": found.n, "po": share.value,
        "cp_lci": share.low, "cp_uci": share.high,
    }  # fmt: skip


def _test(found: Symmetry, *names: str) -> Found:
    return dict(zip(names, (found.statistic, found.dof, found.p), strict=True))


def _symmetry(entry: Entry) -> Found:
    found = _readers(entry.data)
    return {
        **_test(found.bowker, "chi2", "df", "p"),
        **_test(found.stuart_maxwell, "stuart_maxwell", "sm_df", "sm_p"),
    }  # fmt: skip


def _margins(entry: Entry) -> Found:
    return _test(_readers(entry.data).stuart_maxwell, "chi2/0/0", "df", "p/0/0")


@lru_cache
def _classified(data: DataSet) -> Classification:
    table = _table(data)
    labels = tuple(data.frame.columns[1:])
    return classification(cells([table], labels, len(table)), Context(replicates=0))


def _classification(entry: Entry) -> Found:
    found = _classified(entry.data)
    figures: dict[str, float | None] = {
        name: getattr(found, name).value
        for name in ("accuracy", "balanced_accuracy", "mcc", "macro_f1")
    }
    for i, each in enumerate(found.classes):
        figures |= {
            f"precision/{i}": each.ppv.value, f"recall/{i}": each.sensitivity.value,
            f"f1/{i}": each.f1.value, f"support/{i}": each.sensitivity.n,
            f"specificity/{i}": each.specificity.value, f"npv/{i}": each.npv.value,
            f"tp/{i}": each.tp, f"fp/{i}": each.fp, f"fn/{i}": each.fn, f"tn/{i}": each.tn,
        }  # fmt: skip
    return figures


def _overall(entry: Entry) -> Found:
    found, readers = _classified(entry.data), _readers(entry.data)
    table = _table(entry.data)
    first, second = np.indices(table.shape).reshape(2, -1).repeat(table.ravel(), axis=1)
    subject = np.tile(np.arange(len(first)), 2)
    alpha = krippendorff_alpha(
        np.concatenate([first, second]), subject, rng=np.random.default_rng(1), replicates=0
    ).alpha
    return {
        "alpha": alpha.value,
        "overall_acc": found.accuracy.value, "kappa": found.kappa.value,
        "overall_mcc": found.mcc.value, "ac1": readers.ac1.value,
    }  # fmt: skip


def _mcnemar(entry: Entry) -> Found:
    figures: dict[str, float | None] = {}
    for i, each in enumerate(entry.values):
        table = [[each["a"], each["b"]], [each["c"], each["d"]]]
        chi, exact = two_raters(table).bowker, mcnemar(table)
        odds = exact.odds_ratio
        figures |= {
            f"{i}/chi2": chi.statistic, f"{i}/p": chi.p, f"{i}/p_exact": exact.p_exact,
            f"{i}/p_midp": exact.p_mid, f"{i}/p_midp_exact2x2": exact.p_mid,
            f"{i}/or": odds.value, f"{i}/or_lci": odds.low, f"{i}/or_uci": odds.high,
        }  # fmt: skip
    return figures


COMPARE: dict[str, Compare] = {
    "kappa.unweighted": _kappa,
    "kappa.linear": _kappa,
    "kappa.quadratic": _kappa,
    "gwet_ac1": _ac1,
    "overall_agreement": _agreement,
    "bowker_mcnemar_symmetry": _symmetry,
    "stuart_maxwell": _margins,
    "classification": _classification,
    "overall": _overall,
    "mcnemar": _mcnemar,
}
