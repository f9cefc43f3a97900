"""The door: every table that crosses the border is read, typed and checked here.

The rules stand in ``schemas/*.yaml``. A row that breaks one is a value (a finding and a line of
the import log), never a silent drop.
"""

from wbcval.tables._cells import UNEXPLAINED
from wbcval.tables._check import check
from wbcval.tables._errors import raise_on_errors
from wbcval.tables._labels import Labels
from wbcval.tables._open import Opened
from wbcval.tables._read import counts_of, kind_of, open_labels, open_predictions, read
from wbcval.tables._strata import MOST_LEVELS
from wbcval.tables._stream import CellTables
from wbcval.tables._types import Checked, ReadOptions
from wbcval.tables._versions import doubts as other_versions

__all__ = [
    "MOST_LEVELS",
    "UNEXPLAINED",
    "CellTables",
    "Checked",
    "Labels",
    "Opened",
    "ReadOptions",
    "check",
    "counts_of",
    "kind_of",
    "open_labels",
    "open_predictions",
    "other_versions",
    "raise_on_errors",
    "read",
]
