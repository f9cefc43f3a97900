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
class FindingRow:
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
    FindingRow("second-column", _SEEN),
    FindingRow("unread-sheet", _SEEN),
    FindingRow("passed-over-column", Goes.DECLARED),
    FindingRow("two-results", _SEEN),
    FindingRow("cells-refuted", _SEEN, words="n_cells that the shares cannot be of are not used"),
    FindingRow("other-version", _SEEN),
    # what the file shows to nobody who opens it, or is not what it seems
    FindingRow("formula-elsewhere", _SEEN),
    FindingRow("hidden-rows", _SEEN),
    FindingRow("hidden-columns", _SEEN),
    FindingRow("hidden-sheet", _SEEN),
    FindingRow("join-contradicted", _SEEN),
    FindingRow("initials-or-model", _SEEN),
    FindingRow("weighted-row", _SEEN),
    FindingRow("identical-columns", _SEEN),
    FindingRow("line-unread", _SEEN, words="lines between the results were not read", counted=True),
    FindingRow("message-cut", _SEEN),
    FindingRow("message-empty", _SEEN, words="orders without a result", counted=True),
    FindingRow("frame-checksum", _SEEN),
    FindingRow("code-unknown", _SEEN),
    FindingRow("class-above-wbc", _SEEN, words="a class is more than the WBC", counted=True),
    FindingRow("count-sum", _FLAG, "more_than_all"),
    FindingRow("percent-sum", _FLAG, "more_than_all"),
    # whose the rows are
    FindingRow("training-row", _FLAG, "training_data"),
    FindingRow("training-folder", _SEEN, counted=True),
    FindingRow("validation-row", _SEEN, counted=True),
    FindingRow("label-of-model", _FLAG, "labels_of_model"),
    FindingRow("result-of-analyzer", _FLAG, "results_of_analyzer"),
    FindingRow("label-unexplained", _FLAG, "labels_unexplained"),
    FindingRow("label-of-stage", Goes.ASSUMED),
    FindingRow("state-unread", Goes.ASSUMED),
    FindingRow("extra-column", Goes.ASSUMED),
    FindingRow("mark", Goes.ASSUMED),
    FindingRow("origin-unreadable", _SEEN),
    FindingRow("origin-without-digest", _SEEN),
    FindingRow("image-repeated", _FLAG, "images_repeated"),
    FindingRow("repeated-cell", _FLAG, "cells_repeated"),
    FindingRow("label-depths", _FLAG, "label_depths"),
    FindingRow("repeats-by-name", _SEEN),
    FindingRow("ids-alike", _DECIDED, "patients that are one to the eye count as one"),
    # what is left out, lost or compared with nothing
    FindingRow("repeated-sample", _LEDGER, "copied"),
    FindingRow("ids-without-partner", _LEDGER, "unreferenced"),
    FindingRow("not-listed", _LEDGER, "unlisted"),
    FindingRow("without-model-result", _LEDGER, "lost"),
    FindingRow("superseded", _LEDGER, "superseded"),
    FindingRow("not-a-sample", _LEDGER, "no_sample"),
    FindingRow("record-above-names", _LEDGER, "unread"),
    FindingRow("units-row", _LEDGER, "unread"),
    FindingRow("blank-id", _LEDGER, "unread"),
    FindingRow("marked-invalid", _LEDGER, "invalid"),
    *(FindingRow(rule, _LEDGER, "unreferenced") for rule in (
        "missing", "masked", "censored", "not-a-number", "not-ordered", "negative", "infinite",
        "above-100")),
    FindingRow("missing-label", _LEDGER, "unlabelled"),
    FindingRow("prediction-without-label", _LEDGER, "unlabelled"),
    FindingRow("label-without-prediction", _DECIDED, "a miss in the confusion"),
    FindingRow("unusable-prediction", _DECIDED, "a miss in the confusion"),
    *(FindingRow(rule, _DECIDED, "a miss in the confusion; many are refused") for rule in (
        "missing-probability", "not-a-probability", "not-argmax", "probability-sum")),
    # how a cell or a column is read; read wrongly, it is off by a factor or joins nothing
    *(FindingRow(rule, _NOTICE, "read wrongly, values are off by a factor, and the criteria fail")
      for rule in ("comma", "cell-unit", "unit-unstated", "unit-spelling", "code-unit",
                   "implausible", "class-columns-read", "part-columns-read")),
    FindingRow("guessed-column", _NOTICE, "read wrongly, no id has a partner, as the ledger says"),
    FindingRow("id-as-number", _NOTICE, "read wrongly, no id has a partner, as the ledger says"),
    FindingRow("header-row", _NOTICE, "records above it are record-above-names"),
    FindingRow("encoding", _NOTICE, "no value depends on it"),
    FindingRow("text-mark", _NOTICE, "no value depends on it"),
    FindingRow("multi-line-cell", _NOTICE, "no value depends on it"),
    FindingRow("personal-data", _NOTICE, "no value depends on it"),
    FindingRow("computed", _DECIDED, "shared_total, where it is of the other side's WBC"),
    FindingRow("three-part", _DECIDED, "a class that is compared with nothing is uncompared"),
    FindingRow("stages-mixed-up", _NOTICE, "a hint: the stages count as errors"),
    # strata
    FindingRow("stratum-dropped", _DECIDED, "its groups are looked at, by their first sample"),
    FindingRow("stratum-value", _NOTICE, "read as blank, which is a level"),
    FindingRow("missing-stratum", _NOTICE, "read as unknown, which is a level"),
    FindingRow("levels-alike", _NOTICE, "levels that are one to the eye are looked at as one"),
    FindingRow("exclusion-unmatched", _NOTICE, "a sample that was to be left out is judged"),
)  # fmt: skip
ROWS = {row.rule: row for row in TABLE}
