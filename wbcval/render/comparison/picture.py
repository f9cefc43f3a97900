"""The changes at a glance."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.comparison.changes import Changes

SECTION = Section(context={"changes": Changes})
