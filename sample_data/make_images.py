"""Draw the sample images: 8 samples of 45 cells, and their true classes. Same seed, same pixels.

The bytes of a PNG also depend on the zlib that Pillow was built with; its pixels do not.
"""

from __future__ import annotations

import csv
from pathlib import Path

import draw_cells
import numpy as np
from PIL import Image

SEED = 20260801
HERE = Path(__file__).parent
COLUMNS = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "artefact", "platelet")
MIXES = {  # cells of each class; the rare ones more often than in most blood, so that some are seen
    "S01": (23, 11, 3, 1, 1, 3, 3),
    "S02": (20, 14, 4, 2, 0, 3, 2),
    "S03": (26, 8, 5, 1, 1, 2, 2),
    "S04": (14, 22, 3, 1, 0, 2, 3),  # many lymphocytes
    "S05": (18, 10, 4, 6, 2, 3, 2),  # many eosinophils
    "S06": (29, 5, 3, 0, 1, 4, 3),  # many neutrophils
    "S07": (21, 10, 6, 2, 1, 2, 3),
    "S08": (19, 11, 3, 3, 3, 4, 2),
}


def plan() -> dict[str, list[str]]:
    """The true classes of each sample's cells, in the order of their file names."""
    classes = {}
    for index, (sample, mix) in enumerate(MIXES.items(), start=1):
        names = [name for name, n in zip(COLUMNS, mix, strict=True) for _ in range(n)]
        order = np.random.default_rng([SEED, 0, index]).permutation(len(names))
        classes[sample] = [names[i] for i in order]
    return classes


def draw(sample: str, number: int, name: str) -> np.ndarray:
    """Cell ``number`` (from 1) of a sample: uint8, (64, 64, 3). Each has a chance of its own."""
    index = 1 + list(MIXES).index(sample)
    stain = draw_cells.Stain.draw(np.random.default_rng([SEED, index, 999]))
    return draw_cells.cell(name, stain, np.random.default_rng([SEED, index, number]))


def main() -> None:
    """Write the images and their manifest beside this script."""
    rows = [["image", "sample_id", "true_class"]]
    for sample, names in plan().items():
        folder = HERE / "images" / sample
        folder.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names, start=1):
            file = folder / f"{number:02d}.png"
            Image.fromarray(draw(sample, number, name)).save(file, optimize=True)
            rows.append([file.relative_to(HERE).as_posix(), sample, name])
    with (HERE / "images.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)
    print(f"images: {len(rows) - 1}")


if __name__ == "__main__":
    main()
