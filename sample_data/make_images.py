"""Draw the sample images: 8 samples of 45 cells, and 3 smear fields. Same seed, same pixels.

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
FIELDS = {  # leukocytes of each field, by the sample whose stain it has
    "S01": ("neutrophil", "lymphocyte", "monocyte"),
    "S05": ("eosinophil", "neutrophil"),
    "S08": ("neutrophil", "basophil", "lymphocyte", "neutrophil"),
}
FIELD_SIZE = (240, 320)  # height, width
APART, FROM_EDGE = 64, 30  # pixels between the leukocytes of a field, and from its border


def plan() -> dict[str, list[str]]:
    """The true classes of each sample's cells, in the order of their file names."""
    classes = {}
    for index, (sample, mix) in enumerate(MIXES.items(), start=1):
        names = [name for name, n in zip(COLUMNS, mix, strict=True) for _ in range(n)]
        order = np.random.default_rng([SEED, 0, index]).permutation(len(names))
        classes[sample] = [names[i] for i in order]
    return classes


def _stain(sample: str) -> tuple[int, draw_cells.Stain]:
    index = 1 + list(MIXES).index(sample)
    return index, draw_cells.Stain.draw(np.random.default_rng([SEED, index, 999]))


def draw(sample: str, number: int, name: str) -> np.ndarray:
    """Cell ``number`` (from 1) of a sample: uint8, (64, 64, 3). Each has a chance of its own."""
    index, stain = _stain(sample)
    return draw_cells.cell(name, stain, np.random.default_rng([SEED, index, number]))


def draw_field(sample: str) -> tuple[np.ndarray, list[tuple[str, int, int, int, int]]]:
    """A field, uint8, (240, 320, 3), and its leukocytes: class, x_min, y_min, x_max, y_max."""
    index, stain = _stain(sample)
    rng = np.random.default_rng([SEED, index, 1000])
    height, width = FIELD_SIZE
    canvas = draw_cells.Canvas(height, width, stain, rng)
    names = (*FIELDS[sample], "platelet")
    places: list[tuple[float, float]] = []
    while len(places) < len(names):
        x = rng.uniform(FROM_EDGE, width - FROM_EDGE)
        y = rng.uniform(FROM_EDGE, height - FROM_EDGE)
        if all(np.hypot(x - other[0], y - other[1]) > APART for other in places):
            places.append((x, y))
    draw_cells.red_cells(canvas, 1.2, [(place, 20.0) for place in places])
    found = []
    for name, (x, y) in zip(names, places, strict=True):
        radius = draw_cells.PAINTERS[name](canvas, (x, y))
        box = [round(value) for value in (x - radius, y - radius, x + radius, y + radius)]
        if name != "platelet":
            found.append((name, *box))
    return canvas.picture(), found


def _write(file: Path, picture: np.ndarray) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(file, optimize=True)
    return file.relative_to(HERE).as_posix()


def _table(file: Path, rows: list[list[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)
    print(f"{file.name}: {len(rows) - 1} rows")


def main() -> None:
    """Write the images and their manifests beside this script."""
    cells: list[list[object]] = [["image", "sample_id", "true_class"]]
    for sample, names in plan().items():
        for number, name in enumerate(names, start=1):
            file = HERE / "images" / sample / f"{number:02d}.png"
            cells.append([_write(file, draw(sample, number, name)), sample, name])
    _table(HERE / "images.csv", cells)
    boxes: list[list[object]] = [
        ["image", "sample_id", "true_class", "x_min", "y_min", "x_max", "y_max"]
    ]
    for number, sample in enumerate(FIELDS, start=1):
        picture, found = draw_field(sample)
        image = _write(HERE / "fields" / sample / f"F{number:02d}.png", picture)
        boxes += [[image, sample, *leukocyte] for leukocyte in found]
    _table(HERE / "fields.csv", boxes)


if __name__ == "__main__":
    main()
