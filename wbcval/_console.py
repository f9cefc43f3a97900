"""Standard output and error: a word that cannot be written is never taken for a verdict."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class UnwrittenError(Exception):
    """What was to be said could not be written: a closed pipe, a full disk."""


class _Stream:
    """A text stream whose failures are told apart from those of other files."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.watched = True  # who keeps the stream, as loggers do, meets it as it is later

    def write(self, text: str) -> int:
        """Write; returns the number of characters."""
        return int(self._try(self._stream.write, text))

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
    streams = [_Stream(stream) for stream in before]
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
