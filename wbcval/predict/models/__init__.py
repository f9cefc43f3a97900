"""Model backends: each ``_<name>.py`` with a ``BACKEND`` is one. torch is imported here alone."""

from wbcval.predict.models._backend import LoadRequest, Model
from wbcval.predict.models._foreign import read
from wbcval.predict.models._open import devices, embedded_card, extra_files, open_model
from wbcval.predict.models._trial import dry_run

__all__ = [
    "LoadRequest",
    "Model",
    "devices",
    "dry_run",
    "embedded_card",
    "extra_files",
    "open_model",
    "read",
]
