"""Samples that only their ids call repeats of one patient: S07-1, S07-2. STATISTICS.md §18."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats, Ints
from wbcval.study.paired_values import Values
from wbcval.values.findings import Finding, Severity

_REPEAT = re.compile(r"(.*[^\W_])(?:[-_. /#](?:rep|r|run)?([1-9]\d?|[a-f])|(?<=\d)([a-f]))", re.I)
_FEWEST, _MOST = 5, 6  # groups, and samples of one
_PART = 0.1  # of the samples that are in groups
_FALSE = 1e-4  # of the studies whose groups are no patients, over all measurands
_ALIKE = 0.5  # intraclass correlation; samples of one ward are alike by less


def by_name(ids: Sequence[str], values: Mapping[str, Values]) -> dict[str, str]:
    """Sample → what its id calls the patient; empty where the values do not bear it out.

    Ids that differ in a last number or letter alone, five groups or more of two to six samples,
    in a tenth of the samples or more. References within the groups of some measurand must agree
    beyond chance (one-way analysis of variance of the logarithms, 1e-4, Bonferroni; an intraclass
    correlation of 0.5 or more), so that numbered patients of a ward are no group.

    Args:
        ids: shape (S,). values: measurand → both sides of these samples.
    """
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(ids):
        if matched := _REPEAT.fullmatch(name):
            groups.setdefault(matched[1], []).append(i)
    groups = {stem: of for stem, of in groups.items() if 1 < len(of) <= _MOST}
    if len(groups) < _FEWEST or sum(map(len, groups.values())) < _PART * len(ids):
        return {}
    take = np.array([i for of in groups.values() for i in of], dtype=np.int64)
    code = np.repeat(np.arange(len(groups)), [len(of) for of in groups.values()])
    if not any(_agree(v.reference[take], code, len(values)) for v in values.values()):
        return {}
    stems = {ids[i]: stem for stem, of in groups.items() for i in of}
    return {name: stems.get(name, name) for name in ids}


def _agree(reference: Floats, code: Ints, looks: int) -> bool:
    known = np.isfinite(reference) & (reference > 0)
    x, (_, group) = np.log(reference[known]), np.unique(code[known], return_inverse=True)
    each = np.bincount(group)
    groups, n = len(each), len(x)
    if groups < _FEWEST or n == groups or not np.ptp(x):
        return False
    means = np.bincount(group, x) / each
    within = float(np.square(x - means[group]).sum()) / (n - groups)
    between = float(each @ np.square(means - x.mean())) / (groups - 1)
    size = (n - float(each @ each) / n) / (groups - 1)  # of a group, on average
    alike = (between - within) / (between + (size - 1) * within)
    chance = special.fdtrc(groups - 1, n - groups, between / within) if within else 0.0
    return bool(alike >= _ALIKE and chance * looks < _FALSE)


def said(found: Mapping[str, str]) -> list[Finding]:
    """That samples are taken for repeats of one patient."""
    groups: dict[str, list[str]] = {}
    for name, stem in found.items():
        if name != stem:
            groups.setdefault(stem, []).append(name)
    if not groups:
        return []
    first, rows = next(iter(groups.values())), sum(map(len, groups.values()))
    got = (
        f"{', '.join(first)} and so on, {rows} samples of {len(groups)} patients by their names "
        "and values, are not independent (no patient_id)"
    )
    return [
        Finding(
            "samples", "ids", "repeats-by-name", Severity.WARN, "sample_id", rows, got=got,
            advice="state patient_id",
        )
    ]  # fmt: skip
