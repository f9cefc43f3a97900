"""What the comparison rests on."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.comparison.compared import SidesSection

SECTION = Section(context={"sides": SidesSection})
