"""In a notebook: what study, results and verdict show, figures with their data, the page itself."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from nbclient import NotebookClient

from tests import forked
from tests.render.make_study import PROVENANCE, make_study, measured, within
from wbcval import figures
from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import samples_csv
from wbcval.judge.outcomes import Decision, Status, Verdict
from wbcval.measure.results import Results
from wbcval.plots.scene import BLUE, VERMILLION
from wbcval.stats.functions.error import WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import MOST_ROWS, table
from wbcval.values.reasons import Reason

PAGE = Path(__file__).resolve().parents[1] / "docs/notebook.ipynb"
BLACK = "#000000"
HOSTILE = '<img src=x onerror="alert(1)"> $x_ {}'


@cache
def made(**options: Any) -> tuple[Study, Results, Verdict]:
    """A study of 40 samples, one without a model result, one with a reference of zero."""
    odd = {"sites": 2, "lost": 1, "zero_reference": True, "criteria": (within("WBC"),)}
    study = make_study(**(odd | options))
    return study, *measured(study)


def shown(value: object) -> str:
    """What a reader sees of it in a notebook, tags taken off."""
    page: str = value._repr_html_()  # type: ignore[attr-defined]
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.mark.slow
def test_the_notebook_runs_and_is_kept_as_it_runs() -> None:
    kept = nbformat.read(PAGE, as_version=4)
    fresh = nbformat.from_dict(kept)
    strict = nbformat.v4.new_code_cell("import warnings\nwarnings.simplefilter('error')")
    fresh.cells.insert(0, strict)
    NotebookClient(fresh, timeout=120, resources={"metadata": {"path": PAGE.parent}}).execute()
    again = [c for c in fresh.cells[1:] if c.cell_type == "code"]
    cells = [c for c in kept.cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    for old, new in zip(cells, again, strict=True):
        assert [sorted(o.data) for o in old.outputs] == [sorted(o.data) for o in new.outputs]
        # what this package writes is the same everywhere; tables and pictures of others are not
        if old.source.startswith("made.") or old.source.endswith("made.verdict"):
            assert old.outputs[0].data == new.outputs[0].data
    assert len(cells) >= 5


def test_the_kept_notebook_is_small_and_of_no_machine() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert len(nbformat.reads(text, as_version=4).cells) <= 10
    assert not re.search(r"/(home|root|work|Users|tmp)/", text)


@pytest.mark.parametrize(
    ("decision", "written"),
    [
        (Decision.ACCEPTED, "✓ accepted"),
        (Decision.REJECTED, "✗ rejected"),
        (Decision.INCONCLUSIVE, "? inconclusive"),
    ],
)
def test_a_verdict_is_word_and_symbol(decision: Decision, written: str) -> None:
    verdict = Verdict(decision, "So it is.", ())
    assert f"Verdict: {written}" in shown(verdict)
    assert repr(verdict) == f"Verdict: {written}. So it is."


@pytest.mark.parametrize(
    ("status", "written"),
    [
        (Status.PASS, "✓ pass"),
        (Status.FAIL, "✗ fail"),
        (Status.INCONCLUSIVE, "? inconclusive"),
        (Status.NOT_ESTIMABLE, "– not estimable"),
    ],
)
def test_a_criterion_is_word_and_symbol(status: Status, written: str) -> None:
    _, _, verdict = made()
    outcome = replace(verdict.outcomes[0], status=status)
    assert written in shown(replace(verdict, outcomes=(outcome,)))


def test_names_from_the_data_are_text_never_markup() -> None:
    study, results, verdict = made()
    outcome = verdict.outcomes[0]
    criterion = replace(outcome.criterion, id=HOSTILE)
    for value in (
        replace(study, strata={HOSTILE: study.strata["all"]}, notes=(HOSTILE,)),
        replace(results, strata=(HOSTILE,)),
        replace(verdict, reason=HOSTILE, outcomes=(replace(outcome, criterion=criterion),)),
    ):
        assert "<img" not in value._repr_html_()
        assert HOSTILE in shown(value)


def test_results_show_the_numbers_of_the_results() -> None:
    _, results, _ = made()
    found = results.get("error", "WBC", "share_within:10")
    assert found is not None
    assert f"{100 * (found.estimate.value or 0):.1f}" in shown(results)
    assert "<svg" not in results._repr_html_()  # a value is no picture: `figures` draws
    assert "not estimable" in shown(made(zero_reference=True, ids=("only one",))[1])


def test_nothing_measured_is_shown_as_nothing() -> None:
    empty = Results((), {})
    assert "0 measurements" in shown(empty)
    assert list(empty.to_frame().columns)[:2] == ["measure", "subject"]
    nothing = Verdict(Decision.INCONCLUSIVE, "No criterion.", ())
    assert nothing.to_frame().empty


def test_a_long_table_says_what_it_leaves_out() -> None:
    text = table(["n"], [[i] for i in range(MOST_ROWS + 5)], "elsewhere")
    assert text.count("<tr>") == MOST_ROWS + 1
    assert f"{MOST_ROWS} of {MOST_ROWS + 5} rows; all: elsewhere." in text


# of a measurement and of an outcome; for those who read JSON
_NESTED = ("reason_values", "asked", "hits", "both_rules", "notes")


def test_frames_hold_what_results_json_holds() -> None:
    _, results, verdict = made()
    document = json.loads(ResultsFile(verdict, results.measurements, PROVENANCE).text())
    for frame, rows in (
        (results.to_frame(), document["measurements"]),
        (verdict.to_frame(), [o | o.pop("bound") for o in document["outcomes"]]),
    ):
        assert len(frame) == len(rows) > 0
        flat = [k for k, v in rows[0].items() if k not in _NESTED]
        assert set(frame.columns) == set(flat)
        for found, row in zip(frame.to_dict("records"), rows, strict=True):
            row = {k: row[k] for k in flat}
            row |= {k: ";".join(v) for k, v in row.items() if isinstance(v, list)}
            assert {k: None if pd.isna(v) else v for k, v in found.items()} == row


@pytest.mark.parametrize("measurand", [None, "WBC"])
def test_the_frame_of_a_study_is_samples_csv_before_it_is_measured(measurand: str | None) -> None:
    study, results, verdict = made()
    frame = study.to_frame(measurand)
    rows = [
        row
        for row in csv.DictReader(io.StringIO(samples_csv(study, results, verdict)))
        if measurand in (None, row["measurand"])
    ]
    assert len(frame) == len(rows)
    for found, row in zip(frame.to_dict("records"), rows, strict=True):
        assert [found[c] for c in ("sample_id", "measurand", "unit")] == [
            row[c] for c in ("sample_id", "measurand", "unit")
        ]
        for column in ("reference", "model", "n_cells"):
            assert (
                row[column] == "" if pd.isna(found[column]) else found[column] == float(row[column])
            )
        assert found["flags"] == row["flags"].removesuffix("unresolvable").removesuffix(";")


def drawn(figure: figures.DataFigure, colour: str) -> list[Any]:
    """Dots of one colour, in the order in which they are drawn."""
    (axes,) = figure.axes
    return [c for c in axes.collections if to_hex(c.get_facecolors()[0]) == colour]


def written(figure: figures.DataFigure) -> set[str]:
    return {text.get_text() for text in figure.axes[0].texts}


@pytest.mark.parametrize("measurand", ["WBC", "NEUT%", "BASO%"])
@pytest.mark.parametrize("stratum", ["all", "site=B"])
def test_a_verification_figure_holds_what_it_draws(measurand: str, stratum: str) -> None:
    _, results, _ = made()
    detail = results.detail("error", measurand, stratum)
    figure = figures.verification(results, measurand, stratum)
    found = detail.acceptances["10"]
    np.testing.assert_array_equal(figure.frame["error_percent"], detail.signed)
    assert figure.frame["within"].sum() == found.k
    assert len(figure.frame) == found.n - detail.pairs.technical_failures
    assert f"{found.k} of {found.n} samples" in figure.axes[0].get_title(loc="left")
    infinite = int(np.isinf(detail.signed).sum())
    assert sum(len(dots.get_offsets()) for dots in drawn(figure, BLACK)) == (
        len(figure.frame) - infinite
    )
    ringed = sum(len(dots.get_offsets()) for dots in drawn(figure, VERMILLION))
    assert ringed == len(figure.frame) - found.k  # a triangle each that is infinite


def test_an_infinite_error_and_a_lost_sample_are_said() -> None:
    _, results, _ = made()
    figure = figures.verification(results, "BASO%")
    *_, infinite = drawn(figure, VERMILLION)
    assert len(infinite.get_offsets()) == np.isinf(figure.frame["error_percent"]).sum() > 0
    assert all(0.9 < y < 1 for _, y in infinite.get_offsets())  # of the plot area
    title = figures.verification(results, "WBC").axes[0].get_title(loc="left")
    assert title.endswith("1 of them without a model result")


def test_a_limit_with_a_floor_bends_and_no_one_error_covers() -> None:
    floor = within("BASO%", or_within=0.2)
    # none lost and no reference of 0, so that a finite error covers
    _, results, _ = made(criteria=(floor,), lost=0, zero_reference=False)
    plain, bent = (figures.verification(results, "BASO%", limit=k)
                   for k in ("10", "10:or_within=0.2"))  # fmt: skip
    assert any("95 % within" in text for text in written(plain))
    assert not any("95 % within" in text for text in written(bent))
    limits = [line for line in bent.axes[0].lines if line.get_color() == VERMILLION]
    assert [np.ptp(line.get_ydata()) > 0 for line in limits] == [True, True]
    assert bent.frame["within"].sum() >= plain.frame["within"].sum()


def test_what_was_not_measured_is_not_drawn() -> None:
    _, results, _ = made()
    with pytest.raises(KeyError, match="limit 7 was not measured for WBC; measured: 10"):
        figures.verification(results, "WBC", limit="7")
    with pytest.raises(KeyError, match=r"no error of PLT in stratum all; measured: BASO%, .*WBC"):
        figures.verification(results, "PLT")
    with pytest.raises(KeyError, match="strata: all, site=A, site=B"):
        figures.agreement(results, "WBC", "site=Z")
    with pytest.raises(KeyError, match="measured: nothing"):
        figures.confusion(made(truth=False, with_cells=False)[1])
    everyone_lost = made(ids=("only one",), sites=0)[1]
    with pytest.raises(NotEstimable, match="needs 1 pair, got 0"):
        figures.agreement(everyone_lost, "WBC")
    assert figures.verification(everyone_lost, "WBC").frame.empty


def test_agreement_draws_the_limits_that_decide_else_the_presumed_ones() -> None:
    _, results, _ = made()
    detail = results.detail("bland_altman", "WBC")
    none = (Estimate.missing(Reason("nonparametric_too_few", needed=39, got=12), n=12),) * 2
    presumed = (detail.lower, detail.upper)
    for percentiles, drawn_ones in ((detail.deciding, detail.deciding), (none, presumed)):
        found = replace(
            detail, alternatives=dict(detail.alternatives) | {"nonparametric": percentiles}
        )
        details = dict(results.details) | {("bland_altman", "WBC", "all"): found}
        figure = figures.agreement(replace(results, details=details), "WBC")
        dashed = [line for line in figure.axes[0].lines if line.get_color() == VERMILLION]
        assert {line.get_ydata()[0] for line in dashed} == {e.value for e in drawn_ones}
        few = percentiles is none
        assert ("too few for limits that decide" in figure.axes[0].get_title(loc="left")) == few
    assert detail.deciding[0].value is not None  # both ways were tried


def test_agreement_holds_what_it_draws() -> None:
    study, results, _ = made()
    frame = figures.agreement(results, "WBC").frame.set_index("sample_id")
    given = study.to_frame("WBC").set_index("sample_id").loc[frame.index]
    np.testing.assert_allclose(frame["difference"], given["model"] - given["reference"])
    np.testing.assert_allclose(frame["mean"], (given["model"] + given["reference"]) / 2)


def test_regression_holds_what_it_draws() -> None:
    study, results, _ = made()
    figure = figures.regression(results, "WBC")
    frame = figure.frame.set_index("sample_id")
    given = study.to_frame("WBC").set_index("sample_id").loc[frame.index]
    np.testing.assert_array_equal(frame[["reference", "model"]], given[["reference", "model"]])
    found = results.detail("deming", "WBC")
    line = found.intercept.value + found.slope.value * frame["reference"]
    np.testing.assert_allclose(frame["deming"], line)
    drawn = [line for line in figure.axes[0].lines if line.get_color() in (BLUE, VERMILLION)]
    for measure, curve in zip(("deming", "passing_bablok"), drawn, strict=True):
        assert curve.get_ydata()[0] == pytest.approx(frame[measure].min())
    with pytest.raises(KeyError, match="no deming of PLT"):
        figures.regression(results, "PLT")


@pytest.mark.parametrize("stratum", ["all", "site=B"])
def test_shares_holds_what_it_draws(stratum: str) -> None:
    _, results, _ = made()
    figure = figures.shares(results, stratum)
    rows = {m.subject: m.estimate for m in results.of("error", stratum) if m.statistic == WITHIN}
    assert figure.frame["measurand"].tolist() == [*rows]
    assert figure.frame["share"].tolist() == [e.value for e in rows.values()]
    places = [dots.get_offsets()[0] for dots in figure.axes[0].collections]
    assert [x for x, _ in places] == figure.frame["share"].tolist()
    assert [y for _, y in places] == [i + 0.5 for i in range(len(rows))]
    with pytest.raises(KeyError, match="no share within 7 % was measured in stratum site=Z"):
        figures.shares(results, "site=Z", limit="7")


def test_confusion_is_every_cell_by_class() -> None:
    _, results, _ = made(mode="same-cells", criteria=(), lost=0)
    found = results.detail("classification", "all")
    figure = figures.confusion(results)
    assert figure.frame.to_numpy().sum() == found.n_cells
    assert figure.frame.loc["monocyte", "basophil"] == found.confusion[2, 4] > 0
    written = [int(text.get_text()) for text in figure.axes[0].texts]
    assert written == figure.frame.to_numpy().ravel().tolist()


def test_a_figure_shows_itself_whatever_a_stratum_is_called() -> None:
    study = make_study(12)
    study = replace(study, strata={"all": study.strata["all"], HOSTILE: study.strata["all"]})
    results, _ = measured(study)
    for figure in (
        figures.verification(results, "WBC", HOSTILE),
        figures.agreement(results, "NEUT%", HOSTILE),
        figures.shares(results, HOSTILE),
        figures.confusion(results, HOSTILE),
    ):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_figures_leave_the_global_plotting_state_alone() -> None:
    code = "import sys, wbcval.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([forked.python(), "-c", code], check=False).returncode == 0


def test_two_columns_are_drawn_as_a_study_is() -> None:
    study, results, _ = made(lost=0)
    pairs = study.pairs("WBC")
    frame = pd.DataFrame({"reference": pairs.reference, "model": pairs.model})
    columns = frame["reference"], frame["model"]
    for draw in (figures.agreement, figures.regression):
        of_study, of_columns = draw(results, "WBC"), draw(*columns)
        # a study knows λ of its two sides, two columns do not
        values = [name for name in of_study.frame if name not in ("sample_id", "deming")]
        pd.testing.assert_frame_equal(of_study.frame[values], of_columns.frame[values])
        assert of_columns._repr_png_().startswith(b"\x89PNG")
    errors = figures.verification(*columns, limit=15).frame["error_percent"]
    assert errors.equals(figures.verification(results, "WBC").frame["error_percent"])
    assert figures.agreement(*columns).axes[0].get_xlabel() == "Mean of model and reference"


def test_two_columns_that_are_no_pairs_are_not_drawn() -> None:
    with pytest.raises(NotEstimable):
        figures.regression([5.0] * 30, [5.0] * 30)
    below = figures.regression([-2.0, -1, 0, 1, 2, 3] * 4, np.arange(24.0) % 6 - 2.1)
    assert len(below.frame) == 24
    with pytest.raises(ValueError, match="exclude missing values first"):
        figures.agreement([5.0, None, 4.0], [5.0, 6.0, 4.0])
