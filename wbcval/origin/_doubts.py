"""What records say against the tables they came with, against the protocol, against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wbcval.errors import InputError
from wbcval.findings import Finding, Severity
from wbcval.origin._types import Model, Origin

_DIGITS = 12  # of a hash, enough to tell two apart


def unreadable(file: str, why: InputError) -> Finding:
    """A record that was not understood; the predictions are then of unknown origin."""
    return Finding(
        "cells", file, "origin-unreadable", Severity.WARN, got=f"{why.where}: {why.got}",
        advice=why.advice,
    )  # fmt: skip


def doubts(origins: Sequence[Origin], name: str, version: str) -> list[Finding]:
    """Reasons not to judge these predictions as they stand, all of severity error.

    Args:
        origins: of the files that have one, with the sha256 of each table as it was read.
        name, version: of the model that the protocol validates; "" where it does not say.
    """
    return [
        *_changed(origins),
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


def _named(model: Model) -> str:
    return f"{model['name']} {model['version']} (sha256 {model['sha256'][:_DIGITS]}…)"
