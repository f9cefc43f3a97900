"""Data sets of the check values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from wbcval.stats.metric import Floats


def read(shared: Path, golden: Mapping[str, Mapping[str, Any]], name: str) -> tuple[Floats, Floats]:
    """Both columns of a data set."""
    frame = pd.read_csv(shared / "reference" / golden[name]["file"])
    return frame["x"].to_numpy(float), frame["y"].to_numpy(float)
