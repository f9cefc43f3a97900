"""Where each finding goes: one table (STATISTICS.md §15).

What is found and only said on the console protects nobody. A finding that is no error has a row
here, or it cannot be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Goes(StrEnum):
    """What becomes of a finding beyond the console and ``import-log.csv``."""

    SEEN = "seen"  # a sentence beside the verdict, "Also seen"
    DECLARED = "declared"  # likewise, of what the protocol chose
    ASSUMED = "assumed"  # likewise, "Taken for granted"
    FLAG = "flag"  # a flag of that name, where it is many
    LEDGER = "ledger"  # counted there under that kind
    DECIDED = "decided"  # a rule of its own, named in ``by``, sees what it does to the numbers
    NOTICE = "notice"  # nothing: ``by`` says why no number depends on it


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        rule: of the finding.
        goes: where it goes.
        by: the flag or the kind; of others what sees it, or why nothing has to.
        words: told in the place of what was found, which may be a single cell.
        counted: whether the number of rows is told.
    """

    rule: str
    goes: Goes
    by: str = ""
    words: str = ""
    counted: bool = False


_SEEN, _FLAG, _LEDGER, _NOTICE = Goes.SEEN, Goes.FLAG, Goes.LEDGER, Goes.NOTICE
_DECIDED = Goes.DECIDED

TABLE = (
    # two answers, and one is read
    Row("second-column", _SEEN),
    Row("unread-sheet", _SEEN),
    Row("passed-over-column", Goes.DECLARED),
    Row("two-results", _SEEN),
    Row("cells-refuted", _SEEN, words="n_cells that the shares cannot be of are not used"),
    Row("other-version", _SEEN),
    # what the file shows to nobody who opens it, or is not what it seems
    Row("formula-elsewhere", _SEEN),
    Row("hidden-rows", _SEEN),
    Row("hidden-columns", _SEEN),
    Row("hidden-sheet", _SEEN),
    Row("join-contradicted", _SEEN),
    Row("initials-or-model", _SEEN),
    Row("weighted-row", _SEEN),
    Row("identical-columns", _SEEN),
    Row("class-above-wbc", _SEEN, words="a class is more than the WBC", counted=True),
    Row("count-sum", _FLAG, "more_than_all"),
    Row("percent-sum", _FLAG, "more_than_all"),
    # whose the rows are
    Row("training-row", _FLAG, "training_data"),
    Row("training-folder", _SEEN, counted=True),
    Row("validation-row", _SEEN, counted=True),
    Row("label-of-model", _FLAG, "labels_of_model"),
    Row("result-of-analyzer", _FLAG, "results_of_analyzer"),
    Row("label-unexplained", _FLAG, "labels_unexplained"),
    Row("label-of-stage", Goes.ASSUMED),
    Row("state-unread", Goes.ASSUMED),
    Row("extra-column", Goes.ASSUMED),
    Row("mark", Goes.ASSUMED),
    Row("origin-unreadable", _SEEN),
    Row("origin-without-digest", _SEEN),
    Row("image-repeated", _FLAG, "images_repeated"),
    Row("repeated-cell", _FLAG, "cells_repeated"),
    Row("label-depths", _FLAG, "label_depths"),
    Row("ids-alike", _DECIDED, "patients that are one to the eye count as one"),
    # what is left out, lost or compared with nothing
    Row("repeated-sample", _LEDGER, "copied"),
    Row("ids-without-partner", _LEDGER, "unreferenced"),
    Row("not-listed", _LEDGER, "unlisted"),
    Row("without-model-result", _LEDGER, "lost"),
    Row("superseded", _LEDGER, "superseded"),
    Row("not-a-sample", _LEDGER, "no_sample"),
    Row("record-above-names", _LEDGER, "unread"),
    Row("units-row", _LEDGER, "unread"),
    Row("blank-id", _LEDGER, "unread"),
    Row("marked-invalid", _LEDGER, "invalid"),
    *(Row(rule, _LEDGER, "unreferenced") for rule in (
        "missing", "masked", "censored", "not-a-number", "not-ordered", "negative", "infinite",
        "above-100")),
    Row("missing-label", _LEDGER, "unlabelled"),
    Row("prediction-without-label", _LEDGER, "unlabelled"),
    Row("label-without-prediction", _DECIDED, "a miss in the confusion"),
    Row("unusable-prediction", _DECIDED, "a miss in the confusion"),
    *(Row(rule, _DECIDED, "a miss in the confusion, or refused where they are many") for rule in (
        "missing-probability", "not-a-probability", "not-argmax", "probability-sum")),
    # how a cell or a column is read; read wrongly, it is off by a factor or joins nothing
    *(Row(rule, _NOTICE, "read wrongly, values are off by a factor, and the criteria fail")
      for rule in ("comma", "cell-unit", "unit-unstated", "unit-spelling", "code-unit",
                   "implausible", "class-columns-read", "part-columns-read")),
    Row("guessed-column", _NOTICE, "read wrongly, no id has a partner, which the ledger counts"),
    Row("id-as-number", _NOTICE, "read wrongly, no id has a partner, which the ledger counts"),
    Row("header-row", _NOTICE, "records above it are record-above-names"),
    Row("encoding", _NOTICE, "no value depends on it"),
    Row("text-mark", _NOTICE, "no value depends on it"),
    Row("multi-line-cell", _NOTICE, "no value depends on it"),
    Row("personal-data", _NOTICE, "no value depends on it"),
    Row("computed", _DECIDED, "shared_total, where it is of the other side's WBC"),
    Row("three-part", _DECIDED, "a class that is compared with nothing is uncompared"),
    Row("stages-mixed-up", _NOTICE, "a hint: the stages count as errors"),
    # strata
    Row("stratum-dropped", _DECIDED, "its groups are looked at, by their first sample"),
    Row("stratum-value", _NOTICE, "read as blank, which is a level"),
    Row("missing-stratum", _NOTICE, "read as unknown, which is a level"),
    Row("levels-alike", _NOTICE, "levels that are one to the eye are looked at as one"),
    Row("exclusion-unmatched", _NOTICE, "a sample that was to be left out is judged"),
)  # fmt: skip
ROWS = {row.rule: row for row in TABLE}
