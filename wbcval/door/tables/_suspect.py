"""What an analyzer itself says of a sample's white cells: flags of suspicion, errors (LAB.md §2).

Flags that say high, low or seen (``Neutrophilia``, ``IG Present``) doubt no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog

_FLAG = re.compile(r"IP (?:SUS|ABN)\((?:WBC|GB|LPK)\)\s*(.*)", re.IGNORECASE)
_ORDINARY = re.compile(r"(?:penia|cytosis|philia|present)\W*$", re.IGNORECASE)  # high, low, seen
_ERRORS = frozenset(("errorfunc", "errorresult", "judge", "judgment", "judgement"))
_SAYS = re.compile(r"(?i)error|func|result|fehler|^1$|^true$|^yes$")


def note(raw: Raw, at: Mapping[str, int], ledger: TableLog) -> None:
    """Into the ledger: the samples of a batch that an analyzer's own export calls suspect.

    Args:
        raw: the batch.
        at: positions of its fields.
        ledger: gets ``further.suspect``.
    """
    if analyzer_of(raw) is None or "sample_id" not in at:
        return
    samples = _text.encoded(raw, at["sample_id"])
    names = samples.dictionary.to_pylist()
    for position, spelt in enumerate(raw.header):
        flag, error = _FLAG.match(spelt), fold(spelt) in _ERRORS
        if not error and (flag is None or _ORDINARY.search(flag[1])):
            continue
        column = _text.encoded(raw, position)
        texts = enumerate(column.dictionary.to_pylist())
        says = [i for i, text in texts if (_SAYS.search(text) if error else text == "1")]
        for code in np.unique(samples.indices.to_numpy()[np.isin(column.indices.to_numpy(), says)]):
            if names[code]:
                said = flag[1] if flag else spelt
                ledger.further.suspect.setdefault(names[code], {})[said] = None
