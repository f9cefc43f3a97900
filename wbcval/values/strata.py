"""A stratum by name: a column of the samples table, and one of its values."""

from __future__ import annotations


class Stratum(str):
    """``site=B``, or ``all``: a value that answers which column it is of, and which level.

    >>> Stratum("site=B=2").column, Stratum("site=B=2").level, Stratum("all").column
    ('site', 'B=2', '')
    """

    __slots__ = ()

    @classmethod
    def of(cls, column: str, level: str) -> Stratum:
        """Of a column and its value."""
        return cls(f"{column}={level}")

    @property
    def column(self) -> str:
        """The column; "" of all samples."""
        column, is_one, _ = self.partition("=")
        return column if is_one else ""

    @property
    def level(self) -> str:
        """The value in it; "" of all samples."""
        return self.partition("=")[2]
