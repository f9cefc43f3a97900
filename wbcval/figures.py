"""Pictures as matplotlib figures, each with the data behind it; numbers come from the results.

    figure = verification(made.results, "WBC")
    figure.frame        # a row per sample drawn
    figure.savefig("wbc.svg")
    agreement(frame["reference"], frame["model"])    # of two columns, without a study

Nothing global happens: no pyplot, no backend. The functions raise ``NotEstimable`` where there was
too little to measure, and ``KeyError`` where nothing of that name was measured.
"""

from __future__ import annotations

import io
import itertools
from typing import Any, overload

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from wbcval import plots as pictures
from wbcval import stats
from wbcval.measure.results import Results
from wbcval.plots.figure import DPI, paint
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.pictures.regression import Fitted, fitted
from wbcval.plots.scene import Scene
from wbcval.stats.arrays import numbers
from wbcval.stats.functions.bland_altman import BlandAltman
from wbcval.stats.functions.classification import Classification
from wbcval.stats.functions.error import LIMIT, SHARE, Error
from wbcval.stats.metric import Floats
from wbcval.stats.statistic_name import COVERING_ERROR, SHARE_WITHIN, StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import number
from wbcval.values.wording import difference_unit, numerals, unit_text

_ARRAYS = "the model"  # what the title names where no study says what is measured


class DataFigure(Figure):
    """A matplotlib figure that knows its data.

    Attributes:
        frame: what is drawn, a row per point (or per true class).
    """

    def __init__(self, frame: pd.DataFrame, **options: Any) -> None:
        super().__init__(dpi=DPI, **options)
        self.frame = frame

    def _repr_png_(self) -> bytes:
        """The figure in a notebook, also where no plotting backend was asked for."""
        image = io.BytesIO()
        self.savefig(image, format="png", metadata={"Software": None})
        return image.getvalue()


@overload
def verification(
    results: Results, measurand: str, stratum: str = "all", *, limit: str | float = LIMIT
) -> DataFigure: ...


@overload
def verification(
    results: ArrayLike, measurand: ArrayLike, *, limit: str | float = LIMIT
) -> DataFigure: ...


def verification(
    results: Results | ArrayLike,
    measurand: str | ArrayLike,
    stratum: str = "all",
    *,
    limit: str | float = LIMIT,
) -> DataFigure:
    """Error of each sample against its reference, the limit, and the covering error (§3).

    Args:
        results: of a study; or the reference, shape (n,).
        measurand: ``NEUT%``; or the model, shape (n,), in the reference's unit.
        stratum: ``all`` or ``column=value``; of a study.
        limit: percent, as in ``share_within:15``; of a study the default, or one a criterion names.

    Returns:
        ``frame``: ``sample_id``, ``reference``, ``model`` (in the measurand's unit),
        ``error_percent`` (infinite where the reference is 0 and the model is not; drawn as a
        triangle at the upper edge), ``within``.
    """
    limit = limit if isinstance(limit, str) else f"{limit:.15g}"
    error: Error
    if isinstance(results, Results):
        measurand = str(measurand)
        error = _detail(results, "error", measurand, stratum)
    else:
        error = stats.error(results, measurand, limit=float(limit)).detail
        measurand = _ARRAYS
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
    covering = error.covering.get(StatisticName.of(COVERING_ERROR, SHARE))
    value = None if covering is None or found.floor else covering.value
    drawn = pictures.verification(
        error,
        found,
        title=f"Errors of {measurand}",
        unit=unit_text(pairs.unit),
        covering=value,  # with a floor, no single error covers
        covering_label="" if covering is None or value is None else _covers(covering, found.limit),
        limit_label=f"limit ±{found.limit:g} %",
    )
    lost = f", {pairs.technical_failures} of them without a model result"
    said = f"{found.k} of {found.n} samples within ±{found.limit:g} %"
    said += lost if pairs.technical_failures else ""
    return _shown(drawn.scene, frame, measurand, stratum, said)


@overload
def agreement(results: Results, measurand: str, stratum: str = "all") -> DataFigure: ...


@overload
def agreement(
    results: ArrayLike, measurand: ArrayLike, *, cluster: ArrayLike | None = None
) -> DataFigure: ...


def agreement(
    results: Results | ArrayLike,
    measurand: str | ArrayLike,
    stratum: str = "all",
    *,
    cluster: ArrayLike | None = None,
) -> DataFigure:
    """Bland–Altman: differences against the mean of both methods, with their limits (§5).

    The limits are those that decide; below 39 samples, where none does, bias ± 1.96 SD. Bands are
    two-sided intervals.

    Args:
        results: of a study; or the reference, shape (n,).
        measurand: ``NEUT%``; or the model, shape (n,), in the reference's unit.
        stratum: ``all`` or ``column=value``; of a study.
        cluster: shape (n,), the patient, where samples repeat one; of arrays.

    Returns:
        ``frame``: ``sample_id``, ``mean`` (of both methods), ``difference`` (model − reference), in
        the measurand's unit.
    """
    found: BlandAltman
    if isinstance(results, Results):
        measurand = str(measurand)
        found = _detail(results, "bland_altman", measurand, stratum)
        pairs = _detail(results, "error", measurand, stratum).pairs
        ids, of, unit = pairs.sample_ids, f", {measurand}, {unit_text(pairs.unit)}", pairs.unit
        differs = f", {unit_text(difference_unit(unit))}"
    else:
        found = stats.bland_altman(results, measurand, cluster=cluster)
        measurand, ids, of, differs = _ARRAYS, _numbered(len(found.kept)), "", ""
    frame = pd.DataFrame(
        {
            "sample_id": list(itertools.compress(ids, found.kept)),
            "mean": found.averages,
            "difference": found.differences,
        }
    )
    limits, what = found.drawn or ((), "")
    drawn = pictures.agreement(
        found,
        _line("bias", found.bias),
        [_line(name, e) for name, e in zip(("lower", "upper"), limits, strict=False)],
        title=f"Differences of {measurand}",
        x_title=f"Mean of model and reference{of}",
        y_title=f"Model − reference{differs}",
    )
    few = "" if found.deciding[0].value is not None else "; too few for limits that decide"
    by = f"; limits: {what}" if what else ""
    return _shown(drawn.scene, frame, measurand, stratum, f"{found.n} samples{by}{few}")


@overload
def regression(results: Results, measurand: str, stratum: str = "all") -> DataFigure: ...


@overload
def regression(
    results: ArrayLike, measurand: ArrayLike, *, cluster: ArrayLike | None = None
) -> DataFigure: ...


def regression(
    results: Results | ArrayLike,
    measurand: str | ArrayLike,
    stratum: str = "all",
    *,
    cluster: ArrayLike | None = None,
) -> DataFigure:
    """The model against the reference, with Deming's and Passing–Bablok's line and identity (§6).

    Args:
        results: of a study; or the reference, shape (n,).
        measurand: ``NEUT%``; or the model, shape (n,), in the reference's unit.
        stratum: ``all`` or ``column=value``; of a study.
        cluster: shape (n,), the patient, where samples repeat one; of arrays.

    Returns:
        ``frame``: ``sample_id``, ``reference``, ``model`` (in the measurand's unit), ``deming`` and
        ``passing_bablok`` (the line's height there; missing where a line was not estimable).
    """
    measures = ("deming", "passing_bablok")
    if isinstance(results, Results):
        measurand = str(measurand)
        found = fitted(*(results.detail(m, measurand, stratum) for m in measures))
        if not found:
            _detail(results, "deming", measurand, stratum)
        pairs = _detail(results, "error", measurand, stratum).pairs
        ids, reference, model = pairs.sample_ids, pairs.reference, pairs.model
        of = f", {measurand}, {unit_text(pairs.unit)}"
    else:
        found, reference, model = _lines(results, measurand, cluster)
        measurand, ids, of = _ARRAYS, _numbered(len(reference)), ""
    frame = pd.DataFrame({"sample_id": ids, "reference": reference, "model": model})
    for measure in measures:
        line = found.get(measure)
        frame[measure] = np.nan if line is None else line.at(reference)
    drawn = pictures.regression(
        reference,
        model,
        list(found.values()),
        title=f"Model on reference, {measurand}",
        x_title=f"Reference{of}",
        y_title=f"Model{of}",
    )
    return _shown(drawn.scene, frame, measurand, stratum, f"{len(frame)} samples")


def _lines(
    reference: ArrayLike, model: ArrayLike, cluster: ArrayLike | None
) -> tuple[dict[str, Fitted], Floats, Floats]:
    """The lines of two arrays that there are, and the arrays; the reason where there is none."""
    found: dict[str, Any] = {}
    for fit in (stats.deming, stats.passing_bablok):
        try:
            found[fit.__name__] = fit(reference, model, cluster=cluster)
        except NotEstimable as why:
            found[fit.__name__] = why
    lines = [None if isinstance(line, NotEstimable) else line for line in found.values()]
    if lines == [None, None]:
        raise found["deming"]
    return fitted(*lines), numbers(reference, "reference"), numbers(model, "model")


def _numbered(n: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(1, n + 1))


def shares(
    results: Results, stratum: str = "all", *, limit: str = f"{LIMIT:g}", at: float = SHARE
) -> DataFigure:
    """Share of the samples within the limit, of each measurand, with two-sided intervals (§3).

    Args:
        results: of a study.
        stratum: ``all`` or ``column=value``.
        limit: percent, as in ``share_within:15``: the default, or one a criterion names.
        at: the share to compare with, drawn as a line.

    Returns:
        ``frame``: ``measurand``, ``share``, ``low``, ``high`` (fractions), ``n`` (samples).
    """
    name = StatisticName.of(SHARE_WITHIN, limit)
    found = [m for m in results.of("error", stratum) if m.statistic == name]
    if not found:
        raise KeyError(f"no share within {limit} % was measured in stratum {stratum}")
    rows = [(m.subject, m.estimate) for m in found]
    frame = pd.DataFrame(
        [(subject, e.value, e.low, e.high, e.n) for subject, e in rows],
        columns=["measurand", "share", "low", "high", "n"],
    )
    drawn = [ForestRow(s, e, number(e, at, percent=True)) for s, e in rows]
    axis = f"Samples within ±{limit} % of the reference, %"
    scene = pictures.forest(drawn, title=axis, axis=axis, at=at, percent=True)
    return _shown(scene, frame, "Shares", stratum, f"{len(rows)} measurands")


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
    figure = DataFigure(frame, figsize=(size + 1, size), layout="constrained")
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
    title = _title("Cells", stratum, f"{found.n_cells} in {found.n_samples} samples")
    ax.set_title(title, fontsize="medium", loc="left", parse_math=False)
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


def _shown(
    scene: Scene, frame: pd.DataFrame, measurand: str, stratum: str, said: str
) -> DataFigure:
    figure = DataFigure(frame)
    paint(scene, figure, _title(measurand, stratum, said))
    return figure


def _covers(covering: Estimate, limit: float) -> str:
    """What the covering error is, on its side of the limit."""
    return f"{100 * SHARE:g} % within ±{numerals(covering, False, limit)[0]} %"


def _line(name: str, e: Estimate) -> Line:
    return Line(e, f"{name} {numerals(e, False, 0.0)[0]}" if e.value is not None else "")


def _title(what: str, stratum: str, said: str) -> str:
    where = "" if stratum == "all" else f" in {stratum}"
    return f"{what}{where}: {said}"
