"""How often a report's headlines name something where nothing is, and where something is.

    python -m experiments.headline_simulation null   # false headlines, by kind of sentence
    python -m experiments.headline_simulation power  # planted faults that are named

Prints the tables of docs/explanation/headlines.md. ``--runs`` sets the studies per setting. What
is said is decided by the statistics themselves; only resamples and shuffles are fewer than in a
report.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbcval.stats import _attribution_parts
from wbcval.stats.bootstrap import bca
from wbcval.stats.functions.attribution import attribution
from wbcval.stats.functions.bland_altman import bland_altman
from wbcval.stats.functions.counting_noise import counting_noise
from wbcval.stats.functions.holm import holm
from wbcval.stats.functions.stands_apart import stands_apart
from wbcval.stats.metric import Cells, Pairs

Floats = NDArray[np.float64]
MIX = np.array([0.58, 0.30, 0.07, 0.03, 0.02])
NAMES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
CODES = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
SHUFFLES = RESAMPLES = 399
SITES = 3
KINDS = ("a worse stratum", "a share that is off", "not explained", "a biased measurand",
         "beyond counting noise")  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """A study, drawn anew in every run.

    Attributes:
        samples: shared evenly by three sites.
        counted: cells that the reference counted; 0: an analyzer without noise.
        confused: share of the lymphocytes called monocyte.
        site: factor on the model's WBC at the last site.
        patients: samples of each patient.
    """

    samples: int = 60
    counted: int = 0
    confused: float = 0.0
    site: float = 1.0
    patients: int = 1


NULLS: Mapping[str, Setting] = {
    "perfect, analyzer, n = 20": Setting(20),
    "perfect, analyzer, n = 60": Setting(),
    "perfect, analyzer, n = 200": Setting(200),
    "perfect, 400 cells counted, n = 60": Setting(counted=400),
    "perfect, patients of 3 samples, n = 60": Setting(patients=3),
    "lymphocytes called monocyte, n = 60": Setting(confused=0.1),
    "lymphocytes called monocyte, 400 cells, n = 200": Setting(200, 400, confused=0.1),
}


@dataclass(frozen=True)
class Drawn:
    """Shares are fractions, shape (S, 5); cells of each sample by true and called class."""

    reference: Floats
    reference_hits: Floats | None
    counts: NDArray[np.int64]
    wbc: tuple[Floats, Floats]
    site: NDArray[np.int64]
    patient: NDArray[np.int64]


def draw(setting: Setting, rng: np.random.Generator) -> Drawn:
    """One study."""
    n = setting.samples
    patient = np.arange(n) // setting.patients
    site = (patient * SITES // (patient.max() + 1)).astype(np.int64)
    truth = rng.dirichlet(25 * MIX, patient.max() + 1)[patient]
    called = np.eye(5)
    called[1, 1:3] = 1 - setting.confused, setting.confused
    cells = rng.integers(150, 250, n)
    counts = rng.multinomial(cells, (truth[:, :, None] * called).reshape(n, -1)).reshape(n, 5, 5)
    hits = None
    reference = np.round(truth, 3)  # an analyzer prints one decimal of a percentage
    if setting.counted:
        hits = rng.multinomial(setting.counted, truth).astype(float)
        reference = hits / setting.counted
    wbc = rng.lognormal(2, 0.4, n)
    model = wbc * rng.lognormal(0, 0.05, n) * np.where(site == SITES - 1, setting.site, 1.0)
    return Drawn(reference, hits, counts, (wbc, model), site, patient)


def _attributed(drawn: Drawn, setting: Setting, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    counted = np.full(setting.samples, float(setting.counted) or np.nan)
    cells = Cells(
        drawn.counts, NAMES, 5, tuple(map(str, range(setting.samples))), drawn.patient,
        "different-aliquot", drawn.reference, counted,
    )  # fmt: skip
    _attribution_parts.bca = lambda *a: bca(*a[:-1], replicates=RESAMPLES)  # type: ignore[assignment]
    return attribution(cells, rng)


def _apart(drawn: Drawn, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Site and quantity that are worse than the rest; 0 and 1: share within and bias of WBC."""
    model = drawn.counts.sum(axis=1) / drawn.counts.sum(axis=(1, 2))[:, None]
    sides = [drawn.wbc, *zip(100 * drawn.reference.T, 100 * model.T, strict=True)]
    columns, trials = [], []
    for r, m in sides:
        columns += [(np.abs(m - r) <= 0.1 * r).astype(float), m - r]
        trials += [np.ones(len(r)), np.ones(len(r))]
    columns.append(np.trace(drawn.counts, axis1=1, axis2=2).astype(float))
    trials.append(drawn.counts.sum(axis=(1, 2)).astype(float))
    found = stands_apart(
        np.column_stack(columns), np.column_stack(trials), [drawn.site], drawn.patient, rng,
        SHUFFLES,
    )  # fmt: skip
    return [
        (c.part, c.quantity)
        for c in found
        if c.p <= 0.05
        and (abs(c.inside) > abs(c.outside) if c.quantity % 2 else c.inside < c.outside)
    ]


def _measurands(drawn: Drawn, setting: Setting) -> tuple[bool, bool]:
    """Whether any bias, and any excess over counting noise, is said of the measurands."""
    model, cells = drawn.counts.sum(axis=1), drawn.counts.sum(axis=(1, 2)).astype(float)
    p = [bland_altman(*drawn.wbc, cluster=drawn.patient).bias_p]
    fewer = []
    for i, code in enumerate(CODES):
        hits = None if drawn.reference_hits is None else drawn.reference_hits[:, i]
        pairs = Pairs(
            code, "%", "different-aliquot", tuple(map(str, range(setting.samples))),
            100 * drawn.reference[:, i], 100 * model[:, i] / cells, drawn.patient,
            model_cells=cells, model_hits=model[:, i].astype(float),
            reference_cells=None if hits is None else np.full(len(cells), float(setting.counted)),
            reference_hits=hits, resolution=0.0 if setting.counted else 0.1,
        )  # fmt: skip
        p.append(bland_altman(pairs.reference, pairs.model, cluster=drawn.patient).bias_p)
        fewer.append(counting_noise(pairs).p_fewer)
    return any(holm(p, 0.05)), any(holm(fewer, 0.025))


def said(setting: Setting, rng: np.random.Generator) -> tuple[bool, ...]:
    """Which of ``KINDS`` one study hears."""
    drawn = draw(setting, rng)
    found = _attributed(drawn, setting, rng)
    return (
        bool(_apart(drawn, rng)),
        any(a.off for a in found),
        any(a.unexplained for a in found),
        *_measurands(drawn, setting),
    )


def rates(setting: Setting, runs: int) -> Floats:
    """Share of studies that hear each of ``KINDS``."""
    rng = np.random.default_rng(zlib.crc32(repr(setting).encode()))
    return np.mean([said(setting, rng) for _ in range(runs)], axis=0)


def site_named(setting: Setting, rng: np.random.Generator) -> bool:
    """Whether the bad site is named, in WBC."""
    return any(site == SITES - 1 and of < 2 for site, of in _apart(draw(setting, rng), rng))


def confusion_named(setting: Setting, rng: np.random.Generator) -> bool:
    """Whether lymphocytes called monocyte are named as a cause of too many monocytes."""
    found = {a.label: a for a in _attributed(draw(setting, rng), setting, rng)}
    return any(p.true == "lymphocyte" for p in found["monocyte"].named)


PLANTED = {
    "one site's WBC 10 % too high, n = 60": (Setting(site=1.1), site_named),
    "one site's WBC 10 % too high, n = 99": (Setting(99, site=1.1), site_named),
    "one site's WBC 5 % too high, n = 99": (Setting(99, site=1.05), site_named),
    "a tenth of lymphocytes called monocyte, n = 60": (Setting(confused=0.1), confusion_named),
    "a tenth of lymphocytes called monocyte, n = 99": (Setting(99, confused=0.1), confusion_named),
    "3 % of lymphocytes called monocyte, n = 99": (Setting(99, confused=0.03), confusion_named),
}


def power(name: str, runs: int) -> float:
    """Share of studies in which a planted fault is named."""
    setting, named = PLANTED[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return float(np.mean([named(setting, rng) for _ in range(runs)]))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("null", "power"))
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    if options.what == "null":
        _table(("studies", *KINDS), ((n, *(f"{100 * r:.1f}" for r in rates(s, options.runs)))
                                     for n, s in NULLS.items()))  # fmt: skip
    else:
        _table(("planted", "named"),
               ((n, f"{100 * power(n, options.runs):.0f}") for n in PLANTED))  # fmt: skip


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    header = tuple(header)
    print("| " + " | ".join(header) + " |")
    print("| " + " | ".join(["---"] * len(header)) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
