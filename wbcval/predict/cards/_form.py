"""The form in which a model takes its numbers: the order of the axes, and their type."""

from __future__ import annotations

from collections.abc import Sequence

from wbcval.machine.toml_tables import Table
from wbcval.predict.cards._types import DTYPES, LAYOUTS, WHOLE


def form_of(
    table: Table, scale: float, mean: Sequence[float], std: Sequence[float], combine: str | None
) -> dict[str, str]:
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
