"""The keys of a card that say how an image gets its size: which part of it, by which library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wbcval.machine.toml_tables import Table
from wbcval.predict.cards._types import INTERPOLATIONS, OLD_RESIZES, RESIZERS, RESIZES
from wbcval.predict.cards._values import one_of, whole_numbers

_LARGEST_SIDE = 4096


def geometry_of(table: Table, channels: int) -> dict[str, Any]:
    """What ``[input]`` says of size, part and resizing.

    Returns:
        Arguments of :class:`wbcval.predict.cards.Input`.

    Raises:
        InputError: where a key is missing, not right, or has no meaning beside another.
    """
    named = one_of(table, "resize", (*RESIZES, *OLD_RESIZES))
    resize = OLD_RESIZES.get(named, named)
    resizer = table.choice("resizer", tuple(RESIZERS)) or "pillow"
    if resize not in RESIZERS[resizer]:
        table.refuse(
            "resizer", f"got {resizer!r}, and resize = {resize!r} is Pillow's",
            f'write resizer = "pillow"; or resize = one of: {", ".join(RESIZERS[resizer])}',
        )  # fmt: skip
    height, width = whole_numbers(table, "size", 1, _LARGEST_SIDE, 2)
    return {
        "size": (height, width),
        "resize": resize,
        "interpolation": one_of(table, "interpolation", INTERPOLATIONS[resizer]),
        "pad": whole_numbers(table, "pad", 0, 255, channels) if resize == "fit" else None,
        "shorter_side": _shorter_side(table, resize),
        "crop": whole_numbers(table, "crop", 1, _LARGEST_SIDE, 2) if "crop" in table else None,
        "resizer": resizer,
    }


def remarks_on(values: Mapping[str, Any]) -> tuple[str, ...]:
    """What to say of ``[input]`` as it was written."""
    named = str(values.get("resize"))
    if named not in OLD_RESIZES:
        return ()
    return (
        f'resize = "{named}" is an old name of "{OLD_RESIZES[named]}", Pillow\'s ImageOps.fit, '
        "and not torchvision's CenterCrop",
    )


def _shorter_side(table: Table, resize: str) -> int | None:
    side: int | None = table.take("shorter_side", int)
    if (side is not None) != (resize == "shorter-side"):
        table.refuse(
            "shorter_side", "goes with resize = \"shorter-side\", and only with it",
            "torchvision's Resize(256), CenterCrop(224) is resize = \"shorter-side\", "
            "shorter_side = 256, size = [224, 224]",
        )  # fmt: skip
    if side is not None and not 1 <= side <= _LARGEST_SIDE:
        table.refuse("shorter_side", f"got {side}", f"write a number from 1 to {_LARGEST_SIDE}")
    return side
