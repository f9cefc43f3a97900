"""``wbcval report``: the whole road, to an evidence bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from wbcval.commands._inputs import protocol_of
from wbcval.commands._shared import path_of, progress, say_findings, stated
from wbcval.origin import checked
from wbcval.verbs import road


def run(args: argparse.Namespace) -> int:
    """Judge and write the bundle; returns the exit code."""
    protocol, out = protocol_of(args), Path(args.out)
    road.check_out(out, protocol, path_of(args.protocol), replace=args.replace)
    with progress() as told:
        made = road.report(protocol, told, pdf=args.pdf)
        told("writing the bundle")
        made.write(out, replace=args.replace)
    say_findings(made.study.findings)
    print(stated(made.verdict))
    if made.study.origins:
        n = checked(made.study.origins, len(made.study.protocol.predictions))
        print(f"model card: checked on {n} images" if n else "model card: not checked")
    print(f"report: {out / 'report.html'}")
    return made.verdict.exit_code
