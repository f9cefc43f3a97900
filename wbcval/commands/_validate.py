"""``wbcval validate``: the input check alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from wbcval import exports, verbs
from wbcval.commands._inputs import protocol_of, say_inputs
from wbcval.commands._shared import ACCEPTED, INPUT, progress


def run(args: argparse.Namespace) -> int:
    """Check, say what was found; returns the exit code."""
    with progress() as told:
        inputs = verbs.validate(protocol_of(args), told)
    if args.out is not None:
        out = Path(args.out)
        out.mkdir(parents=True, exist_ok=True)
        text = exports.import_log_csv(inputs.log)
        (out / "import-log.csv").write_text(text, encoding="utf-8", newline="\n")
    return INPUT if say_inputs(inputs) else ACCEPTED
