"""``python -m tests.check_values``: the table of digits agreed, and what is left out or waits."""

from __future__ import annotations

import sys

from tests.check_values.rules import RULES
from tests.check_values.table import printed
from tests.check_values.trial import read, run
from tests.conftest import shared_folder

if __name__ == "__main__":
    trial = run(read(shared_folder() / "reference"), RULES)
    sys.stdout.write(printed(trial))
    sys.exit(bool(trial.forgotten or trial.unused or not all(row.holds for row in trial.rows)))
