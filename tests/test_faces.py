"""What ``wbcval.stats`` and ``wbcval.plots`` show: whole, typed, and loaded one by one."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from wbcval import plots, stats
from wbcval.machine import plugins
from wbcval.plots import pictures
from wbcval.stats import functions

FACES = pytest.mark.parametrize("package", [stats, plots], ids=["stats", "plots"])


HOMES = {stats.__name__: functions, plots.__name__: pictures}


def shown(package: ModuleType) -> dict[str, list[str]]:
    """Module → its function of the same name, and that function's result."""
    found, home = {}, HOMES[package.__name__]
    for info in pkgutil.iter_modules(home.__path__):
        module = importlib.import_module(f"{home.__name__}.{info.name}")
        name = info.name
        if inspect.isfunction(getattr(module, name, None)):
            result = name.title().replace("_", "")
            found[module.__name__] = [n for n in (result, name) if hasattr(module, n)]
    return found


@FACES
def test_type_checkers_completion_and_star_see_every_function_and_its_result(
    package: ModuleType,
) -> None:
    tree = ast.parse(Path(inspect.getfile(package)).read_text(encoding="utf-8"))
    typed = {
        node.module: [alias.name for alias in node.names]
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    names = sorted(n for found in shown(package).values() for n in found)

    assert typed == shown(package), "write these imports under TYPE_CHECKING"
    assert dir(package) == package.__all__
    assert [n for n in package.__all__ if n != "NotEstimable"] == names


@FACES
def test_every_name_is_what_its_file_defines(package: ModuleType) -> None:
    for home, names in shown(package).items():
        for name in names:
            assert getattr(package, name) is getattr(importlib.import_module(home), name)
    with pytest.raises(AttributeError, match="passing_by"):
        _ = package.passing_by


def test_every_metric_can_be_called_by_hand() -> None:
    homes = {
        name
        for name in (
            f"{functions.__name__}.{i.name}" for i in pkgutil.iter_modules(functions.__path__)
        )
        if hasattr(importlib.import_module(name), "METRIC")
    }

    assert len(homes) == len(plugins.load("wbcval.stats.functions", "METRIC"))
    assert homes <= shown(stats).keys()


def test_showing_the_names_loads_none_of_them() -> None:
    code = (
        "import sys, wbcval.stats, wbcval.plots; dir(wbcval.stats); print('numpy' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert found.stdout.strip() == "False"
