"""Pictures as matplotlib figures, each with the data behind it; numbers come from the results.

    figure = verification(made.results, "WBC")
    figure.frame        # a row per sample drawn
    figure.savefig("wbc.svg")

Nothing global happens: no pyplot, no backend. The functions raise ``NotEstimable`` where there was
too little to measure, and ``KeyError`` where nothing of that name was measured.
"""

from __future__ import annotations

import io
import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wbcval.measure.results import Results
from wbcval.plots.notebook import number
from wbcval.plots.pictures.verification import error_scale
from wbcval.plots.scale import LOG, SYMLOG, Axis, spanning
from wbcval.plots.svg import BLUE, PURPLE, VERMILLION
from wbcval.stats.functions.bland_altman import BlandAltman
from wbcval.stats.functions.classification import Classification
from wbcval.stats.functions.error import LIMIT, SHARE, Acceptance, Error
from wbcval.stats.statistic_name import COVERING_ERROR, StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.wording import difference_unit, numerals, unit_text

_STEPS = 200  # of a line that bends
_DPI = 80  # in a notebook


class DataFigure(Figure):
    """A matplotlib figure that knows its data.

    Attributes:
        frame: what is drawn, a row per point (or per true class).
    """

    def __init__(self, frame: pd.DataFrame, width: float = 9.0, height: float = 4.2) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        self.frame = frame

    def _repr_png_(self) -> bytes:
        """The figure in a notebook, also where no plotting backend was asked for."""
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=_DPI, metadata={"Software": None})
        return image.getvalue()


def verification(
    results: Results, measurand: str, stratum: str = "all", *, limit: str = f"{LIMIT:g}"
) -> DataFigure:
    """Error of each sample against its reference, the limit, and the covering error (§3).

    Args:
        results: of a study.
        measurand: ``NEUT%``.
        stratum: ``all`` or ``column=value``.
        limit: percent, as in ``share_within:15``: the default, or one a criterion names.

    Returns:
        ``frame``: ``sample_id``, ``reference``, ``model`` (in the measurand's unit),
        ``error_percent`` (infinite where the reference is 0 and the model is not; drawn as a
        triangle at the upper edge), ``within``.
    """
    error: Error = _detail(results, "error", measurand, stratum)
    if limit not in error.acceptances:
        known = ", ".join(error.acceptances) or "none"
        raise KeyError(f"limit {limit} was not measured for {measurand}; measured: {known}")
    found, pairs = error.acceptances[limit], error.pairs
    frame = pd.DataFrame(
        {
            "sample_id": pairs.sample_ids,
            "reference": pairs.reference,
            "model": pairs.model,
            "error_percent": error.signed,
            "within": found.within,
        }
    )
    figure = DataFigure(frame)
    ax = figure.add_subplot()
    x = spanning(frame["reference"], 0, 1, log_from=20)
    y = error_scale(error.signed, found.limit, 0, 1)
    _scaled(ax, x, y)
    _errors(ax, frame, x, y)
    _bounds(ax, found, x, error.covering.get(StatisticName.of(COVERING_ERROR, SHARE)))
    ax.set_xlabel(f"Reference {measurand}, {unit_text(pairs.unit)}", parse_math=False)
    ax.set_ylabel("Error, % of the reference")
    lost = f", {pairs.technical_failures} of them without a model result"
    _title(ax, measurand, stratum, f"{found.k} of {found.n} samples within ±{found.limit:g} %"
           + (lost if pairs.technical_failures else ""))  # fmt: skip
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


def agreement(results: Results, measurand: str, stratum: str = "all") -> DataFigure:
    """Bland–Altman: differences against the mean of both methods, with their limits (§5).

    The limits are those that decide; below 39 samples, where none does, bias ± 1.96 SD. Bands are
    two-sided intervals.

    Args:
        results: of a study.
        measurand: ``NEUT%``.
        stratum: ``all`` or ``column=value``.

    Returns:
        ``frame``: ``sample_id``, ``mean`` (of both methods), ``difference`` (model − reference), in
        the measurand's unit.
    """
    found: BlandAltman = _detail(results, "bland_altman", measurand, stratum)
    pairs = _detail(results, "error", measurand, stratum).pairs
    frame = pd.DataFrame(
        {
            "sample_id": list(itertools.compress(pairs.sample_ids, found.kept)),
            "mean": found.averages,
            "difference": found.differences,
        }
    )
    figure = DataFigure(frame)
    ax = figure.add_subplot()
    x = spanning(frame["mean"], 0, 1, log_from=20)
    _scaled(ax, x)
    ax.axhline(0, color="black", linewidth=0.8)
    _dots(ax, frame["mean"].clip(lower=x.low), frame["difference"], "black", "sample")
    _line(ax, found.bias, "bias", BLUE, "-")
    limits, what = found.drawn or ((), "")
    for name, estimate in zip(("lower", "upper"), limits, strict=False):
        _line(ax, estimate, f"{name} limit,\n{what},", VERMILLION, "--")
    if found.changing is not None:
        means = np.linspace(found.averages.min(), found.averages.max(), _STEPS)
        for values in found.changing.at(means):
            ax.plot(np.maximum(means, x.low), values, ":", color=PURPLE)
    unit = unit_text(pairs.unit)
    ax.set_xlabel(f"Mean of model and reference, {measurand}, {unit}", parse_math=False)
    ax.set_ylabel(f"Model − reference, {unit_text(difference_unit(pairs.unit))}")
    few = "" if found.deciding[0].value is not None else "; too few for limits that decide"
    _title(ax, measurand, stratum, f"{found.n} samples{few}")
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


def confusion(results: Results, stratum: str = "all") -> DataFigure:
    """Cells by true and predicted class; shaded by their part of the true class (§8).

    Args:
        results: of a study whose cells have true classes.
        stratum: ``all`` or ``column=value``.

    Returns:
        ``frame``: cells; index the true class, columns the predicted class. All labels that a cell
        bears.
    """
    found: Classification = _detail(results, "classification", "all", stratum)
    counts = found.confusion
    borne = np.atleast_1d(counts.any(axis=0) | counts.any(axis=1))
    names = list(itertools.compress(found.labels, borne))
    frame = pd.DataFrame(
        counts[np.ix_(borne, borne)],
        index=pd.Index(names, name="true"),
        columns=pd.Index(names, name="predicted"),
    )
    size = 2.5 + 0.7 * len(names)
    figure = DataFigure(frame, size + 1, size)
    ax = figure.add_subplot()
    cells = frame.to_numpy()
    shade = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    ax.imshow(shade, cmap="Blues", vmin=0, vmax=1)
    for (i, j), n in np.ndenumerate(cells):
        colour = "white" if shade[i, j] > 0.5 else "black"
        ax.text(j, i, f"{n}", ha="center", va="center", color=colour, fontsize="small")
    ax.set_xticks(range(len(names)), names, rotation=40, ha="right")
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("Predicted class")
    ax.set_ylabel("True class")
    _title(ax, "Cells", stratum, f"{found.n_cells} in {found.n_samples} samples")
    return figure


def _detail(results: Results, measure: str, subject: str, stratum: str) -> Any:
    found = results.detail(measure, subject, stratum)
    if found is not None:
        return found
    rows = [m for m in results.of(measure, stratum) if m.subject == subject]
    if rows:
        raise NotEstimable(rows[0].estimate.reason)
    known = {(m.subject, m.stratum) for m in results.measurements if m.measure == measure}
    subjects, strata = (
        (", ".join(sorted(set(names))) for names in zip(*known, strict=True))
        if known
        else ("nothing", "none")
    )
    raise KeyError(
        f"no {measure} of {subject} in stratum {stratum}; measured: {subjects}; strata: {strata}"
    )


def _scaled(ax: Axes, x: Axis, y: Axis | None = None) -> None:
    """The axes as the report has them; compressed beyond the limit where errors are large."""
    if x.kind == LOG:
        ax.set_xscale("log")
        ax.set_xticks(*zip(*x.ticks(), strict=True))
    ax.set_xlim(x.low, x.high)
    if y is not None:
        if y.kind == SYMLOG:
            ax.set_yscale("symlog", linthresh=y.threshold)
            ax.set_yticks(*zip(*y.ticks(), strict=True))
        ax.set_ylim(y.low, y.high)
    ax.minorticks_off()


def _dots(ax: Axes, x: pd.Series, y: pd.Series, colour: str, label: str, marker: str = "o") -> None:
    if len(x):
        ax.scatter(x, y, s=16, c=colour, marker=marker, alpha=0.7, linewidths=0, label=label)


def _errors(ax: Axes, frame: pd.DataFrame, x: Axis, y: Axis) -> None:
    reference = frame["reference"].clip(lower=x.low)  # zero stands at the left end
    infinite = np.isinf(frame["error_percent"])
    signed = frame["error_percent"].mask(infinite, 0.97 * y.high)
    ax.axhline(0, color="black", linewidth=0.8)
    for side, mask, colour, marker in (
        ("within", frame["within"], "black", "o"),
        ("outside", ~frame["within"], VERMILLION, "D"),
    ):
        far = mask & infinite
        near = mask & ~infinite
        _dots(ax, reference[near], signed[near], colour, side, marker)
        _dots(ax, reference[far], signed[far], colour, f"{side}, infinite error", "^")


def _bounds(ax: Axes, found: Acceptance, x: Axis, covering: Estimate | None) -> None:
    at = np.geomspace if x.kind == LOG else np.linspace
    xs = at(x.low, x.high, _STEPS)
    allowed = np.minimum(found.limit_at(np.maximum(xs, 0)), ax.get_ylim()[1])
    label: str | None = f"limit ±{found.limit:g} %"
    for sign in (1, -1):
        ax.plot(xs, sign * allowed, "--", color=VERMILLION, label=label)
        label = None
    value = None if covering is None or found.floor else covering.value
    if covering is None or value is None or math.isinf(value):
        return  # with a floor, no single error covers
    label = f"{100 * SHARE:g} % within ±{numerals(covering, False, found.limit)[0]} %"
    for sign in (1, -1):
        ax.axhline(sign * value, linestyle=":", color=BLUE, label=label)
        label = None


def _line(ax: Axes, e: Estimate, name: str, colour: str, style: str) -> None:
    if e.value is None:
        return
    ax.axhline(e.value, color=colour, linestyle=style, label=f"{name} {number(e)}")
    if e.low is not None and e.high is not None:
        ax.axhspan(e.low, e.high, color=colour, alpha=0.14, linewidth=0)


def _title(ax: Axes, what: str, stratum: str, said: str) -> None:
    where = "" if stratum == "all" else f" in {stratum}"
    ax.set_title(f"{what}{where}: {said}", fontsize="medium", loc="left", parse_math=False)
