"""Synthetic studies for the tests of the report: seeded, small, and as odd as asked."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Verdict
from wbcval.judge.scope import scope_of
from wbcval.measure.evaluate import evaluate
from wbcval.measure.results import Results
from wbcval.protocol.types import Criterion, Product, Protocol
from wbcval.render import render
from wbcval.study.cells import CellCounts
from wbcval.study.ledger import CELLS, SAMPLES, Account, Ledger
from wbcval.study.paired_values import Values
from wbcval.study.types import InputFile, Study
from wbcval.values.classes import FIVE
from wbcval.values.findings import Exclusion, Finding, Kind, Severity
from wbcval.values.measurands import PERCENT

PROVENANCE: Mapping[str, Any] = {
    "created": "2026-01-02T03:04:05Z",
    "wbcval_version": "0.0",
    "mode": "different-aliquot",
    "rollup": "full",
    "seed": 1,
    "digests": {"predictions": "cd" * 32, "reference": "ef" * 32},
    "protocol_sha256": None,
    "inputs": [
        {"role": "predictions", "file": "cells.csv", "sha256": "ab" * 32, "dialect": "cells",
         "rows": 1000},
    ],
    "versions": {"python": "3.11", "numpy": "2.0"},
}  # fmt: skip
SHARES = (0.58, 0.30, 0.07, 0.035, 0.015)
TRUE_TO_CALLED = np.array(
    [
        [0.96, 0.01, 0.01, 0.01, 0.01],
        [0.01, 0.96, 0.02, 0.005, 0.005],
        [0.01, 0.02, 0.90, 0.0, 0.07],
        [0.03, 0.0, 0.0, 0.96, 0.01],
        [0.02, 0.03, 0.01, 0.0, 0.94],
    ]
)


def within(subject: str, **options: Any) -> Criterion:
    """The industry rule for one measurand."""
    wanted = {"min": 0.95, **options}
    return Criterion(f"{subject}-within", "error", subject, "share_within:10", **wanted)


def make_study(
    samples: int = 40,
    cells: int = 200,
    *,
    mode: str = "different-aliquot",
    ids: Sequence[str] | None = None,
    truth: bool = True,
    with_cells: bool = True,
    criteria: Sequence[Criterion] | None = None,
    sites: int = 0,
    absolute: bool = False,
    shared: bool = True,
    lost: int = 0,
    zero_reference: bool = False,
    title: str = "Five-class model against the analyzer",
    wbc_noise: float = 0.03,
    abstained: bool = False,
) -> Study:
    """A study whose model confuses some monocytes with basophils."""
    rng = np.random.default_rng(7)
    names = tuple(ids or (f"S{i + 1:04d}" for i in range(samples)))
    n = len(names)
    true_shares = rng.dirichlet(np.array(SHARES) * 60, n)
    true = np.array([rng.multinomial(cells, p) for p in true_shares]).reshape(n, 5)
    counts = np.zeros((n, 5, 5), dtype=np.int64)
    for s in range(n):
        for c in range(5):
            counts[s, c] = rng.multinomial(true[s, c], TRUE_TO_CALLED[c])
    predicted = counts.sum(axis=1)
    total = np.maximum(predicted.sum(axis=1), 1).astype(float)
    model = 100 * predicted / total[:, None]
    reference = 100 * true / total[:, None] if mode == "same-cells" else 100 * true_shares
    if mode != "same-cells":
        reference = np.round(reference, 1)
    if zero_reference and n:
        reference[0, 4] = 0.0
    wbc = np.exp(rng.normal(np.log(7), 0.5, n))
    values: dict[str, Values] = {}
    if mode != "same-cells":
        measured = wbc * rng.normal(1, wbc_noise, n)
        if lost:
            measured[:lost] = np.nan
        values["WBC"] = Values(np.round(wbc, 2), measured, np.full(n, 0.01), total, total)
    for i, name in enumerate(PERCENT):
        values[name] = Values(
            reference[:, i],
            model[:, i],
            np.full(n, 0.0 if mode == "same-cells" else 0.1),
            total,
            predicted[:, i].astype(float),
        )
        if absolute:
            values[name.replace("%", "#")] = Values(
                wbc * reference[:, i] / 100, wbc * model[:, i] / 100, np.zeros(n), total,
                predicted[:, i].astype(float), shared_total=shared,
                flags=("shared_total",) if shared else (),
            )  # fmt: skip
    order = [m for m in ("WBC", *PERCENT, *(p.replace("%", "#") for p in PERCENT)) if m in values]
    sites_of = {"ABCDEFGH"[k]: np.arange(n) % sites == k for k in range(sites)}
    protocol = Protocol(
        mode,
        title=title,
        intended_use="Differential counts of adults, as a second reader.",
        rollup="full",
        model=Product("LeukoNet", "2.1"),
        analyzer=Product("XN-1000"),
        criteria=tuple(criteria if criteria is not None else [within("WBC")]),
    )
    labels = FIVE
    if abstained:  # one neutrophil in ten; the shares stay those of the five
        labels = (*FIVE, "unclassified")
        counts = np.pad(counts, ((0, 0), (0, 1), (0, 1)))
        counts[:, 0, 5] = counts[:, 0, 0] // 10
        counts[:, 0, 0] -= counts[:, 0, 5]
        predicted = counts.sum(axis=1)
    found = CellCounts(names, labels, 5, counts if truth else np.zeros_like(counts), predicted)
    study = Study.of(
        protocol,
        names,
        {m: values[m] for m in order},
        found if with_cells else None,
        columns={"site": sites_of} if sites else None,
        reference_shares=reference / 100 if with_cells else None,
    )
    return replace(
        study,
        exclusions=(Exclusion("X1", "all", "not in the reference"),),
        findings=(
            Finding("cells", "cells.csv", "extra-column", Severity.WARN, "note", got="'note'",
                    advice="nothing to do"),
        ),
        log=(),
        inputs=(InputFile("predictions", "cells.csv", "ab" * 32, "cells", 1000),),
        notes=("No patient ids were given: one sample per patient is assumed.",),
        ledger=_ledger(values, order, found if with_cells else None, n),
    )  # fmt: skip


def _ledger(
    values: Mapping[str, Values], order: Sequence[str], cells: CellCounts | None, n: int
) -> Ledger:
    """Of one sample that the model has alone, and of n under study."""
    accounts = [Account("all", SAMPLES, n + 1, n, {Kind.UNREFERENCED: 1})]
    for name in order:
        v = values[name]
        gone = {Kind.UNREFERENCED: 1 + int((~v.listed).sum()), Kind.LOST: int(v.lost.sum())}
        accounts.append(Account(name, SAMPLES, n + 1, int(v.paired.sum()), gone))
    if cells is not None and cells.has_truth:
        total = int(cells.confusion.sum())
        accounts.append(Account("all", CELLS, total, total))
    return Ledger(tuple(accounts))


def measured(study: Study) -> tuple[Results, Verdict]:
    """Results and verdict of a study under its own criteria."""
    results = evaluate(study, study.protocol.criteria)
    verdict = judge(study.protocol.criteria, results)
    return results, replace(verdict, scope=scope_of(study, results, study.protocol.criteria))


def page_of(study: Study) -> str:
    """Its report."""
    return render(study, *measured(study), PROVENANCE)


def large(samples: int, cells: int = 200) -> Study:
    """Eleven measurands, each under a criterion and none a copy of another."""
    names = ("WBC", *PERCENT, *(name.replace("%", "#") for name in PERCENT))
    criteria = [within(name) for name in names]
    return make_study(samples, cells, sites=3, absolute=True, shared=False, criteria=criteria)


def text_of(page: str) -> str:
    """What a person reads of it."""
    body = re.sub(r"<script.*?</script>", "", page[page.index("<body") :], flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def large_page() -> str:
    """The report of a thousand samples, which takes seconds."""
    return page_of(large(1000))


def crowd_page() -> str:
    """The report of so many samples that clouds are pictures, which takes many seconds."""
    return page_of(make_study(20_001, 50, with_cells=False, sites=2))
