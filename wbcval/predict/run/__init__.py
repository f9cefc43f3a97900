"""From images to the table of predictions: the run that survives bad files and restarts."""

from wbcval.predict.run._against import ProbabilityDifference, difference, pictures_of, spread
from wbcval.predict.run._cards import File, beside, text_beside
from wbcval.predict.run._decide import chances
from wbcval.predict.run._open import Ensemble, Net, asked_of, open_ensemble
from wbcval.predict.run._reference import Reference, read_reference
from wbcval.predict.run._resolve import Resolved, resolve
from wbcval.predict.run._run import FAILURE_LIMIT, Job, Predicted, predict
from wbcval.predict.run._work import run_net

__all__ = [
    "FAILURE_LIMIT",
    "Ensemble",
    "File",
    "Job",
    "Net",
    "Predicted",
    "ProbabilityDifference",
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
