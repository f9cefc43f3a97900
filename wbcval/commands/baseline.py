"""``wbcval baseline accept|show|log``: the accepted model, kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wbcval.commands._chain import say_chain, say_differences
from wbcval.commands._shared import ACCEPTED
from wbcval.gating import baseline


def run(args: argparse.Namespace) -> int:
    """One of its steps; returns the exit code."""
    steps = {"accept": _accept, "show": _show, "log": _log}
    return steps[args.step](args)


def _accept(args: argparse.Namespace) -> int:
    made = baseline.accept(
        Path(args.bundle),
        Path(args.to),
        args.by,
        args.why,
        although_rejected=args.although_rejected,
        new_anchor=args.new_anchor,
    )
    for note in made.notes:
        print(f"note: {baseline.plain(note)}", file=sys.stderr)
    entry = made.store.accepted
    place = ", the anchor" if entry.anchor else ""
    print(f"baseline: {baseline.model(entry)} (entry {entry.number}{place})")
    print(f"{args.to}: {baseline.size(made.store)}, to be committed")
    return ACCEPTED


def _show(args: argparse.Namespace) -> int:
    print(baseline.shown(baseline.open_store(Path(args.folder))))
    return ACCEPTED


def _log(args: argparse.Namespace) -> int:
    path = Path(args.folder)
    print(baseline.logged(baseline.entries(path)))
    differences = baseline.verify(path)
    return say_differences(differences) if differences else say_chain(path)
