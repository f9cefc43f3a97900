"""Decision levels: values at which a result changes what is done, so that a bias there matters.

Cut-offs in use for adults, in 10⁹/L: leukopenia (severe), the ends of the reference interval,
marked leukocytosis; neutropenia (severe, moderate, mild) and neutrophilia; lymphopenia and
lymphocytosis; monocytosis; eosinophilia (hypereosinophilia); basophilia. They are defaults to look
at, no norms: laboratories have their own, and a criterion on ``bias_at`` names any other.
"""

from __future__ import annotations

from collections.abc import Mapping

DECISION_LEVELS: Mapping[str, tuple[float, ...]] = {
    "WBC": (2.0, 4.0, 10.0, 30.0),
    "NEUT#": (0.5, 1.0, 1.5, 7.5),
    "LYMPH#": (1.0, 4.0),
    "MONO#": (1.0,),
    "EO#": (0.5, 1.5),
    "BASO#": (0.2,),
}
