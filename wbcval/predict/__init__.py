"""From images to the table of predictions: the run that survives bad files and restarts."""

from wbcval.predict._cards import beside, text_beside
from wbcval.predict._open import Ensemble, open_ensemble
from wbcval.predict._resolve import File, Resolved, resolve
from wbcval.predict._run import FAILURE_LIMIT, Job, Predicted, predict

__all__ = [
    "FAILURE_LIMIT",
    "Ensemble",
    "File",
    "Job",
    "Predicted",
    "Resolved",
    "beside",
    "open_ensemble",
    "predict",
    "resolve",
    "text_beside",
]
