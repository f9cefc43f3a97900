"""The command line: words in, exit code out. Each verb imports what it needs, when it runs."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wbcval import __version__
from wbcval.errors import InputError

if TYPE_CHECKING:
    from wbcval.findings import Finding
    from wbcval.protocol import Protocol

EXIT_CODES = (
    "exit codes: 0 accepted · 1 rejected · 2 input or usage error · 3 inconclusive · "
    "70 internal error"
)
INPUT, INTERNAL = 2, 70

_REPORT_EXAMPLES = f"""examples:
  wbcval report protocol.toml
  wbcval report --predictions cells.csv --mode same-cells
  wbcval report --predictions counts.csv --reference xn.csv --mode different-aliquot

{EXIT_CODES}"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a console without ≥ or µ still gets its message
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    args = _parser().parse_args(argv)
    try:
        code: int = args.run(args)
    except InputError as why:
        print(f"wbcval: error: {why}", file=sys.stderr)
        return INPUT
    except KeyboardInterrupt:
        print("wbcval: stopped; an older bundle is untouched", file=sys.stderr)
        return 130
    except Exception as why:  # a crash is not a rejection
        if os.environ.get("WBCVAL_TRACEBACK"):
            traceback.print_exc()
        print(
            f"wbcval: internal error: {type(why).__name__}: {why}\n"
            "  nothing was judged; run again with WBCVAL_TRACEBACK=1 and report what it prints",
            file=sys.stderr,
        )
        return INTERNAL
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wbcval",
        description="Does a white-cell classifier's count agree with the reference analyzer?",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wbcval {__version__}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], text: str, more: str):  # type: ignore[no-untyped-def]
        sub = verbs.add_parser(
            name,
            help=text,
            description=text,
            epilog=more,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=run)
        return sub

    sub = verb("report", _report, "judge a model and write the evidence bundle", _REPORT_EXAMPLES)
    _inputs(sub)
    sub.add_argument("--out", type=Path, default=Path("wbcval-report"), metavar="DIR",
                     help="folder of the bundle (default: %(default)s)")  # fmt: skip
    sub = verb(
        "validate",
        _validate,
        "check the inputs: findings, and what would be left out",
        "example:\n  wbcval validate protocol.toml --out check\n\nends with 0, or 2 on an error",
    )
    _inputs(sub)
    sub.add_argument("--out", type=Path, metavar="DIR", help="write import-log.csv there")
    sub = verb(
        "verify",
        _verify,
        "is a bundle as it was written?",
        "exit codes: 0 same · 1 differs · 2 cannot be read",
    )
    sub.add_argument("bundle", type=Path, metavar="BUNDLE")
    sub.add_argument("--rerun", action="store_true",
                     help="recompute every number; the inputs must be at hand")  # fmt: skip
    return parser


def _inputs(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("protocol", nargs="?", type=Path, metavar="PROTOCOL",
                     help="protocol.toml; or give the options below")  # fmt: skip
    sub.add_argument("--predictions", action="append", type=Path, metavar="FILE", default=[],
                     help="cells, or the model's counts per sample (repeatable)")  # fmt: skip
    sub.add_argument("--reference", type=Path, metavar="FILE", help="the analyzer's counts")
    sub.add_argument("--samples", type=Path, metavar="FILE", help="patient and strata of samples")
    sub.add_argument("--mode", choices=("same-cells", "same-slide", "different-aliquot"),
                     help="what is compared; required without a protocol")  # fmt: skip


def _protocol(args: argparse.Namespace) -> Protocol:
    from wbcval.protocol import load
    from wbcval.verbs import protocol_of

    options = (*args.predictions, args.reference, args.samples, args.mode)
    if args.protocol is None:
        return protocol_of(args.predictions, args.reference, args.samples, args.mode)
    if any(option is not None for option in options):
        raise InputError(
            "usage", "a protocol and input options together", "write the inputs into the protocol"
        )
    return load(args.protocol)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal; nothing in a pipe."""
    from tqdm import tqdm

    layout = "{desc} {elapsed}"
    with tqdm(bar_format=layout, disable=None, leave=False, file=sys.stderr) as bar:
        yield lambda text: bar.set_description_str(f"wbcval: {text}")


def _report(args: argparse.Namespace) -> int:
    from wbcval import evidence, verbs

    protocol = _protocol(args)
    evidence.check_target(args.out.absolute())  # before the work, not after it
    with _progress() as progress:
        made = verbs.report(protocol, progress)
        progress("writing the bundle")
        made.write(args.out)
    _say_findings(made.study.findings)
    print(f"{made.verdict.decision.upper()}: {made.verdict.reason}")
    print(f"report: {args.out / 'report.html'}")
    return made.verdict.exit_code


def _validate(args: argparse.Namespace) -> int:
    from wbcval import exports, verbs
    from wbcval.findings import Severity

    with _progress() as progress:
        inputs = verbs.validate(_protocol(args), progress)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        text = exports.import_log_csv(inputs.log)
        (args.out / "import-log.csv").write_text(text, encoding="utf-8", newline="\n")
    for file in inputs.files:
        print(f"{file.role}: {file.file}, {file.dialect}, {file.rows} rows")
    for exclusion in inputs.exclusions:
        print(f"left out: {exclusion.sample_id} {exclusion.subject}: {exclusion.reason}")
    _say_findings(inputs.findings)
    errors = sum(f.severity is Severity.ERROR for f in inputs.findings)
    print(f"{errors} errors, {len(inputs.findings) - errors} other findings")
    return INPUT if errors else 0


def _say_findings(findings: tuple[Finding, ...], most: int = 20) -> None:
    for finding in findings[:most]:
        print(f"{finding.severity}: {finding.text()}", file=sys.stderr)
    if len(findings) > most:
        print(f"… and {len(findings) - most} more in import-log.csv", file=sys.stderr)


def _verify(args: argparse.Namespace) -> int:
    from wbcval import verbs

    differences = verbs.verify(args.bundle, rerun=args.rerun)
    for difference in differences:
        print(f"{difference.name} {difference.what}")
    if not differences:
        how = (
            "recomputed from its inputs, every number the same"
            if args.rerun
            else "every file as written"
        )
        print(f"{args.bundle}: {how}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
