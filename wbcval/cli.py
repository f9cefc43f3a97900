"""The command line: words in, exit code out. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import os
import sys
from functools import cache

from wbcval import __version__
from wbcval.machine import console
from wbcval.values.errors import InputError, install

EXIT_CODES = (
    "exit codes: 0 accepted · 1 rejected · 2 input or usage error · 3 inconclusive · "
    "70 internal error · 74 the words could not be written · 130 stopped by Ctrl-C"
)
INPUT, STOPPED, INTERNAL, UNWRITTEN = 2, 130, 70, 74
_EXTRAS = {"simplejpeg": "torch", "PIL": "torch", "torch": "torch", "onnxruntime": "onnx"}

_REPORT_EXAMPLES = f"""examples:
  wbcval report protocol.toml
  wbcval report --predictions cells.csv --mode same-cells
  wbcval report --predictions counts.csv --reference xn.csv --mode different-aliquot

{EXIT_CODES}"""
_GATE_EXAMPLES = f"""examples:
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
_INIT_EXAMPLES = """examples:
  wbcval init --predictions cells.csv --predictions counts.csv --reference xn.csv
  wbcval init --predictions cells.csv --mode same-cells --out study/protocol.toml

then finish the file by hand, and: wbcval validate protocol.toml
nothing is judged, and no file is ever overwritten; ends with 0, or 2 on an error"""

_PREDICT_EXAMPLES = """examples:
  wbcval predict --model M.pt --images cells/ --out predictions.parquet
  wbcval predict --model cascade.toml --images manifest.csv --out predictions.csv
  wbcval predict --model M.pt --images slides/ --fields --out predictions.parquet
  wbcval predict --model M.pt --images cells.zip --out predictions.parquet --resume

In a folder, the sample of an image is the folder it lies in. A manifest has the columns image
and sample_id, and may have cell_id, true_class and plane. What could not be read stands in
failures.csv beside the predictions, never in them.
Loading a model runs its code: load only what you trust, and pin it with --expect-sha256.

ends with 0, or 2 on an error or where too many images failed"""
_MODEL_EXAMPLES = """examples:
  wbcval model inspect M.pt
  wbcval model card M.pt --write
  wbcval model check M.pt --images twenty/ --against mine.csv"""

_BASELINE_EXAMPLES = """examples:
  wbcval baseline accept wbcval-report --by "head of QA" --why "first release"
  wbcval baseline show
  wbcval baseline log

the folder is made to be committed; `wbcval verify` checks it"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    # the matrices here are small: a second thread costs a report half its time again
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with console.watched():
            return _run(argv)
    except console.UnwrittenError as why:
        console.give_up(why)
        return UNWRITTEN


def _run(argv: list[str] | None) -> int:
    args = _parser().parse_args(argv)
    try:
        _check_text(args)
        from wbcval.machine import plugins

        code: int = plugins.named("wbcval.commands", args.command).run(args)
    except InputError as why:
        return _refused(str(why))
    except ModuleNotFoundError as why:
        if why.name not in _EXTRAS:
            return _crashed(why)
        return _refused(
            f"{args.command} needs {why.name}, which is not installed\n"
            f"  {install(_EXTRAS[why.name])}"
        )
    except KeyboardInterrupt:
        print("wbcval: stopped; what was finished before is untouched", file=sys.stderr)
        return STOPPED
    except OSError as why:  # of the system, and no fault of the program
        named = f"{why.filename}: " if why.filename else ""
        return _refused(f"{named}{(why.strerror or str(why)).lower()}\n  check path and disk")
    except MemoryError:
        return _refused("the inputs need more memory than there is\n  use a larger machine")
    except console.UnwrittenError:
        raise
    except Exception as why:  # a crash is not a rejection
        return _crashed(why)
    return code


def _check_text(args: argparse.Namespace) -> None:
    """Words go into files of UTF-8, so those given must be such."""
    for values in vars(args).values():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str) and not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    got = "is no UTF-8 text"
                    raise InputError(ascii(value[:60]), got, "rename it in UTF-8") from None


def _refused(why: str) -> int:
    print(f"wbcval: error: {why}", file=sys.stderr)
    return INPUT


def _crashed(why: Exception) -> int:
    if os.environ.get("WBCVAL_TRACEBACK"):
        import traceback

        traceback.print_exc()
    print(
        f"wbcval: internal error: {type(why).__name__}: {why}\n"
        "  nothing was judged; run again with WBCVAL_TRACEBACK=1 and report what it prints",
        file=sys.stderr,
    )
    return INTERNAL


@cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wbcval",
        description="Does a white-cell classifier's count agree with the reference analyzer?",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wbcval {__version__}")
    verbs = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )

    def verb(name: str, text: str, more: str) -> argparse.ArgumentParser:
        return verbs.add_parser(
            name,
            help=text,
            description=text,
            epilog=more,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    sub = verb("init", "draft a protocol from the files at hand, to be finished", _INIT_EXAMPLES)
    _inputs(sub, "what is compared; without it the file leaves the choice to you")
    sub.add_argument("--out", default="protocol.toml", metavar="FILE",
                     help="the protocol to write (default: %(default)s)")  # fmt: skip
    _predict(verb("predict", "classify images with a model, into a table", _PREDICT_EXAMPLES))
    _model(verb("model", "what a model's file says of itself", _MODEL_EXAMPLES))
    sub = verb("report", "judge a model and write the evidence bundle", _REPORT_EXAMPLES)
    _protocol(sub)
    sub.add_argument("--out", default="wbcval-report", metavar="DIR",
                     help="folder of the bundle (default: %(default)s)")  # fmt: skip
    _replace(sub)
    sub.add_argument("--pdf", action="store_true",
                     help="print report.pdf too (needs Chromium or Chrome)")  # fmt: skip
    sub = verb(
        "validate",
        "check the inputs: findings, and what would be left out",
        "example:\n  wbcval validate protocol.toml --out check\n\nends with 0, or 2 on an error",
    )
    _protocol(sub)
    sub.add_argument("--out", metavar="DIR", help="write import-log.csv there")
    sub = verb("gate", "judge a candidate model against the accepted one, in CI", _GATE_EXAMPLES)
    sub.add_argument("candidate", metavar="CANDIDATE", help="evidence bundle, or predictions")
    sub.add_argument("--baseline", required=True, metavar="BASELINE",
                     help="what it must not be worse than")  # fmt: skip
    _reference(sub, "what is compared; required where a side is a table of predictions")
    sub.add_argument("--unpaired", action="store_true",
                     help="compare on other samples too, each side by itself: weaker")  # fmt: skip
    sub.add_argument("--allow", action="append", choices=("protocol",), default=[],
                     help="let the protocols differ; recorded in the result")  # fmt: skip
    sub.add_argument("--record", action="store_true",
                     help="note this judgement in the baseline's log")  # fmt: skip
    sub.add_argument("--out", default="wbcval-gate", metavar="DIR",
                     help="folder of the result (default: %(default)s)")  # fmt: skip
    _replace(sub)
    sub = verb(
        "verify",
        "is a bundle, or a baseline, as it was written?",
        "exit codes: 0 same · 1 differs · 2 cannot be read, or not be compared whole",
    )
    sub.add_argument("bundle", metavar="BUNDLE", help="of `wbcval report`, or a baseline's folder")
    sub.add_argument("--rerun", action="store_true",
                     help="make every file again and compare it, from the inputs")  # fmt: skip
    _baseline(verb("baseline", "keep the accepted model, with a log", _BASELINE_EXAMPLES))
    return parser


def _baseline(sub: argparse.ArgumentParser) -> None:
    steps = sub.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")

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


def _predict(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", required=True, metavar="M",
                     help=".pt, .ts, .pt2, .onnx; or a composition's card, .toml")  # fmt: skip
    sub.add_argument("--images", required=True, metavar="PATH",
                     help="a folder, a manifest (CSV …), or a zip")  # fmt: skip
    sub.add_argument("--out", default="predictions.parquet", metavar="FILE",
                     help=".parquet or .csv (default: %(default)s)")  # fmt: skip
    sub.add_argument("--card", metavar="TOML", help="the model's card, before any other")
    sub.add_argument("--fields", action="store_true",
                     help="the images are smear fields: find the leukocytes in them")  # fmt: skip
    sub.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    sub.add_argument("--expect-sha256", metavar="HEX",
                     help="of the model: anything else is refused, not loaded")  # fmt: skip
    sub.add_argument("--check", metavar="FILE",
                     help="what your own pipeline wrote of some images: anything else is refused, "
                     "and the card recorded as checked")  # fmt: skip
    sub.add_argument("--check-images", metavar="PATH",
                     help="those images (default: beside the file)")  # fmt: skip
    sub.add_argument("--failure-limit", type=float, default=0.05, metavar="SHARE",
                     help="of the images that may fail (default: %(default)s)")  # fmt: skip
    sub.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                     help="default: %(default)s")  # fmt: skip
    sub.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32",
                     help="lower must give fp32's labels (default: %(default)s)")  # fmt: skip
    sub.add_argument("--threads", type=int, metavar="N",
                     help="default: the cores this process may use; same results")  # fmt: skip
    sub.add_argument("--batch-size", type=int, metavar="N",
                     help="images read ahead: memory, same results")  # fmt: skip


def _model(sub: argparse.ArgumentParser) -> None:
    steps = sub.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")
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


def _replace(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--replace", action="store_true",
                     help="let another study's result in that folder go")  # fmt: skip


def _protocol(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("protocol", nargs="?", metavar="PROTOCOL",
                     help="protocol.toml; or give the options below")  # fmt: skip
    _inputs(sub, "what is compared; required without a protocol")


def _inputs(sub: argparse.ArgumentParser, mode: str) -> None:
    sub.add_argument("--predictions", action="append", metavar="FILE", default=[],
                     help="cells, or the model's counts per sample (repeatable; "
                          "'cells-*.parquet' names many)")  # fmt: skip
    _reference(sub, mode)


def _reference(sub: argparse.ArgumentParser, mode: str) -> None:
    sub.add_argument("--reference", metavar="FILE", help="the analyzer's counts")
    sub.add_argument("--samples", metavar="FILE", help="patient and strata of samples")
    sub.add_argument("--mode", choices=("same-cells", "same-slide", "different-aliquot"),
                     help=mode)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
