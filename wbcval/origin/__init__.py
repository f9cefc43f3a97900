"""Where predictions come from: the record that ``predict`` writes with them and ``report`` reads.

In Parquet it is metadata of the file; beside a CSV it is a JSON file that names the CSV's sha256.
"""

from wbcval.origin._checked import checked
from wbcval.origin._content import content_of, with_content
from wbcval.origin._doubts import doubts, run_of, unreadable
from wbcval.origin._lost import failed, fields, missed
from wbcval.origin._read import KEY, SUFFIX, read, sidecar_of, text_of
from wbcval.origin._types import (
    COARSEST,
    FEWEST_CHECKED,
    SAME,
    CardCheck,
    Content,
    Failure,
    Failures,
    Images,
    ModelFile,
    ModelRecord,
    Origin,
    PrecisionAgreement,
    Record,
    StageRecord,
)

__all__ = [
    "COARSEST",
    "FEWEST_CHECKED",
    "KEY",
    "SAME",
    "SUFFIX",
    "CardCheck",
    "Content",
    "Failure",
    "Failures",
    "Images",
    "ModelFile",
    "ModelRecord",
    "Origin",
    "PrecisionAgreement",
    "Record",
    "StageRecord",
    "checked",
    "content_of",
    "doubts",
    "failed",
    "fields",
    "missed",
    "read",
    "run_of",
    "sidecar_of",
    "text_of",
    "unreadable",
    "with_content",
]
