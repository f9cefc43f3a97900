"""The command line: the parser's frame, exit codes, and the border that errors do not cross."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from wbcval import __version__
from wbcval.commands import EXIT_CODES, INPUT, INTERNAL, STOPPED, UNWRITTEN, VERBS
from wbcval.machine import console
from wbcval.values.errors import InputError, install

_EXTRAS = {"simplejpeg": "torch", "PIL": "torch", "torch": "torch", "onnxruntime": "onnx"}


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
    words = sys.argv[1:] if argv is None else argv
    args = _parser(words).parse_args(words)
    try:
        _check_text(args)
        code: int = _verb(args.command).run(args)
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


def _verb(name: str) -> ModuleType:
    """The file of a command."""
    return importlib.import_module(f"wbcval.commands.{name}")


def _parser(words: Sequence[str] = VERBS) -> argparse.ArgumentParser:
    """The parser of a command line.

    Args:
        words: of it; of a command that is not among them the arguments are not made, which takes
            longer than all else here.
    """
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
    for name in VERBS:
        verb = _verb(name)
        sub = verbs.add_parser(
            name,
            help=verb.HELP,
            description=verb.HELP,
            epilog=verb.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in words:
            verb.arguments(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
