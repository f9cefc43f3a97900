"""The tree is the road: few stations, private files for their own room, a class name once.

Read from the syntax trees; the order of the stations is `lint-imports`' business.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import wbcval

ROOT = Path(wbcval.__file__).parent
MODULES = {
    ".".join(("wbcval", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
}
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}
MOST_STATIONS = 25


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of what is imported, those for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole way"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def foreign(importer: str, full: str) -> bool:
    """Whether a name passes through something private of a room that is not the importer's.

    The room of a private name is the folder that it lies in; folders below belong to it.
    """
    parts = full.split(".")
    for i, part in enumerate(parts):
        if part.startswith("_") and not part.startswith("__"):
            room = ".".join(parts[:i])
            if room in MODULES and room not in PACKAGES:
                room = room.rpartition(".")[0]
            return importer != room and not importer.startswith(f"{room}.")
    return False


@pytest.mark.parametrize(
    ("importer", "full", "is_foreign"),
    [
        ("wbcval.render._page", "wbcval.gating.compare._gate", True),
        ("wbcval.render._page", "wbcval.gating.compare._gate.compare", True),
        ("wbcval.render._page", "wbcval.plots.scene._apart", True),
        ("wbcval.cli", "wbcval.commands._shared", True),
        ("wbcval.door.importers", "wbcval.door.tables._text", True),
        ("wbcval.stats", "wbcval.stats._moments", False),
        ("wbcval.stats.functions.error", "wbcval.stats._moments", False),
        ("wbcval.plots.pictures.forest", "wbcval.plots.scene._apart", False),
        ("wbcval.render._page", "wbcval.gating.compare.types.Change", False),
        ("wbcval.mlflow_log", "wbcval.__version__", False),
    ],
)
def test_a_foreign_private_is_known_when_it_is_seen(
    importer: str, full: str, is_foreign: bool
) -> None:
    assert foreign(importer, full) is is_foreign


def test_what_is_private_is_imported_by_its_own_room_alone() -> None:
    found = [
        f"{importer}: {full}"
        for importer in MODULES
        for full in imported(tree_of(importer))
        if full.startswith("wbcval.") and foreign(importer, full)
    ]

    assert not found, "make it public, or move it:\n" + "\n".join(found)


def stations() -> set[str]:
    """Files and packages; a folder that an older checkout left behind holds no code."""
    return {
        path.name for path in ROOT.iterdir() if path.is_file() or (path / "__init__.py").exists()
    }


def test_the_stations_can_be_counted() -> None:
    assert len(stations()) <= MOST_STATIONS, sorted(stations())


def test_no_station_has_the_name_of_a_verb() -> None:
    """``wbcval.gate`` would be the folder as soon as anything in it is imported."""
    assert not {*wbcval.__all__} & {name.removesuffix(".py") for name in stations()}


def test_a_class_name_stands_once() -> None:
    homes = defaultdict(list)
    for name in MODULES:
        for node in ast.walk(tree_of(name)):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(name)
    twice = {name: where for name, where in homes.items() if len(where) > 1}

    assert len(homes) > 150
    assert not twice, "two things, two names"


ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"
_NAME = re.compile(r"`(_?[a-z][a-z_]*(?:/[a-z_]+)*(?:/|\.py)?)`")


def rooms() -> dict[str, list[str]]:
    """First cell of each row of the stations → what its second cell names."""
    table = (
        ARCHITECTURE.read_text(encoding="utf-8").partition("| station |")[2].partition("\n\n")[0]
    )
    rows = [line.split(" | ") for line in table.splitlines()[2:]]
    return {
        room.removesuffix("/"): _NAME.findall(row[1])
        for row in rows
        for room in _NAME.findall(row[0])
    }


def test_the_map_has_a_row_for_each_room() -> None:
    rows = rooms()
    shown = {*rows, *(f"{room}/{name}".removesuffix("/") for room in rows for name in rows[room])}
    there = {
        str(path.relative_to(ROOT).parent if path.name == "__init__.py" else path.name)
        for path in MODULES.values()
        if path.name == "__init__.py" or path.parent == ROOT
    } - {".", "__main__.py"}
    above = {room.partition("/")[0] for room in rows if "/" in room}

    assert len(there) > 30
    assert not {name for name in there - shown - above if "/_" not in name}


def test_the_map_names_nothing_that_is_not_there() -> None:
    rows = rooms()
    said = [(room, name) for room, names in rows.items() for name in names]
    picture = ARCHITECTURE.read_text(encoding="utf-8").split("```")[1]
    drawn = re.findall(r"[a-z_]+/[a-z_/]*", picture)

    assert len(said) > 80
    assert len(drawn) > 10
    assert not [(room, name) for room, name in said if not _is_there(room, name)]
    assert not [name for name in [*rows, *drawn] if not _is_there("", name)]


def _is_there(room: str, name: str) -> bool:
    """A module or folder of the room, or another room that the row speaks of."""
    folders = ROOT / room, ROOT / Path(room).parent, ROOT
    places = [folder / name for folder in folders]
    return any(place.is_dir() or place.with_suffix(".py").is_file() for place in places)
