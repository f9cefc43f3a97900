"""``wbcval model inspect|card|check``: what a model's file says of itself, and its card."""

from __future__ import annotations

import argparse

from wbcval.commands import ACCEPTED

HELP = "what a model's file says of itself"
EPILOG = """examples:
  wbcval model inspect M.pt
  wbcval model card M.pt --write
  wbcval model check M.pt --images twenty/ --against mine.csv"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its steps, and what each takes."""
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")
    one = steps.add_parser("inspect", help="hash, card, and what lies in the file",
                           description="hash, card, and what lies in the file; nothing of it is "
                           "run, but with --run")  # fmt: skip
    one.add_argument("model", metavar="M", help="a model, or the card of a composition")
    one.add_argument("--card", metavar="TOML", help="the model's card, before any other")
    one.add_argument("--run", action="store_true", help="load it and try it: runs its code")
    one = steps.add_parser("card", help="the model's card, or a draft of one",
                           description="print the model's card; where it has none, a draft to "
                           "be finished")  # fmt: skip
    one.add_argument("model", metavar="M", help="a model")
    one.add_argument("--write", action="store_true",
                     help="to M.toml beside the model; never over another")  # fmt: skip
    one = steps.add_parser(
        "check", help="does the card say what your own pipeline did?",
        description="run the card on images of which your own pipeline wrote the probabilities; "
        "where it differs, name the lines to change. Loads the model; writes nothing",
        epilog="exit codes: 0 agrees · 1 differs, explained or not · 2 input or usage error",
    )  # fmt: skip
    one.add_argument("model", metavar="M", help="a model")
    one.add_argument("--images", required=True, metavar="PATH",
                     help="5 to 50 images: a folder, a manifest, or a zip")  # fmt: skip
    one.add_argument("--against", required=True, metavar="FILE",
                     help="what your pipeline wrote: columns image, and each class")  # fmt: skip
    one.add_argument("--card", metavar="TOML", help="the model's card, before any other")


def run(args: argparse.Namespace) -> int:
    """Inspect a model, print or draft its card, or check it."""
    from pathlib import Path

    from wbcval.commands import _card_check, _inspect
    from wbcval.commands._shared import path_of

    if args.step == "check":
        return _card_check.run(args)
    if args.step == "inspect":
        _inspect.say(Path(args.model), path_of(args.card), run=args.run)
    else:
        _inspect.card(Path(args.model), write=args.write)
    return ACCEPTED
