"""No room asks a name how it ends: names of statistics and measurands are values that answer.

Read from the syntax trees, so that no spelling of the same question gets by unseen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wbcval
from wbcval.machine import plugins
from wbcval.protocol.types import CLASS_MEASURES

ROOT = Path(wbcval.__file__).parent
# each parses a text of its own: names here, and what people write in files there
HOMES = {
    "values/measurands.py",
    "stats/statistic_name.py",
    "values/units.py",
    "door/importers/names.py",
}
_ASKS = {"startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition",
         "split", "rsplit", "strip", "rstrip", "lstrip", "replace", "find", "index"}  # fmt: skip
_OF_NAMES = {"statistic", "measured_as", "subject", "measurand", "measurands"}
_BASES = ("share_within", "n_outside", "covering_error", "or_noise", "or_within")


def asked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines that take a name apart, each with what it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in _ASKS:
                continue
            about = _last(node.func.value)
            texts = [t for a in node.args for t in _texts(a)]
            # replace("_", " ") writes a name in words
            words = node.func.attr == "replace" and texts == ["_", " "]
            parts = all(map(_is_part, texts)) and bool(texts)
            if parts or (about in _OF_NAMES and not words):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Subscript) and _last(node.value) in _OF_NAMES:
            if isinstance(node.slice, (ast.Slice, ast.UnaryOp)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Subscript):
            if any(t and not t.strip("#%") for c in node.comparators for t in _texts(c)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and str(first.value).startswith(
                tuple(f"{base}:" for base in _BASES)
            ):
                yield node.lineno, ast.unparse(node)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _texts(node: ast.AST) -> list[str]:
    inside = node.elts if isinstance(node, ast.Tuple) else [node]
    return [n.value for n in inside if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _is_part(text: str) -> bool:
    return (text and not text.strip("#%")) or text.split(":")[0].split("=")[0].lstrip(":") in _BASES


@pytest.mark.parametrize(
    "code",
    [
        "c.statistic.partition(':')[0]",
        "subject.endswith('%')",
        "name.endswith(('%', '#'))",
        "name[-1] == '#'",
        "name[-1] not in '#%'",
        "pairs.subject[:-1]",
        "name.startswith('share_within:')",
        "c.subject.rstrip('#%')",
        "name.replace('#', '%')",
        "f'share_within:{limit:g}'",
    ],
)
def test_the_question_is_known_when_it_is_asked(code: str) -> None:
    assert list(asked(ast.parse(code)))


def test_measures_of_classes_are_those_that_take_cells() -> None:
    metrics = plugins.load("wbcval.stats.functions", "METRIC")

    assert {*CLASS_MEASURES} == {m for x in metrics if x.takes == "cells" for m in x.measures}


def test_a_name_is_taken_apart_in_its_home_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {said}"
        for path in sorted(ROOT.rglob("*.py"))
        if str(path.relative_to(ROOT)) not in HOMES
        for line, said in asked(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert not found, "ask the StatisticName or the Measurand instead:\n" + "\n".join(found)
