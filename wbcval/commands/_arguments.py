"""Arguments that several commands take."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.protocol.roles import Role


def protocol(parser: argparse.ArgumentParser) -> None:
    """A protocol, or the inputs that make one."""
    parser.add_argument("protocol", nargs="?", metavar="PROTOCOL",
                        help="protocol.toml; or give the options below")  # fmt: skip
    inputs(parser, "what is compared; required without a protocol")


def inputs(parser: argparse.ArgumentParser, mode: str) -> None:
    """Predictions, and what they are compared with; ``mode`` is the help of ``--mode``."""
    from wbcval.protocol.roles import PREDICTIONS, ROLES

    _option(parser, ROLES[PREDICTIONS])
    beside(parser, mode)


def beside(parser: argparse.ArgumentParser, mode: str) -> None:
    """What predictions are compared with; ``mode`` is the help of ``--mode``."""
    from wbcval.protocol.roles import PREDICTIONS, ROLES

    for role in ROLES.values():
        if role.name != PREDICTIONS:
            _option(parser, role)
    parser.add_argument("--mode", choices=("same-cells", "same-slide", "different-aliquot"),
                        help=mode)  # fmt: skip


def _option(parser: argparse.ArgumentParser, role: Role) -> None:
    if role.many:
        parser.add_argument(f"--{role.name}", action="append", metavar="FILE", default=[],
                            help=role.words)  # fmt: skip
    else:
        parser.add_argument(f"--{role.name}", metavar="FILE", help=role.words)


def out(parser: argparse.ArgumentParser, default: str | None, what: str) -> None:
    """The folder that is written (``None``: none by itself), and whether another's may go."""
    said = "none is written" if default is None else default
    parser.add_argument("--out", default=default, metavar="DIR",
                        help=f"folder of the {what} (default: {said})")  # fmt: skip
    parser.add_argument("--replace", action="store_true",
                        help="let another study's result in that folder go")  # fmt: skip
