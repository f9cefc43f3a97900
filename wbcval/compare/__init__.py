"""A candidate model against the accepted one: sides, whether they compare, what changed (§12)."""

from wbcval.compare._apart import OVERRIDES as OVERRIDES
from wbcval.compare._gate import compare as compare
from wbcval.compare._needs import name_of as name_of
from wbcval.compare._needs import needs_of as needs_of
from wbcval.compare._needs import needs_said as needs_said
from wbcval.compare._types import Comparison as Comparison
