"""How often the gate says worse, not worse or inconclusive where the true drop is known.

    python -m experiments.gate_simulation errors  # wrongly "not worse" at a drop of exactly Δ
    python -m experiments.gate_simulation equal   # how often an equally good model passes

Prints the tables of docs/explanation/gate-simulation.md and of the decisions. ``--runs`` sets the
studies per setting. The formulas stand here once more for arrays of studies; a test holds them to
``wbcval.stats``.
"""

from __future__ import annotations

import argparse
import itertools
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbcval.stats._tango import tango_interval
from wbcval.stats.clustered import ASSUMED_ICC
from wbcval.stats.paired_judged import FEW_DISCORDANT
from wbcval.stats.paired_limits import SPREAD, unseen_low

Floats = NDArray[np.float64]
RESAMPLES = 999
SAMPLES = (20, 50, 100, 200)
SIZES = ("1", "20", "200", "CV 1.2", "eosinophils")
MARGINS = (0.02, 0.05)


@dataclass(frozen=True)
class Loss:
    """Where the lost cells lie, and what else changes.

    Attributes:
        share: of the samples bear the drop (0: as few as can, lost whole); 1: all alike.
        correlation: of losses within a sample, where all bear it (beta-binomial).
        churn: share of the other cells that change, half of them for the better.
        rule: ``random``; ``fixed``: exactly that share of each study; ``half``: half of the drop
            in whole samples, half in all alike; ``large``: whole samples, a large one likelier.
    """

    share: float = 1.0
    correlation: float = 0.0
    churn: float = 0.0
    rule: str = "random"


LOSSES = {
    "all alike": Loss(),
    "all alike, 6 % churn": Loss(churn=0.06),
    "all alike, 20 % churn": Loss(churn=0.2),
    "correlated 0.05": Loss(correlation=0.05),
    "correlated 0.1": Loss(correlation=0.1),
    "correlated 0.1, 1 % churn": Loss(correlation=0.1, churn=0.01),
    "correlated 0.1, 6 % churn": Loss(correlation=0.1, churn=0.06),
    "correlated 0.2": Loss(correlation=0.2),
    "correlated 0.3": Loss(correlation=0.3),
    "in 15 % of samples": Loss(0.15),
    "in 5 % of samples": Loss(0.05),
    "in exactly 15 % of samples": Loss(0.15, rule="fixed"),
    "half in whole samples": Loss(rule="half"),
    "whole samples": Loss(0.0),
    "whole samples, large ones": Loss(rule="large"),
}
WITHIN = tuple(  # what the gate's lower limit is made for
    name
    for name, loss in LOSSES.items()
    if (loss.rule, loss.share) == ("random", 1) and loss.correlation <= SPREAD.correlation
)
EQUAL = {f"{100 * share:g} %": Loss(churn=share) for share in (0.01, 0.03, 0.05)}


def sizes(design: str, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Cells of the class per sample: equal; gamma–Poisson, mean 20; a 3 % class of 200 cells."""
    if design == "eosinophils":
        return rng.binomial(200, rng.beta(1.2, 38.8, shape)).astype(np.float64)
    if design.startswith("CV"):
        squared = float(design[3:]) ** 2
        return rng.poisson(20 * rng.gamma(1 / squared, squared, shape)).astype(np.float64)
    return np.full(shape, float(design))


def _beta(
    mean: float, correlation: float, shape: tuple[int, int], rng: np.random.Generator
) -> Floats:
    if mean == 0 or correlation == 0:
        return np.full(shape, mean)
    precision = (1 - correlation) / correlation
    return rng.beta(mean * precision, (1 - mean) * precision, shape)


def lost_share(loss: Loss, drop: float, cells: Floats, rng: np.random.Generator) -> Floats:
    """Chance of each sample's cells to be lost; its mean over the cells is the drop."""
    shape = cells.shape
    if loss.rule == "half":
        whole = drop / 2 / (1 - drop / 2)
        return np.where(rng.random(shape) < whole, 1.0, drop / 2)
    if loss.rule == "large":
        weight = cells * cells.sum(axis=1, keepdims=True) / (cells**2).sum(axis=1, keepdims=True)
        return (rng.random(shape) < drop * weight).astype(np.float64)
    if loss.rule == "fixed":
        bear = max(round(loss.share * shape[1]), 1)
        chosen = rng.random(shape).argsort(axis=1) < bear
        return chosen * drop * shape[1] / bear
    if loss.share == 1:
        return _beta(drop, loss.correlation, shape, rng)
    share = max(loss.share, drop)
    return (rng.random(shape) < share) * (drop / share if share else 0.0)


def net_differences(loss: Loss, drop: float, cells: Floats, rng: np.random.Generator) -> Floats:
    """Candidate's hits minus the baseline's, per sample; their mean per cell is −drop."""
    count = cells.astype(np.int64)
    lost = rng.binomial(count, lost_share(loss, drop, cells, rng))
    if not loss.churn:
        return -lost.astype(np.float64)
    # correlated within samples, and so is which way they change
    changed = rng.binomial(count - lost, _beta(loss.churn, 0.1, cells.shape, rng))
    gained = rng.binomial(changed, _beta(0.5, 0.1, cells.shape, rng))
    return (2 * gained - changed - lost).astype(np.float64)


@dataclass(frozen=True)
class Limits:
    """Limits of R studies, the lower by each rule, shape (R,); without an interval ±1."""

    low: dict[str, Floats]
    high: Floats


NONE, SPREAD_OUT, WHOLE = "the wider interval alone", "losses spread", "whole samples"


def limits(net: Floats, cells: Floats, rng: np.random.Generator, level: float = 0.95) -> Limits:
    """By every rule weighed; net and cells of shape (R, S)."""
    n, samples = cells.sum(axis=1), (cells > 0).sum(axis=1)
    value, weight = net.sum(axis=1) / n, cells / n[:, None]
    gains, losses = np.maximum(net, 0).sum(axis=1), np.maximum(-net, 0).sum(axis=1)
    squares = (net - cells * value[:, None]) ** 2
    independent = np.maximum(gains + losses - (gains - losses) ** 2 / n, 0) / n**2
    leverage = weight**2 / (1 - weight)
    df = 1 / ((weight**2).sum(axis=1) + leverage.sum(axis=1) ** 2 - (leverage**2).sum(axis=1))
    df = np.maximum(df, 1)
    size = (cells**2).sum(axis=1) / n

    seen, variance = independent > 0, (squares / (1 - weight)).sum(axis=1) / n**2
    deff = np.where(
        seen,
        np.maximum(variance / np.where(seen, independent, 1), 1),
        1 + (size - 1) * ASSUMED_ICC,
    )
    tango = tango_interval(gains / deff, losses / deff, n / deff, level, df=df)
    few = (net != 0).sum(axis=1) < FEW_DISCORDANT
    bca = _bootstrap(net, cells, value, rng, level)
    chosen = ~few & (bca[1] - bca[0] > tango[1] - tango[0])
    wider, high = (np.where(chosen, b, t) for b, t in zip(bca, tango, strict=True))

    def least(correlation: float) -> Floats:
        trials = n / (1 + (size - 1) * correlation)
        return np.minimum(wider, unseen_low(gains, losses, n, deff, trials, df, level))

    low = {NONE: wider, SPREAD_OUT: least(SPREAD.correlation)}
    low[WHOLE] = np.minimum(low[SPREAD_OUT], least(1.0))
    known = (samples >= 5) & (cells.max(axis=1) <= 0.95 * n)
    return Limits(
        {name: np.where(known, each, -1) for name, each in low.items()}, np.where(known, high, 1)
    )


Pair = tuple[Floats, Floats]


def _bootstrap(
    net: Floats, cells: Floats, value: Floats, rng: np.random.Generator, level: float
) -> Pair:
    """BCa limits; the studies share their resamples, which moves no rate."""
    size = cells.shape[1]
    times = rng.multinomial(size, np.full(size, 1 / size), RESAMPLES).astype(np.float64)
    values = (times @ net.T) / np.maximum(times @ cells.T, 1e-9)
    tie = 1e-12
    below = (values < value - tie).sum(axis=0) + 0.5 * (np.abs(values - value) <= tie).sum(axis=0)
    bias = ndtri(np.clip(below, 0.5, RESAMPLES - 0.5) / RESAMPLES)
    total = [each.sum(axis=1, keepdims=True) for each in (net, cells)]
    without = (total[0] - net) / np.maximum(total[1] - cells, 1e-9)
    pull = without.mean(axis=1, keepdims=True) - without
    spread = (pull**2).sum(axis=1)
    seen = spread > 1e-20
    stretch = np.where(seen, (pull**3).sum(axis=1) / (6 * np.where(seen, spread, 1) ** 1.5), 0)
    values.sort(axis=0)

    def at(share: Floats) -> Floats:
        place = np.clip(share * (RESAMPLES + 1) - 1, 0, RESAMPLES - 1)
        below = np.floor(place).astype(int)
        above, column = np.minimum(below + 1, RESAMPLES - 1), np.arange(values.shape[1])
        return values[below, column] + (place - below) * (
            values[above, column] - values[below, column]
        )

    found = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        quantile = bias + ndtri(tail)
        corrected = ndtr(bias + quantile / np.maximum(1 - stretch * quantile, 1e-300))
        found.append(at(corrected))
    return found[0], found[1]


@dataclass(frozen=True)
class Setting:
    """One design with a planted drop."""

    samples: int
    sizes: str
    loss: str
    margin: float
    drop: float

    def studies(self, runs: int) -> Iterable[tuple[Floats, Floats, np.random.Generator]]:
        """Net differences and cells of all runs, in chunks, with the generator."""
        key = f"{self.samples}|{self.sizes}|{self.loss}|{self.margin}|{self.drop:.6g}"
        rng = np.random.default_rng([20, zlib.crc32(key.encode())])
        rows = max(1, 400_000 // self.samples)
        for start in range(0, runs, rows):
            shape = (min(rows, runs - start), self.samples)
            cells = sizes(self.sizes, shape, rng)
            while (empty := cells.sum(axis=1) == 0).any():
                cells[empty] = sizes(self.sizes, (int(empty.sum()), self.samples), rng)
            yield net_differences((LOSSES | EQUAL)[self.loss], self.drop, cells, rng), cells, rng


def rates(setting: Setting, runs: int) -> tuple[dict[str, float], float]:
    """Share of the studies called not worse, by each rule, and called worse."""
    kept: dict[str, float] = {}
    worse = 0.0
    for net, cells, rng in setting.studies(runs):
        by = limits(net, cells, rng)
        for name, low in by.low.items():
            kept[name] = kept.get(name, 0) + float((low > -setting.margin).sum()) / runs
        worse += float((by.high < -setting.margin).sum()) / runs
    return kept, worse


def _row(*cells: object) -> None:
    print("| " + " | ".join(str(each) for each in cells) + " |", flush=True)


def _head(*cells: str) -> None:
    _row(*cells)
    _row(*("---" for _ in cells))


def errors(runs: int) -> None:
    """Wrongly "not worse" at a drop of exactly Δ: most over cells and margins, by either bound."""
    found = {
        (loss, samples, cells, margin): rates(Setting(samples, cells, loss, margin, margin), runs)
        for loss, samples, cells, margin in itertools.product(LOSSES, SAMPLES, SIZES, MARGINS)
    }
    for rule in (SPREAD_OUT, WHOLE, NONE):
        print(f"\n**{rule}**: most over cells and margins, %\n")
        _head("losses, by samples", *map(str, SAMPLES))
        for loss in LOSSES:
            most = (
                max(kept[rule] for key, (kept, _) in found.items() if key[:2] == (loss, samples))
                for samples in SAMPLES
            )
            _row(loss, *(f"{100 * each:.1f}" for each in most))
    print(f"\nwrongly worse, most: {100 * max(worse for _, worse in found.values()):.1f} %")
    print(
        "\nHighest where losses are spread with a correlation of 0.10 at most; 20 times the runs:\n"
    )
    _head("losses", "samples", "cells each", "Δ", "wrongly not worse, %")
    spread = sorted((k for k in found if k[0] in WITHIN), key=lambda k: -found[k][0][SPREAD_OUT])
    for loss, samples, cells, margin in spread[:8]:
        again = rates(Setting(samples, cells, loss, margin, margin), 20 * runs)[0][SPREAD_OUT]
        _row(loss, samples, cells, margin, f"{100 * again:.2f}")


def equal(runs: int) -> None:
    """Percent of studies in which an equally good model is not worse: losses spread / whole."""
    samples = (20, 30, 40, 60, 80, 120, 200, 300)
    for margin in MARGINS:
        print(f"\n**Δ = {margin}**\n")
        _head("cells that disagree", "cells each", *map(str, samples))
        for churn, cells in itertools.product(EQUAL, ("20", "200", "CV 0.7", "eosinophils")):
            shown = []
            for count in samples:
                kept, _ = rates(Setting(count, cells, churn, margin, 0.0), runs)
                shown.append(f"{100 * kept[SPREAD_OUT]:.0f} / {100 * kept[WHOLE]:.0f}")
            _row(churn, cells, *shown)


def main() -> None:
    """The command."""
    tables = {"errors": errors, "equal": equal}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=tuple(tables))
    parser.add_argument("--runs", type=int, default=2000)
    given = parser.parse_args()
    tables[given.table](given.runs)


if __name__ == "__main__":
    main()
