"""``wbcval plan``: how many samples a protocol needs, before there are any."""

from __future__ import annotations

import argparse

from wbcval.commands import ACCEPTED

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wbcval.verbs.planning import Needed

HELP = "how many samples each criterion of a protocol needs"
EPILOG = """examples:
  wbcval plan protocol.toml
  wbcval plan protocol.toml --true-share 0.99 --power 0.9 --cells 400

samples are taken to be of one patient each. A model that is no better than the share asked for
never passes with any power; plan for the share that you hope for, and for some samples lost

ends with 0, or 2 on an error; that a criterion is unattainable is told, and is no error"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("protocol", metavar="PROTOCOL", help="protocol.toml; inputs need not exist")
    parser.add_argument(
        "--true-share",
        type=float,
        metavar="P",
        help="share of the samples that the model has within (default: 0.98)",
    )
    parser.add_argument(
        "--power", type=float, metavar="P", help="chance to pass that is asked for (default: 0.8)"
    )
    parser.add_argument(
        "--cells",
        type=int,
        metavar="N",
        help="cells of the model's differential, per sample (default: 200)",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Plan, print; returns the exit code."""
    import json
    from pathlib import Path

    from wbcval.protocol.protocol_file import load
    from wbcval.verbs.planning import plan

    asked = {"true_share": args.true_share, "power": args.power, "cells": args.cells}
    stated = {name: value for name, value in asked.items() if value is not None}
    found = plan(load(Path(args.protocol)), **stated)
    if args.json:
        print(json.dumps([needed.to_json() for needed in found], ensure_ascii=False, indent=2))
        return ACCEPTED
    for needed in found:
        print(_line(needed))
    print(_together(found))
    return ACCEPTED


def _line(needed: Needed) -> str:
    from wbcval.values.wording import in_percent

    c = needed.criterion
    name = f"{c.id} ({c.subject}, {c.measure} {c.statistic}, {c.rule})"
    if needed.samples is None:
        word = "not planned" if needed.attainable else "unattainable"
        return f"{name}: {word}: {needed.said}"
    power = ", ".join(f"{in_percent(p)} with {n}" for n, p in needed.chances)
    told = [f"{name}: {needed.samples} samples", f"passes in {power}" if power else "", needed.said]
    return "; ".join(filter(None, told))


def _together(found: Iterable[Needed]) -> str:
    required = [n for n in found if not n.criterion.optional]
    most = max((n.samples for n in required if n.samples is not None), default=None)
    if most is None:
        return "no number of samples is told for the required criteria"
    open_ = [n.criterion.id for n in required if n.samples is None]
    rest = f"; of {', '.join(open_)} nothing is known" if open_ else ""
    return f"the required criteria take {most} samples or more, each by itself{rest}"
