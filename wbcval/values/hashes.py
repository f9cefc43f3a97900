"""64-bit hashes of text, computed over whole Arrow arrays at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.values.digests import Hashes, scrambled

_WORD = 8  # bytes taken in at once
_AT_ONCE = 1 << 15  # texts: what is worked on stays in the processor's cache
_FACTOR = np.uint64(0xC4CEB9FE1A85EC53)  # odd, so that no hash is lost
_LOW_BYTES = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], dtype=np.uint64)


def of_text(texts: pa.Array) -> Hashes:
    """A hash of each text, the same for the same bytes in every array and process.

    Args:
        texts: of type string, without nulls.
    """
    size = len(texts)
    found = np.empty(size, dtype=np.uint64)
    content, ends = content_of(texts)
    # a word may be read past the end of the last text, so some bytes follow it
    padded = np.concatenate((content, np.zeros(_WORD, dtype=np.uint8)))
    words = np.ndarray((len(content) + 1,), dtype="<u8", buffer=padded.data, strides=(1,))
    offsets = ends.astype(np.int64) - ends[0]
    for start in range(0, size, _AT_ONCE):
        part = offsets[start : start + _AT_ONCE + 1]
        found[start : start + _AT_ONCE] = _mixed(words, part[:-1], np.diff(part))
    return found


def of_pairs(first: Hashes, second: Hashes) -> Hashes:
    """A hash of each pair of hashed texts; the order of the two matters."""
    return scrambled(first * _FACTOR + second)


def _mixed(
    words: NDArray[np.uint64], at: NDArray[np.int64], left: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Texts from byte ``at``, ``left`` bytes long, taken in word by word."""
    found = scrambled(left.astype(np.uint64))
    longer = np.arange(len(at))
    while longer.size:
        word = words[at] & _LOW_BYTES[np.minimum(left, _WORD)]
        found[longer] = scrambled(found[longer] ^ word)
        more = left > _WORD
        if not more.all():
            longer, at, left = longer[more], at[more], left[more]
        at, left = at + _WORD, left - _WORD
    return found


def content_of(texts: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of all texts on end, and where each begins and the last one ends.

    Args:
        texts: of type string.

    Returns:
        Views into the array: uint8 of shape (bytes,); int32 of shape (texts + 1,), whose first
        number stands for the first byte.
    """
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int32)
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8)[ends[0] : ends[-1]], ends
