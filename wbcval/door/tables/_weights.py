"""A column that says for how many cells a row of a table of cells stands. STATISTICS.md §18.

Such a row counts as one cell all the same, so that a table of counts by pair of classes, read so,
is another study. Running numbers, totals of a sample and the weight of a patient are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from wbcval.door.importers import Raw
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import Weight

_SPELLINGS = """
    n count counts cells numberofcells nocells noofcells ncells cellcount cellcounts freq
    frequency frequencies weight weights cellweight cellweights rowweight rowweights sampleweight
    sampleweights caseweight replicates repeats multiplicity occurrences occurrence tally anzahl
    häufigkeit gewicht nombre effectif cantidad frecuencia peso numero número 数量 计数 频数"""
_NAMES = frozenset(_SPELLINGS.split())
# that may be a probability as well: of cells where those of each sample add up to 1 or 100
_SHARE_SPELLINGS = """share shares fraction fractions proportion proportions percent percentage pct
    relfreq relativefrequency anteil anteile prozent pourcentage porcentaje"""
_SHARES = frozenset(_SHARE_SPELLINGS.split())
_WHOLES, _ROUNDING = (1.0, 100.0), 0.01
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_SEVERAL, _WEIGHTED = "row-of-several-cells", "weighted-row"


def note(raw: Raw, rest: Iterable[int], at: Mapping[str, int], ledger: TableLog) -> None:
    """Into the ledger: what such columns of a batch hold, sample by sample.

    Args:
        raw: the batch.
        rest: positions of columns that nobody claimed.
        at: positions of its fields.
        ledger: gets ``weights``.
    """
    if ledger.table not in ("cells", "labels"):
        return
    asked = {at["n_cells"]} if "n_cells" in at else set()
    asked |= {i for i in rest if fold(raw.header[i]) in _NAMES | _SHARES}
    sample = _text.text(raw, at.get("sample_id", -1)).to_numpy(zero_copy_only=False)
    for position in sorted(asked):
        column = _text.encoded(raw, position)
        texts = column.dictionary.to_pylist()
        known = ledger.weights.setdefault(raw.header[position], Weight())
        if any(text and not _NUMBER.fullmatch(text) for text in texts):
            known.words = True
        if not known.words:
            held = [float(text.replace(",", ".")) if text else np.nan for text in texts]
            values = np.array([*held, np.nan])[column.indices.to_numpy()]
            known.merge(_of(pd.DataFrame({"sample": sample, "value": values}).dropna()))


def _of(rows: pd.DataFrame) -> Weight:
    """What some rows hold, in their order."""
    values = rows["value"].to_numpy()
    if not len(values):
        return Weight()
    by = rows.groupby("sample", sort=False)["value"]
    found = by.agg(["first", "last", "min", "max", "sum", "size"])
    found["fell"] = (by.diff() <= 0).groupby(rows["sample"], sort=False).any()
    return Weight(
        whole=bool((values % 1 == 0).all()),
        falls=bool((np.diff(values) <= 0).any()),
        first=float(values[0]),
        last=float(values[-1]),
        rows=len(values),
        samples={str(row.Index): Weight.Of(*row[1:]) for row in found.itertuples()},
    )


def say(ledger: TableLog) -> None:
    """What such columns mean, once all rows were met.

    Whole numbers that differ between the rows of a sample are cells, and the table is refused; so
    are shares that add up to one whole in every sample. Other weights are told. Nothing is said of
    ones, of the same number throughout, of a number that rises from row to row, and of one for each
    sample that holds no more rows than that.
    """
    for spelt, weight in ledger.weights.items():
        of = weight.samples.values()
        if weight.words or not of or len({end for one in of for end in (one.low, one.high)}) == 1:
            continue
        constant = all(one.low == one.high for one in of)
        several = [one for one in of if one.rows > 1]
        counted = not any(one.fell for one in several) if several else not weight.falls
        if counted or (constant and all(one.low >= one.rows for one in several) and several):
            continue
        named = fold(spelt) in _SHARES
        parts = not constant and (named or not weight.whole)
        shares = parts and _add_up([one.total for one in of])
        if named and not shares:
            continue
        low, high = min(one.low for one in of), max(one.high for one in of)
        got = f"{spelt!r} says of {weight.rows} rows that each is {low:g} to {high:g} cells"
        rule = _WEIGHTED if constant or not (weight.whole or shares) else _SEVERAL
        if shares:
            got = got.removesuffix(" cells") + " of the cells of its sample"
        elif rule == _SEVERAL:
            got += f", {sum(one.total for one in of):.0f} in all"
        ledger.say(rule, got, column=spelt, rows=weight.rows)


def _add_up(totals: list[float]) -> bool:
    """Whether the shares of each sample make one whole."""
    return any(all(abs(t - whole) <= _ROUNDING * whole for t in totals) for whole in _WHOLES)
