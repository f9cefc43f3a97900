"""Benchmarks, as tables: medians of this run with their range, and ratios.

``python benchmarks/run.py [PART …]``: all, or those named of PARTS. Machines are
noisy: compare within one run, never between runs. What is measured:
docs/explanation/benchmarks.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import comparison
import fields
import gate
import predict
import regression
import report_size
import start_up
import streaming

PARTS = {
    "start_up": start_up.main,
    "streaming": streaming.main,
    "comparison": comparison.main,
    "report_size": report_size.main,
    "gate": gate.main,
    "fields": fields.main,
    "predict": predict.main,
    "regression": regression.main,
}


def main() -> None:
    """Print the tables asked for."""
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main()
