"""``wbcval gate``: a candidate against the accepted model."""

from __future__ import annotations

import argparse
from pathlib import Path

from wbcval.bundle import evidence
from wbcval.commands._shared import path_of, progress, stated
from wbcval.gating import baseline
from wbcval.values.errors import InputError
from wbcval.verbs.gate import gate, record


def run(args: argparse.Namespace) -> int:
    """Judge, write the result, say it; returns the exit code."""
    out, accepted = Path(args.out), Path(args.baseline)
    inputs = [Path(args.candidate), accepted, path_of(args.reference), path_of(args.samples)]
    evidence.check_target(out, [*filter(None, inputs)], replace=args.replace)
    if args.record and not baseline.is_store(accepted):
        raise InputError("--record", f"{accepted} is not a folder of `wbcval baseline`",
                         "leave it out, or keep the baseline in such a folder")  # fmt: skip
    with progress() as told:
        made = gate(
            Path(args.candidate),
            accepted,
            told,
            mode=args.mode,
            reference=path_of(args.reference),
            samples=path_of(args.samples),
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
