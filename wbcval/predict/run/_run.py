"""The run: units of work, shards as they come, the finished files at the end."""

from __future__ import annotations

import platform
import time
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.machine import input_files
from wbcval.machine.progress import Progress, silent
from wbcval.origin import PrecisionAgreement, Record
from wbcval.predict import fields, images, models
from wbcval.predict.images import Listing
from wbcval.predict.run._against import card_check
from wbcval.predict.run._agreement import agreement
from wbcval.predict.run._open import Ensemble, open_ensemble
from wbcval.predict.run._recipe import recipe, rows_of
from wbcval.predict.run._record import origin_record
from wbcval.predict.run._shards import Part, open_part
from wbcval.predict.run._units import Rows, Units
from wbcval.predict.run._work import BOX, FIELDS, ITEMS, Worker
from wbcval.predict.run._write import (
    FAILURES,
    Summary,
    check_owned,
    content,
    summarise,
    write_failures,
    write_fields,
    write_predictions,
)
from wbcval.predict.run._write import FIELDS as FIELD_COUNTS
from wbcval.values.errors import InputError

FAILURE_LIMIT = 0.05
_PACKAGES = ("numpy", "pillow", "simplejpeg")


@dataclass(frozen=True)
class Job:
    """What is asked of a run.

    Attributes:
        model: a model's file, or the card of a composition.
        images: a folder, a manifest, or a zip.
        out: ``.parquet`` or ``.csv``.
        card: of the model, before any other.
        fields: the images are smear fields, in which leukocytes are looked for.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        threads: that read and classify; ``None``: one for each core this process may use.
        batch_size: images read ahead by all threads together, about: memory, not results.
        failure_limit: the largest share of images that may fail.
        resume: go on with an interrupted run.
        expect_sha256: of the model; anything else is refused before it is loaded.
        check: what another pipeline wrote of some images; a card that gives anything else is
            refused, and one that gives the same is recorded as checked.
        check_images: of that table; ``None``: they lie beside it.
    """

    model: Path
    images: Path
    out: Path
    card: Path | None = None
    fields: bool = False
    device: str = "auto"
    precision: str = "fp32"
    threads: int | None = None
    batch_size: int | None = None
    failure_limit: float = FAILURE_LIMIT
    resume: bool = False
    expect_sha256: str | None = None
    check: Path | None = None
    check_images: Path | None = None


@dataclass(frozen=True)
class Predicted:
    """What a run made: its record of origin, and what it came to."""

    record: Record
    summary: Summary
    overlays: Path | None
    fresh: int  # items that this process itself went through
    seconds: float = 0.0


def predict(job: Job, progress: Progress = silent, executor: Executor | None = None) -> Predicted:
    """Classify every image and write the predictions, ``failures.csv`` and their origin.

    Args:
        job: what is asked.
        progress: told what is being done.
        executor: where images are read and classified, such as processes of this machine
            (``ProcessPoolExecutor``), each of which loads the model; ``None``: threads of this one.
            Every byte is the same.

    Raises:
        InputError: where model, card or images cannot be used; where another run is in the way,
            or the one to resume was begun with something else; where more images failed than
            the limit allows (then ``failures.csv`` is written, and no predictions).
    """
    start = time.monotonic()
    _check(job)
    device = models.devices(job.device)
    ensemble = open_ensemble(
        job.model, job.card, job.expect_sha256, device, job.precision, progress
    )
    progress(f"listing {job.images.name}")
    planes = ensemble.all_nets[0].card.input.planes
    listing = images.listed(job.images, planes)
    if job.fields:
        _check_fields(job, listing, planes)
    agreed = None
    if job.precision != "fp32":
        progress(f"comparing {job.precision} with fp32")
        agreed = agreement(job.model, job.card, device, ensemble, listing, fields=job.fields)
    checked = None
    if job.check is not None:
        progress(f"checking the card against {job.check.name}")
        checked = card_check(ensemble, job.check, job.check_images)
    made_of = _made_of(job, ensemble, listing, device) | {"card_check": checked}
    kept = "what was done is kept: mend it and go on with --resume"
    with input_files.system(str(job.out), "written", kept):
        made = _made(job, ensemble, listing, made_of, agreed, progress, executor)
    return replace(made, seconds=time.monotonic() - start)


def _made(
    job: Job,
    ensemble: Ensemble,
    listing: Listing,
    made_of: dict[str, Any],
    agreed: PrecisionAgreement | None,
    progress: Progress,
    executor: Executor | None,
) -> Predicted:
    job.out.parent.mkdir(parents=True, exist_ok=True)
    part = open_part(job.out, made_of, resume=job.resume)
    try:
        overlays = _overlays(job, part)
        worker = Worker(ensemble, listing, fields=job.fields, overlays=overlays)
        fresh = len(listing) - part.done
        rows: Rows = worker.rows
        if executor is not None:
            made_by = recipe(
                job.model, job.card, made_of["device"], job.precision, job.images,
                (ensemble, listing), fields=job.fields, overlays=overlays,
            )  # fmt: skip
            rows = partial(rows_of, made_by)
        units = Units(FIELDS if job.fields else ITEMS, "fields" if job.fields else "images")
        units.classify(
            rows, part, len(listing), progress,
            threads=job.threads, ahead=job.batch_size or 0, executor=executor,
        )  # fmt: skip
        progress("writing the table")
        summary = summarise(part)
        write_failures(part, job.out)
        _within_limit(job, summary, len(listing), part)
        columns = _columns(ensemble, listing, worker, job.fields)
        record = origin_record(made_of, ensemble, listing, summary, agreed)
        record["content"] = content(part, columns)
        if job.fields:
            write_fields(part, job.out, worker.labels)
        write_predictions(part, job.out, record, columns)
        part.remove()
    finally:
        part.close()
    return Predicted(record, summary, overlays[0] if overlays else None, fresh)


def _check(job: Job) -> None:
    for path in (job.model, job.images, job.out):
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise InputError(ascii(str(path)), "is no UTF-8 name", "rename it") from None
    if job.out.is_dir():
        raise InputError("--out", f"{job.out} is a folder", "name a file in it")
    if job.out.name in (FAILURES, FIELD_COUNTS):
        raise InputError("--out", f"{job.out.name} is another file of the run", "name it otherwise")
    for name in (job.out.name, FAILURES, *([FIELD_COUNTS] if job.fields else [])):
        written = job.out.with_name(name)
        if written.exists() and job.images.exists() and written.samefile(job.images):
            raise InputError("--out", f"the run would overwrite its manifest {job.images}",
                             "write to another folder")  # fmt: skip
    if job.out.suffix.lower() not in (".parquet", ".csv"):
        raise InputError("--out", f"got {job.out.name!r}", "end it with .parquet or .csv")
    check_owned(job.out, fields=job.fields)
    if not 0 <= job.failure_limit <= 1:
        raise InputError("--failure-limit", f"got {job.failure_limit:g}", "a share, from 0 to 1")
    if job.check is None and job.check_images is not None:
        raise InputError("--check-images", "goes with --check", "give the table of your pipeline")
    for name, value in (("--threads", job.threads), ("--batch-size", job.batch_size)):
        if value is not None and value < 1:
            raise InputError(name, f"got {value}", "write a whole number from 1")


def _check_fields(job: Job, listing: Listing, planes: tuple[str, ...]) -> None:
    if planes:
        raise InputError("--fields", "the model takes several planes a cell", "leave one out")
    if listing.has_truth or listing.has_cell_ids:
        raise InputError(
            "--fields", f"{job.images.name} names cells", "list fields: image and sample_id alone"
        )


def _made_of(job: Job, ensemble: Ensemble, listing: Listing, device: str) -> dict[str, Any]:
    """All that the bytes of the output depend on; by these names a resume is refused."""
    versions = {"python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in _PACKAGES}
    versions |= fields.versions() if job.fields else {}
    for net in ensemble.all_nets:
        versions |= {**net.model.versions, **images.versions(net.card.input)}
    return {
        "wbcval": __version__,
        "name": [ensemble.name, ensemble.version],
        "model": [[n.file, n.sha256] for n in ensemble.all_nets],
        "card": [asdict(n.card) for n in ensemble.all_nets],
        "composition": None if ensemble.plain else [asdict(stage) for stage in ensemble.stages],
        "calibration": {n: c.record() for n, c in ensemble.calibrations.items()},
        "manifest": listing.fingerprint,
        "fields": job.fields,
        "device": device,
        "precision": job.precision,
        "versions": versions,
    }


def _overlays(job: Job, part: Part) -> tuple[Path, Path] | None:
    if not job.fields:
        return None
    folder = job.out.with_name(f"{job.out.stem}.overlays")
    folder.mkdir(exist_ok=True)
    if part.done == 0:  # those of an earlier run
        for old in folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]-*.jpg"):
            old.unlink()
    return folder, part.folder


def _within_limit(job: Job, summary: Summary, listed: int, part: Part) -> None:
    failed = summary.failed
    if failed > job.failure_limit * listed:
        part.refused()
        most = ", ".join(f"{reason} {n}" for reason, n in summary.reasons.most_common(3))
        raise InputError(
            str(job.images),
            f"{failed} of {listed} could not be classified ({failed / listed:.1%}: {most}); "
            f"the limit is {job.failure_limit:.1%}",
            f"failures.csv beside {job.out.name} names each; no predictions were written. Mend "
            "them and run again, or --resume with a higher --failure-limit",
        )


def _columns(ensemble: Ensemble, listing: Listing, worker: Worker, fields: bool) -> list[str]:
    names = ["sample_id"]
    names += ["cell_id"] if listing.has_cell_ids or fields else []
    names += ["image"]
    names += ["true_class"] if listing.has_truth else []
    names += ["predicted_class"]
    names += [] if ensemble.plain else ["stage"]
    names += list(BOX) if fields else []
    return [*names, *worker.numbers]
