"""Pictures: each draws one result type as an SVG element and computes nothing.

``from wbcval.plots import verification`` loads that picture alone; a picture ``name`` lives in
``_name.py``. Every colour is a presentation attribute, never a style, so that a page may forbid
inline styles and still recolour a figure from its own style sheet.
"""

from __future__ import annotations

from typing import Any

from wbcval._plugins import member


def __getattr__(name: str) -> Any:
    return member(__name__, name)
