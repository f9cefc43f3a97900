"""Whether every figure agrees, and on what."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.selftest.figures import SelftestFigures

SECTION = Section(context={"figures": SelftestFigures})
