"""From images to the table of predictions: the run that survives bad files and restarts."""

from wbcval.predict._open import Ensemble, open_ensemble
from wbcval.predict._resolve import BESIDE, File, Resolved, resolve
from wbcval.predict._run import FAILURE_LIMIT, Job, Predicted, predict

__all__ = [
    "BESIDE",
    "FAILURE_LIMIT",
    "Ensemble",
    "File",
    "Job",
    "Predicted",
    "Resolved",
    "open_ensemble",
    "predict",
    "resolve",
]
