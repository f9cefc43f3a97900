"""Leukocytes found in real smear fields: found, missed, false, and the time it takes.

The truth is the reviewed number of leukocytes; the boxes of the annotators lack some and so serve
only to tell which cell was found. What was found is matched one to one with a box where the two
overlap by ``LEAST`` of their union, the best overlap first. In a field whose boxes are fewer than
its reviewed leukocytes the unmatched finds count as found up to the reviewed number.

``python benchmarks/fields.py FOLDER`` draws the worst five for docs/explanation/fields.md.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _measure import ratio, spread, table

from wbcval.predict import images
from wbcval.predict.fields import Box, find
from wbcval.predict.fields import _nuclei as parameters

SHARED = Path(os.environ.get("WBCVAL_SHARED", Path(__file__).resolve().parents[2] / "shared"))
DATA = SHARED / "data" / "fields"
LEAST = 0.3  # intersection over union of a find and a box
WORST = 5
TRIED = {"NUCLEUS": (0.2, 0.45, 0.7), "GAP": (0.15, 0.32, 0.5), "SPREAD": (2.3, 2.9, 3.5)}


@dataclass(frozen=True)
class Field:
    """A field: its pixels, the leukocytes there are, and the boxes of some of them."""

    name: str
    data: bytes
    pixels: np.ndarray
    leukocytes: int
    boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one field's leukocytes; ``overlaps`` of the matched boxes."""

    found: int
    missed: int
    false: int
    overlaps: tuple[float, ...]


def load(folder: Path = DATA) -> list[Field]:
    """All fields, in the order of ``fields.csv``."""
    boxes: dict[str, list[tuple[int, int, int, int]]] = {}
    for row in _rows(folder / "annotations.csv"):
        if row["object"] == "WBC":
            box = (int(row["xmin"]), int(row["ymin"]), int(row["xmax"]), int(row["ymax"]))
            boxes.setdefault(row["field_id"], []).append(box)
    fields = []
    for row in _rows(folder / "fields.csv"):
        data = (folder / row["image_path"]).read_bytes()
        name = row["field_id"]
        fields.append(
            Field(
                name,
                data,
                images.decode(data).pixels,
                int(row["n_wbc_reviewed"]),
                tuple(boxes.get(name, ())),
            )
        )
    return fields


def judge(field: Field, found: Sequence[Box]) -> Outcome:
    """Match what was found with the boxes, then with the reviewed number."""
    pairs = sorted(
        (
            (_overlap(one, box), i, j)
            for (i, one), (j, box) in itertools.product(enumerate(found), enumerate(field.boxes))
        ),
        reverse=True,
    )
    finds, boxes, overlaps = set(), set(), []
    for overlap, i, j in pairs:
        if overlap >= LEAST and i not in finds and j not in boxes:
            finds.add(i)
            boxes.add(j)
            overlaps.append(overlap)
    unboxed = max(0, field.leukocytes - len(field.boxes))
    right = len(finds) + min(unboxed, len(found) - len(finds))
    missed = max(0, field.leukocytes - right)
    return Outcome(right, missed, len(found) - right, tuple(overlaps))


def measure(fields: Sequence[Field]) -> list[Outcome]:
    """Find and judge, field by field."""
    return [judge(field, find(field.pixels)) for field in fields]


def main(_folder: Path, rounds: int = 5) -> None:
    """Print the tables, or say why there are none."""
    if not DATA.is_dir():
        print(f"\nThe smear fields are absent (no {DATA.name} of the shared data), so left out.")
        return
    fields = load()
    outcomes = measure(fields)
    lines = [_line("all, with the parameters as they are", outcomes)]
    halves = (outcomes[::2], outcomes[1::2])
    lines += [
        _line(f"half {name}, the same", half) for name, half in zip("AB", halves, strict=True)
    ]
    table(
        f"Leukocytes in {len(fields)} smear fields",
        ("fields", "leukocytes", "found", "missed", "false", "overlap with the box"),
        lines,
    )
    _other_half(fields)
    worst = sorted(zip(fields, outcomes, strict=True), key=_badness)[:WORST]
    table(
        "The worst five",
        ("field", "found", "missed", "false", "smallest overlap"),
        [
            (f.name, str(o.found), str(o.missed), str(o.false), f"{min(o.overlaps, default=0):.2f}")
            for f, o in worst
        ],
    )
    _times(fields, rounds)


def pictures(folder: Path) -> None:
    """Draw the worst five, small: what was found in vermillion, the annotators' box in blue."""
    from PIL import Image, ImageDraw

    fields = load()
    for field, _ in sorted(zip(fields, measure(fields), strict=True), key=_badness)[:WORST]:
        picture = Image.fromarray(field.pixels)
        draw = ImageDraw.Draw(picture)
        for box in field.boxes:
            draw.rectangle(box, outline=(0, 114, 178), width=4)
        for one in find(field.pixels):
            corners = (one.x_min, one.y_min, one.x_max - 1, one.y_max - 1)
            draw.rectangle(corners, outline=(191, 78, 0), width=4)
        small = picture.resize((400, 300), Image.Resampling.LANCZOS)
        small.save(folder / f"{field.name}.jpg", quality=72, optimize=True)


def _badness(pair: tuple[Field, Outcome]) -> tuple[int, float]:
    field, outcome = pair
    # an unboxed field has no overlap to be small
    smallest = min(outcome.overlaps, default=1.0 if not field.boxes else 0.0)
    return -(outcome.missed + outcome.false), smallest


def _line(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    found, missed, false = (
        sum(getattr(o, k) for o in outcomes) for k in ("found", "missed", "false")
    )
    overlaps = [overlap for o in outcomes for overlap in o.overlaps]
    return name, str(found + missed), str(found), str(missed), str(false), spread(overlaps)


def _other_half(fields: Sequence[Field]) -> None:
    """Choose parameters on one half, by the fewest errors, and count errors on the other."""
    tried = []
    for values in itertools.product(*TRIED.values()):
        with _set(dict(zip(TRIED, values, strict=True))):
            outcomes = measure(fields)
        tried.append([(o.missed, o.false) for o in outcomes])
    errors = np.array(tried)  # choices, fields, (missed, false)
    lines = []
    for name, own, other in (
        ("A", slice(0, None, 2), slice(1, None, 2)),
        ("B", slice(1, None, 2), slice(0, None, 2)),
    ):
        here = errors[:, own].sum(axis=(1, 2))
        best = here == here.min()
        missed, false = errors[best][:, other].sum(axis=1).T
        lines.append(
            (
                name,
                str(here.min()),
                f"{best.sum()} of {len(best)}",
                f"{missed.min()}–{missed.max()}",
                f"{false.min()}–{false.max()}",
            )
        )
    ranges = "; ".join(f"{key} {', '.join(map(str, values))}" for key, values in TRIED.items())
    table(
        f"Chosen on one half, measured on the other ({ranges})",
        ("chosen on", "errors there", "choices as good", "missed on the other half", "false"),
        lines,
    )


@contextmanager
def _set(values: dict[str, float]) -> Iterator[None]:
    before = {key: getattr(parameters, key) for key in values}
    try:
        for key, value in values.items():
            setattr(parameters, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(parameters, key, value)


def _times(fields: Sequence[Field], rounds: int) -> None:
    """Decoding and finding in turn, the processor's time of one thread."""
    taken: dict[str, list[float]] = {"decode": [], "find": []}
    for _ in range(rounds):
        start = time.process_time()
        for field in fields:
            images.decode(field.data)
        middle = time.process_time()
        for field in fields:
            find(field.pixels)
        taken["decode"].append((middle - start) / len(fields) * 1000)
        taken["find"].append((time.process_time() - middle) / len(fields) * 1000)
    table(
        f"CPU time of a field of 640 × 480 pixels, {rounds} rounds in turn",
        ("what", "ms", "× decode"),
        [(name, spread(ms), ratio(ms, taken["decode"])) for name, ms in taken.items()],
    )


def _overlap(one: Box, box: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    wide = min(one.x_max, box[2]) - max(one.x_min, box[0])
    high = min(one.y_max, box[3]) - max(one.y_min, box[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    areas = (one.x_max - one.x_min) * (one.y_max - one.y_min)
    areas += (box[2] - box[0]) * (box[3] - box[1])
    return both / (areas - both)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    pictures(Path(sys.argv[1]))
