"""A candidate model against the accepted one: sides, whether they compare, what changed (§12)."""

from wbcval.gating.compare._gate import compare as compare
from wbcval.gating.compare.apart import OVERRIDES as OVERRIDES
from wbcval.gating.compare.needs import name_of as name_of
from wbcval.gating.compare.needs import needs_of as needs_of
from wbcval.gating.compare.needs import needs_said as needs_said
from wbcval.gating.compare.types import Comparison as Comparison
