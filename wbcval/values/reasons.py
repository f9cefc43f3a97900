"""Why a number is missing, infinite or without an interval: a code with values, and its words.

A statistic states the code and what it counted; the words stand here alone, and
docs/reference/reasons.md is made from them. Nobody parses a sentence: who needs to know asks the
code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, Self

from wbcval.values._reason_table import TABLE, Row

_SEVERAL = "several"  # reasons of one number, joined


class Reason(str):
    """A code with its values; as text, the sentence they make.

    Equal to its sentence, and false where there is nothing to say.

    Attributes:
        code: a row of :data:`REASONS`; "" for nothing.
        values: what the sentence is filled with: numbers, words, or reasons themselves.

    Raises:
        ValueError: for a code without a row, or values that are not those of its sentence.

    >>> why = Reason("too_few", needed=3, units="pairs", got=2)
    >>> str(why), why.code, why.values["needed"]
    ('needs 3 pairs, got 2', 'too_few', 3)
    """

    code: str
    values: Mapping[str, Any]

    __slots__ = ("code", "values")

    def __new__(cls, code: str, /, **values: Any) -> Self:
        """Of a row of the table, filled with its values."""
        row = REASONS.get(code)
        if row is None:
            raise ValueError(f"no reason has the code {code!r}")
        if row.fields != {*values}:
            raise ValueError(f"{code}: takes {sorted(row.fields)}, got {sorted(values)}")
        plain = {key: _plain(value) for key, value in values.items()}
        return cls._of(code, plain, row.sentence.format(**plain))

    @classmethod
    def _of(cls, code: str, values: Mapping[str, Any], text: str) -> Self:
        made = super().__new__(cls, text)
        made.code, made.values = code, values
        return made

    @classmethod
    def all(cls, reasons: Iterable[Reason]) -> Reason:
        """Several of one number, as one; one alone as it is.

        >>> Reason.all([Reason("no_pair"), NO_REASON, Reason("no_sample")]).code
        'several'
        """
        found = tuple(filter(None, reasons))
        if len(found) < 2:
            return found[0] if found else NO_REASON
        return cls._of(_SEVERAL, {"reasons": found}, "; ".join(found))

    @classmethod
    def told(cls, text: str) -> Reason:
        """A sentence of somebody else: of an older file, or of a plug-in without a row here."""
        return cls("told", text=text) if text else NO_REASON

    def __reduce__(self) -> tuple[Any, ...]:
        """For other processes."""
        return _again, (self.code, dict(self.values), str(self))

    def to_json(self) -> dict[str, Any]:
        """``reason``, its code and values, as they stand in ``results.json``."""
        if not self:
            return {"reason": None, "reason_code": None, "reason_values": None}
        values = {
            key: [each.to_json() for each in value] if isinstance(value, tuple)
            else value.to_json() if isinstance(value, Reason)
            else value
            for key, value in self.values.items()
        }  # fmt: skip
        return {"reason": str(self), "reason_code": self.code, "reason_values": values}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Reason:
        """What :meth:`to_json` wrote; of an older file, which has no code, its sentence.

        Raises:
            KeyError, TypeError, ValueError: where it is none.
        """
        text, code = row["reason"], row.get("reason_code")
        if text is None:
            return NO_REASON
        if code is None:
            return cls.told(str(text))
        if code != _SEVERAL and code not in REASONS:
            raise ValueError(f"no reason has the code {code!r}")
        values = {
            str(key): tuple(map(cls.from_json, value)) if isinstance(value, list)
            else cls.from_json(value) if isinstance(value, dict)
            else value
            for key, value in row["reason_values"].items()
        }  # fmt: skip
        return cls._of(str(code), values, str(text))


def _plain(value: Any) -> Any:
    """As JSON has it: no scalar of NumPy, no name that is more than its text."""
    if isinstance(value, Reason):
        return value
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, Integral) else float(value)


def _again(code: str, values: Mapping[str, Any], text: str) -> Reason:
    return Reason._of(code, values, text)


REASONS: Mapping[str, Row] = {row.code: row for row in TABLE}
NO_REASON = Reason._of("", {}, "")
