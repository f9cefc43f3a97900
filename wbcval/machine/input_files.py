"""Input files: regular files alone, read once, the same from the first byte to the last.

The hash that a bundle states is that of the bytes that were judged. A small file is read once, and
hash and content are taken from the same bytes. A table may be larger than memory: it is read twice,
and its state before and after tells whether it stayed the same.
"""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wbcval.values.errors import InputError, WbcvalError

_MOST = 1 << 28  # bytes of a file that is read whole; the largest bundle met has a hundredth
_RECENT = 2 * 10**9  # ns: FAT, the coarsest file system, keeps times to 2 s
_PANIC = "PanicException"  # of a library in Rust; no Exception, and of no public type
_GIVE = "give a file"


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether a file is still the one that was opened.

    Attributes:
        mark: device, inode, size, time of content, time of anything. The last cannot be set.
        recent: it was written a moment ago, so that a further change may leave the same times.
    """

    mark: tuple[int, int, int, int, int]
    recent: bool


def state(path: Path, advice: str = "check the path") -> State:
    """The state of an input.

    Args:
        advice: what to do where it cannot be read.

    Raises:
        InputError: for what is no regular file, or cannot be there: each with what to do.
    """
    try:
        str(path).encode()
        with system(_short(path), "read", advice):
            found = path.stat()
    except UnicodeEncodeError:
        raise InputError(ascii(str(path)), "is no UTF-8 name", "rename the file") from None
    except ValueError:
        raise InputError(ascii(str(path)[:60]), "is no path: it holds a NUL", _GIVE) from None
    if stat.S_ISDIR(found.st_mode):
        raise InputError(_short(path), "is a folder", "name a file in it")
    if not stat.S_ISREG(found.st_mode):
        what = "a pipe" if stat.S_ISFIFO(found.st_mode) else "a device or socket"
        raise InputError(
            _short(path), f"is {what}, not a file", "write the data to a file and give that"
        )
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return State(
        (found.st_dev, found.st_ino, found.st_size, *times),
        recent=time.time_ns() - max(times) < _RECENT,
    )


def check_same(path: Path, before: State, sha256: str | None = None) -> None:
    """Refuse a file that changed while it was read.

    Args:
        before: its state then.
        sha256: of what was read; one written a moment before is hashed again.

    Raises:
        InputError: where it did.
    """
    now = state(path)
    same = now.mark == before.mark
    if same and before.recent and sha256 is not None:
        same = sha256_of(path) == sha256
    if not same:
        raise changed(path)


def changed(path: Path) -> InputError:
    """What is said of a file that is not the one whose hash was taken."""
    return InputError(
        path.name, "changed while it was read", "let whatever writes it finish, and run again"
    )


def read(path: Path, advice: str = "check the path", most: int | None = _MOST) -> bytes:
    """All bytes of a file, read once.

    Args:
        advice: what to do where it cannot be read.
        most: bytes it may have; ``None``: as many as there are.

    Raises:
        InputError: where it is no regular file, too large, cannot be read, or changes meanwhile.
    """
    before = state(path, advice)
    size = before.mark[2]
    if most is not None and size > most:
        raise InputError(_short(path), f"has {size:,} bytes, and {most:,} are read at most", advice)
    with system(_short(path), "read", advice):
        data = path.read_bytes()
    if len(data) != size or state(path).mark != before.mark:
        raise changed(path)
    return data


def read_known(folder: Path, sums: Mapping[str, str], names: Iterable[str]) -> dict[str, bytes]:
    """Files of a folder, each read once, and the same as when they were hashed.

    Args:
        sums: name → sha256, in hexadecimal digits.
        names: of those wanted; what ``sums`` does not name is left out.

    Raises:
        InputError: where one cannot be read, or is not what its sum says.
    """
    found = {name: read(folder / name) for name in names if name in sums}
    for name, data in found.items():
        if hashlib.sha256(data).hexdigest() != sums[name]:
            raise changed(folder / name)
    return found


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal digits; raises ``OSError``."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def said(why: OSError) -> str:
    """What the system says, in lower case."""
    return (why.strerror or str(why)).lower()


@contextmanager
def system(where: str, done: str, advice: str) -> Iterator[None]:
    """What the system refuses, as an :class:`InputError`: ``cannot be read (permission denied)``.

    Args:
        where: the file or folder, as the user knows it.
        done: what was to be done with it: ``read``, ``written``.
        advice: what to do.

    Raises:
        InputError: for an ``OSError``.
    """
    try:
        yield
    except OSError as why:
        raise InputError(where, f"cannot be {done} ({said(why)})", advice) from None


@contextmanager
def border(where: str, what: str, advice: str) -> Iterator[None]:
    """Whatever the readers of a format raise at a damaged input, as an :class:`InputError`.

    Args:
        where: the file, as the user knows it.
        what: it should have been: ``a workbook``.
        advice: what to do.

    Raises:
        InputError: for an exception of any kind, and for a panic of a library in Rust.
    """
    try:
        yield
    except WbcvalError:
        raise
    except OSError as why:
        if why.errno is None:  # Arrow's, at damaged data
            raise _none(where, what, advice, why) from None
        raise InputError(where, f"cannot be read ({said(why)})", "check the path") from None
    except MemoryError:
        raise InputError(
            where, "needs more memory than there is", "give it in parts, or on a larger machine"
        ) from None
    except RecursionError:
        raise InputError(where, "is nested too deep", advice) from None
    except Exception as why:
        raise _none(where, what, advice, why) from None
    except BaseException as why:
        if type(why).__name__ != _PANIC:
            raise
        raise _none(where, what, advice, why) from None


def _none(where: str, what: str, advice: str, why: BaseException) -> InputError:
    return InputError(where, f"cannot be read as {what} ({first_line(why)})", advice)


def first_line(why: BaseException) -> str:
    """What an exception says, in one short line that can be printed."""
    line = next(iter(str(why).splitlines()), "").strip() or type(why).__name__
    shown = "".join(c if c.isprintable() else "?" for c in line)
    return shown if len(shown) <= 80 else shown[:79] + "…"


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:99]}…{text[-100:]}"
