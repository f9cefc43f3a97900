"""How often the gate says worse, not worse or inconclusive where the true drop is known.

    python benchmarks/gate_simulation.py curves  # rates at drops of 0 to 3Δ
    python benchmarks/gate_simulation.py errors  # wrongly "not worse" at a drop of exactly Δ

Prints the tables of docs/gate-simulation.md and of the decision. ``--runs`` sets the studies per
setting. The formulas stand here once more for arrays of studies; a test holds them to
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

from wbcval.stats._paired_difference import FEW_DISCORDANT
from wbcval.stats._paired_limits import by_sample_low
from wbcval.stats._tango import tango_interval

Floats = NDArray[np.float64]
RESAMPLES = 999
SAMPLES = (20, 35, 50, 100, 150, 200, 300, 500)
SIZES = ("1", "2", "20", "200", "CV 0.7", "CV 1.2", "eosinophils")


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
    "correlated 0.02": Loss(correlation=0.02),
    "correlated 0.1, 6 % churn": Loss(correlation=0.1, churn=0.06),
    "correlated 0.3": Loss(correlation=0.3),
    "in 15 % of samples": Loss(0.15),
    "in 15 % of samples, 6 % churn": Loss(0.15, churn=0.06),
    "in 5 % of samples": Loss(0.05),
    "in 5 % of samples, 6 % churn": Loss(0.05, churn=0.06),
    "whole samples": Loss(0.0),
    "half in whole samples": Loss(rule="half"),
    "whole samples, large ones": Loss(rule="large"),
    "in exactly 15 % of samples": Loss(0.15, rule="fixed"),
}
SHOWN = ("all alike, 6 % churn", "correlated 0.1, 6 % churn", "in 15 % of samples", "whole samples")


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
    """Limits of R studies by each rule, shape (R,) each; studies without interval are ±1."""

    low: dict[str, Floats]
    high: dict[str, Floats]


CHOSEN = "sample counted once (Kish)"


def limits(net: Floats, cells: Floats, rng: np.random.Generator, level: float = 0.95) -> Limits:
    """By every rule weighed; net and cells of shape (R, S)."""
    n, samples = cells.sum(axis=1), (cells > 0).sum(axis=1)
    value, weight = net.sum(axis=1) / n, cells / n[:, None]
    gains, losses = np.maximum(net, 0).sum(axis=1), np.maximum(-net, 0).sum(axis=1)
    squares = (net - cells * value[:, None]) ** 2
    independent = np.maximum(gains + losses - (gains - losses) ** 2 / n, 0) / n**2
    leverage = weight**2 / (1 - weight)
    df = 1 / ((weight**2).sum(axis=1) + leverage.sum(axis=1) ** 2 - (leverage**2).sum(axis=1))
    units = 1 / (weight**2).sum(axis=1)

    def deff(variance: Floats) -> Floats:
        seen = independent > 0
        return np.where(seen, np.maximum(variance / np.where(seen, independent, 1), 1), 1.0)

    def tango(effect: Floats, freedom: Floats) -> tuple[Floats, Floats]:
        return tango_interval(
            gains / effect, losses / effect, n / effect, level, df=np.maximum(freedom, 1)
        )

    plain = deff(squares.sum(axis=1) * samples / (samples - 1) / n**2)
    corrected = deff((squares / (1 - weight)).sum(axis=1) / n**2)
    few = (net != 0).sum(axis=1) < FEW_DISCORDANT
    bca, percentile = _bootstrap(net, cells, value, rng, level)

    def wider(t: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        chosen = ~few & (bca[1] - bca[0] > t[1] - t[0])
        return np.where(chosen, bca[0], t[0]), np.where(chosen, bca[1], t[1])

    first, second = tango(plain, samples - 1.0), tango(corrected, df)
    letter, ours = wider(first), wider(second)
    floor = tango(np.maximum(corrected, n / units), df)[0]
    low = {
        "percentile bootstrap": percentile[0],
        "BCa": bca[0],
        "Tango at n/deff, t(S − 1)": first[0],
        "§12: the wider of the two": letter[0],
        "the same, Bell–McCaffrey": ours[0],
        "… and at least 40 samples": np.where(samples >= 40, ours[0], -1),
        "… and at least 10 discordant samples": np.where(few, -1, ours[0]),
        "… and deff at least n/units": np.minimum(ours[0], floor),
        "… sample counted once (S)": np.minimum(
            ours[0], by_sample_low(gains, losses, n, corrected, samples, df, level)
        ),
        CHOSEN: np.minimum(ours[0], by_sample_low(gains, losses, n, corrected, units, df, level)),
    }
    high = dict.fromkeys(low, ours[1]) | {
        "percentile bootstrap": percentile[1],
        "BCa": bca[1],
        "Tango at n/deff, t(S − 1)": first[1],
        "§12: the wider of the two": letter[1],
    }
    known = (samples >= 5) & (cells.max(axis=1) <= 0.95 * n)
    return Limits(
        {name: np.where(known, each, -1) for name, each in low.items()},
        {name: np.where(known, each, 1) for name, each in high.items()},
    )


Pair = tuple[Floats, Floats]


def _bootstrap(
    net: Floats, cells: Floats, value: Floats, rng: np.random.Generator, level: float
) -> tuple[Pair, Pair]:
    """BCa and percentile limits; the studies share their resamples, which moves no rate."""
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
        found.append((at(corrected), at(np.full(len(value), tail))))
    return (found[0][0], found[1][0]), (found[0][1], found[1][1])


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
            yield net_differences(LOSSES[self.loss], self.drop, cells, rng), cells, rng


def rates(setting: Setting, runs: int) -> dict[str, tuple[float, float]]:
    """Share of the studies called not worse, and called worse, by each rule."""
    found: dict[str, list[float]] = {}
    for net, cells, rng in setting.studies(runs):
        by = limits(net, cells, rng)
        for name in by.low:
            counts = found.setdefault(name, [0.0, 0.0])
            counts[0] += float((by.low[name] > -setting.margin).sum())
            counts[1] += float((by.high[name] < -setting.margin).sum())
    return {name: (kept / runs, worse / runs) for name, (kept, worse) in found.items()}


def _row(*cells: object) -> None:
    print("| " + " | ".join(str(each) for each in cells) + " |", flush=True)


def _head(*cells: str) -> None:
    _row(*cells)
    _row(*("---" for _ in cells))


def curves(runs: int) -> None:
    """Worse, inconclusive and not worse, in percent, by the rule the gate has."""
    drops = (0, 0.5, 1, 2, 3)
    for margin in (0.02, 0.05):
        print(f"\n**Δ = {margin}**\n")
        _head("losses", "samples", "cells each", *(f"drop {d:g} Δ" for d in drops))
        for loss, samples, cells in itertools.product(
            SHOWN, (20, 50, 100, 200, 300, 500), ("2", "20", "200")
        ):
            shown = []
            for drop in drops:
                kept, worse = rates(Setting(samples, cells, loss, margin, drop * margin), runs)[
                    CHOSEN
                ]
                shown.append(" / ".join(f"{100 * x:.0f}" for x in (worse, 1 - worse - kept, kept)))
            _row(loss, samples, cells, *shown)


def grid() -> list[Setting]:
    """Every setting at a drop of exactly Δ."""
    return [
        Setting(samples, design, loss, margin, margin)
        for margin, samples, design, loss in itertools.product(
            (0.02, 0.05, 0.1), SAMPLES, SIZES, LOSSES
        )
    ]


def errors(runs: int) -> None:
    """Wrongly "not worse" at a drop of exactly Δ: by where it lies, and by every rule weighed."""
    tables = {setting: rates(setting, runs) for setting in grid()}
    least = 0.025 + 2 * (0.025 * 0.975 / runs) ** 0.5
    print("\nMost over cells and margins, %:\n")
    _head("losses", *(str(samples) for samples in SAMPLES))
    for loss in LOSSES:
        of = [[t for s, t in tables.items() if (s.loss, s.samples) == (loss, n)] for n in SAMPLES]
        _row(loss, *(f"{100 * max(table[CHOSEN][0] for table in each):.1f}" for each in of))
    high = [setting for setting, table in tables.items() if table[CHOSEN][0] > least]
    print(f"\n{len(high)} of {len(tables)} settings above {least:.2%}; again, 20 times the runs:\n")
    _head("losses", "samples", "cells each", "Δ", "wrongly not worse, %")
    for each in high:
        again = rates(each, 20 * runs)[CHOSEN][0]
        _row(each.loss, each.samples, each.sizes, each.margin, f"{100 * again:.2f}")
    print()
    even, uneven = ("20", "200"), ("CV 0.7", "eosinophils")
    shown = [(0.02, 100, even), (0.02, 300, even), (0.02, 300, uneven), (0.02, 500, uneven)]
    shown += [(0.05, 100, even)]
    passing = [_passing(*each, runs) for each in shown]
    names = [f"Δ {m}, {n} {'even' if d == even else 'uneven'}" for m, n, d in shown]
    _head("rule", f"above {least:.1%}", "worst, %", "worst wrongly worse, %", *names)
    for name in passing[0]:
        kept = np.array([table[name][0] for table in tables.values()])
        worse = np.array([table[name][1] for table in tables.values()])
        above = int((kept > least).sum())
        last = (f"{100 * each[name]:.0f}" for each in passing)
        _row(name, above, f"{100 * kept.max():.1f}", f"{100 * worse.max():.1f}", *last)


def _passing(margin: float, samples: int, designs: tuple[str, ...], runs: int) -> dict[str, float]:
    """How often each rule lets a candidate pass that lost nothing, with 6 and 20 % churn."""
    losses = ("all alike, 6 % churn", "all alike, 20 % churn")
    found = [
        rates(Setting(samples, design, loss, margin, 0), runs)
        for design, loss in itertools.product(designs, losses)
    ]
    return {name: float(np.mean([each[name][0] for each in found])) for name in found[0]}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=("curves", "errors"))
    parser.add_argument("--runs", type=int, default=2000)
    given = parser.parse_args()
    {"curves": curves, "errors": errors}[given.table](given.runs)


if __name__ == "__main__":
    main()
