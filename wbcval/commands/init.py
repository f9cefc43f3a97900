"""``wbcval init``: a protocol drafted from the files at hand."""

from __future__ import annotations

import argparse
import sys

from wbcval.commands import ACCEPTED, INPUT, _arguments

HELP = "draft a protocol from the files at hand, to be finished"
EPILOG = """examples:
  wbcval init --predictions cells.csv --predictions counts.csv --reference xn.csv
  wbcval init --predictions cells.csv --mode same-cells --out study/protocol.toml

then finish the file by hand, and: wbcval validate protocol.toml
nothing is judged, and no file is ever overwritten; ends with 0, or 2 on an error"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    _arguments.inputs(parser, "what is compared; without it the file leaves the choice to you")
    parser.add_argument("--out", default="protocol.toml", metavar="FILE",
                        help="the protocol to write (default: %(default)s)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Draft and write; returns the exit code."""
    import shlex
    from pathlib import Path

    from wbcval.commands._inputs import say_inputs
    from wbcval.commands._shared import given, progress
    from wbcval.verbs.drafting import draft

    out = Path(args.out)
    with progress() as told:
        made = draft(given(args), args.mode, out, told)
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
