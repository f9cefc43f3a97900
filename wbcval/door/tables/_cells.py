"""The table of cells: ids, labels, probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _check, _leftover, _numbers, _states, _text, strata
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._seen import SeenCells
from wbcval.door.tables._types import ReadOptions
from wbcval.values import classes
from wbcval.values import hashes as _hashes
from wbcval.values.digests import Hashes
from wbcval.values.findings import UNEXPLAINED

COLUMNS = ("sample_id", "cell_id", "predicted_class")

_ARGMAX = 1e-9  # less is rounding of a sum
_TELL = 20  # cells whose probabilities tell to how many decimals they were printed
_DECIMALS = range(2, 7)  # of probabilities whose sum is off by their rounding
_PRINTED = 1e-7  # what floats of 32 bits are off their decimals, and values beyond six are not


def build(
    raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog, seen: SeenCells,
    images: SeenCells,
) -> pd.DataFrame:  # fmt: skip
    """A typed frame of one batch of cells, with the columns derived for the check.

    Its cells, and the images of cells that have an id besides, are added to what was met.
    ``total_probability`` and ``label_gap`` are described in ``schemas/cells.yaml``. Rows with a
    label that names no class are left out: they are an error already.
    """
    at = bound.fields
    sample_id, cell_id = ids(raw, bound, ledger)
    named = pc.not_equal(cell_id, "").to_numpy(zero_copy_only=False)
    hashes = hashed(sample_id, cell_id)
    seen.add(hashes if named.all() else hashes[named])
    if (image := shown(raw, bound)) is not None:
        named = pc.not_equal(image, "").to_numpy(zero_copy_only=False)
        images.add(hashed(sample_id, image)[named])
    # by category, so that a million labels are checked and counted as a dozen
    frame = pd.DataFrame({"sample_id": sample_id.to_pandas(), "cell_id": cell_id.to_pandas()})
    out = np.zeros(len(frame), dtype=bool)
    for name in ("predicted_class", "true_class"):
        if name in at:
            column = _text.encoded(raw, at[name])
            frame[name], nameless = _text.labels(column, name, raw, options.class_map, ledger)
            out |= nameless
    if "stage" in at:
        frame["stage"] = _text.encoded(raw, at["stage"]).to_pandas()
    for position in bound.rest:
        if strata.kind_of(raw.header[position]):
            name = f"level_{strata.normal(raw.header[position])}"
            frame[name] = _text.encoded(raw, position).to_pandas()
    frame["cell_hash"] = hashes
    frame["row"] = raw.rows
    useless = np.zeros(len(frame), dtype=bool)
    if bound.probabilities:
        useless = _add_probabilities(frame, raw, bound, options.class_map, ledger)
    labelled = _check.labelled_cells(frame)
    missed = (useless & labelled) | _not_valid(frame, raw, bound, ledger)
    if missed.any():
        _check.count_as_missed(frame, missed)
    out |= useless & ~labelled
    return frame.loc[~out] if out.any() else frame


def _not_valid(
    frame: pd.DataFrame, raw: Raw, bound: Binding, ledger: TableLog
) -> NDArray[np.bool_]:
    """Cells of which the model's own table says that they are no valid result: left open.

    No run of ``predict`` says so; behind its record a cell would leave the percentages.
    """
    found = np.zeros(len(frame), dtype=bool)
    rule = _check.ALTERED if ledger.recorded else _states.RULE
    for i, said in _states.invalid(raw, bound, ledger).items():
        found[i] = True
        row, sample_id = int(frame["row"].iloc[i]), str(frame["sample_id"].iloc[i])
        ledger.value(rule, row, sample_id, "", said, said)
    return found


def ids(raw: Raw, bound: Binding, ledger: TableLog) -> tuple[pa.DictionaryArray, pa.Array]:
    """The samples of a batch by category, and its cells."""
    at = bound.fields
    sample_id = _text.ids(raw, at["sample_id"], ledger)
    return sample_id, _text.text(raw, at.get("cell_id", at.get("image", -1)))


def shown(raw: Raw, bound: Binding) -> pa.Array | None:
    """The image of each cell where one image is one cell; ``None`` where nothing says so.

    Beside boxes the image is a field of many cells; without a ``cell_id`` it is the cell's id.
    """
    at = bound.fields
    if not {"cell_id", "image"} <= at.keys() or at["cell_id"] == at["image"]:
        return None
    return None if _leftover.has_boxes(raw) else _text.text(raw, at["image"])


def hashed(sample_id: pa.DictionaryArray, cell_id: pa.Array) -> Hashes:
    """A hash of each cell: of its sample and its own id."""
    samples = _hashes.of_text(sample_id.dictionary)[sample_id.indices.to_numpy()]
    return _hashes.of_pairs(samples, _hashes.of_text(cell_id))


def _add_probabilities(
    frame: pd.DataFrame,
    raw: Raw,
    bound: Binding,
    class_map: Mapping[str, str],
    ledger: TableLog,
) -> NDArray[np.bool_]:
    """Add the probabilities and what is derived from them; returns the rows that have no use."""
    by_class: dict[str, NDArray[np.float64]] = {}
    useless = np.zeros(len(frame), dtype=bool)
    merged = False
    positions = bound.probabilities.values()
    parsed = _numbers.parse_all(
        {p: raw.table.column(p).combine_chunks() for p in positions}, raw.header, ledger
    )
    if parsed is None:
        return useless
    for label, position in bound.probabilities.items():
        name = _text.resolve(label, class_map)
        if name is None:
            rule = "integer-class" if label.isdigit() else "unknown-class"
            ledger.say(rule, repr(label), column=raw.header[position])
            continue
        numbers = parsed[position]
        for i, odd in numbers.odd.items():
            if odd.rule != "missing":
                useless[i] = True
                _log("not-a-number", frame, i, raw.header[position], odd.text, ledger)
        merged = merged or name in by_class
        by_class[name] = by_class.get(name, 0.0) + numbers.values
    if not by_class:
        return useless
    values = np.column_stack(list(by_class.values()))
    missing = np.isnan(values)
    partly = missing.any(axis=1) & ~missing.all(axis=1) & ~useless
    for i in np.flatnonzero(partly).tolist():
        _log("missing-probability", frame, i, "", "", ledger)
    for name, column in by_class.items():
        frame[f"probability_{name}"] = column
    frame["total_probability"] = _totals(values, len(bound.probabilities))
    gap = _label_gap(frame["predicted_class"], list(by_class), values)
    if "stage" in frame:
        gap = _gap_of_stage(frame, gap, list(by_class), values, ledger)
    frame["label_gap"] = np.nan if merged else gap
    return useless | partly


def _totals(values: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    """Sums of the probabilities, 1 where what is off is no more than rounding them makes.

    That is half a step for each column, of the decimals that all of them have. Few cells tell no
    decimals, and one decimal is none.
    """
    found: NDArray[np.float64] = np.round(values.sum(axis=1), 9)
    known = values[np.isfinite(found)]
    for decimals in _DECIMALS if len(known) >= _TELL else ():
        if (np.abs(known - np.round(known, decimals)) < _PRINTED).all():
            room = columns * 0.5 * 10.0**-decimals
            found[np.abs(found - 1) <= room + _PRINTED] = 1.0
            break
    return found


def _gap_of_stage(
    frame: pd.DataFrame,
    gap: NDArray[np.float64],
    names: list[str],
    values: NDArray[np.float64],
    ledger: TableLog,
) -> NDArray[np.float64]:
    """No gap, for stages may decide otherwise; which labels they explain is said.

    Whether a cell is a leukocyte is decided first, and by other odds than which one it is: its
    label is the most probable class of its kind. A record of origin tells further stages, and
    that nobody changed a label. A column of other words explains nothing, nor does it show that
    a label is wrong.
    """
    none = np.full(len(gap), np.nan)
    if ledger.recorded:
        return none
    staged = frame["stage"].isin(classes.STAGES).to_numpy(dtype=bool)
    of_kind = _label_gap(frame["predicted_class"], names, values, of_kind=True)
    explained = staged & ~(of_kind > _ARGMAX)
    for rule, which in (("label-of-stage", explained), (UNEXPLAINED, ~explained)):
        for row in frame["row"].to_numpy(np.int64)[which & (gap > _ARGMAX)].tolist():
            ledger.say(rule, "not the most probable class", column="stage", row=row)
    return none


def _log(rule: str, frame: pd.DataFrame, i: int, column: str, text: str, ledger: TableLog) -> None:
    row, sample_id = int(frame["row"].iloc[i]), str(frame["sample_id"].iloc[i])
    labelled = "true_class" in frame and pd.notna(frame["true_class"].iloc[i])
    said = _check.UNUSABLE if labelled else rule
    ledger.value(said, row, sample_id, column, text, rule.replace("-", " "))


def _label_gap(
    predicted: pd.Series,
    names: list[str],
    values: NDArray[np.float64],
    *,
    of_kind: bool = False,
) -> NDArray[np.float64]:
    """How far the label's probability lies under the largest, of its kind (leukocyte or not).

    NaN for an abstention, and for a label such as artefact that has no probability of its own.
    """
    position = {name: i for i, name in enumerate(names)}
    codes, labels = pd.factorize(predicted)
    column_of = np.array([position.get(label, -1) for label in labels] + [-1], dtype=np.int64)
    no_leukocyte = np.array([label in classes.NOT_COUNTABLE for label in labels] + [True])
    abstains = np.array([label == classes.ABSTENTION for label in labels] + [True])
    column = column_of[codes]
    own = np.where(column >= 0, values[np.arange(len(values)), column], 0.0)
    most = values.max(axis=1)
    if of_kind:
        other = np.array([name in classes.NOT_COUNTABLE for name in names])
        mine = no_leukocyte[codes][:, None] == other
        most = np.where(mine, values, -np.inf).max(axis=1)
    gap: NDArray[np.float64] = most - own
    gap[((column < 0) & no_leukocyte[codes]) | abstains[codes]] = np.nan
    return gap
