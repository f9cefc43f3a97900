"""The drop the gate could have seen: its definition, and its power by simulation."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from wbcval.errors import NotEstimable
from wbcval.stats._detectable import detectable_drop
from wbcval.stats._paired_difference import paired_difference


def rng(seed=1):
    return np.random.default_rng(seed)


def study(samples=400, cells=30, churn=0.02, drop=0.0, seed=1, correlation=0.05):
    """Baseline wrong in a tenth; gains and losses of a sample correlated, and a drop."""
    generator = rng(seed)
    precision = (1 - correlation) / correlation
    rate = generator.beta(churn * precision, (1 - churn) * precision, (2, samples))
    wrong = np.full(samples, cells // 10)
    gained = generator.binomial(wrong, np.minimum(rate[0] * 10, 1))
    lost = generator.binomial(cells - wrong, np.minimum(rate[1] / 0.9 + drop / 0.9, 1))
    base = cells - wrong
    return base + gained - lost, base, np.full(samples, cells)


def difference(new, base, cells, margin=None):
    codes = np.arange(len(cells))
    return paired_difference(new, base, cells, codes, generator=rng(), margin=margin)
