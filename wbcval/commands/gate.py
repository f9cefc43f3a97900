"""``wbcval gate``: a candidate against the accepted model."""

from __future__ import annotations

import argparse

from wbcval.commands import EXIT_CODES, _arguments
from wbcval.values.errors import InputError

HELP = "judge a candidate model against the accepted one, in CI"
EPILOG = f"""examples:
  wbcval gate candidate-report --baseline wbcval-baseline
  wbcval gate candidate-report --baseline accepted-report --out wbcval-gate
  wbcval gate cells.csv --baseline accepted-cells.csv --mode same-cells

CANDIDATE and BASELINE are evidence bundles of `wbcval report`, or tables of predictions with
--mode (and --reference); BASELINE may be a folder of `wbcval baseline` too. Margins stand in
[gate] of the protocol; without, 0.02 on accuracy, on each sensitivity and on share_within.

samples that an equal model needs to be "not worse" with a chance of 80 %, where it differs in
1 to 5 % of the cells, half of them for the better, by true cells of a class in each sample:

                                    margin 0.02   margin 0.05
  200 cells                           29 to 44        20
   20 cells                           44 to 88      20 to 23
    5 cells                           95 to 238     31 to 51
  share of samples within a limit    366 to 1070   109 to 206
  200 cells, losses "whole-samples"  210 to 235     80 to 86

`wbcval baseline show` says it of a baseline of yours, before there is a candidate.

{EXIT_CODES}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add = parser.add_argument
    add("candidate", metavar="CANDIDATE", help="evidence bundle, or predictions")
    add("--baseline", required=True, metavar="BASELINE",
        help="what it must not be worse than")  # fmt: skip
    _arguments.beside(parser, "what is compared; required where a side is a table of predictions")
    add("--unpaired", action="store_true",
        help="compare on other samples too, each side by itself: weaker")  # fmt: skip
    add("--allow", action="append", choices=("protocol",), default=[],
        help="let the protocols differ; recorded in the result")  # fmt: skip
    add("--record", action="store_true",
        help="note this judgement in the baseline's log")  # fmt: skip
    _arguments.out(parser, "wbcval-gate", "result")


def run(args: argparse.Namespace) -> int:
    """Judge, write the result, say it; returns the exit code."""
    from pathlib import Path

    from wbcval.bundle import evidence
    from wbcval.commands._shared import given, progress, stated
    from wbcval.gating import baseline
    from wbcval.verbs.gate import gate, record

    out, accepted = Path(args.out), Path(args.baseline)
    inputs = given(args)
    paths = [path for of in inputs.values() for path in of]
    evidence.check_target(out, [Path(args.candidate), accepted, *paths], replace=args.replace)
    if args.record and not baseline.is_store(accepted):
        raise InputError("--record", f"{accepted} is not a folder of `wbcval baseline`",
                         "leave it out, or keep the baseline in such a folder")  # fmt: skip
    with progress() as told:
        made = gate(
            Path(args.candidate),
            accepted,
            told,
            mode=args.mode,
            inputs=inputs,
            allow=args.allow,
            paired=not args.unpaired,
        )
        told("writing the result")
        made.write(out, replace=args.replace)
        if args.record:
            record(accepted, made)
    found = made.comparison
    for waived in found.waived:
        print(baseline.plain(f"let pass: {waived.what}: {waived.said}"))
    for outcome in found.verdict.outcomes:
        if not outcome.criterion.optional:
            print(baseline.plain(f"{found.word(outcome)}: {outcome.message}"))
    for note in found.notes:
        print(note)
    print(baseline.plain(stated(found.verdict)))
    print(f"comparison: {out / 'report.html'}")
    return found.verdict.exit_code
