"""``wbcval selftest``: does this installation compute what is published?"""

from __future__ import annotations

import argparse

from wbcval.commands import ACCEPTED, DIFFERS, _arguments

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.selftest.run import Selftest

HELP = "recompute published results on this installation"
EPILOG = """examples:
  wbcval selftest
  wbcval selftest --out qualification

Recomputes certified and published figures (NIST StRD, Bland & Altman, Shrout & Fleiss and others)
and judges small studies, wrong models among them. DIR takes selftest.html, to sign, selftest.json
and manifest.json, for installation and operation qualification; `wbcval verify DIR` tells later
whether they are as they were written.

exit codes: 0 every figure agrees · 1 a figure differs · 2 input or usage error · 70 internal error
· 74 the words could not be written · 130 stopped by Ctrl-C"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    _arguments.out(parser, None, "record")


def run(args: argparse.Namespace) -> int:
    """Recompute, say it, write the record; returns the exit code."""
    import time
    from pathlib import Path

    from wbcval.bundle import evidence
    from wbcval.commands._shared import progress
    from wbcval.selftest import record
    from wbcval.selftest.installation import installation
    from wbcval.selftest.run import run as recompute

    start, created = time.monotonic(), evidence.created()
    out = None if args.out is None else Path(args.out)
    if out is not None:
        evidence.check_target(out, replace=args.replace)
    with progress() as told:
        found = recompute(told)
        told("hashing the installed files")
        installed = installation()
        if out is not None:
            made = record.document(found, installed, created)
            record.write(out, made, time.monotonic() - start, replace=args.replace)
    _say(found)
    print(f"files of wbcval: sha256 {installed.sha256}")
    if out is not None:
        print(f"record: {out / 'selftest.html'}")
    return ACCEPTED if found.passed else DIFFERS


def _say(found: Selftest) -> None:
    """Every figure under its check; at the end how many agree, and those that do not."""
    said = None
    for figure in found.figures:
        if (of := (figure.family, figure.check)) != said:
            print(f"{figure.family}: {figure.check}\n  source: {figure.source}")
            said = of
        print(f"  {'ok  ' if figure.passed else 'MISS'} {figure.figure}: expected "
              f"{figure.expected.text}, got {figure.said} ({figure.digits})")  # fmt: skip
    for figure in found.missed:
        print(f"missed: {figure.check}: {figure.figure}: expected {figure.expected.text}, "
              f"got {figure.said}")  # fmt: skip
    agree = len(found.figures) - len(found.missed)
    print(f"{'PASSED' if found.passed else 'FAILED'}: {agree} of {len(found.figures)} figures of "
          f"{found.checks} computations agree with their sources")  # fmt: skip
