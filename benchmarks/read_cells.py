"""wbcval's door: the same cells, checked, reduced, hashed, duplicates sought. ``FILE [BATCH]``."""

import json
import sys
import time
from pathlib import Path

from wbcval.protocol.types import Protocol
from wbcval.study.inputs import read_inputs

read_inputs(
    Protocol("same-cells", inputs={"predictions": (Path(sys.argv[2]),)})
)  # what is loaded but once
start, cpu = time.perf_counter(), time.process_time()
inputs = read_inputs(Protocol("same-cells", inputs={"predictions": (Path(sys.argv[1]),)}))
if inputs.cells is None or inputs.findings:
    raise SystemExit(f"not read clean: {inputs.findings}")
print(json.dumps({"cells": int(inputs.cells.confusion.sum()),
                  "samples": len(inputs.cells.sample_ids),
                  "wall": time.perf_counter() - start,
                  "cpu": time.process_time() - cpu}))  # fmt: skip
