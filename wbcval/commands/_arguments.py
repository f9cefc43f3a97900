"""Arguments that several commands take."""

from __future__ import annotations

import argparse


def protocol(parser: argparse.ArgumentParser) -> None:
    """A protocol, or the inputs that make one."""
    parser.add_argument("protocol", nargs="?", metavar="PROTOCOL",
                        help="protocol.toml; or give the options below")  # fmt: skip
    inputs(parser, "what is compared; required without a protocol")


def inputs(parser: argparse.ArgumentParser, mode: str) -> None:
    """Predictions, and what they are compared with; ``mode`` is the help of ``--mode``."""
    parser.add_argument("--predictions", action="append", metavar="FILE", default=[],
                        help="cells, or the model's counts per sample (repeatable; "
                             "'cells-*.parquet' names many)")  # fmt: skip
    reference(parser, mode)


def reference(parser: argparse.ArgumentParser, mode: str) -> None:
    """What predictions are compared with; ``mode`` is the help of ``--mode``."""
    parser.add_argument("--reference", metavar="FILE", help="the analyzer's counts")
    parser.add_argument("--samples", metavar="FILE", help="patient and strata of samples")
    parser.add_argument("--mode", choices=("same-cells", "same-slide", "different-aliquot"),
                        help=mode)  # fmt: skip


def out(parser: argparse.ArgumentParser, default: str, what: str) -> None:
    """The folder that is written, and whether another study's may go."""
    parser.add_argument("--out", default=default, metavar="DIR",
                        help=f"folder of the {what} (default: %(default)s)")  # fmt: skip
    parser.add_argument("--replace", action="store_true",
                        help="let another study's result in that folder go")  # fmt: skip
