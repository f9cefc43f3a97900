"""Standard output and error: a word that cannot be written is never taken for a verdict."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from typing import Any


class UnwrittenError(Exception):
    """What was to be said could not be written: a closed pipe, a full disk."""


# what moves the cursor, hides or turns words: of C0, C1, bidirectional and invisible characters
_MOVES = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_OUTPUT, _ERROR = re.compile(f"[\r{_MOVES}]"), re.compile(f"[{_MOVES}]")  # a progress bar has \r


class _Stream:
    """A text stream whose failures are told apart from those of other files.

    A text of the data or the protocol cannot unsay what stands on the console: what would move the
    cursor or turn the words is written as its escape.
    """

    def __init__(self, stream: Any, moves: re.Pattern[str]) -> None:
        self._stream, self._moves = stream, moves
        self.watched = True  # who keeps the stream, as loggers do, meets it as it is later

    def write(self, text: str) -> int:
        """Write; returns the number of characters."""
        self._try(self._stream.write, self._moves.sub(lambda m: ascii(m[0])[1:-1], text))
        return len(text)

    def flush(self) -> None:
        """Write out what is held."""
        self._try(self._stream.flush)

    def _try(self, call: Any, *args: str) -> Any:
        try:
            return call(*args)
        except (OSError, ValueError) as why:  # ValueError: of a closed stream
            if not self.watched:
                raise
            raise UnwrittenError(str(why)) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def watched() -> Iterator[None]:
    """Standard output and error, written whole by the end.

    Raises:
        UnwrittenError: where one is closed, or does not take what is written.
    """
    before = sys.stdout, sys.stderr
    for name, stream in zip(("output", "error"), before, strict=True):
        if stream is None:  # its number would go to the next file that is opened
            raise UnwrittenError(f"standard {name} is closed")
        if hasattr(stream, "reconfigure"):  # a console without ≥ or µ still gets its message
            stream.reconfigure(errors="replace")
    streams = [_Stream(s, moves) for s, moves in zip(before, (_OUTPUT, _ERROR), strict=True)]
    sys.stdout, sys.stderr = streams
    try:
        yield
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit:  # of argparse
        sys.stdout.flush()
        sys.stderr.flush()
        raise
    finally:
        sys.stdout, sys.stderr = before
        for one in streams:
            one.watched = False


def give_up(why: UnwrittenError) -> None:
    """Say so where anything is still heard, and keep Python from trying again at its end."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"wbcval: error: what it says could not be written: {why}\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _to_nowhere(stream)
        except AttributeError:  # closed from the beginning
            pass


def _to_nowhere(stream: Any) -> None:
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):
        pass
