"""``wbcval report``: the whole road, to an evidence bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from wbcval import evidence, verbs
from wbcval.commands._inputs import protocol_of
from wbcval.commands._shared import progress, say_findings


def run(args: argparse.Namespace) -> int:
    """Judge and write the bundle; returns the exit code."""
    protocol, out = protocol_of(args), Path(args.out)
    evidence.check_target(out.absolute())  # before the work, not after it
    with progress() as told:
        made = verbs.report(protocol, told, pdf=args.pdf)
        told("writing the bundle")
        made.write(out)
    say_findings(made.study.findings)
    print(f"{made.verdict.decision.upper()}: {made.verdict.reason}")
    print(f"report: {out / 'report.html'}")
    return made.verdict.exit_code
