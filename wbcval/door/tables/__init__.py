"""The door: every table that crosses the border is read, typed and checked here.

The rules stand in ``schemas/*.yaml``. A row that breaks one is a value (a finding and a line of
the import log), never a silent drop.
"""

from wbcval.door.tables._check import check
from wbcval.door.tables._errors import raise_on_errors
from wbcval.door.tables._kinds import BY_HAND, BY_MODEL, EDITED, NO_PATIENT
from wbcval.door.tables._labels import BOX, Labels
from wbcval.door.tables._open import Opened
from wbcval.door.tables._read import kind_of, read
from wbcval.door.tables._sources import of_an_analyzer, of_this_model
from wbcval.door.tables._stream import CellTables
from wbcval.door.tables._types import UNLISTED, WITHIN, Checked, ReadOptions
from wbcval.door.tables._versions import doubts as other_versions
from wbcval.door.tables.roles.predictions import counts_of, open_predictions
from wbcval.door.tables.roles.reference import open_labels
from wbcval.door.tables.strata import MOST_LEVELS

__all__ = [
    "BOX",
    "BY_HAND",
    "BY_MODEL",
    "EDITED",
    "MOST_LEVELS",
    "NO_PATIENT",
    "UNLISTED",
    "WITHIN",
    "CellTables",
    "Checked",
    "Labels",
    "Opened",
    "ReadOptions",
    "check",
    "counts_of",
    "kind_of",
    "of_an_analyzer",
    "of_this_model",
    "open_labels",
    "open_predictions",
    "other_versions",
    "raise_on_errors",
    "read",
]
