"""Pictures: each draws one result type as a scene and computes nothing; ``svg`` writes it.

``from wbcval.plots import verification`` loads that picture alone; a picture ``name`` lives in
``pictures/name.py``. Every colour is a presentation attribute, never a style, so that a page may
forbid inline styles and still recolour a figure from its own style sheet.
"""

from __future__ import annotations

from wbcval.machine.plugins import face

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.plots.pictures.agreement import agreement
    from wbcval.plots.pictures.changes import changes
    from wbcval.plots.pictures.cloud import cloud
    from wbcval.plots.pictures.distribution import distribution
    from wbcval.plots.pictures.forest import forest
    from wbcval.plots.pictures.histogram import histogram
    from wbcval.plots.pictures.mountain import mountain
    from wbcval.plots.pictures.regression import regression
    from wbcval.plots.pictures.repeats import repeats
    from wbcval.plots.pictures.residuals import residuals
    from wbcval.plots.pictures.verification import verification

__all__ = [
    "agreement",
    "changes",
    "cloud",
    "distribution",
    "forest",
    "histogram",
    "mountain",
    "regression",
    "repeats",
    "residuals",
    "verification",
]

if not TYPE_CHECKING:  # else any name would be one of Any
    __getattr__, __dir__ = face(f"{__name__}.pictures", __all__)
