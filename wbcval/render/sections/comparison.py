"""What was compared, and what the input check found."""

from __future__ import annotations

from wbcval.render._basis import Basis
from wbcval.render._section import Section

SECTION: Section[Basis] = Section()
