"""Models as other people export them: what ``wbcval predict`` says, and how near it comes.

    python -m experiments.exports [--only WORDS]

Each export is made here, with a pipeline of its own that classifies the same images one by one.
Then ``wbcval predict`` is run with a card that says what that pipeline does. Where it refuses, the
line that it names is written into the card, or its advice is followed in the code that made the
file. Prints the table of docs/explanation/exports.md; a row whose library is absent is named below
it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from experiments.exports_made import CLASSES, MEAN, SIZE, STD, Made
from experiments.exports_onnx import ROWS as ONNX
from experiments.exports_pipelines import ROWS as PIPELINES
from experiments.exports_torch import ROWS as TORCH
from wbcval.predict.run import Job, predict
from wbcval.values.errors import InputError

TOP = ("classes", "output", "output_name", "abstain_below")
CARD: Mapping[str, Any] = {
    "classes": list(CLASSES), "output": "logits", "size": [SIZE, SIZE], "color": "RGB",
    "resize": "stretch", "interpolation": "bilinear", "scale": 255, "mean": list(MEAN),
    "std": list(STD),
}  # fmt: skip
_MEANT = ("logits", "probabilities", "1")  # of several outputs, by name or place


@dataclass(frozen=True)
class Row:
    """What became of an export.

    Attributes:
        took: what was done after the first answer; nothing where it ran at once.
        refused: the first refusal; empty where there was none.
        gap: largest difference of a probability to its own pipeline; None where it never ran.
    """

    name: str
    took: tuple[str, ...]
    refused: str
    gap: float | None


def tried(name: str, make: Any, mend: Any, images: Path, folder: Path) -> Row:
    """Make an export, run it, and follow what is said."""
    found: Made = make(folder)
    card, took, refused = {**CARD, **found.card}, [], ""
    for _ in range(6):
        try:
            return Row(name, tuple(took), refused, gap(found, card, images, folder))
        except InputError as why:
            refused = refused or why.got
            if line := written(why.advice):
                took.append(f"`{line[0]} = {line[1]}`")
                card[line[0]] = line[2]
            elif mend is not None:
                took.append("its advice")
                found, mend = mend(folder), None
                card |= found.card
            else:
                took.append(str(why))
                break
    return Row(name, tuple(took), refused, None)


def written(advice: str) -> tuple[str, str, Any] | None:
    """The line of a card that a refusal names: key, value as it stands, value."""
    found = re.search(r"write (\w+) = (\d+|\"\w+\")", advice)
    if found:
        return found[1], found[2], int(found[2]) if found[2].isdigit() else found[2].strip('"')
    several = re.search(r"write output_name = … in the card, one of (.*)", advice)
    if several:
        names = re.findall(r'"([^"]*)"', several[1])
        meant = next(name for name in _MEANT if name in names)
        return "output_name", f'"{meant}"', meant
    return None


def gap(found: Made, card: Mapping[str, Any], images: Path, folder: Path) -> float:
    """The largest difference of a probability, over all images."""
    lines = ['schema_version = 1\nname = "export"\nversion = "1"']
    lines += [f"{key} = {toml(value)}" for key, value in card.items() if key in TOP]
    lines += ["[input]"]
    lines += [f"{key} = {toml(value)}" for key, value in card.items() if key not in TOP]
    (folder / "card.toml").write_text("\n".join(lines), encoding="utf-8")
    out = folder / "out" / "p.parquet"
    predict(Job(found.path, images, out, card=folder / "card.toml", threads=1))
    table = pd.read_parquet(out)
    opened = [Image.open(images / name) for name in table["image"]]
    own = found.own(opened)
    kind = "score" if card["output"] == "scores" else "probability"
    ours = table[[f"{kind}_{name}" for name in CLASSES]].to_numpy()
    if np.ptp(ours, axis=0).max() < 0.05:
        raise ValueError(f"{found.path.name} gives the same answer to every image: {card}")
    return float(np.abs(ours - own).max())


def toml(value: Any) -> str:
    """A value as a card spells it."""
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')


def drawn(folder: Path, number: int) -> Path:
    """Round cells of many colours and sizes, with noise: no two sides are equal."""
    rng = np.random.default_rng(11)
    for i in range(number):
        height, width = rng.integers(36, 90, 2)
        y, x = np.mgrid[:height, :width]
        inside = ((y / height - 0.5) ** 2 + (x / width - 0.5) ** 2)[:, :, None] < rng.uniform(
            0.05, 0.2
        )
        picture = np.where(inside, rng.integers(60, 190, 3), rng.integers(190, 250, 3))
        noisy = np.clip(picture + rng.normal(0, 18, picture.shape), 0, 255).astype(np.uint8)
        (folder / "S1").mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy).save(folder / "S1" / f"{i:03}.png")
    return folder


def rows(words: str = "", number: int = 40, share: float = 1.0) -> tuple[list[Row], list[str]]:
    """What becomes of the exports, and of which the library is absent.

    Args:
        words: that stand in their names.
        number: of images.
        share: of the rows, spread evenly.
    """
    found, absent = [], []
    every = (*TORCH, *ONNX, *PIPELINES)
    step = max(1, round(1 / share))
    with tempfile.TemporaryDirectory() as whole:
        images = drawn(Path(whole) / "images", number)
        for i, (name, make, *mend) in enumerate(every[::step]):
            if words in name:
                folder = Path(whole) / str(i)
                folder.mkdir()
                try:
                    found.append(tried(name, make, mend[0] if mend else None, images, folder))
                except ModuleNotFoundError as why:
                    absent.append(f"{name}: {why.name}")
    return found, absent


def table(found: Sequence[Row]) -> str:
    """As it stands in docs/explanation/exports.md."""
    lines = [
        "| export | first answer | followed | largest difference |",
        "| --- | --- | --- | --- |",
    ]
    for row in found:
        first = f"refused: {shorter(row.refused)}" if row.refused else "runs"
        apart = "never ran" if row.gap is None else f"{row.gap:.0e}"
        lines.append(f"| {row.name} | {first} | {', '.join(row.took)} | {apart} |")
    return "\n".join(lines)


def shorter(text: str) -> str:
    """A refusal that fits the table."""
    return text if len(text) <= 90 else f"{text[:89]}…"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    found, absent = rows(parser.parse_args().only)
    print(table(found))
    for line in absent:
        print(f"not made, for want of a library: {line}")


if __name__ == "__main__":
    main()
