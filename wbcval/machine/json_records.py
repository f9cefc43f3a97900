"""A record in JSON against its form: which keys there are, what they hold, which may be absent.

The keys of an object stand in a ``TypedDict``, a dataclass or a mapping; ``NotRequired``, or a
default: it may be absent. What a key holds is ``dict[str, X]``, ``list[X]`` or ``[X]``, a
``Literal``, ``X | None``, ``Any`` or a plain type, of which ``Annotated[X, Holds(…)]`` asks more.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

_DEEPEST = 20  # of what may hold anything; a model's card is four levels deep
_Check = Callable[[Any, str], None]  # of a value, and what it is called


class FormError(ValueError):
    """Not of the form, and where."""


@dataclasses.dataclass(frozen=True)
class Holds:
    """What a value must be besides its type; ``said`` of one that is not, ``{}`` for the value."""

    test: Callable[[Any], object]
    said: str


_AT_LEAST_0 = Holds(lambda number: number >= 0, "is {}")
Count = Annotated[int, _AT_LEAST_0]
Amount = Annotated[float, _AT_LEAST_0]
Sha256 = Annotated[str, Holds(re.compile(r"[0-9a-f]{64}").fullmatch, "is no SHA-256")]


class Form:
    """The form of an object.

    Args:
        keys: of it, with what they hold.
        more: it and what is in it may have further keys, which are not looked at.
    """

    def __init__(self, keys: Any, *, more: bool = False) -> None:
        self._form, self._more = keys, more

    def check(self, value: object, where: str = "") -> None:
        """Refuse what is not of the form.

        Args:
            value: as JSON has it.
            where: what it is called; "": its keys are called by themselves.

        Raises:
            FormError: saying what is wrong first, and where.
        """
        for said in self.misfits(value, where):
            raise FormError(said)

    def misfits(self, value: object, where: str = "") -> Iterator[str]:
        """What :meth:`check` refuses, for each key."""
        if not isinstance(value, dict):
            yield f"{where} is not of type dict".lstrip()
            return
        if not self._more and (unknown := value.keys() - self.keys):
            yield f"{where} has a key {min(unknown)[:40]!r}".lstrip()
        for key, check in self._checks.items():
            place = f"{where}.{key}" if where else key
            if key in value:
                try:
                    check(value[key], place)
                except FormError as why:
                    yield str(why)
            elif get_origin(self.keys[key]) not in (typing.NotRequired,):
                yield f"{place} is missing"

    @cached_property
    def keys(self) -> Mapping[str, Any]:
        """Key → what it holds."""
        if isinstance(self._form, Mapping):
            return self._form
        found = typing.get_type_hints(self._form, include_extras=True)
        for field in dataclasses.fields(self._form) if dataclasses.is_dataclass(self._form) else ():
            if field.default is not dataclasses.MISSING:
                found[field.name] = typing.NotRequired[found[field.name]]
        return found

    @cached_property
    def _checks(self) -> Mapping[str, _Check]:
        return {key: _check_of(of, self._more) for key, of in self.keys.items()}


def _check_of(form: Any, more: bool) -> _Check:
    if isinstance(form, Mapping) or typing.is_typeddict(form):
        return Form(form, more=more).check
    kind: Any = list if isinstance(form, list) else get_origin(form)
    parts: Sequence[Any] = form if isinstance(form, list) else get_args(form)
    if kind is typing.NotRequired:
        return _check_of(parts[0], more)
    if kind in (typing.Union, UnionType):
        return partial(_or_none, _check_of(parts[0], more))
    if kind is list:
        return partial(_list, _check_of(parts[0], more))
    if kind in (dict, Mapping):
        return partial(_dict, _check_of(parts[1], more))
    if kind is typing.Literal:
        return partial(_one_of, parts)
    return _anything if form is Any else partial(_plain, *(parts or (form,)))


def _or_none(check: _Check, value: object, where: str) -> None:
    if value is not None:
        check(value, where)


def _list(check: _Check, value: Any, where: str) -> None:
    _plain(list, value, where)
    for i, one in enumerate(value):
        check(one, f"{where}[{i}]")


def _dict(check: _Check, value: Any, where: str) -> None:
    _plain(dict, value, where)
    for key, one in value.items():
        _plain(str, key, where)
        check(one, f"{where}.{key[:40]!r}")


def _one_of(choices: Sequence[object], value: object, where: str) -> None:
    if not any(value == one and type(value) is type(one) for one in choices):
        raise FormError(f"{where} is none of {', '.join(map(repr, choices))}")


def _anything(value: object, where: str, depth: int = 0) -> None:
    """JSON that can be written again: texts, finite numbers, nothing nested deep."""
    if depth > _DEEPEST:
        raise FormError(f"{where} is nested too deep")
    for one in (*value, *value.values()) if isinstance(value, dict) else ():
        _anything(one, where, depth + 1)
    for one in value if isinstance(value, list) else ():
        _anything(one, where, depth + 1)
    if value is not None:
        _plain(type(value), value, where)


def _plain(kind: type, *rest: Any) -> None:
    *holds, value, where = rest
    if not isinstance(value, (int, float) if kind is float else kind) or (
        isinstance(value, bool) and kind is not bool
    ):
        raise FormError(f"{where} is not of type {kind.__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise FormError(f"{where} is {value}")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise FormError(f"{where} is no text") from None
    for asked in holds:
        if not asked.test(value):
            raise FormError(f"{where} {asked.said.format(value)}")
