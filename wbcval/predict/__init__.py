"""From images to the table of predictions: the run that survives bad files and restarts."""

from wbcval.predict._against import Difference, difference, pictures_of, spread
from wbcval.predict._cards import beside, text_beside
from wbcval.predict._decide import chances
from wbcval.predict._open import Ensemble, Net, asked_of, open_ensemble
from wbcval.predict._reference import Reference, read_reference
from wbcval.predict._resolve import File, Resolved, resolve
from wbcval.predict._run import FAILURE_LIMIT, Job, Predicted, predict
from wbcval.predict._work import run_net

__all__ = [
    "FAILURE_LIMIT",
    "Difference",
    "Ensemble",
    "File",
    "Job",
    "Net",
    "Predicted",
    "Reference",
    "Resolved",
    "asked_of",
    "beside",
    "chances",
    "difference",
    "open_ensemble",
    "pictures_of",
    "predict",
    "read_reference",
    "resolve",
    "run_net",
    "spread",
    "text_beside",
]
