"""``wbcval report``: the whole road, to an evidence bundle."""

from __future__ import annotations

import argparse

from wbcval.commands import EXIT_CODES, _arguments

HELP = "judge a model and write the evidence bundle"
EPILOG = f"""examples:
  wbcval report protocol.toml
  wbcval report --predictions cells.csv --mode same-cells
  wbcval report --predictions counts.csv --reference xn.csv --mode different-aliquot

{EXIT_CODES}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    _arguments.protocol(parser)
    _arguments.out(parser, "wbcval-report", "bundle")
    parser.add_argument("--pdf", action="store_true",
                        help="print report.pdf too (needs Chromium or Chrome)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Judge and write the bundle; returns the exit code."""
    from pathlib import Path

    from wbcval.commands._inputs import protocol_of
    from wbcval.commands._shared import path_of, progress, say_findings, stated
    from wbcval.origin import checked
    from wbcval.protocol.roles import PREDICTIONS
    from wbcval.verbs import road

    protocol, out = protocol_of(args), Path(args.out)
    road.check_out(out, protocol, path_of(args.protocol), replace=args.replace)
    with progress() as told:
        made = road.report(protocol, told, pdf=args.pdf)
        told("writing the bundle")
        made.write(out, replace=args.replace)
    say_findings(made.study.findings)
    print(stated(made.verdict))
    if made.study.origins:
        n = checked(made.study.origins, len(made.study.protocol.inputs[PREDICTIONS]))
        print(f"model card: checked on {n} images" if n else "model card: not checked")
    print(f"report: {out / 'report.html'}")
    return made.verdict.exit_code
