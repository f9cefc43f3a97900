"""A strict reader of TOML tables: an unknown key is refused, with the nearest right one."""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn

from wbcval.values.errors import InputError

_LARGEST = 2**63  # TOML's whole numbers have 64 bits
_DEEP = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){64}"""  # dotted keys
)
_QUOTED = 120  # characters of a value that are quoted back


def parse(text: str, where: str) -> dict[str, Any]:
    """The tables that a text states.

    Args:
        where: the file, for messages.

    Raises:
        InputError: for what is no TOML, nested without end, or holds a number nobody can mean.
    """
    if _DEEP.search(text):  # its reader takes the square of their number in time and memory
        raise InputError(where, "is nested too deep", "write it flat")
    try:
        found = tomllib.loads(text.removeprefix("\ufeff"))
        _check_numbers(found)
    except RecursionError:
        raise InputError(where, "is nested too deep", "write it flat") from None
    except ValueError as why:  # of TOML, and of Python for a number of thousands of digits
        raise InputError(where, f"is not TOML: {why}"[:200], "mend that line") from None
    return found


def _check_numbers(value: object) -> None:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            _check_numbers(one)
    elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise ValueError("a whole number of more than 64 bits")


class Table:
    """One table of the file, taken key by key; what is left over is unknown."""

    def __init__(self, data: Mapping[str, Any], where: str, kind: str = "the protocol") -> None:
        self._data, self._where, self._kind = dict(data), where, kind
        self._known = list[str]()

    def __contains__(self, key: str) -> bool:
        """Whether the key stands there and was not taken yet."""
        return key in self._data

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The value of a key, of one of these types, or what stands for an absent one."""
        self._known.append(key)
        if key not in self._data:
            return default
        value = self._data.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
            self.refuse(key, f"got {value!r}", f"write a {_NAMES[kinds[0]]}")
        if isinstance(value, float) and not math.isfinite(value):
            self.refuse(key, f"got {value}", "write a finite number")
        return value

    def need(self, key: str, kind: type) -> Any:
        """The value of a key that must be there."""
        value = self.take(key, kind)
        close = difflib.get_close_matches(key, self._data, 1, 0.6)
        if value is None and close:
            self.refuse(close[0], f"is not a key of {self._kind}", f"did you mean {key!r}?")
        if value is None:
            self.refuse(key, "is missing", "it is required")
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """A finite number."""
        value = self.take(key, (float, int), default)
        return None if value is None else float(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str | None:
        """One of some words."""
        value = self.take(key, str, default)
        if value is not None and value not in choices:
            self.refuse(key, f"got {value!r}", nearest(value, choices))
        return value  # type: ignore[no-any-return]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text."""
        values = self.take(key, (list, str), [])
        values = [values] if isinstance(values, str) else values
        if not all(isinstance(v, str) for v in values):
            self.refuse(key, f"got {values!r}", "write a list of texts")
        return tuple(values)

    def mapping(self, key: str, kind: type | tuple[type, ...]) -> dict[str, Any]:
        """A table of keys of the reader's own, each with a value of that type."""
        table = self.table(key)
        return {name: table.take(name, kind) for name in list(table._data)}

    def table(self, key: str) -> Table:
        """A table in this one."""
        return Table(self.take(key, dict, {}), f"{self._where} [{key}]", self._kind)

    def tables(self, key: str) -> list[Table]:
        """A list of tables, in double brackets."""
        rows = self.take(key, (list, dict), [])
        if isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows):
            self.refuse(key, "is not a list of tables", f"write [[{key}]], in double brackets")
        return [
            Table(row, f"{self._where} [[{key}]] no. {i}", self._kind)
            for i, row in enumerate(rows, 1)
        ]

    def done(self) -> None:
        """Refuse what nobody took."""
        for key in self._data:
            self.refuse(key, f"is not a key of {self._kind}", nearest(key, tuple(self._known)))

    def refuse(self, key: str, got: str, advice: str) -> NoReturn:
        """Say what is wrong with a key, and what to write."""
        if len(got) > _QUOTED:
            got = got[: _QUOTED - 1] + "…"
        key = key if len(key) <= _QUOTED else key[: _QUOTED - 1] + "…"
        raise InputError(f"{self._where} key {key!r}", got, advice)


_NAMES = {str: "text", int: "whole number", float: "number", list: "list", dict: "table"}
_NAMES |= {bool: "true or false"}


def nearest(name: str, choices: tuple[str, ...]) -> str:
    """Advice that names the nearest right spelling."""
    close = difflib.get_close_matches(name, choices, 1, 0.5)
    listed = ", ".join(choices)
    return f"did you mean {close[0]!r}? (one of {listed})" if close else f"use one of: {listed}"


def quoted(text: str) -> str:
    r"""A TOML string that holds any text: JSON's escapes are TOML's, which bars DEL besides.

    >>> quoted('a "b"\n')
    '"a \\"b\\"\\n"'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def setting(key: str, value: object) -> str:
    """``key = value``; the key quoted where TOML needs it.

    >>> setting("NEUT#", 0.1), setting("predictions", ["a.csv"]), setting("optional", True)
    ('"NEUT#" = 0.1', 'predictions = ["a.csv"]', 'optional = true')
    """
    return f"{_key(key)} = {written(value)}"


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else quoted(key)


def stated(values: Any) -> dict[str, Any]:
    """Name → value of what a dataclass holds that is not as by default."""
    return {
        of.name: getattr(values, of.name)
        for of in fields(values)
        if of.default is MISSING or getattr(values, of.name) != of.default
    }


def lines(table: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """A table as TOML, line by line: its settings, then the tables in it, and lists of tables.

    What is ``None`` is left out.

    >>> "|".join(lines({"seed": 1, "gate": {"margin": 0.02}, "signer": [{"role": "QA"}]}))
    'seed = 1||[gate]|margin = 0.02||[[signer]]|role = "QA"'
    """
    inner: list[tuple[str, str, Mapping[str, Any]]] = []
    for key, value in table.items():
        whole = f"{name}{_key(key)}"
        if isinstance(value, Mapping):
            inner.append(("[{}]", whole, value))
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            inner += [("[[{}]]", whole, row) for row in value]
        elif value is not None:
            yield setting(key, value)
    for header, whole, within in inner:
        if any(not isinstance(value, Mapping) for value in within.values()):  # else it needs none
            yield from ("", header.format(whole))
        yield from lines(within, f"{whole}.")


def written(value: object) -> str:
    """A value as TOML has it: text, number, true or false, or a list of these."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value)
