"""Whether a JSON value is a record: its form, read off the types, and what must agree in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from wbcval.origin._types import COARSEST, FEWEST_CHECKED, SAME, CardCheck, Record, StageRecord

_FIRST = 100  # failures that are named
_STAGES = 50  # far more than any cascade has
_DEEPEST = 20  # a card is four levels deep
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FormError(ValueError):
    """Not a record, and where."""


def record_of(value: object) -> Record:
    """The value as a record.

    Raises:
        FormError: where it is none.
    """
    if isinstance(value, dict) and value.get("schema_version") not in (None, 1):
        raise FormError(f"schema_version is {value['schema_version']!r}, and 1 is known")
    _fits(value, Record, "record")
    record = cast("Record", value)
    _agrees(record)
    return record


def _fits(value: object, form: Any, where: str) -> None:
    kind, parts = get_origin(form), get_args(form)
    if is_typeddict(form):
        _fits(value, dict, where)
        _keys(cast("dict[str, object]", value), form, where)
    elif kind is dict:
        _fits(value, dict, where)
        for key, one in cast("dict[str, object]", value).items():
            _fits(key, str, where)
            _fits(one, parts[1], f"{where}.{key[:40]!r}")
    elif kind is list:
        _fits(value, list, where)
        for i, one in enumerate(cast("list[object]", value)):
            _fits(one, parts[0], f"{where}[{i}]")
    elif kind is Literal:
        if not any(value == part and type(value) is type(part) for part in parts):
            raise FormError(f"{where} is none of {', '.join(map(repr, parts))}")
    elif kind in (Union, UnionType):  # with None
        if value is not None:
            _fits(value, parts[0], where)
    elif form is Any:
        _anything(value, where)
    else:
        _plain(value, form, where)


def _keys(value: dict[str, object], form: Any, where: str) -> None:
    if unknown := value.keys() - get_type_hints(form).keys():
        raise FormError(f"{where} has a key {min(unknown)[:40]!r}")
    for key, of in get_type_hints(form).items():
        if key in value:
            _fits(value[key], of, f"{where}.{key}")
            if key.endswith("sha256") and not _SHA256.fullmatch(str(value[key])):
                raise FormError(f"{where}.{key} is no SHA-256")
        elif key in form.__required_keys__:
            raise FormError(f"{where}.{key} is missing")


def _anything(value: object, where: str, depth: int = 0) -> None:
    """JSON that can be written again: texts, finite numbers, nothing nested deep."""
    if depth > _DEEPEST:
        raise FormError(f"{where} is nested too deep")
    if isinstance(value, dict):
        for key, one in value.items():
            _text(key, where)
            _anything(one, where, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _anything(one, where, depth + 1)
    elif isinstance(value, str):
        _text(value, where)
    elif isinstance(value, float) and not math.isfinite(value):
        raise FormError(f"{where} is {value}")


def _text(value: str, where: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FormError(f"{where} is no text") from None


def _plain(value: object, form: Any, where: str) -> None:
    right: tuple[type, ...] = (int, float) if form is float else (form,)
    if not isinstance(value, right) or isinstance(value, bool):
        raise FormError(f"{where} is not of type {form.__name__}")
    if isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
        raise FormError(f"{where} is {value}")
    if isinstance(value, str):
        _text(value, where)


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
