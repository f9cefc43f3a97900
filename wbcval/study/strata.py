"""The strata of a study, and the levels of columns that are none: masks over its samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wbcval.door.tables.strata import normal
from wbcval.stats.metric import Mask
from wbcval.study import cross_checks, elsewhere
from wbcval.study.inputs import Inputs
from wbcval.values.errors import InputError
from wbcval.values.findings import Finding, Severity
from wbcval.values.strata import Stratum


def unlisted(inputs: Inputs, ids: tuple[str, ...]) -> dict[str, Mask]:
    """Levels of the columns that are no strata; of other tables all that are not asked for."""
    grouped = _grouped(elsewhere.groups(inputs), ids) | elsewhere.levels(inputs, ids)
    if inputs.samples is None or not inputs.protocol.source:
        return grouped  # without a protocol all others are strata
    listed = {normal(name) for name in inputs.protocol.strata}
    frame = inputs.samples.frame.set_index("sample_id").reindex(list(ids))
    found: dict[str, Mask] = {}
    for column in frame.columns.difference(["patient_id", *listed], sort=False):
        texts = _levels(frame[column])
        levels = texts.unique()
        if len(levels) > 1:
            found |= {
                Stratum.of(column, level): (texts == level).to_numpy(dtype=bool) for level in levels
            }
    return found | grouped


def _grouped(groups: Mapping[str, Mapping[str, str]], ids: tuple[str, ...]) -> dict[str, Mask]:
    """Levels of columns that have too many for strata, each called by its first sample.

    What stands in such a column may name a person, and is not printed.
    """
    found: dict[str, Mask] = {}
    for column, of in groups.items():
        levels = np.array([of.get(i, "") for i in ids], dtype=object)
        known = dict.fromkeys(filter(None, levels))
        for level in known:
            mask = (levels == level).astype(bool)
            found[f"{column} of {ids[int(mask.argmax())]} (one of {len(known)})"] = mask
    return found


def _levels(column: pd.Series) -> pd.Series:
    """Blanks are a level too: else what is left blank is in none."""
    return column.astype(object).where(column.notna(), "unknown").astype(str)


def columns(
    inputs: Inputs, ids: tuple[str, ...]
) -> tuple[dict[str, dict[str, Mask]], list[Finding]]:
    """Column → level → mask of the strata, and what is missing.

    Raises:
        InputError: where the protocol asks for a column that no table has.
    """
    strata: dict[str, dict[str, Mask]] = {}
    asked = inputs.protocol.strata
    further = elsewhere.asked_for(inputs)
    if inputs.samples is None and not further:
        if asked:
            raise InputError("strata", f"{', '.join(asked)} asked for", "give a samples table")
        return strata, []
    frame = pd.DataFrame(index=list(ids))
    if inputs.samples is not None:
        frame = inputs.samples.frame.set_index("sample_id").reindex(list(ids))
    for name, of in further.items():
        frame[name] = pd.Series(of, dtype=object).reindex(list(ids))
    findings: list[Finding] = []
    if not asked and not inputs.protocol.source:
        known = frame.drop(columns="patient_id", errors="ignore")
        asked = tuple(str(c) for c in known if len({*_levels(known[c])}) > 1)
    for spelt in asked:
        column = spelt if spelt in frame else spelt.strip().lower().replace(" ", "_")
        if column not in frame:
            raise InputError("strata", f"{spelt!r} is no column of the samples table",
                             f"it has: {', '.join(frame.columns)}")  # fmt: skip
        texts = _levels(frame[column])
        levels = sorted(texts.unique(), key=cross_checks.natural)
        strata[spelt] = {level: (texts == level).to_numpy(dtype=bool) for level in levels}
        missing = int(frame[column].isna().sum())
        if missing:
            findings.append(
                Finding(
                    "samples",
                    inputs.samples.file if inputs.samples else "the tables",
                    "missing-stratum",
                    Severity.WARN,
                    column,
                    missing,
                    got="no value",
                    advice=f"these samples stand in {column}=unknown",
                )
            )
    return strata, findings
