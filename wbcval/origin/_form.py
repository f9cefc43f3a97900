"""Whether a JSON value is a record: its form, and what must agree in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from wbcval.machine.json_records import Form, FormError
from wbcval.origin._types import COARSEST, FEWEST_CHECKED, SAME, CardCheck, Record, StageRecord

_FIRST = 100  # failures that are named
_STAGES = 50  # far more than any cascade has
_RECORD = Form(Record)


def record_of(value: object) -> Record:
    """The value as a record.

    Raises:
        FormError: where it is none.
    """
    if isinstance(value, dict) and value.get("schema_version") not in (None, 1):
        raise FormError(f"schema_version is {value['schema_version']!r}, and 1 is known")
    _RECORD.check(value, "record")
    record = cast("Record", value)
    _agrees(record)
    return record


def _agrees(record: Record) -> None:
    """Numbers that must add up, and stages that must be a tree.

    Raises:
        FormError: where they do not.
    """
    failures, images = record["failures"], record["images"]
    for key, counts in (("reasons", failures["reasons"]), ("samples", failures["samples"])):
        if sum(counts.values()) != failures["n"] or 0 in counts.values():
            raise FormError(f"failures.{key} do not add up to failures.n")
    for name, classes in failures.get("true_classes", {}).items():
        if sum(classes.values()) > failures["samples"].get(name, 0):
            raise FormError(f"failures.true_classes of {name[:40]!r} are more than its failures")
    whole = failures.get("fields", {})
    if any(n > failures["samples"].get(name, 0) for name, n in whole.items()):
        raise FormError("failures.fields are more than failures.samples")
    if failures["share"] > 1 or len(failures["first"]) > _FIRST:
        raise FormError(f"failures.share is above 1, or failures.first holds more than {_FIRST}")
    if images["kind"] != "fields" and images["listed"] != images["predicted"] + failures["n"]:
        raise FormError("images.listed is not images.predicted + failures.n")
    if "card_check" in record:
        _checked(record["card_check"])
    _tree(record["stages"])


def _checked(check: CardCheck) -> None:
    """What no run has written of a check that a card passed."""
    widest = max(SAME, 0.5 * 10.0**-COARSEST + SAME / 10)
    if check["images"] < FEWEST_CHECKED or check["largest_difference"] > widest + 1e-6:
        raise FormError("card_check is of too few images, or of a card that differs")


def _tree(stages: Sequence[StageRecord]) -> None:
    names = [stage["name"] for stage in stages]
    refining = [name for stage in stages for name in stage["refined_by"].values()]
    if not names or sorted(refining) != sorted(names[1:]) or len({*names}) != len(names):
        raise FormError("stages are no tree with its root first")
    if len(names) > _STAGES:
        raise FormError(f"there are more than {_STAGES} stages")
    met = {names[0]}
    for stage in stages:
        if stage["name"] not in met:
            raise FormError("stages are no tree with its root first")
        met.update(stage["refined_by"].values())
        classes = stage["classes"]
        own = {*classes}
        if not classes or len(own) != len(classes) or not {*stage["refined_by"]} <= own:
            raise FormError(f"the classes of stage {stage['name']!r} are not a list of their own")
