"""Ways past the gate: comparing nothing, dropping samples, saying better of itself (§18).

Each was accepted once. Data are drawn; a model of errors 5 % is the baseline.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build.protocols import criterion, protocol
from wbcval.cli import main
from wbcval.judge.outcomes import Decision
from wbcval.judge.tally import MAY
from wbcval.stats.functions.paired_change import absolute_bias, paired_change
from wbcval.testing import assert_accepted
from wbcval.values.classes import FIVE
from wbcval.verbs.road import verify

Cell = tuple[str, int, str, str]
SAMPLES, CELLS = 50, 60
IDS = [f"S{i:03d}" for i in range(SAMPLES)]
HEADER = ("sample_id", "cell_id", "true_class", "predicted_class")
MARGIN, JUDGED = "[gate]\nmargin = 0.05\n", (0, 1, 3)
ACCURACY = ("classification", "all", "accuracy")


def cells(wrong: float | Callable[[str], float], seed: int = 1) -> list[Cell]:
    """A row per cell; so many of each sample are called the next class."""
    truth = np.random.default_rng(0).choice(5, (SAMPLES, CELLS), p=(0.48, 0.28, 0.09, 0.08, 0.07))
    rates = np.array([wrong(s) if callable(wrong) else wrong for s in IDS])
    miss = np.random.default_rng(seed).random((SAMPLES, CELLS)) < rates[:, None]
    return [
        (sample, cell, FIVE[truth[i, cell]], FIVE[(truth[i, cell] + miss[i, cell]) % 5])
        for i, sample in enumerate(IDS)
        for cell in range(CELLS)
    ]


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *rows])


Study = Callable[..., Path]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Makes the bundle of a study on the same cells; the same arguments give the same folder."""
    made: dict[object, Path] = {}

    def bundle(rows: Sequence[Cell], criteria: str, more: str = MARGIN) -> Path:
        key = hash(tuple(rows)), criteria, more
        if key not in made:
            folder = tmp_path_factory.mktemp("study")
            table(folder / "c.csv", HEADER, rows)
            (folder / "p.toml").write_text(
                protocol(criteria, more, mode="same-cells", predictions=["c.csv"]), "utf-8"
            )
            assert main(["report", str(folder / "p.toml"), "--out", str(folder / "out")]) in JUDGED
            made[key] = folder / "out"
        return made[key]

    return bundle


def gated(tmp_path: Path, candidate: Path, baseline: Path, *options: str) -> int:
    out = str(tmp_path / f"gate{len(list(tmp_path.iterdir()))}")
    return main(["gate", str(candidate), "--baseline", str(baseline), "--out", out, *options])


def reseal(bundle: Path, change: Callable[[dict[str, Any]], object], name: str) -> None:
    """Change what a bundle says of itself, wherever it tells its verdict, and its manifest."""
    path = bundle / "results.json"
    results = json.loads(path.read_text("utf-8"))
    old = results["verdict"]
    change(results)
    path.write_text(json.dumps(results), "utf-8")
    about = json.loads((bundle / "manifest.json").read_text("utf-8"))
    if about["outputs"].pop("figures.csv", None):  # it would tell, and a bundle may lack it
        (bundle / "figures.csv").unlink()
    told = {"report.html": f'"verdict {old}"', "junit.xml": f'name="verdict" value="{old}"',
            "summary.md": MAY[Decision(old)]}  # fmt: skip
    for file in told.keys() & about["outputs"].keys():
        text, new = (bundle / file).read_text("utf-8"), Decision(results["verdict"])
        what = MAY[new] if file == "summary.md" else told[file].replace(old, new)
        (bundle / file).write_text(text.replace(told[file], what), "utf-8")
    for file in {"results.json", name, *(told.keys() & about["outputs"].keys())}:
        about["outputs"][file] = hashlib.sha256((bundle / file).read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(about), "utf-8")


GOOD = cells(0.05)
LEAST = criterion(*ACCURACY, name="acc", min=0.8)


@pytest.fixture
def baseline(study: Study) -> Path:
    return study(GOOD, LEAST)


@pytest.fixture
def strict(study: Study, tmp_path: Path) -> Path:
    """A bundle that is rejected by a strict criterion; to be forged."""
    asked = criterion(*ACCURACY, name="acc", min=0.99, rule="demonstrated")
    return Path(shutil.copytree(study(GOOD, asked), tmp_path / "c"))


Console = pytest.CaptureFixture[str]


def values(folder: Path, spread: float, lost: int, criteria: str, seed: int) -> Path:
    """A study of NEUT% against an analyzer; the first samples have no result of the model."""
    folder.mkdir()
    truth = np.linspace(40, 75, SAMPLES)
    counted = np.random.default_rng(0).normal(0, 3.5, SAMPLES)  # 200 cells, the same of each model
    own = np.random.default_rng(seed).normal(0, spread, SAMPLES)
    model = np.round(2 * (truth + counted - counted.mean() + own)) / 2  # shares of 200 cells
    rows = [
        (s, 200, "" if i < lost else f"{m:.1f}")
        for i, (s, m) in enumerate(zip(IDS, model, strict=True))
    ]
    table(folder / "m.csv", ("sample_id", "n_cells", "NEUT%(%)"), rows)
    table(folder / "r.csv", ("sample_id", "NEUT%(%)"),
          [(s, f"{t:.1f}") for s, t in zip(IDS, truth, strict=True)])  # fmt: skip
    (folder / "p.toml").write_text(
        'mode = "different-aliquot"\n[inputs]\npredictions = ["m.csv"]\nreference = "r.csv"\n'
        + criteria, "utf-8")  # fmt: skip
    assert main(["report", str(folder / "p.toml"), "--out", str(folder / "out")]) in (0, 1, 3)
    return folder / "out"


BIAS = ("bland_altman", "NEUT%", "bias")
DEMONSTRATED = criterion(*BIAS, name="b", min=-2, max=2, rule="demonstrated")


def test_what_a_protocol_judges_is_compared(tmp_path: Path, capsys: Console) -> None:
    """Bias alone is judged: no margin is stated, and one applies; what is lost is a loss."""
    base = values(tmp_path / "base", 0.5, 0, DEMONSTRATED, 1)
    same = values(tmp_path / "same", 0.5, 0, DEMONSTRATED, 2)
    fewer = values(tmp_path / "fewer", 0.5, 20, DEMONSTRATED, 3)

    assert gated(tmp_path, same, base) == 0
    capsys.readouterr()
    assert gated(tmp_path, fewer, base) == 3
    said = capsys.readouterr().out
    assert "the candidate lacks a sample that the other side has, or more than 5 %" in said
    assert "no result where the baseline has one, of NEUT% in 20 of 50 samples: S000" in said


@pytest.mark.slow
def test_limits_and_sd_are_compared_by_their_own_intervals(tmp_path: Path) -> None:
    asked = criterion("error", "NEUT%", "sd", name="sd", max=26) + DEMONSTRATED
    base = values(tmp_path / "base", 0.5, 0, asked, 1)
    wide = values(tmp_path / "wide", 14.0, 0, asked, 2)

    assert gated(tmp_path, base, base) == 0
    assert gated(tmp_path, wide, base) == 1


@pytest.mark.parametrize("measure", ["attribution", "cascade"])
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, study: Study, measure: str, capsys: Console
) -> None:
    about = {"attribution": ("attribution", "neutrophil", "observed"),
             "cascade": ("cascade", "all", "accuracy")}[measure]  # fmt: skip
    bounds = {"min": -0.5, "max": 0.5} if measure == "attribution" else {"min": 0.5}
    bundle = study(GOOD, criterion(*about, name="x", **bounds) + LEAST)

    assert gated(tmp_path, bundle, bundle) == 2
    assert "which the gate cannot compare" in capsys.readouterr().err


def test_a_gate_in_which_every_margin_is_optional_shows_nothing(
    tmp_path: Path, study: Study, capsys: Console
) -> None:
    rows = [ACCURACY, *(("classification", name, "sensitivity") for name in FIVE)]
    keys = ("measure", "subject", "statistic")
    more = "".join(
        "[[gate.criterion]]\n" + "".join(f'{k} = "{v}"\n' for k, v in zip(keys, row, strict=True))
        + "margin = 0.05\noptional = true\n" for row in rows
    )  # fmt: skip
    bundle = study(GOOD, LEAST, more)

    assert gated(tmp_path, bundle, bundle) == 3
    assert "Nothing was compared with the baseline: every margin is optional" in (
        capsys.readouterr().out
    )


HARD = {sample for i, sample in enumerate(IDS) if i % 10 == 0}
WORSE = cells(lambda sample: 0.6 if sample in HARD else 0.045)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("options", [(), ("--unpaired",)])
def test_hard_samples_left_out_are_lost(
    tmp_path: Path, study: Study, options: tuple[str, ...], capsys: Console
) -> None:
    more = "[gate]\nmargin = 0.05\n" + ("" if options else "samples_apart = 0.1\n")
    base = study(GOOD, LEAST, more)
    rest = [row for row in WORSE if row[0] not in HARD]
    dropped = study(rest, LEAST, more)
    capsys.readouterr()

    assert gated(tmp_path, dropped, base, *options) in (1, 3)
    said = capsys.readouterr().out
    assert all(sample in said for sample in HARD)
    (result,) = [p for p in tmp_path.glob("gate*") if p.is_dir()]
    page, junit, lines = ((result / f).read_text("utf-8")
                          for f in ("report.html", "junit.xml", "annotations.txt"))  # fmt: skip
    for text in (page, junit, lines):
        assert "The candidate lacks 5 samples of the baseline" in text


@pytest.mark.slow
def test_samples_added_by_the_candidate_cost_nothing(tmp_path: Path, study: Study) -> None:
    more = "[gate]\nmargin = 0.05\nsamples_apart = 0.1\n"
    rest = [row for row in GOOD if row[0] not in set(IDS[:5])]
    base = study(rest, LEAST, more)

    assert gated(tmp_path, study(GOOD, LEAST, more), base) == 0


def test_renamed_samples_are_the_same_samples(
    tmp_path: Path, study: Study, baseline: Path, capsys: Console
) -> None:
    renamed = [(f"R{row[0]}", *row[1:]) for row in WORSE]
    other = study(renamed, LEAST)

    assert gated(tmp_path, other, baseline) == 2
    assert gated(tmp_path, other, baseline, "--unpaired") == 2
    assert "under other ids" in capsys.readouterr().err


@pytest.mark.slow
def test_unpaired_is_not_advised_where_pairs_exist(
    tmp_path: Path, study: Study, baseline: Path, capsys: Console
) -> None:
    fewer = study(GOOD[CELLS:], LEAST)

    assert gated(tmp_path, fewer, baseline) == 2
    assert "--unpaired" not in capsys.readouterr().err


@pytest.mark.further
def test_what_the_baseline_declared_is_asked_of_a_table_too(tmp_path: Path, study: Study) -> None:
    base = study(GOOD, criterion(*ACCURACY, name="acc", min=0.99), "")
    bare = tmp_path / "bare"
    arguments = ["report", "--predictions", str(base.parent / "c.csv"), "--mode",
                 "same-cells", "--out", str(bare)]  # fmt: skip
    assert main(arguments) == 0  # by the default criteria

    assert gated(tmp_path, bare, base) == 2  # other criteria
    assert gated(tmp_path, bare, base, "--allow", "protocol") == 1


@pytest.mark.further
@pytest.mark.parametrize(
    "less", ["none", *(pytest.param(w, marks=pytest.mark.slow) for w in ("optional", "looser"))]
)
def test_declaring_less_than_the_baseline_changes_nothing(
    tmp_path: Path, study: Study, less: str
) -> None:
    asked = LEAST + criterion("classification", "monocyte", "sensitivity", name="strict", min=0.99)
    mine = {"none": LEAST, "optional": asked + "optional = true\n",
            "looser": asked.replace("0.99", "0.1")}[less]  # fmt: skip
    base, other = study(GOOD, asked), study(GOOD, mine)

    assert gated(tmp_path, base, base) == 1
    assert gated(tmp_path, other, base, "--allow", "protocol") == 1


def passed(results: dict[str, Any]) -> None:
    results["verdict"] = "accepted"
    for outcome in results["outcomes"]:
        outcome["status"] = "pass"


def better(results: dict[str, Any]) -> None:
    passed(results)
    for outcome in results["outcomes"]:
        outcome.update(observed=0.999, low=0.995, high=0.9999)


def fewer(results: dict[str, Any]) -> None:
    results.update(verdict="accepted", outcomes=[])


def lower(results: dict[str, Any]) -> None:
    passed(results)
    for outcome in results["outcomes"]:
        outcome["bound"]["min"] = 0.5


def inconclusive(results: dict[str, Any]) -> None:
    results["verdict"] = "inconclusive"


def undeclared(results: dict[str, Any]) -> None:
    passed(results)
    results["provenance"]["protocol_sha256"] = None
    for outcome in results["outcomes"]:
        outcome["status"] = "inconclusive"


@pytest.mark.parametrize(
    "forge",
    [
        passed,
        undeclared,
        *(pytest.param(f, marks=pytest.mark.slow) for f in (better, fewer, lower, inconclusive)),
    ],
)
def test_what_a_bundle_says_of_itself_is_not_believed(
    tmp_path: Path, strict: Path, forge: Callable[[dict[str, Any]], None], capsys: Console
) -> None:
    reseal(strict, forge, "results.json")

    assert gated(tmp_path, strict, strict) == 2
    assert accept(tmp_path / "s", strict) == 2
    said = capsys.readouterr().err
    assert (
        len(re.findall("contradicts (?:its own tables|itself)|tells another thing beside", said))
        == 2
    )
    with pytest.raises(AssertionError, match=r"contradicts itself|is not as it was written"):
        assert_accepted(strict)


@pytest.mark.parametrize("file", ["confusion.csv", "digest"])
def test_another_models_table_or_digest_is_found(
    tmp_path: Path, study: Study, baseline: Path, file: str, capsys: Console
) -> None:
    bundle = Path(shutil.copytree(study(WORSE, LEAST), tmp_path / "c"))
    origin = json.loads((baseline / "results.json").read_text("utf-8"))["provenance"]["digests"]
    if file == "digest":
        reseal(bundle, lambda r: r["provenance"]["digests"].update(origin), "results.json")
    else:
        (bundle / file).write_bytes((baseline / file).read_bytes())
        reseal(bundle, lambda r: None, file)

    assert gated(tmp_path, bundle, baseline) == 2
    assert "differ" in (said := capsys.readouterr().err) or "contradicts" in said


@pytest.mark.slow
def test_a_bundle_of_another_version_is_said(
    tmp_path: Path, baseline: Path, capsys: Console
) -> None:
    bundle = Path(shutil.copytree(baseline, tmp_path / "c"))

    def older(results: dict[str, Any]) -> None:
        results["wbcval_version"] = results["provenance"]["wbcval_version"] = "0.0.9"

    reseal(bundle, older, "results.json")
    about = json.loads((bundle / "manifest.json").read_text("utf-8")) | {"wbcval_version": "0.0.9"}
    (bundle / "manifest.json").write_text(json.dumps(about), "utf-8")

    assert gated(tmp_path, bundle, baseline) == 0
    assert "was made by wbcval 0.0.9" in capsys.readouterr().out


def test_a_result_of_the_gate_that_contradicts_itself_is_not_accepted(
    tmp_path: Path, study: Study
) -> None:
    bundle = study(GOOD, criterion(*ACCURACY, name="acc", min=0.99), "")
    assert gated(tmp_path, bundle, bundle) == 1
    (result,) = tmp_path.glob("gate*")
    reseal(result, lambda r: r.update(verdict="accepted"), "results.json")

    with pytest.raises(AssertionError, match="its outcomes give another"):
        assert_accepted(result)


def dropped(results: dict[str, Any]) -> None:
    results["outcomes"] = [row for row in results["outcomes"] if row["status"] == "pass"]


def optional(results: dict[str, Any]) -> None:
    for row in results["outcomes"]:
        row["optional"] = row["status"] != "pass"


@pytest.mark.representatives(1)
@pytest.mark.parametrize("forge", [dropped, optional])
def test_the_files_of_a_gate_tell_the_same_outcomes(
    tmp_path: Path, study: Study, forge: Callable[[dict[str, Any]], None]
) -> None:
    bundle = study(GOOD, criterion(*ACCURACY, name="acc", min=0.99), "")
    assert gated(tmp_path, bundle, bundle) == 1
    (result,) = tmp_path.glob("gate*")

    def accepted(results: dict[str, Any]) -> None:
        forge(results)
        results["verdict"] = "accepted"

    reseal(result, accepted, "results.json")
    assert [(d.name, d.what) for d in verify(result)] == [
        ("junit.xml", "tells another verdict than results.json")
    ]
    with pytest.raises(AssertionError, match="not as it was written"):
        assert_accepted(result)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("key", ["assumed", "seen", "declared"])
def test_the_files_of_a_gate_tell_the_same_beside_the_verdict(
    tmp_path: Path, study: Study, key: str
) -> None:
    bundle = study(GOOD, criterion(*ACCURACY, name="acc", min=0.8), "")
    gated(tmp_path, bundle, bundle)
    (result,) = tmp_path.glob("gate*")
    assert verify(result) == []
    reseal(result, lambda r: r["scope"].update({key: ["nobody looked twice"]}), "results.json")
    assert [(d.name, d.what) for d in verify(result)] == [
        ("report.html", "tells another thing beside the verdict than results.json")
    ]


def test_a_page_that_tells_another_verdict_is_found(tmp_path: Path, study: Study) -> None:
    bundle = study(GOOD, criterion(*ACCURACY, name="acc", min=0.99), "")
    page = bundle / "report.html"
    text = page.read_text("utf-8").replace('"verdict rejected"', '"verdict accepted"')
    page.write_text(text, "utf-8")
    about = json.loads((bundle / "manifest.json").read_text("utf-8"))
    about["outputs"][page.name] = hashlib.sha256(page.read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(about), "utf-8")
    assert [d.name for d in verify(bundle)] == [page.name]


def accept(store: Path, bundle: Path, *options: str) -> int:
    return main(["baseline", "accept", str(bundle), "--to", str(store), "--by", "QA", "--why", "w",
                 *options])  # fmt: skip


def test_an_anchor_is_not_reset_by_one_sample(
    tmp_path: Path, study: Study, baseline: Path, capsys: Console
) -> None:
    store, more = tmp_path / "store", "[gate]\nmargin = 0.05\n"
    bad = study(cells(0.2, 2), LEAST.replace("0.8", "0.5"), more)
    one = [("S999", i, FIVE[i % 2], FIVE[i % 2]) for i in range(CELLS)]
    grown = study([*cells(0.2, 2), *one], LEAST.replace("0.8", "0.5"), more)
    assert accept(store, baseline) == 0
    assert gated(tmp_path, bad, store, "--record", "--allow", "protocol") == 1

    assert accept(store, bad) == 2
    assert "the gate rejected this model before: entry 2" in capsys.readouterr().err
    assert accept(store, grown, "--new-anchor") == 2
    assert "is worse than the anchor that it would end" in capsys.readouterr().err
    assert accept(store, grown, "--new-anchor", "--although-rejected") == 0
    capsys.readouterr()
    gated(tmp_path, grown, store)
    said = capsys.readouterr().out
    assert "(entry 1) ended: on the 50 samples both hold the new one is worse" in said
    assert "judged 2 times" in said  # more than half of the cells are the same set


@pytest.mark.slow
def test_an_equal_model_on_a_grown_set_begins_a_new_anchor(
    tmp_path: Path, study: Study, baseline: Path, capsys: Console
) -> None:
    one = [("S999", i, FIVE[i % 2], FIVE[i % 2]) for i in range(CELLS)]
    grown = study([*GOOD, *one], LEAST)
    assert accept(tmp_path / "store", baseline) == 0
    assert accept(tmp_path / "store", grown, "--new-anchor") == 0
    assert "the new one was not found worse" in capsys.readouterr().err


@pytest.mark.slow
def test_a_new_anchor_of_the_same_samples_under_other_ids_is_refused(
    tmp_path: Path, study: Study, baseline: Path, capsys: Console
) -> None:
    renamed = [(f"R{row[0]}", *row[1:]) for row in WORSE]
    other = study(renamed, LEAST)
    assert accept(tmp_path / "store", baseline) == 0

    assert accept(tmp_path / "store", other, "--new-anchor") == 2
    assert "under other ids" in capsys.readouterr().err


def test_a_site_that_is_measurably_worse_stands_everywhere(tmp_path: Path, capsys: Console) -> None:
    site = {sample: "AB"[i % 10 == 0] for i, sample in enumerate(IDS)}
    bad = cells(lambda sample: 0.35 if site[sample] == "B" else 0.04)
    more = "[gate]\nmargin = 0.15\n"
    made = []
    for name, rows in (("base", GOOD), ("site", bad)):
        folder = tmp_path / name
        folder.mkdir()
        table(folder / "s.csv", ("sample_id", "site"), [*site.items()])
        table(folder / "c.csv", ("sample_id", "cell_id", "true_class", "predicted_class"), rows)
        (folder / "p.toml").write_text(
            'mode = "same-cells"\nstrata = ["site"]\n[inputs]\npredictions = ["c.csv"]\n'
            f'samples = "s.csv"\n{LEAST}{more}', "utf-8")  # fmt: skip
        main(["report", str(folder / "p.toml"), "--out", str(folder / "out")])
        made.append(folder / "out")
    capsys.readouterr()
    gated(tmp_path, made[1], made[0])

    (result,) = tmp_path.glob("gate*")
    texts = [(result / f).read_text("utf-8") for f in ("report.html", "junit.xml", "summary.md",
             "annotations.txt", "results.json")]  # fmt: skip
    for text in (capsys.readouterr().out, *texts):
        assert "Measurably worse in site" in text


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_dropping_turns_a_worse_candidate_into_an_accepted_one(
    tmp_path: Path, study: Study, seed: int
) -> None:
    """Whatever samples a worse candidate leaves out, and however it is let pass."""
    chance = np.random.default_rng(seed)
    worse = cells(0.12, seed)
    more = "[gate]\nsamples_apart = 0.4\n"
    base = study(GOOD, LEAST, more)
    gone = set(chance.choice(IDS, chance.integers(1, 20), replace=False).tolist())
    rest = [row for row in worse if row[0] not in gone]
    assert gated(tmp_path, study(worse, LEAST, more), base) != 0
    fewer_ = study(rest, LEAST, more)
    for options in ((), ("--unpaired",)):
        assert gated(tmp_path, fewer_, base, *options) != 0


@pytest.mark.slow
def test_an_equal_model_meets_the_default_margin_of_a_bias() -> None:
    """Bounds of ±2 give a margin of 1 point; figures in docs/decisions/0038."""
    draw, found = np.random.default_rng(5), {"equal": 0, "worse": 0}
    for k in range(60):
        common = draw.normal(0, 2, 60) + draw.uniform(-0.7, 0.7)
        ours, theirs = (common + draw.normal(0, 1 / np.sqrt(2), 60) for _ in range(2))
        lost = 1.5 if ours.mean() >= 0 else -1.5
        for name, mine in (("equal", ours), ("worse", ours + lost)):
            change = paired_change(
                mine, theirs, np.arange(60), absolute_bias,
                generator=np.random.default_rng(k), replicates=199,
            )  # fmt: skip
            found[name] += change.low is not None and change.low > -1.0
    assert found["equal"] >= 57
    assert found["worse"] <= 1


@pytest.mark.representatives(1)
@pytest.mark.parametrize("mode", ["different-aliquot", "same-slide"])
@pytest.mark.parametrize("counted", [True, False])
def test_an_honest_bundle_without_a_protocol_says_what_its_tables_give(
    tmp_path: Path, mode: str, counted: bool
) -> None:
    rng = np.random.default_rng(8)
    names = ("NEUT%(%)", "LYMPH%(%)", "MONO%(%)", "EO%(%)", "BASO%(%)")
    shares = rng.dirichlet((6, 3, 1, 0.6, 0.4), 40)
    model = np.array([rng.multinomial(200, row) for row in shares]) / 2
    reference = np.array([rng.multinomial(200, row) for row in shares]) / 2
    for name, values, cells in (("p", model, True), ("q", reference, counted)):
        head = ("sample_id", *(("n_cells",) if cells else ()), *names)
        rows = [(f"S{i:02d}", *((200,) if cells else ()), *v) for i, v in enumerate(values)]
        table(tmp_path / f"{name}.csv", head, rows)
    out = str(tmp_path / "out")
    inputs = [str(tmp_path / f"{name}.csv") for name in "pq"]
    assert main(["report", "--predictions", inputs[0], "--reference", inputs[1], "--mode", mode,
                 "--out", out]) in JUDGED  # fmt: skip

    assert main(["verify", out]) == 0
    assert gated(tmp_path, Path(out), Path(out)) in JUDGED


def counts(folder: Path, name: str, model: np.ndarray, reference: np.ndarray) -> Path:
    """WBC of 60 samples on both sides; what the gate takes without a protocol."""
    ids = [f"S{i:03d}" for i in range(len(model))]
    table(folder / name, ("sample_id", "WBC(10^9/L)"), list(zip(ids, model, strict=True)))
    table(folder / "r.csv", ("sample_id", "WBC(10^9/L)"), list(zip(ids, reference, strict=True)))
    return folder / name


@pytest.mark.representatives(1)
@pytest.mark.parametrize(("copied", "word"), [
    (1.0, "both sides are equal in every sample"),
    (0.96, "both sides are equal but for rounding"),
])  # fmt: skip
def test_a_copy_of_the_reference_is_not_worse_and_shows_nothing(
    tmp_path: Path, capsys: Console, copied: float, word: str
) -> None:
    rng = np.random.default_rng(3)
    reference = rng.uniform(3, 12, 240).round(2)
    honest = (reference * rng.normal(1, 0.02, 240)).round(2)
    copy = np.where(np.arange(240) < copied * 240, reference, honest)
    options = ("--reference", str(tmp_path / "r.csv"), "--mode", "different-aliquot")
    old = counts(tmp_path, "old.csv", honest, reference)
    better = (reference * np.random.default_rng(4).normal(1, 0.015, 240)).round(2)

    assert gated(tmp_path, counts(tmp_path, "copy.csv", copy, reference), old, *options) == 3
    assert word in capsys.readouterr().out
    assert gated(tmp_path, counts(tmp_path, "new.csv", better, reference), old, *options) == 0


def test_cells_without_a_label_are_doubted_at_the_gate(tmp_path: Path, capsys: Console) -> None:
    open_ = np.random.default_rng(5).random(len(GOOD)) < 0.1
    rows = [(s, c, "" if o else t, p) for (s, c, t, p), o in zip(GOOD, open_, strict=True)]
    other = [(s, c, t, t if i % 40 == 0 else p) for i, (s, c, t, p) in enumerate(rows)]
    for name, found in (("new.csv", other), ("old.csv", rows)):
        table(tmp_path / name, HEADER, found)

    code = gated(tmp_path, tmp_path / "new.csv", tmp_path / "old.csv", "--mode", "same-cells")

    assert code == 3
    assert "no true class, and those in dispute are the difficult ones" in capsys.readouterr().out
