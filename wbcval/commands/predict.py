"""``wbcval predict``: images and a model to a table of predictions."""

from __future__ import annotations

import argparse
import sys

from wbcval.commands import ACCEPTED

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.predict.run import Job, Predicted

HELP = "classify images with a model, into a table"
EPILOG = """examples:
  wbcval predict --model M.pt --images cells/ --out predictions.parquet
  wbcval predict --model cascade.toml --images manifest.csv --out predictions.csv
  wbcval predict --model M.pt --images slides/ --fields --out predictions.parquet
  wbcval predict --model M.pt --images cells.zip --out predictions.parquet --resume

In a folder, the sample of an image is the folder it lies in. A manifest has the columns image
and sample_id, and may have cell_id, true_class and plane. What could not be read stands in
failures.csv beside the predictions, never in them.
Loading a model runs its code: load only what you trust, and pin it with --expect-sha256.

ends with 0, or 2 on an error or where too many images failed"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add = parser.add_argument
    add("--model", required=True, metavar="M",
        help=".pt, .ts, .pt2, .onnx; or a composition's card, .toml")  # fmt: skip
    add("--images", required=True, metavar="PATH",
        help="a folder, a manifest (CSV …), or a zip")  # fmt: skip
    add("--out", default="predictions.parquet", metavar="FILE",
        help=".parquet or .csv (default: %(default)s)")  # fmt: skip
    add("--card", metavar="TOML", help="the model's card, before any other")
    add("--fields", action="store_true",
        help="the images are smear fields: find the leukocytes in them")  # fmt: skip
    add("--resume", action="store_true", help="go on with an interrupted run")
    add("--expect-sha256", metavar="HEX",
        help="of the model: anything else is refused, not loaded")  # fmt: skip
    add("--check", metavar="FILE",
        help="what your own pipeline wrote of some images: anything else is refused, "
        "and the card recorded as checked")  # fmt: skip
    add("--check-images", metavar="PATH",
        help="those images (default: beside the file)")  # fmt: skip
    add("--failure-limit", type=float, default=0.05, metavar="SHARE",
        help="of the images that may fail (default: %(default)s)")  # fmt: skip
    add("--device", choices=("auto", "cpu", "cuda"), default="auto",
        help="default: %(default)s")  # fmt: skip
    add("--precision", choices=("fp32", "bf16", "fp16"), default="fp32",
        help="lower must give fp32's labels (default: %(default)s)")  # fmt: skip
    add("--threads", type=int, metavar="N",
        help="default: the cores this process may use; same results")  # fmt: skip
    add("--batch-size", type=int, metavar="N",
        help="images read ahead: memory, same results")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Classify, and say what came of it."""
    from pathlib import Path

    from wbcval.commands._shared import path_of, progress
    from wbcval.predict.run import Job, predict

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
