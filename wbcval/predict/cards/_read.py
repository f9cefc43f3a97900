"""A model card, read strictly: every key is required that a number depends on; none is guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wbcval.machine.toml_tables import Table, parse
from wbcval.predict.cards._geometry import geometry_of, remarks_on
from wbcval.predict.cards._stages import composition
from wbcval.predict.cards._types import (
    COLORS,
    COMBINATIONS,
    DTYPES,
    LARGEST_BATCH,
    LAYOUTS,
    MICRO_BATCH,
    OUTPUTS,
    WHOLE,
    Card,
    Composition,
    Input,
)
from wbcval.predict.cards._values import number, numbers, one_of
from wbcval.predict.cards._words import class_names, text, threshold

_SHA256 = re.compile("[0-9a-f]{64}")
_ADVICE = {
    "classes": 'write the classes in the order of the outputs: classes = ["neutrophil", …]',
    "output": "write one of: " + ", ".join(f'output = "{one}"' for one in OUTPUTS),
    "input": "write the table [input]: how an image becomes the model's input",
}


def read(source: str, file: str) -> Card | Composition:
    """The card a text states.

    Args:
        source: TOML.
        file: its name, for messages.

    Raises:
        InputError: where a key or value is missing or not right.
    """
    data = parse(source, file)
    top = Table(data, file, "a model card")
    schema = top.take("schema_version", int)
    if schema is None:
        top.refuse("schema_version", "is missing", "write schema_version = 1")
    if schema != 1:
        top.refuse("schema_version", f"got {schema}", "this wbcval reads version 1")
    name, version = text(top, "name"), text(top, "version")
    if "stage" in data:
        return composition(top, name, version)
    card = Card(
        name=name,
        version=version,
        classes=class_names(top, _needed(top, data, "classes", list)),
        output=str(_choice(top, data, "output", OUTPUTS)),
        input=_input(_table(top, data)),
        abstain_below=top.number("abstain_below"),
        model_sha256=_sha256(top),
        remarks=remarks_on(data["input"]),
        output_name=None if "output_name" not in data else text(top, "output_name"),
    )
    if card.output == "scores" and len(card.classes) == 1:
        top.refuse("output", "got 'scores' of one class", 'write output = "probabilities"')
    # the largest of probabilities that add up has a least value, of scores it has none
    threshold(top, card.abstain_below, 1 if card.output == "scores" else len(card.classes))
    top.done()
    return card


def _needed(table: Table, data: dict[str, Any], key: str, kind: type) -> Any:
    if key not in data:
        table.refuse(key, "is missing", _ADVICE[key])
    return table.take(key, kind)


def _sha256(top: Table) -> str | None:
    value: str | None = top.take("model_sha256", str)
    if value is not None and not _SHA256.fullmatch(value.lower()):
        top.refuse(
            "model_sha256", f"got {value!r}", "write 64 hexadecimal digits, as sha256sum does"
        )
    return None if value is None else value.lower()


def _choice(table: Table, data: dict[str, Any], key: str, choices: tuple[str, ...]) -> str | None:
    if key not in data:
        table.refuse(key, "is missing", _ADVICE[key])
    return table.choice(key, choices)


def _table(top: Table, data: dict[str, Any]) -> Table:
    if "input" not in data:
        top.refuse("input", "is missing", _ADVICE["input"])
    return top.table("input")


def _input(table: Table) -> Input:
    color = one_of(table, "color", tuple(COLORS))
    channels = COLORS[color]
    geometry = geometry_of(table, channels)
    scale = float(number(table, "scale"))
    if scale <= 0:
        table.refuse("scale", f"got {scale:g}", "pixel values are divided by it: 255, or 1")
    mean, std = (numbers(table, key, channels) for key in ("mean", "std"))
    if min(std) <= 0:
        table.refuse("std", f"got {list(std)}", "write positive numbers")
    planes = _planes(table)
    batch = table.take("batch", int, MICRO_BATCH)
    if not 1 <= batch <= LARGEST_BATCH:
        table.refuse("batch", f"got {batch}", f"write a whole number from 1 to {LARGEST_BATCH}")
    form = _form(table, scale, mean, std, planes["combine"])
    table.done()
    return Input(
        color=color, scale=scale, mean=mean, std=std, batch=batch, **geometry, **planes, **form
    )


def _planes(table: Table) -> dict[str, Any]:
    """``planes`` and ``combine`` of ``[input]``."""
    planes = table.texts("planes")
    combine = table.choice("combine", COMBINATIONS)
    if (len(planes) > 0) != (combine is not None):
        table.refuse(
            "planes", "and 'combine' go together", 'planes = ["z0", "z1"], combine = "stack"'
        )
    if planes and (len(set(planes)) < max(len(planes), 2) or not all(p.strip() for p in planes)):
        table.refuse("planes", f"got {list(planes)}", "name two planes or more, each once")
    return {"planes": planes, "combine": combine}


def _form(
    table: Table, scale: float, mean: Sequence[float], std: Sequence[float], combine: str | None
) -> dict[str, Any]:
    """``layout`` and ``dtype`` of ``[input]``.

    Raises:
        InputError: for another one, or whole numbers where fractions would be cut off.
    """
    layout = table.choice("layout", LAYOUTS) or LAYOUTS[0]
    dtype = table.choice("dtype", DTYPES) or DTYPES[0]
    if dtype in WHOLE:
        if scale != 1 or any(mean) or set(std) != {1}:
            table.refuse(
                "dtype",
                f"got {dtype!r}, and (x / scale − mean) / std has fractions",
                "such a model takes pixels as they are: write scale = 1, "
                f"mean = {[0.0] * len(mean)} and std = {[1.0] * len(std)}",
            )
        if combine == "mean":
            table.refuse("dtype", f"got {dtype!r}, and the mean of planes has fractions",
                         'write dtype = "float32", or combine = "stack"')  # fmt: skip
    return {"layout": layout, "dtype": dtype}
