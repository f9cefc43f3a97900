"""What the self-test does not show."""

from __future__ import annotations

from wbcval.render._basis import SelftestBasis
from wbcval.render._section import Section

SECTION: Section[SelftestBasis] = Section()
