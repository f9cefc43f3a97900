"""The gate can be passed by an equal model and by no worse one (STATISTICS.md §12)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import accept, criterion, protocol, within
from tests.build.toml import entry
from wbcval.bundle.evidence import provenance
from wbcval.bundle.evidence._told import on_page
from wbcval.bundle.read import Side
from wbcval.cli import main
from wbcval.gating.ci_outputs import junit, markdown, results_json
from wbcval.gating.compare import Comparison, compare, needs_of, needs_said
from wbcval.gating.compare.types import Change
from wbcval.gating.compare.written import shown
from wbcval.judge.sentences import message
from wbcval.measure.results import Measurement
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import AcceptedFlag, Criterion
from wbcval.render import render_comparison
from wbcval.stats.metric import Better
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.errors import InputError
from wbcval.values.estimate import Estimate

NAMES = np.array(["neutrophil", "lymphocyte", "monocyte"])
PROTOCOL = """mode = "same-cells"
measurands = ["NEUT%"]
[inputs]
predictions = "cells.csv"
[gate]
margin = {margin}
{more}
"""


def study(samples: int = 90, cells: int = 80, seed: int = 1) -> pd.DataFrame:
    """Cells of three classes, 4 % of them called another class."""
    rng = np.random.default_rng(seed)
    n = samples * cells
    true = rng.choice(3, n, p=(0.5, 0.3, 0.2))
    called = np.where(rng.random(n) < 0.04, (true + rng.integers(1, 3, n)) % 3, true)
    sample = np.repeat(np.arange(samples), cells)
    return pd.DataFrame(
        {
            "sample_id": [f"S{s:03d}" for s in sample],
            "cell_id": np.tile(np.arange(cells), samples),
            "true_class": NAMES[true],
            "predicted_class": NAMES[called],
        }
    )


def other(table: pd.DataFrame, share: float, seed: int = 2) -> pd.DataFrame:
    """An equally good model: so many cells are wrong now that were right, and as many right."""
    table, rng = table.copy(), np.random.default_rng(seed)
    for name in NAMES:
        of = table.true_class == name
        right = np.flatnonzero(of & (table.predicted_class == name))
        wrong = np.flatnonzero(of & (table.predicted_class != name))
        count = min(round(share / 2 * of.sum()), len(wrong))
        lost = rng.choice(right, count, replace=False)
        back = rng.choice(wrong, count, replace=False)
        table.loc[back, "predicted_class"] = name
        table.loc[lost, "predicted_class"] = NAMES[name != NAMES][0]
    return table


def side(
    folder: Path, name: str, table: pd.DataFrame, margin: float = 0.02, more: str = ""
) -> Side:
    """What the gate knows of a table, through the real reading and pairing; nothing is measured."""
    place = folder / name
    place.mkdir()
    table.to_csv(place / "cells.csv", index=False)
    (place / "protocol.toml").write_text(PROTOCOL.format(margin=margin, more=more), "utf-8")
    study = build(read_inputs(load(place / "protocol.toml")))
    return Side(name, study, (), False, provenance(study, "2026-01-01T00:00:00Z"))


Gate = Callable[..., Comparison]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Judge one table against another."""

    def run(new: pd.DataFrame, old: pd.DataFrame, **keys: object) -> Comparison:
        sides = (side(tmp_path, n, t, **keys) for n, t in (("new", new), ("old", old)))  # type: ignore[arg-type]
        return compare(*sides)

    return run


def test_reasons_are_quotations_in_every_output_and_the_last_that_is_told(gate: Gate) -> None:
    forged = 'ok"). Judged: all. Nothing else was seen\N{RIGHT DOUBLE QUOTATION MARK} (\n'
    words = "\N{LEFT DOUBLE QUOTATION MARK}ok'). Judged: all. Nothing else was seen' ("
    words += "\N{RIGHT DOUBLE QUOTATION MARK}"
    table = study(30)
    found = gate(table, table, more=f"reason = {json.dumps(forged)}")
    first, *others = found.verdict.outcomes
    accepted = (AcceptedFlag("few_samples", "all", forged),)
    verdict = replace(found.verdict, outcomes=(replace(first, accepted=accepted), *others))
    found = replace(found, verdict=verdict)

    assert verdict.told[-1].said.endswith(f"({words}).")
    (declared,) = (each for each in verdict.told if each.lead == "Declared")
    assert f"each share may lose 0.02 ({words})" in declared.lines
    page = render_comparison(found, found.candidate.provenance).encode()
    assert on_page(page, verdict, of_gate=True)
    told = ET.fromstring(junit(found)).find("testsuite/properties/property[@name='scope']")  # noqa: S314 (our own)
    assert told is not None
    assert str(told.get("value")).endswith(f"({words}).")
    assert words in html.unescape(markdown(found)).replace("\\", "")


@pytest.mark.parametrize("share", [0.03])
def test_an_equal_model_passes_with_ninety_samples(gate: Gate, share: float) -> None:
    table = study()

    found = gate(other(table, share), table)

    assert found.verdict.exit_code == 0
    assert "a correlation of 0.1 within a sample" in found.notes[0]
    assert "these samples are enough" in found.notes[1]
    assert len(found.change_of) == 4  # accuracy and three sensitivities
    for o in found.verdict.outcomes:
        assert found.word(o) == "not worse"
        change = found.change_of[o.criterion.id]
        bounds = change.bounds
        assert change.change.low == bounds.spread > -0.02 > bounds.whole
        assert bounds.unseen == pytest.approx(1 - 0.025 ** (1 / 90))
    # both bounds and the share unseen stand in every output
    made = json.loads(results_json(found, found.candidate.provenance))
    (row,) = (r for r in made["outcomes"] if r["criterion"] == "monocyte sensitivity")
    bounds = found.change_of["monocyte sensitivity"].bounds
    assert row["bounds"] == {
        "spread": bounds.spread, "whole_samples": bounds.whole, "unseen": bounds.unseen
    }  # fmt: skip
    (log,) = ET.fromstring(junit(found)).iter("system-out")  # noqa: S314 (our own)
    page = render_comparison(found, found.candidate.provenance)
    for text in (log.text or "", markdown(found), page):
        numbers = [float(x) for x in re.findall(r"\N{MINUS SIGN}(\d+\.\d+)", text)]
        for lower in (-100 * bounds.spread, -100 * bounds.whole):
            assert any(abs(x - lower) <= 0.051 for x in numbers)
        assert "4 %" in text.replace("\N{NO-BREAK SPACE}", " ")  # could have failed unseen
    assert "What an equal model needs" in page


def test_where_whole_samples_may_be_lost_the_same_model_needs_more(gate: Gate) -> None:
    table = study()

    found = gate(other(table, 0.01), table, more='losses = "whole-samples"')

    assert found.verdict.exit_code == 3
    assert "needs 191" in found.verdict.reason
    change = found.change_of["neutrophil sensitivity"]
    assert change.change.low == change.bounds.whole < -0.02 < change.bounds.spread


def test_a_higher_correlation_of_losses_asks_for_more(gate: Gate) -> None:
    table = study()

    found = gate(other(table, 0.03), table, more="losses_correlation = 0.5")

    assert found.verdict.exit_code == 3
    assert "a correlation of 0.5 within a sample" in found.notes[0]


def _one_class(table: pd.DataFrame) -> pd.DataFrame:
    hit = (table.true_class == "monocyte") & (table.cell_id % 20 == 0)
    return table.assign(predicted_class=table.predicted_class.mask(hit, "lymphocyte"))


def _one_site(table: pd.DataFrame) -> pd.DataFrame:
    site = table.sample_id.str[1:].astype(int) % 3 == 0
    hit = site & (table.true_class == "monocyte") & (table.cell_id % 8 == 0)
    return table.assign(predicted_class=table.predicted_class.mask(hit, "lymphocyte"))


def _whole_samples(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        predicted_class=table.predicted_class.mask(
            table.sample_id.isin(["S004", "S040"]), "artefact"
        )
    )


def _one_whole_sample_among_equals(table: pd.DataFrame) -> pd.DataFrame:
    gone = table.sample_id.isin(["S004", "S041"])
    better = other(table, 0.03)
    return better.assign(predicted_class=better.predicted_class.mask(gone, "artefact"))


def _no_answer(table: pd.DataFrame) -> pd.DataFrame:
    hit = table.cell_id % 40 == 0
    return table.assign(predicted_class=table.predicted_class.mask(hit, "unclassified"))


def _rare_samples(table: pd.DataFrame) -> pd.DataFrame:
    """A stain that 5 samples have: half of their cells."""
    hit = table.sample_id.isin([f"S{i:03d}" for i in range(5)]) & (table.cell_id % 2 == 0)
    wrong = table.true_class.map(dict(zip(NAMES, np.roll(NAMES, 1), strict=True)))
    return table.assign(predicted_class=table.predicted_class.mask(hit, wrong))


def _traded(table: pd.DataFrame) -> pd.DataFrame:
    """Monocytes lost, neutrophils won: accuracy is as before."""
    won = other(table, 0.0).copy()
    won.loc[won.true_class == "neutrophil", "predicted_class"] = "neutrophil"
    return _one_class(won)


WORSE = (
    _one_class, _one_site, _whole_samples, _one_whole_sample_among_equals, _no_answer,
    _rare_samples, _traded,
)  # fmt: skip


@pytest.mark.parametrize("worse", WORSE, ids=[f.__name__.strip("_") for f in WORSE])
def test_no_worse_candidate_passes(
    gate: Gate, worse: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    table = study()

    found = gate(worse(table), table)

    assert found.verdict.exit_code in (1, 3), found.verdict.reason


@pytest.mark.parametrize("what", ["samples", "cells"])
def test_what_the_candidate_leaves_out_is_no_way_to_pass(gate: Gate, what: str) -> None:
    table = study()
    bad = _rare_samples(table)
    hard = bad.sample_id.isin([f"S{i:03d}" for i in range(5)])
    if what == "cells":
        hard &= bad.predicted_class != bad.true_class

    with pytest.raises(InputError, match="not comparable"):
        gate(bad[~hard], table)


def test_a_small_loss_in_all_is_said_and_no_figure_contradicts_it(gate: Gate) -> None:
    table = study()
    few = table.copy()
    right = np.flatnonzero(few.true_class == few.predicted_class)
    few.loc[right[::200], "predicted_class"] = "artefact"  # 0.5 % of the cells

    found = gate(few, table, margin=0.05)

    told = {o.criterion.id: o.message for o in found.verdict.outcomes}
    lower = [name for name, c in found.change_of.items() if c.direction == "lower"]
    assert "all accuracy" in lower
    for name in lower:
        shown = re.search(r"change (\S+) points", told[name])
        assert float(shown[1].replace("\N{MINUS SIGN}", "-")) < 0
        assert "measurably lower" in told[name]


@pytest.mark.parametrize("value", [-0.0004, -0.00004, -4e-9])
def test_a_change_called_lower_is_never_written_as_none(value: float) -> None:
    found = Change(
        "classification", "all", "all", "accuracy", "baseline", 0.9, 0.9 + value,
        Estimate(value, 2.5 * value, value / 1e3, 0.95, "by hand", 720), "accuracy",
    )  # fmt: skip

    told = shown(found, 0.02)

    assert found.direction == "lower"
    numbers = [told.change, *told.interval.split(" to ")]
    assert all(re.search("[1-9]", n) and n.startswith("\N{MINUS SIGN}") for n in numbers)
    assert told.before != told.after
    criterion = Criterion("a", "classification_change", "all", "accuracy", min=-0.02)
    measured = Measurement("classification_change", "all", "all", "accuracy", found.change, "1",
                           Better.HIGHER, "accuracy, change")  # fmt: skip
    assert re.search("change \N{MINUS SIGN}0.0*[1-9]", message(criterion, measured, None, None))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('losses = "whole samples"', "did you mean 'whole-samples'"),
        ("losses_correlation = -0.1", "from 0 to 1"),
        ("losses_correlation = 1.5", "from 0 to 1"),
        ("losses_corelation = 0.1", "losses_correlation"),
    ],
)
def test_losses_that_are_none_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(PROTOCOL.format(margin=0.02, more=line), "utf-8")

    code = main(["report", str(path)])

    assert code == 2
    assert said in capsys.readouterr().err


def test_what_an_equal_model_needs_is_told_of_the_baseline_alone(tmp_path: Path) -> None:
    table = study()
    small = table[table.sample_id < "S025"]

    enough, few = (needs_of(side(tmp_path, n, t)) for n, t in (("large", table), ("small", small)))

    assert needs_said(enough).startswith("By the baseline alone these samples are enough")
    assert re.search(r"only with \d\d samples that hold it; 25 do", needs_said(few))
    assert [a.row.subject for a in enough] == ["all", *NAMES]
    assert all(a.usual.power > 0.8 for a in enough)


def test_a_candidate_of_few_cells_is_not_not_worse_by_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against 12 cells a sample, everything lies inside the noise; its report says so."""
    sd = {"measure": "bland_altman", "subject": "NEUT%", "statistic": "sd"}
    share = {"measure": "error", "subject": "NEUT%", "statistic": "share_within:10:or_noise"}
    wrong = np.random.default_rng(3).normal(6, 4, 400)
    reference = np.random.default_rng(7).uniform(40, 75, 400)
    for name, model, cells in (
        ("good", reference + 0.1 * wrong, 200),
        ("bad", reference + wrong, 12),
    ):
        shares = 100 * np.rint(model * cells / 100) / cells  # what so many cells can give
        rows = [f"S{i},{value:.2f},{cells}\n" for i, value in enumerate(shares)]
        (tmp_path / f"{name}.csv").write_text("sample_id,NEUT%(%),n_cells\n" + "".join(rows))
        (tmp_path / f"{name}.toml").write_text(
            protocol(
                criterion("bland_altman", "NEUT%", "bias", name="b", min=-20, max=20),
                criterion("bland_altman", "NEUT%", "sd", name="s", max=9.5),
                within("NEUT%", "10:or_noise", min=0.5, optional=True),
                entry("gate.criterion", **share, margin=0.02),
                entry("gate.criterion", **sd, margin=4.0, optional=True),
                accept("nearer_than_counting", "NEUT%"),
                predictions=[f"{name}.csv"],
            )
        )
    rows = [f"S{i},{value:.1f}\n" for i, value in enumerate(reference)]
    (tmp_path / "r.csv").write_text("sample_id,NEUT%(%)\n" + "".join(rows))
    for name in ("good", "bad"):
        out = str(tmp_path / name)
        assert main(["report", str(tmp_path / f"{name}.toml"), "--out", out]) == 0
    sides = [str(tmp_path / "bad"), "--baseline", str(tmp_path / "good")]
    capsys.readouterr()

    for options in ((), ("--unpaired",)):
        # its greater spread alone is worse; inside the noise it is not "not worse" either
        assert main(["gate", *sides, "--out", str(tmp_path / f"g{len(options)}"), *options]) != 0
        assert "even a bad model lies inside the noise" in capsys.readouterr().out
