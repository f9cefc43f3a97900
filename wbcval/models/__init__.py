"""Model backends: each ``_<name>.py`` with a ``BACKEND`` is one. torch is imported here alone."""

from wbcval.models._backend import Asked, Model
from wbcval.models._foreign import read
from wbcval.models._open import devices, embedded_card, extra_files, open_model
from wbcval.models._trial import dry_run

__all__ = [
    "Asked",
    "Model",
    "devices",
    "dry_run",
    "embedded_card",
    "extra_files",
    "open_model",
    "read",
]
