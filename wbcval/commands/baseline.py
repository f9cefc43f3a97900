"""``wbcval baseline accept|show|log``: the accepted model, kept."""

from __future__ import annotations

import argparse
import sys

from wbcval.commands import ACCEPTED

HELP = "keep the accepted model, with a log"
EPILOG = """examples:
  wbcval baseline accept wbcval-report --by "head of QA" --why "first release"
  wbcval baseline show
  wbcval baseline log

the folder is made to be committed; `wbcval verify` checks it"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its steps, and what each takes."""
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")

    def step(name: str, text: str, more: str) -> argparse.ArgumentParser:
        return steps.add_parser(
            name,
            help=text,
            description=text,
            epilog=more,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    one = step(
        "accept",
        "make a bundle the baseline that candidates are judged against",
        "exit codes: 0 accepted · 2 refused or cannot be read",
    )
    one.add_argument("bundle", metavar="BUNDLE", help="of `wbcval report`")
    one.add_argument("--by", required=True, metavar="WHO", help="who accepts")
    one.add_argument("--why", required=True, metavar="TEXT", help="for those who read the log")
    one.add_argument("--to", default="wbcval-baseline", metavar="DIR",
                     help="folder of the baseline (default: %(default)s)")  # fmt: skip
    one.add_argument("--although-rejected", action="store_true",
                     help="accept a bundle whose verdict is rejected")  # fmt: skip
    one.add_argument("--new-anchor", action="store_true",
                     help="begin anew, on reference data other than the anchor's")  # fmt: skip
    for name, text, codes in (
        ("show", "the current baseline and the anchor, in words", "0 shown · 2 does not hold"),
        (
            "log",
            "every entry, and whether the chain holds",
            "0 holds · 1 broken · 2 not a baseline",
        ),
    ):
        one = step(name, text, f"exit codes: {codes}")
        one.add_argument("folder", nargs="?", default="wbcval-baseline", metavar="DIR",
                         help="of the baseline (default: %(default)s)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """One of its steps; returns the exit code."""
    steps = {"accept": _accept, "show": _show, "log": _log}
    return steps[args.step](args)


def _accept(args: argparse.Namespace) -> int:
    from pathlib import Path

    from wbcval.gating import baseline

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
    from pathlib import Path

    from wbcval.gating import baseline

    print(baseline.shown(baseline.open_store(Path(args.folder))))
    return ACCEPTED


def _log(args: argparse.Namespace) -> int:
    from pathlib import Path

    from wbcval.commands._chain import say_chain, say_differences
    from wbcval.gating import baseline

    path = Path(args.folder)
    print(baseline.logged(baseline.entries(path)))
    differences = baseline.verify(path)
    return say_differences(differences) if differences else say_chain(path)
