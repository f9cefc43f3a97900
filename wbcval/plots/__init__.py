"""Pictures: each draws one result type as an SVG element and computes nothing.

``from wbcval.plots import verification`` loads that picture alone; a picture ``name`` lives in
``_name.py``. Every colour is a presentation attribute, never a style, so that a page may forbid
inline styles and still recolour a figure from its own style sheet.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        module = importlib.import_module(f"{__name__}._{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"wbcval.plots has no picture {name!r}") from None
    return getattr(module, name)
