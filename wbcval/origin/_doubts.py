"""What records say against the tables they came with, against the protocol, against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wbcval.origin._types import ModelRecord, Origin
from wbcval.values.errors import InputError
from wbcval.values.findings import Finding, Severity

# beside model and images: all that may move a label
_RUN = ("stages", "device", "precision", "micro_batch", "decimals", "versions")
_OF_THE_RUN = ("sample_id", "cell_id", "image", "stage")  # beside its answers
_DIGITS = 12  # of a hash, enough to tell two apart


def unreadable(file: str, why: InputError) -> Finding:
    """A record that was not understood; the predictions are then of unknown origin."""
    return Finding(
        "cells", file, "origin-unreadable", Severity.WARN, got=f"{why.where}: {why.got}",
        advice=why.advice,
    )  # fmt: skip


def doubts(
    origins: Sequence[Origin], name: str, version: str, columns: Mapping[str, str]
) -> list[Finding]:
    """Reasons not to judge these predictions as they stand, and what is not known of them.

    Args:
        origins: of the files that have one, with the sha256 of each table as it was read.
        name, version: of the model that the protocol validates; "" where it does not say.
        columns: of the predictions, ours → as the protocol names them.
    """
    return [
        *_changed(origins),
        *_not_of_the_run(origins, columns),
        *_undigested(origins),
        *_repeated(origins),
        *_two_answers(origins),
        *_other_model(origins, name, version),
        *_two_models(origins),
    ]


def _error(file: str, rule: str, got: str, advice: str) -> Finding:
    return Finding("cells", file, rule, Severity.ERROR, got=got, advice=advice)


def _changed(origins: Sequence[Origin]) -> Iterator[Finding]:
    for origin in origins:
        predicted = origin.record["images"]["predicted"]
        if origin.rows is None and origin.record.get("file_sha256") != origin.sha256:
            yield _error(
                origin.file, "origin-mismatch",
                "the table was changed since it was predicted: its sha256 is not the recorded one",
                "predict again, or delete the record beside it to judge a table of unknown origin",
            )  # fmt: skip
        elif origin.of_cells and origin.rows is not None and origin.rows != predicted:
            yield _error(
                origin.file, "origin-mismatch",
                f"the table has {origin.rows} rows, and {predicted} cells were predicted",
                "predict again, or write the table anew without its record to judge a table of "
                "unknown origin",
            )  # fmt: skip
        elif origin.content and origin.content != origin.record["content"]["digest"]:
            yield _error(
                origin.file, "origin-mismatch",
                "the table was changed since it was predicted: its digest is not the recorded one",
                "predict again, or write the table anew without its record to judge a table of "
                "unknown origin",
            )  # fmt: skip


def _not_of_the_run(origins: Sequence[Origin], columns: Mapping[str, str]) -> Iterator[Finding]:
    """What the protocol takes for answers of the model, or cells, and the run did not write."""
    for ours, theirs in columns.items():
        answers = ours == "predicted_class" or ours.startswith("probability")
        for origin in origins if theirs != ours else ():
            written = origin.record.get("content", {}).get("columns")
            # a CSV is held to its bytes, and the true classes of a table may be added
            added = written is not None and ours in _OF_THE_RUN and theirs not in written
            if origin.of_cells and (answers or added):
                yield _error(
                    origin.file, "origin-mismatch",
                    f"{ours} is read from {theirs!r}, which is not what the recorded run wrote",
                    f"take {ours} out of [columns.predictions], or write the table anew without "
                    "its record to judge a table of unknown origin",
                )  # fmt: skip


def _undigested(origins: Sequence[Origin]) -> Iterator[Finding]:
    """Records of earlier versions, which hold a Parquet file to its number of rows alone."""
    for origin in origins:
        if origin.rows is not None and "content" not in origin.record:
            yield Finding(
                "cells", origin.file, "origin-without-digest", Severity.WARN,
                got=f"written by wbcval {origin.record['wbcval_version']}, without a digest of "
                "the table: rows that were edited since would not be seen",
                advice="predict again to have them seen",
            )  # fmt: skip


def _repeated(origins: Sequence[Origin]) -> Iterator[Finding]:
    """Images that were listed more than once, under whatever names."""
    for origin in origins:
        images = origin.record["images"]
        if n := images.get("repeated", 0):
            yield Finding(
                "cells", origin.file, "image-repeated", Severity.WARN, rows=n,
                got=f"{images['listed']} images were listed, and {images['listed'] - n} are "
                "distinct: the others have the very bytes of one before",
                advice="list each image once: a copy is no further cell",
            )  # fmt: skip


def _two_answers(origins: Sequence[Origin]) -> Iterator[Finding]:
    """One run, of one model on the same images in the same way, cannot have said two things."""
    runs: dict[str, tuple[str, str]] = {}
    for origin in origins:
        run, answer = run_of({**origin.record})
        first, said = runs.setdefault(run, (origin.file, answer)) if answer else ("", "")
        if answer != said:
            yield _error(
                origin.file, "two-answers",
                f"the record of {first} names the same model on the same images, and the two "
                "tables say different things",
                "one of the two was changed, or its record is another's: predict again",
            )  # fmt: skip


def run_of(made: Mapping[str, Any]) -> tuple[str, str]:
    """Which run made a table, and what the table says; "" where the record does not say it.

    Args:
        made: a record, or what ``results.json`` tells of one (``predicted_by``).
    """
    alike = {key: made.get(key) for key in _RUN}
    alike |= {name: made[name].get("sha256") for name in ("model", "images")}
    content = made.get("content")
    said = str(content.get("digest", "")) if isinstance(content, Mapping) else ""
    return json.dumps(alike, sort_keys=True), said


def _other_model(origins: Sequence[Origin], name: str, version: str) -> Iterator[Finding]:
    for origin in origins:
        model = origin.record["model"]
        if (name and name != model["name"]) or (version and version != model["version"]):
            yield _error(
                origin.file, "other-model",
                f"predicted by {_named(model)}, and the protocol is for "
                f"{' '.join(filter(None, (name, version)))}",
                "give the predictions of that model, or correct [model] in the protocol",
            )  # fmt: skip


def _two_models(origins: Sequence[Origin]) -> Iterator[Finding]:
    for other in origins[1:]:
        first = origins[0]
        ours, theirs = first.record, other.record
        if (ours["model"]["sha256"], ours["stages"]) != (
            theirs["model"]["sha256"],
            theirs["stages"],
        ):
            yield _error(
                other.file, "two-models",
                f"predicted by {_named(theirs['model'])}, and {first.file} by "
                f"{_named(ours['model'])}",
                "judge one model at a time",
            )  # fmt: skip


def _named(model: ModelRecord) -> str:
    return f"{model['name']} {model['version']} (sha256 {model['sha256'][:_DIGITS]}…)"
