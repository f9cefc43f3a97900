"""Where the package's data lies: in the wheel beside the code, in a checkout one folder up."""

from __future__ import annotations

from pathlib import Path


def root() -> Path:
    """The folder that holds ``schemas/`` and ``reports/templates/``."""
    here = Path(__file__).resolve()
    return next(p for p in (here.parents[1], here.parents[2]) if (p / "schemas").is_dir())
