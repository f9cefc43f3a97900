"""Records of origin, and predictions that carry them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from wbcval.origin import KEY, Record, StageRecord, content_of, sidecar_of, text_of

CHECK = {"images": 20, "largest_difference": 2e-06, "file": "mine.csv", "sha256": "12" * 32,
         "images_sha256": "34" * 32, "decimals": 6}  # fmt: skip
FIVE = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]


def stage(name: str, classes: list[str], role: str = "differentiation", **more: Any) -> StageRecord:
    plain = {"refined_by": {}, "one_vs_all": None, "abstain_below": None, "calibration": None}
    return cast("StageRecord", {"name": name, "role": role, "classes": classes, **plain, **more})


TWO_STAGES = [
    stage("identification", ["leukocyte", "artefact"], "identification",
          refined_by={"leukocyte": "differentiation"}),
    stage("differentiation", FIVE, abstain_below=0.5),
]  # fmt: skip


def make_record(
    predicted: int,
    failed: Mapping[str, int] | None = None,
    reasons: Mapping[str, int] | None = None,
    **changes: Any,
) -> Record:
    """A record of so many predicted cells, and of so many failures by sample."""
    failed = dict(failed or {})
    n = sum(failed.values())
    first = [
        {"sample_id": name, "cell_id": f"f{i}", "image": f"{name}/f{i}.png",
         "reason": "truncated", "detail": "image file is truncated (3 bytes not processed)"}
        for name, count in failed.items() for i in range(count)
    ][:100]  # fmt: skip
    model_file = {
        "file": "identify.pt", "sha256": "ab" * 32, "backend": "torchscript",
        "card": {"classes": ["leukocyte", "artefact"]}, "card_from": "inside",
    }  # fmt: skip
    record = {
        "schema_version": 1,
        "wbcval_version": "0.5",
        "model": {"name": "two-stage", "version": "1", "sha256": "cd" * 32, "files": [model_file]},
        "stages": TWO_STAGES,
        "device": "cpu",
        "precision": "fp32",
        "micro_batch": 32,
        "decimals": 6,
        "seed": 0,
        "versions": {"python": "3.11.9", "torch": "2.13.0"},
        "images": {"kind": "folder", "name": "cells", "sha256": "ef" * 32,
                   "listed": predicted + n, "predicted": predicted},
        "failures": {"n": n, "share": n / (predicted + n), "samples": failed,
                     "reasons": dict(reasons or ({"truncated": n} if n else {})), "first": first},
        "abstained": 0,
        "remarks": {"grey converted to RGB": 3},
    }  # fmt: skip
    return cast("Record", {**record, **changes})


def write_csv(path: Path, text: str, record: Record) -> Path:
    """Predictions as CSV, and the record beside them."""
    path.write_text(text, encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sidecar_of(path).write_text(text_of(record, digest), encoding="utf-8")
    return path


def write_parquet(path: Path, text: str, record: Record, digest: bool = True) -> Path:
    """The same predictions as Parquet, the record inside; of earlier versions without a digest."""
    table = pc.read_csv(pa.BufferReader(text.encode()))
    if digest:
        record = {**record, "content": content_of([table], table.column_names)}
    pq.write_table(table.replace_schema_metadata({KEY: text_of(record).encode()}), path)
    return path


def make_cells(
    samples: int = 30, per_sample: int = 40, seed: int = 1, wrong: float = 0.1, staged: bool = True
) -> str:
    """A table of cells through two stages: some called artefact, some left open by each stage."""
    rng = np.random.default_rng(seed)
    rows = ["sample_id,cell_id,true_class,predicted_class" + ",stage" * staged]
    for s in range(samples):
        for c in range(per_sample):
            true = "artefact" if rng.random() < 0.1 else str(rng.choice(FIVE))
            is_one = (true != "artefact") != (rng.random() < wrong / 2)
            called, stage_name = "artefact", "identification"
            if rng.random() < 0.01:
                called = "unclassified"
            elif is_one:
                stage_name = "differentiation"
                right = true != "artefact" and rng.random() > wrong
                called = true if right else str(rng.choice(FIVE))
                called = "unclassified" if rng.random() < 0.02 else called
            rows.append(f"S{s + 1},c{c},{true},{called}" + f",{stage_name}" * staged)
    return "\n".join(rows) + "\n"
