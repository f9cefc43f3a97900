"""How it was judged, and what that does not show."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.comparison.changes import Changes

SECTION = Section(context={"changes": Changes})
