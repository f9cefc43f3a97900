"""``wbcval init``: a protocol drafted from the files at hand."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from wbcval.commands._inputs import say_inputs
from wbcval.commands._shared import ACCEPTED, INPUT, path_of, progress
from wbcval.verbs.drafting import draft


def run(args: argparse.Namespace) -> int:
    """Draft and write; returns the exit code."""
    reference, samples, out = path_of(args.reference), path_of(args.samples), Path(args.out)
    predictions = [Path(p) for p in args.predictions]
    with progress() as told:
        made = draft(predictions, reference, samples, args.mode, out, told)
        made.write(out)
    errors = say_inputs(made.inputs)
    if made.problem is not None:
        print(f"wbcval: error: {made.problem}", file=sys.stderr)
    print(f"{out}: drafted; nothing was judged")
    name = shlex.quote(str(out))
    choice = "" if args.mode else "the mode, "
    print(
        f"next: finish it by hand ({choice}criteria, bounds, signers) before anyone sees a result"
    )
    print(f"      wbcval validate {name}\n      wbcval report {name}")
    return INPUT if errors or made.problem else ACCEPTED
