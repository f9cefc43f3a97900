"""One side of an unpaired comparison: its share by itself (§12)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from wbcval.estimate import Estimate
from wbcval.hits import Hits
from wbcval.stats._binomial import wilson
from wbcval.stats._bootstrap import cluster_sums
from wbcval.stats._clustered import clustered_proportion, degrees_of_freedom
from wbcval.stats._paired_limits import Losses, design_effect
from wbcval.study import Study


def alone(side: Hits, study: Study, losses: Losses) -> Estimate:
    """One side's share, its limits no narrower than the losses assumed allow, as when paired."""
    found = clustered_proportion(side.hits, side.trials, study.cluster)
    sizes = cluster_sums(side.trials.astype(np.float64), study.cluster)
    if found.value is None or found.deff is None:
        return found
    least = design_effect(float((sizes**2).sum() / sizes.sum()), losses.assumed)
    if least <= found.deff:
        return found
    df, trials = degrees_of_freedom(sizes), float(sizes.sum() / least)
    low, high = wilson(found.value, trials, float(special.stdtrit(df, 0.975)))
    return replace(found, low=low, high=high, method=f"Wilson on {trials:.4g} trials")
