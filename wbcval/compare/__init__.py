"""A candidate model against the accepted one: sides, whether they compare, what changed (§12)."""

from wbcval.compare._again import believed as believed
from wbcval.compare._again import contradictions as contradictions
from wbcval.compare._again import digest_of as digest_of
from wbcval.compare._again import judged_again as judged_again
from wbcval.compare._again import of_a_gate as of_a_gate
from wbcval.compare._again import told_of as told_of
from wbcval.compare._apart import OVERRIDES as OVERRIDES
from wbcval.compare._booked import TABLES as TABLES
from wbcval.compare._booked import booked as booked
from wbcval.compare._gate import compare as compare
from wbcval.compare._needs import name_of as name_of
from wbcval.compare._needs import needs_of as needs_of
from wbcval.compare._needs import needs_said as needs_said
from wbcval.compare._side import FILES as FILES
from wbcval.compare._side import Side as Side
from wbcval.compare._side import side_of as side_of
from wbcval.compare._types import Comparison as Comparison
