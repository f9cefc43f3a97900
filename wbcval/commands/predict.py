"""``wbcval predict``: images and a model to a table of predictions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wbcval.commands._shared import ACCEPTED, path_of, progress
from wbcval.predict.run import Job, Predicted, predict


def run(args: argparse.Namespace) -> int:
    """Classify, and say what came of it."""
    job = Job(
        model=Path(args.model),
        images=Path(args.images),
        out=Path(args.out),
        card=path_of(args.card),
        fields=args.fields,
        device=args.device,
        precision=args.precision,
        threads=args.threads,
        batch_size=args.batch_size,
        failure_limit=args.failure_limit,
        resume=args.resume,
        expect_sha256=args.expect_sha256,
        check=path_of(args.check),
        check_images=path_of(args.check_images),
    )
    if args.expect_sha256 is None:
        print(
            "note: loading a model runs its code; load only what you trust, and pin it with "
            "--expect-sha256",
            file=sys.stderr,
        )
    with progress() as tell:
        made = predict(job, tell)
    _say(job, made)
    return ACCEPTED


def _say(job: Job, made: Predicted) -> None:
    model, images, found = made.record["model"], made.record["images"], made.summary
    print(f"{job.out}: {found.cells} cells of {images['listed']} images, by {model['name']} "
          f"{model['version']}")  # fmt: skip
    print(f"  model sha256 {model['sha256']}")
    if checked := made.record.get("card_check"):
        print(f"  card checked on {checked['images']} images: differs by up to "
              f"{checked['largest_difference']:.2g} from {checked['file']}")  # fmt: skip
    counts = ", ".join(f"{name} {n}" for name, n in found.classes.most_common())
    print(f"  {counts or 'no cell'}")
    if found.empty_fields:
        print(f"  no leukocyte found in {found.empty_fields} fields")
    if found.failed:
        reasons = ", ".join(f"{reason} {n}" for reason, n in found.reasons.most_common())
        print(f"  {found.failed} could not be classified ({reasons}): see failures.csv")
    if found.repeated:
        distinct, (one, other) = images["listed"] - found.repeated, found.alike
        print(f"  {found.repeated} images have the very bytes of another one ({one!r} those of "
              f"{other!r}): {distinct} are distinct")  # fmt: skip
    for remark, n in made.record["remarks"].items():
        print(f"  {remark}: {n}")
    if made.overlays is not None:
        print(f"  what was found is drawn in {made.overlays}, and counted in fields.csv")
    if made.fresh and made.seconds > 0:
        print(f"  {made.fresh} images in {made.seconds:.1f} s")
    print(f"next: wbcval report --predictions {job.out} --mode … (--reference …)")
