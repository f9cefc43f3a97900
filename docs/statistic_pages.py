"""What the pages of statistics are made of: facts of the program and its docstrings, and pictures.

A page says ``<!-- generated: facts deming -->``; what no program knows stands in the page itself.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable

import numpy as np
from generated import _table, statistic_rows

from wbcval import plots, stats
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.pictures.regression import fitted
from wbcval.plots.scene import Scene
from wbcval.plots.svg import svg
from wbcval.values.estimate import Estimate
from wbcval.values.wording import numerals

_FUNCTIONS = {"bland_altman_percent": "bland_altman"}  # where a measure is not named after its own
_SECTION = r"^{}:\s*(.*?)(?=^\S|\Z)"


def facts(measure: str) -> str:
    """What criteria can name of a measure, when it is not estimable, and its source.

    Of a function of arrays alone, which is no measure: the latter two.
    """
    name = _FUNCTIONS.get(measure, measure)
    module = importlib.import_module(f"wbcval.stats.functions.{name}")
    text = inspect.cleandoc(getattr(module, name).__doc__)
    rows = [row[1:] for row in statistic_rows() if row[0] == f"`{measure}`"]
    parts = [_table(("statistic", "in words", "unit", "better"), rows)] if rows else []
    refused = re.search(r"NotEstimable: (.*?)(?=^\s*\w+: |\Z)", _part(text, "Raises"), re.M | re.S)
    if refused:
        parts.append(f"**Not estimable:** {_line(refused[1])}")
    if source := _line(_part(text, "Source")):
        parts.append(f"**Source:** {source}")
    parts.append(f"**In Python:** [`stats.{name}`](../python.md#{name})")
    return "\n\n".join(parts)


def _part(docstring: str, name: str) -> str:
    found = re.search(_SECTION.format(name), docstring, re.M | re.S)
    return found[1] if found else ""


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def picture(name: str) -> str:
    """The picture of a measure, of drawn samples, as it stands in a report."""
    scene = _PICTURES[name]()
    box = f'<div style="max-width: {scene.width:g}px">'
    return f"````{{raw}} html\n{box}{svg(scene)}</div>\n````"


def _drawn(n: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """WBC of samples, and a model that is 4 % high with a CV of 5 %."""
    rng = np.random.default_rng(1)
    reference = np.exp(rng.normal(np.log(7), 0.5, n)).round(2)
    return reference, (1.04 * reference * rng.normal(1, 0.05, n)).round(2)


def _errors() -> Scene:
    reference, model = _drawn()
    found = stats.error(reference, model, measurand="WBC").detail
    return plots.distribution(found, 10, title="Distribution of the errors, WBC").scene


def _agreement() -> Scene:
    reference, model = _drawn()
    found = stats.bland_altman(reference, model, difference="percent")
    lines = [
        Line(e, f"{name} {numerals(e)[0]}")
        for name, e in zip(("bias", "lower", "upper"), (found.bias, *found.deciding), strict=True)
    ]
    return plots.agreement(
        found, lines[0], lines[1:], title="Differences between model and reference, WBC",
        x_title="Mean of model and reference, WBC, ×10⁹/L", y_title="Model − reference, %",
    ).scene  # fmt: skip


def _histogram() -> Scene:
    return _differences(plots.histogram)


def _mountain() -> Scene:
    return _differences(plots.mountain)


def _differences(draw: Callable[..., Scene]) -> Scene:
    found = stats.bland_altman(*_drawn(), difference="percent")
    ends = [e.value for e in found.deciding if e.value is not None]
    middle = float(np.median(found.differences))
    return draw(
        found.differences, middle, ends, title="Differences", x_title="Model − reference, %"
    )


def _total_error() -> Scene:
    found = stats.total_error(*_drawn())
    central = Estimate(float(np.median(found.errors)), found.lower.value, found.upper.value)
    _, low, high = numerals(central)
    row = ForestRow("WBC", central, f"{low} to {high}", allowed=(-14.2, 14.2))
    return plots.forest([row], title="Total error", axis="Error, % of the reference", at=0.0)


def _lines() -> Scene:
    reference, model = _drawn()
    lines = fitted(stats.deming(reference, model), stats.passing_bablok(reference, model))
    return plots.regression(
        reference, model, [*lines.values()], title="Model on reference, WBC",
        x_title="Reference, WBC, ×10⁹/L", y_title="Model, WBC, ×10⁹/L",
    ).scene  # fmt: skip


def _levels() -> Scene:
    line = stats.deming(*_drawn())
    rows = []
    for level in (4.0, 10.0):
        bias = line.bias_at(level)
        ends = [None if v is None else 100 * v / level for v in (bias.value, bias.low, bias.high)]
        share = Estimate(*ends)
        number, low, high = numerals(share)
        rows.append(
            ForestRow(
                f"WBC at {level:g}", share, f"{number} ({low} to {high})", allowed=(-5.0, 5.0)
            )
        )
    return plots.forest(rows, title="Bias at decision levels", axis="Bias, % of the level", at=0.0)


_PICTURES: dict[str, Callable[[], Scene]] = {
    "error": _errors,
    "bland_altman": _agreement,
    "histogram": _histogram,
    "mountain": _mountain,
    "total_error": _total_error,
    "regression": _lines,
    "decision_levels": _levels,
}
