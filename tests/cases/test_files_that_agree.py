"""Files of a bundle that tell the same twice are held against each other, inputs or none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wbcval
from tests.build.protocols import criterion, protocol, within
from tests.cases.test_forged_bundles import Forge, results, said_of, sealed
from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import exclusions_csv, figures_csv
from wbcval.cli import main
from wbcval.protocol.types import Criterion, Product
from wbcval.stats.statistic_name import StatisticName

_EXCLUDED = '[[exclusion]]\nsample_id = "S3"\nsubject = "WBC"\nreason = "haemolysis"\n'
_CRITERIA = (
    within(name="wbc", or_within=0.1),
    within(name="shown", rule="demonstrated", confidence=0.9),
    criterion("bland_altman", "WBC", "bias", name="bias", min=-0.2, max=0.2),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 samples of which 6 are 30 % off, one lost, and one left out: rejected."""
    folder = tmp_path_factory.mktemp("study")
    reference = [f"S{i},{4 + 0.1 * i:.2f}" for i in range(60)]
    model = [f"S{i},{(1.3 if i % 10 == 7 else 1.02) * (4 + 0.1 * i):.2f}" for i in range(1, 60)]
    for name, rows in (("r.csv", reference), ("m.csv", model)):
        text = "\n".join(["sample_id,WBC(10^9/L)", *rows, ""])
        (folder / name).write_text(text, encoding="utf-8")
    text = protocol(_EXCLUDED, *_CRITERIA, predictions=["m.csv"])
    (folder / "p.toml").write_text(text, encoding="utf-8")
    assert main(["report", str(folder / "p.toml"), "--out", str(folder / "bundle")]) == 1
    return folder


@pytest.fixture
def bundle(study: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(study / "bundle", tmp_path / "bundle"))


def lines(name: str, change: Callable[[list[str]], list[str]]) -> Forge:
    def forge(bundle: Path) -> None:
        before = (bundle / name).read_text(encoding="utf-8").splitlines(keepends=True)
        after = change([*before])
        assert after != before
        (bundle / name).write_text("".join(after), encoding="utf-8")

    return forge


def cell(name: str, sample: str, column: str, text: str) -> Forge:
    """One cell of a table, in the row of a sample."""

    def change(rows: list[str]) -> list[str]:
        at = rows[0].rstrip("\n").split(",").index(column)
        i = next(i for i, row in enumerate(rows) if row.replace('"', "").startswith(f"{sample},"))
        cells = rows[i].rstrip("\n").split(",")
        cells[at] = text
        return [*rows[:i], ",".join(cells) + "\n", *rows[i + 1 :]]

    return lines(name, change)


def told(change: Callable[[dict[str, Any]], object]) -> Forge:
    """Of the results, with the tables that are made from them."""

    def forge(bundle: Path) -> None:
        results(bundle, change)
        found = ResultsFile.of(json.loads((bundle / "results.json").read_text(encoding="utf-8")))
        figures = figures_csv(found.measurements, found.verdict.outcomes)
        (bundle / "figures.csv").write_text(figures, encoding="utf-8")
        (bundle / "exclusions.csv").write_text(exclusions_csv(found.exclusions), encoding="utf-8")

    return forge


def outcome(i: int, **values: object) -> Forge:
    return told(lambda r: r["outcomes"][i].update(values))


def measured(statistic: str, **values: object) -> Forge:
    def change(found: dict[str, Any]) -> None:
        (row,) = (m for m in found["measurements"]
                  if (m["subject"], m["stratum"], m["statistic"]) == ("WBC", "all", statistic)
                  and m["measure"] in ("error", "bland_altman"))  # fmt: skip
        row.update(values)

    return told(change)


_LOG, _LEFT_OUT, _SAMPLES = "import-log.csv", "exclusions.csv", "samples.csv"


@pytest.mark.representatives(6)
@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lines(_LEFT_OUT, lambda rows: rows[:1]), "exclusions.csv tells other exclusions"),
        (lines(_LEFT_OUT, lambda rows: [*rows, "S4,WBC,clotted\n"]), "tells other exclusions"),
        (cell(_LEFT_OUT, "S3", "reason", "clotted"), "tells other exclusions"),
        (lambda b: results(b, lambda r: r["exclusions"][0].update(sample_id="S4")),
         "tells other exclusions"),
        (lines(_LOG, lambda rows: rows[:1]), "import-log.csv tells of fewer rows"),
        (lines(_LOG, lambda rows: rows[:-1]), "import-log.csv tells of fewer rows"),
        (lines(_LOG, lambda rows: [rows[0], *(row.replace("2-", "9-") for row in rows[1:])]),
         "import-log.csv tells of fewer rows"),
        (lines(_LOG, lambda rows: [rows[0].upper(), *rows[1:]]), "is not written as"),
        (lines(_LOG, lambda rows: [*rows, "only this\n"]), "import-log.csv is no import log"),
        (cell(_SAMPLES, "S7", "within", '"yes"'), "that it is within, or outside"),
        (cell(_SAMPLES, "S8", "within", '"no"'), "that it is within, or outside"),
        (cell(_SAMPLES, "S0", "within", '"yes"'), "without a value of the model is within"),
        (cell(_SAMPLES, "S7", "error_percent", "3.0"), "states an error of WBC"),
        (cell(_SAMPLES, "S7", "difference", "0.1"), "states a difference of WBC"),
        (cell(_SAMPLES, "S7", "limit_percent", "50"), "says another limit of WBC"),
        (measured("share_within:10:or_within=0.1", value=1.0), "wbc states another value"),
        (measured("share_within:10:or_within=0.1", high=0.99), "wbc states another interval"),
        (measured("share_within:10:or_within=0.1", n=600), "wbc states another n"),
        (measured("bias", low=-0.01), "bias states another interval"),
        (outcome(0, observed=0.85), "wbc states another value"),
        (outcome(0, low=0.8), "wbc states another interval"),
        (outcome(0, n=590, hits=[520, 590]), "wbc states another n"),
        (outcome(0, hits=[57, 59]), "wbc states another n"),
        (outcome(0, both_rules={"observed": "pass", "demonstrated": "fail"}), "another status"),
        (outcome(1, both_rules={"observed": "pass", "demonstrated": "fail"}), "another status"),
        (outcome(1, level=0.95), "shown states another interval"),
        (outcome(2, unit="1"), "bias states another unit"),
        (outcome(0, message="WBC: 59 of 59 samples."), "wbc says another sentence"),
        (told(lambda r: r.update(reason="A formality.")), "the reason of the verdict is not"),
        (told(lambda r: r["measurements"].append(r["measurements"][0])), "share one name"),
    ],
)  # fmt: skip
def test_what_is_told_twice_and_differs_is_found(
    bundle: Path, forge: Forge, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(bundle)
    sealed(bundle)

    assert main(["verify", str(bundle)]) == 1
    assert said in capsys.readouterr().out


def test_an_outcome_and_its_measurement_rest_on_what_the_tables_hold(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten times the samples, wherever ``results.json`` tells them."""

    def change(found: dict[str, Any]) -> None:
        row = found["outcomes"][0]
        at = [row[key] for key in ("measure", "subject", "stratum", "statistic")]
        row.update(n=10 * row["n"], hits=[10 * n for n in row["hits"]])
        for m in found["measurements"]:
            if [m[key] for key in ("measure", "subject", "stratum", "statistic")] == at:
                m.update(n=row["n"])

    told(change)(bundle)
    said_of(bundle, "wbcval_version", "0.0.9")  # whose sentences nobody knows
    sealed(bundle)

    assert main(["verify", str(bundle)]) == 1
    assert "wbc: of 590 is stated, and the tables give 59" in capsys.readouterr().out


def test_a_criterion_without_a_measurement_states_no_number(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(
        lambda r: r.update(measurements=[m for m in r["measurements"] if m["statistic"] != "bias"])
    )(bundle)
    sealed(bundle)

    assert main(["verify", str(bundle)]) == 1
    assert "bias states a number, and no measurement gives it" in capsys.readouterr().out


def test_as_written_nothing_is_found(study: Path) -> None:
    assert main(["verify", str(study / "bundle")]) == 0


def test_an_honest_bundle_of_python_or_options_is_not_accused(study: Path, tmp_path: Path) -> None:
    """Repeats of a sample, and a model's percentages without any pair of the WBC."""
    given = Criterion("wbc", "error", "WBC", StatisticName("share_within:10"), min=0.5)
    inputs = {"predictions": (study / "m.csv",), "reference": (study / "r.csv",)}
    asked = wbcval.Protocol("different-aliquot", inputs=inputs, criteria=(given,),
                            missing="excluded", model=Product("a", "1"))  # fmt: skip
    wbcval.report(asked).write(tmp_path / "python")
    sides = ["--predictions", str(study / "m.csv"), "--reference", str(study / "r.csv")]
    options = [*sides, "--mode", "different-aliquot", "--out", str(tmp_path / "options")]
    assert main(["report", *options]) == 1
    for name in ("python", "options"):
        assert main(["verify", str(tmp_path / name)]) == 0
