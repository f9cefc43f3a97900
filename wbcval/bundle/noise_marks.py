"""Whether the marks of counting noise in ``samples.csv`` are those of its values.

A mark decides a sample under ``or_noise``. Dropped from a baseline it makes the baseline worse, put
in it makes a candidate better. The steps of the reference stand in no file of a bundle: a mark is
refuted where no step would give it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from wbcval.stats.metric import Floats, Pairs
from wbcval.stats.or_noise import inside_noise
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import PERCENT

_DECIMALS = 2  # of a percentage that was printed; more are computed, from what nobody knows
_COARSE = 5.0  # points: a step that hides anything
_FEWEST = 50.0  # cells that a reference counted: fewer are flagged (``few_cells``)


def denied(study: Study) -> Iterator[str]:
    """Marks that the values deny, by measurand, in words.

    Percentages of so many cells against an analyzer are looked at: of other references the cells
    are in no file either.

    Args:
        study: of a bundle, with the marks as ``noise``.
    """
    if study.mode != "different-aliquot":
        return
    for name in PERCENT:
        values = study.values.get(name)
        if values is None or values.noise is None:
            continue
        pairs, marked = study.pairs(name), values.noise[values.paired]
        if pairs.model_cells is None:
            continue
        pairs = replace(pairs, model_hits=np.rint(pairs.model * pairs.model_cells / 100))
        step = max(_step(pairs.reference), study.protocol.resolution.get(name, 0.0))
        try:
            exact, coarse = (
                inside_noise(replace(pairs, resolution=np.full(len(pairs), u))) for u in (0.0, step)
            )
            coarse |= inside_noise(_counted(pairs))
        except NotEstimable:
            continue
        for wrong, said in ((exact & ~marked, "beyond"), (marked & ~coarse, "inside")):
            if wrong.any():
                first = pairs.sample_ids[int(wrong.argmax())]
                more = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
                yield f"{name} of {first}{more} is marked {said} counting noise, and is not"


def _counted(pairs: Pairs) -> Pairs:
    """As against a reference that counted a few cells: nothing in a bundle tells how many."""
    cells = np.full(len(pairs), _FEWEST)
    return replace(pairs, reference_cells=cells, reference_hits=pairs.reference * cells / 100)


def _step(reference: Floats) -> float:
    """The coarsest step that printed values allow, in points."""
    found = np.unique(np.round(reference, 9))
    if not np.allclose(found, np.round(found, _DECIMALS), rtol=0, atol=1e-9):
        return _COARSE
    gaps = np.diff(found)
    return float(gaps.min()) if len(gaps) else _COARSE
