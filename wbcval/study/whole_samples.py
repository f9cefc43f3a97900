"""Are the true labels those of cells, or of whole samples? STATISTICS.md §18.

Where each cell is called what its patient has, a model is held against diagnoses: one that sees the
stain of a slide, or a few of its cells, agrees with them.
"""

from __future__ import annotations

import numpy as np

from wbcval.study.cells import CellCounts

OF_SAMPLES = "labels_of_samples"  # flag: most samples have one true label throughout
_CELLS = 10  # of a sample that tells
_FEWEST = 5  # samples of one label
_CLASSES, _EACH = 2, 2  # of them, and samples of each
_MOST, _TOLD = 0.5, 0.2  # of the samples that tell


def flags(cells: CellCounts | None) -> tuple[str, ...]:
    """The flag of labels of samples.

    Args:
        cells: as they were read; ``None`` where there are none.
    """
    single, tell = _counted(cells)
    return (OF_SAMPLES,) if single > _MOST * tell else ()


def lines(cells: CellCounts | None) -> tuple[str, ...]:
    """How many samples have one label throughout, in a sentence without an end; few are none."""
    single, tell = _counted(cells)
    if single <= _TOLD * tell:
        return ()
    return (
        f"in {single} of {tell} samples of {_CELLS} labelled cells or more all cells have one true "
        "class: were samples labelled, and not cells?",
    )


def _counted(cells: CellCounts | None) -> tuple[int, int]:
    """Samples of one label, of which two classes have two or more, and those that tell."""
    if cells is None:
        return 0, 0
    labels = cells.confusion.sum(axis=2)
    labels = labels[labels.sum(axis=1) >= _CELLS]
    single = labels[(labels > 0).sum(axis=1) == 1]
    each = np.bincount(single.argmax(axis=1), minlength=1) if len(single) else np.zeros(1)
    several = int((each >= _EACH).sum()) >= _CLASSES and len(single) >= _FEWEST
    return (len(single) if several else 0), len(labels)
