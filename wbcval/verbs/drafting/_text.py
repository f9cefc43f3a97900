"""How a draft is spelt: TOML that any text of the data may stand in without breaking out of it.

Prose begins with ``# ``; a setting that is off is a line of TOML behind a bare ``#``.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable
from dataclasses import MISSING, fields
from pathlib import Path

from wbcval.machine.toml_tables import setting
from wbcval.protocol.types import Criterion
from wbcval.values.errors import InputError

_WIDTH = 100


def note(text: str) -> list[str]:
    """Prose as comment lines; nothing in it can end the comment."""
    words = " ".join(text.split())
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
    return [
        f"# {line}"
        for line in textwrap.wrap(plain, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    ]


def off(lines: Iterable[str]) -> list[str]:
    """Settings that wait to be taken up."""
    return [f"#{line}" for line in lines]


def criterion(asked: Criterion) -> list[str]:
    """A ``[[criterion]]``; what is as by default is left out."""
    given = {
        f.name: getattr(asked, f.name)
        for f in fields(asked)
        if f.default is MISSING or getattr(asked, f.name) != f.default
    }
    return ["[[criterion]]", *(setting(key, value) for key, value in given.items())]


def relative(path: Path, folder: Path) -> str:
    """A path as the protocol in ``folder`` names it, with slashes.

    Symbolic links above the file are followed, since ``..`` leads out of where a link leads to.

    Raises:
        InputError: for a name that is no text, which no protocol can hold.
    """
    place = Path(os.path.realpath(path.parent)) / path.name
    try:
        found = Path(os.path.relpath(place, os.path.realpath(folder))).as_posix()
    except ValueError:  # another drive
        found = place.as_posix()
    try:
        found.encode()
    except UnicodeEncodeError:
        raise InputError(ascii(path.name), "the name is no valid text", "rename the file") from None
    return found
