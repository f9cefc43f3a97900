"""``wbcval verify``: is a bundle, or a baseline, as it was written?"""

from __future__ import annotations

import argparse

from wbcval.commands import ACCEPTED, INPUT

HELP = "is a bundle, or a baseline, as it was written?"
EPILOG = "exit codes: 0 same · 1 differs · 2 cannot be read, or not be compared whole"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("bundle", metavar="BUNDLE",
                        help="of `wbcval report`, or a baseline's folder")  # fmt: skip
    parser.add_argument("--rerun", action="store_true",
                        help="make every file again and compare it, from the inputs")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Compare, name what differs; returns the exit code."""
    from pathlib import Path

    from wbcval.bundle import evidence
    from wbcval.commands._chain import say_chain, say_differences
    from wbcval.gating import baseline
    from wbcval.selftest import record
    from wbcval.verbs import road

    path = Path(args.bundle)
    differences = road.verify(path, rerun=args.rerun)
    certain = any(difference.compared for difference in differences)
    if not certain and not baseline.is_store(path) and evidence.is_selftest(path):
        differences = [*differences, *record.contradictions(path)]
    if differences:
        code = say_differences(differences)
        return code if any(d.compared for d in differences) else INPUT
    if baseline.is_store(path):
        return say_chain(path)
    how = (
        "every file came out again, byte for byte"
        if args.rerun
        else "every file as the manifest says"
    )
    print(f"{path}: {how}")
    if not args.rerun and (said := road.believed(path)):
        print(f"note: {said}")
    seal = evidence.seal(path)
    print(f"sha256 of manifest.json, to compare with the one noted when it was signed: {seal}")
    return ACCEPTED
