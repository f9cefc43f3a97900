"""``wbcval validate``: the input check alone."""

from __future__ import annotations

import argparse

from wbcval.commands import ACCEPTED, INPUT, _arguments

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from pathlib import Path

HELP = "check the inputs: findings, and what would be left out"
EPILOG = """example:
  wbcval validate protocol.toml --out check

ends with 0, or 2 on an error"""
_LOG = "import-log.csv"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    _arguments.protocol(parser)
    parser.add_argument("--out", metavar="DIR", help="write import-log.csv there")


def run(args: argparse.Namespace) -> int:
    """Check, say what was found; returns the exit code."""
    from pathlib import Path

    from wbcval.bundle import tables
    from wbcval.commands._inputs import protocol_of, say_inputs
    from wbcval.commands._shared import progress
    from wbcval.machine import folders
    from wbcval.verbs import road

    protocol, log = protocol_of(args), None if args.out is None else Path(args.out) / _LOG
    if log is not None:  # before the work, not after it
        folders.check_file(log, _is_log)
    with progress() as told:
        inputs = road.validate(protocol, told)
    if log is not None:
        folders.replace_file(log, tables.import_log_csv(inputs.log).encode(), _is_log)
    return INPUT if say_inputs(inputs) else ACCEPTED


def _is_log(path: Path) -> bool:
    """Whether a file begins as an import log does."""
    from wbcval.bundle import tables

    head = tables.import_log_csv(()).encode()
    with path.open("rb") as stream:
        return stream.read(len(head)) == head
