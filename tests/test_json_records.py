"""The one reader of JSON records: what is of a form is read, and one fault anywhere is named."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, get_args, get_origin, is_typeddict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulated import repeats
from wbcval.bundle._form import MANIFEST, RESULTS
from wbcval.gating.baseline._log import Accepted, Judged
from wbcval.machine.json_records import Count, Form, FormError, Sha256
from wbcval.origin import Record


class Inner(TypedDict):
    name: str
    share: float | None
    often: NotRequired[bool]


class Parts(TypedDict):
    """Every kind of part."""

    n: Count
    sha256: Sha256
    kind: Literal[1, "two"]
    rows: list[Inner]
    counts: dict[str, dict[str, int]]
    card: dict[str, Any]
    maybe: NotRequired[list[str] | None]


FORMS = {"of all parts": Parts, "a record of origin": Record, "an acceptance": Accepted,
         "a judgement": Judged, "results": RESULTS.keys, "manifest": MANIFEST.keys}  # fmt: skip
RIGHT: Mapping[Any, list[Any]] = {
    int: [0, 3, 2**60], float: [0, 2.5, 4.0], bool: [True, False],
    str: ["", "µ", "ab" * 32, "2026-11-30T12:00:00Z"],
}  # fmt: skip
WRONG: Mapping[Any, list[Any]] = {
    int: [True, 0.5, 3.0, "3", [], {}], float: [True, "0.5", [], {}, math.nan, -math.inf],
    bool: [0, 1, "true", []], str: [True, 7, [], {}, "\ud800"],
}  # fmt: skip
FEW = settings(max_examples=repeats(30, 10), deadline=None)
DEEP = json.loads("[" * 30 + "]" * 30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def parts_of(form: Any) -> tuple[Any, tuple[Any, ...]]:
    """What kind of form it is, and its parts: of an object, its keys."""
    if isinstance(form, list):
        return list, tuple(form)
    if isinstance(form, Mapping) or is_typeddict(form) or form in (Accepted, Judged):
        return "object", (Form(form).keys,)
    found: Any = get_origin(form)
    return {Mapping: dict, None: form}.get(found, found), get_args(form)


@st.composite
def right(draw: st.DrawFn, form: Any) -> Any:
    """A value of the form."""
    kind, parts = parts_of(form)
    if kind == "object":
        absent = {
            k for k, f in parts[0].items() if get_origin(f) is NotRequired and draw(st.booleans())
        }
        return {key: draw(right(of)) for key, of in parts[0].items() if key not in absent}
    if kind is NotRequired:
        return draw(right(parts[0]))
    if kind is list:
        return draw(st.lists(right(parts[0]), max_size=2))
    if kind is dict:
        return draw(st.dictionaries(st.sampled_from("abµ"), right(parts[1]), max_size=2))
    if kind is Literal:
        return draw(st.sampled_from(parts))
    if type(None) in parts:
        return draw(st.none() | right(parts[0]))
    if form is Any:
        return draw(st.sampled_from([None, 1, -0.5, "µ", [True], {"a": {"b": []}}]))
    of, *holds = parts or (form,)
    return draw(st.sampled_from([v for v in RIGHT[of] if all(h.test(v) for h in holds)]))


@st.composite
def wrong(draw: st.DrawFn, form: Any, where: str = "", none: bool = True) -> tuple[Any, str]:
    """A value with one fault, and what is said of it.

    Args:
        none: whether nothing at all is a fault too.
    """
    kind, parts = parts_of(form)
    if kind is NotRequired:
        return draw(wrong(parts[0], where, none))
    none = none and where != "" and type(None) not in parts and form is not Any
    if none and draw(st.integers(0, 9)) == 0:
        return None, where
    if kind == "object":
        keys, value = parts[0], draw(right(form))
        key = draw(st.sampled_from([*keys, "another"]))
        if key not in keys:
            return value | {key: 1}, f"{where} has a key 'another'".lstrip()
        place = f"{where}.{key}" if where else key
        if draw(st.booleans()) and get_origin(keys[key]) is not NotRequired:
            del value[key]
            return value, f"{place} is missing"
        inside, said = draw(wrong(keys[key], place))
        return value | {key: inside}, said
    if kind is list:
        inside, said = draw(wrong(parts[0], f"{where}[0]"))
        return [inside], said
    if kind is dict:
        inside, said = draw(wrong(parts[1], f"{where}.'a'"))
        return {"a": inside}, said
    if kind is Literal:
        return draw(st.sampled_from([True, "else", 1.0, [], {}])), f"{where} is none of"
    if type(None) in parts:
        return draw(wrong(parts[0], where, False))
    if form is Any:
        return draw(st.sampled_from([math.nan, [-math.inf], DEEP, "\ud800", {"\ud800": 1}])), where
    of, *holds = parts or (form,)
    more = [v for v in (-1, -0.5, "12") if type(v) is of and not all(h.test(v) for h in holds)]
    return draw(st.sampled_from(WRONG[of] + more)), where


@pytest.mark.drawn
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@FEW
@given(data=st.data())
def test_what_is_of_the_form_is_read(form: Any, data: st.DataObject) -> None:
    value = data.draw(right(form))
    Form(form).check(value)
    Form(form).check(json.loads(json.dumps(value)))
    Form(form, more=True).check(value | {"another": math.nan})


@pytest.mark.drawn
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@FEW
@given(data=st.data())
def test_one_fault_is_refused_and_named(form: Any, data: st.DataObject) -> None:
    value, said = data.draw(wrong(form))
    (found,) = Form(form).misfits(value)
    assert found.startswith(said)
    with pytest.raises(FormError, match=r"^record\W"):
        Form(form).check(value, "record")


@pytest.mark.drawn
@FEW
@given(value=JSON)
def test_whatever_else_comes_is_refused(value: object) -> None:
    for form in FORMS.values():
        with pytest.raises(FormError):
            Form(form).check(value)


def test_all_that_is_wrong_is_told_of_an_object() -> None:
    value = {"name": 3, "often": 1, "another": 0}
    assert [*Form(Inner).misfits(value)] == [
        "has a key 'another'", "name is not of type str", "share is missing",
        "often is not of type bool",
    ]  # fmt: skip
