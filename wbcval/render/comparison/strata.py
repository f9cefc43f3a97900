"""Strata that moved."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.comparison.samples import Movements

SECTION = Section(context={"movements": Movements})
