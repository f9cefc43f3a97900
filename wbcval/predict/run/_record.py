"""The record of origin of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from wbcval import __version__
from wbcval.origin import Images, ModelRecord, PrecisionAgreement, Record, StageRecord
from wbcval.predict.images import Listing
from wbcval.predict.run._decide import DECIMALS
from wbcval.predict.run._open import Ensemble
from wbcval.predict.run._write import Summary

ImagesKind = Literal["folder", "manifest", "zip", "fields"]
_SEED = 0  # of the trial inputs; the run itself draws nothing


def origin_record(
    made_of: Mapping[str, Any],
    ensemble: Ensemble,
    listing: Listing,
    summary: Summary,
    agreed: PrecisionAgreement | None,
) -> Record:
    """Which model on which images, how, and what came of it.

    Args:
        made_of: all that the bytes of the table depend on.
        agreed: a lower precision against fp32; ``None`` for fp32.
    """
    model: ModelRecord = {
        "name": ensemble.name,
        "version": ensemble.version,
        "sha256": ensemble.sha256,
        "files": [net.record() for net in ensemble.all_nets],
    }
    images: Images = {
        "kind": cast("ImagesKind", "fields" if made_of["fields"] else listing.kind),
        "name": listing.name,
        "sha256": summary.images_sha256,
        "listed": len(listing),
        "predicted": summary.cells,
        "repeated": summary.repeated,
    }
    if listing.training:
        images["training"] = listing.training
    record: Record = {
        "schema_version": 1,
        "wbcval_version": __version__,
        "model": model,
        "stages": [_stage(ensemble, i) for i in range(len(ensemble.stages))],
        "device": made_of["device"],
        "precision": made_of["precision"],
        "micro_batch": max(net.card.input.batch for net in ensemble.all_nets),
        "decimals": DECIMALS,
        "seed": _SEED,
        "versions": made_of["versions"],
        "images": images,
        "failures": {
            "n": summary.failed,
            "share": min(1.0, round(summary.failed / len(listing), 9)),
            "reasons": dict(sorted(summary.reasons.items())),
            "samples": dict(sorted(summary.samples.items())),
            "first": summary.first,
        },
        "abstained": summary.abstained,
        "remarks": dict(
            sorted(
                {
                    **summary.remarks,
                    **dict.fromkeys((*ensemble.remarks, *listing.remarks), 1),
                }.items()
            )
        ),
    }
    if summary.true_classes:
        record["failures"]["true_classes"] = {
            name: dict(sorted(classes.items()))
            for name, classes in sorted(summary.true_classes.items())
        }
    if made_of["fields"] and summary.failed:
        record["failures"]["fields"] = dict(sorted(summary.fields.items()))
    if agreed is not None:
        record["agreement"] = agreed
    if made_of["card_check"] is not None:
        record["card_check"] = made_of["card_check"]
    return record


def _stage(ensemble: Ensemble, i: int) -> StageRecord:
    stage = ensemble.stages[i]
    calibration = ensemble.calibrations.get(stage.name)
    return {
        "name": stage.name,
        "role": stage.role,
        "classes": list(stage.classes),
        "refined_by": dict(stage.refined_by),
        "one_vs_all": stage.one_vs_all,
        "abstain_below": stage.abstain_below,
        "calibration": None if calibration is None else calibration.record(),
    }
