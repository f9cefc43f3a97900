"""The door itself: pandera's rules on a typed frame, and what becomes of the rows that fail."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval.door.tables import _rules
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import Checked
from wbcval.values import classes
from wbcval.values.findings import Severity
from wbcval.values.measurands import MEASURANDS

_SAYS = {  # of the columns derived for the check alone
    "total_probability": "the probabilities add up to {:.6g}",
    "label_gap": "{:.6g} below the most probable class",
    "percent_gap": "the percentages are {:.3g} further off 100 than rounding explains",
    "count_gap": "the five counts are off WBC, by {:.3g} % of it more than rounding explains",
    "class_gap": "a class is {:.3g} 10*9/L above WBC, more than rounding explains",
}
_SIGN_OF = {"percent_gap": "%", "count_gap": "#"}  # which columns beside the five explain it
UNUSABLE = "unusable-prediction"
_NOT_ARGMAX, ALTERED = "not-argmax", "altered-label"
_ANSWER = ("predicted_class", "probability_", "total_probability", "label_gap")  # the model's
_MISSING_COLUMN = "column_in_dataframe"
_NULL = {"predicted_class": "missing-label"}


def check(frame: pd.DataFrame, name: str, *, file: str = "") -> Checked:
    """Pass a typed frame through the rules of ``schemas/<name>.yaml``.

    Args:
        frame: columns as described in :class:`Checked`; a column ``row`` holds source rows.
        name: ``cells``, ``counts``, ``reference`` or ``samples``.
        file: base name, for the findings.

    Returns:
        The rows and values that passed, and a finding for every rule broken.
    """
    ledger = TableLog(name, file)
    clean = screen(frame, ledger)
    clean = clean[[column for column in frame if column in clean]]
    present = tuple(m for m in MEASURANDS if m in clean)
    return Checked(
        name, file, "", "frame", clean, ledger.findings(), ledger.log(),
        tuple(ledger.exclusions), measurands=present, rows=len(clean),
    )  # fmt: skip


def screen(frame: pd.DataFrame, ledger: TableLog) -> pd.DataFrame:
    """The rows and values that keep the rules; the others go into the ledger.

    A measurand that breaks a rule becomes NaN in its row; anything else costs the row.
    """
    frame = frame.reset_index(drop=True)
    if "row" not in frame:
        frame = frame.assign(row=np.arange(1, len(frame) + 1))
    failures = _failures(frame, ledger.table)
    out, missed = (np.zeros(len(frame), dtype=bool) for _ in range(2))
    labelled = labelled_cells(frame) if ledger.table == "cells" else out
    # in one order whatever the batch and the version of pandera: which of two is said first
    for (broken, column), group in failures.groupby(["rule", "column"], sort=True):
        # what `predict` wrote is the most probable class: another was put in later
        rule = ALTERED if ledger.recorded and broken == _NOT_ARGMAX else broken
        if rule == "missing-column":
            ledger.say(rule, "the file has no such column", column=group["failure_case"].iloc[0])
            continue
        at, cases = group["index"].to_numpy(np.int64), group["failure_case"]
        misses = labelled[at]
        left_out = ledger.severity(str(rule)) is Severity.EXCLUDE
        if left_out and str(column).startswith(_ANSWER) and misses.any():
            missed[at[misses]] = True
            _record(frame, ledger, UNUSABLE, str(column), at[misses], cases[misses], str(rule))
            at, cases = at[~misses], cases[~misses]
        _record(frame, ledger, str(rule), str(column), at, cases)
        if ledger.severity(str(rule)) is Severity.WARN:
            continue
        if column in MEASURANDS:
            frame.loc[at, column] = np.nan
        else:
            out[at] = True
    ledger.kept(frame.loc[~out, "row"].to_numpy(np.int64))
    if missed.any():
        count_as_missed(frame, missed)
    kept = frame.loc[~out].reset_index(drop=True) if out.any() else frame
    return kept.drop(columns=[c for c in _SAYS if c in frame])


def labelled_cells(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of cells whose true class is known."""
    if "true_class" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame["true_class"].notna().to_numpy(dtype=bool)


def count_as_missed(frame: pd.DataFrame, missed: NDArray[np.bool_]) -> None:
    """A labelled cell without a usable prediction is a miss of its class, not missing (§18)."""
    called = frame["predicted_class"]
    if isinstance(called.dtype, pd.CategoricalDtype) and (
        classes.ABSTENTION not in called.cat.categories
    ):
        called = called.cat.add_categories(classes.ABSTENTION)
    frame["predicted_class"] = called.mask(missed, classes.ABSTENTION)
    numbers = [c for c in frame if str(c).startswith("probability_") or c in _SAYS]
    frame.loc[missed, numbers] = np.nan


def _failures(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Failure cases folded to one line per rule, column and row, in the file's order."""
    from pandera.errors import SchemaErrors  # half a second to import

    try:
        with warnings.catch_warnings():
            # pandera puts failure cases together in a way that pandas 2 announces to change
            warnings.filterwarnings("ignore", "The behavior of DataFrame concat", FutureWarning)
            _rules.schema(name).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return pd.DataFrame(columns=["rule", "column", "index", "failure_case"])
    cases = cases.assign(rule=cases["check"].astype(str))
    absent = cases["rule"] == _MISSING_COLUMN
    cases.loc[absent, "rule"] = "missing-column"
    cases.loc[absent, "column"] = cases.loc[absent, "failure_case"]
    null = cases["rule"] == "not_nullable"
    cases.loc[null, "rule"] = [_NULL.get(c, "blank-id") for c in cases.loc[null, "column"]]
    if (wrong := cases["rule"].str.startswith("dtype")).any():
        raise TypeError(f"{name}: {cases.loc[wrong, 'column'].tolist()} are not of their type")
    folded: pd.DataFrame = cases.drop_duplicates(["rule", "column", "index"])
    # a negative value is left out, so it is not "kept" as implausible as well
    negative = folded.loc[folded["rule"] == "negative", ["column", "index"]]
    gone = pd.MultiIndex.from_frame(folded[["column", "index"]]).isin(
        list(negative.itertuples(index=False, name=None))
    )
    return folded[~(gone & (folded["rule"] == "implausible"))]


def _record(
    frame: pd.DataFrame,
    ledger: TableLog,
    rule: str,
    column: str,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    values: pd.Series,
    why: str = "",
) -> None:
    shown = "" if column in _SAYS else column
    ids = frame["sample_id"].to_numpy(object) if "sample_id" in frame else [""] * len(frame)
    rows = frame["row"].to_numpy(np.int64)
    for i, value in zip(at.tolist(), values, strict=True):
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        text = "" if pd.isna(value) else text
        reason = (why or rule).replace("-", " ") + (f" ({text})" if text else "")
        if column in _SAYS:
            text, reason = "", _SAYS[column].format(value)
            if outside := ledger.outside.get(_SIGN_OF.get(column, "")):
                reason += f"; in none of the five: {outside}"
        ledger.value(rule, int(rows[i]), str(ids[i]), shown, text, reason)
