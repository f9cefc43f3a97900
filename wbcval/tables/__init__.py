"""The door: every table that crosses the border is read, typed and checked here.

The rules stand in ``schemas/*.yaml``. A row that breaks one is a value (a finding and a line of
the import log), never a silent drop.
"""

from wbcval.tables._cells import SeenCells
from wbcval.tables._check import check
from wbcval.tables._errors import add_findings, raise_on_errors
from wbcval.tables._read import kind_of, read, read_cells
from wbcval.tables._types import Checked, ReadOptions

__all__ = [
    "Checked",
    "ReadOptions",
    "SeenCells",
    "add_findings",
    "check",
    "kind_of",
    "raise_on_errors",
    "read",
    "read_cells",
]
