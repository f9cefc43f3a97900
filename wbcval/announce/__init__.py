"""What the gate tells machines: one verdict, in the form each of them reads."""

from wbcval.announce._results import results_json as results_json
