"""Every figure, as published and as computed here, under the check it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from markupsafe import Markup

from wbcval.render._basis import SelftestBasis
from wbcval.render._section import Section
from wbcval.render._words import badge, plural
from wbcval.values.wording import DASH, FAILED, PASSED


@dataclass(frozen=True, slots=True)
class Recalculation:
    """The figures of one check."""

    name: str
    source: str
    figures: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class SelftestFigures:
    """The figures of a record, for tables and sentences."""

    basis: SelftestBasis

    @cached_property
    def all(self) -> Sequence[Mapping[str, Any]]:
        """In the order of the record."""
        found: Sequence[Mapping[str, Any]] = self.basis.record["figures"]
        return found

    @cached_property
    def missed(self) -> list[Mapping[str, Any]]:
        """Those that do not agree."""
        return [figure for figure in self.all if not figure["passed"]]

    @property
    def families(self) -> list[tuple[str, list[Recalculation]]]:
        """Title → its checks."""
        return [
            (family, [
                Recalculation(name, rows[0]["source"], rows)
                for name, rows in (
                    (name, [*of]) for name, of in groupby(within, key=lambda f: f["check"])
                )
            ])
            for family, within in groupby(self.all, key=lambda figure: figure["family"])
        ]  # fmt: skip

    @property
    def counted(self) -> str:
        """How many figures agree."""
        checks = plural(len({(f["family"], f["check"]) for f in self.all}), "computation")
        if not self.missed:
            return f"All {plural(len(self.all), 'figure')} of {checks} agree with their sources."
        return f"{len(self.missed)} of {plural(len(self.all), 'figure')} of {checks} do not agree."

    @staticmethod
    def expected(figure: Mapping[str, Any]) -> str:
        """As the source prints it."""
        return _signed(figure["expected"])

    @staticmethod
    def got(figure: Mapping[str, Any]) -> str:
        """What came out, or why nothing did."""
        found = figure["got"]
        if found is None:
            return f"{DASH} {figure['error']}"
        return _signed(found if isinstance(found, str) else f"{found:.15g}")

    @staticmethod
    def digits(figure: Mapping[str, Any]) -> str:
        """Digits that agree, of those printed; and how many must, where fewer do."""
        of = figure["digits"]
        if of is None:
            return DASH
        fewer = f" ({of['needed']} needed)" if of["needed"] < of["printed"] else ""
        return f"{of['agree']} of {of['printed']}{fewer}"

    @staticmethod
    def badge(figure: Mapping[str, Any]) -> Markup:
        """Symbol, word and colour."""
        if figure["passed"]:
            return badge("pass", PASSED, "agrees")
        return badge("fail", FAILED, "differs")


def _signed(text: str) -> str:
    """The same with negative numbers and exponents set with a minus sign."""
    return re.sub(r"(?:^|(?<=[eE]))-(?=\d)", "\N{MINUS SIGN}", text)


SECTION = Section(context={"figures": SelftestFigures})
