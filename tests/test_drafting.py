"""A draft asks what the files can answer, never what the model did; and it is always TOML."""

from __future__ import annotations

import csv
import random
import re
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.door.tables import ReadOptions, read
from wbcval.judge.defaults import default_criteria
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.functions.attainability import attainability
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.verbs.drafting import _criteria, _text, draft

SHARES = (0.6, 0.25, 0.08, 0.05, 0.02)
SHORT = ("NEUT", "LYMPH", "MONO", "EO", "BASO")
N = 30


def table(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def cells(path: Path, *, seed: int, each: int = 100, wrong: float = 0.0) -> Path:
    """``each`` cells of N samples; ``wrong``: share called at random, truth unmoved."""
    truth, model = random.Random(1), random.Random(seed)  # noqa: S311
    rows: list[list[object]] = []
    for s in range(N):
        for c in range(each):
            true = truth.choices(FIVE, SHARES)[0]
            called = model.choice(FIVE) if model.random() < wrong else true
            rows.append([f"S{s}", c, true, called])
    return table(path, ["sample_id", "cell_id", "true_class", "predicted_class"], rows)


def reference(path: Path, header: tuple[str, ...] = ()) -> Path:
    rng = random.Random(2)  # noqa: S311
    rows = []
    for s in range(N):
        wbc = round(rng.uniform(4, 11), 2)
        rows.append([f"S{s}", wbc, *(f"{100 * share:.1f}" for share in SHARES)])
    return table(
        path, list(header or ("sample_id", "WBC(10^9/L)", *(f"{m}%" for m in SHORT))), rows
    )


def counts(path: Path, *, seed: int, off: float = 0.0, lost: int = 0) -> Path:
    rng, error = random.Random(2), random.Random(seed)  # noqa: S311
    rows = []
    for s in range(N):
        wbc = round(rng.uniform(4, 11) * (1 + error.uniform(-off, off)), 3)
        rows.append([f"S{s}", 3000, "" if s < lost else wbc])
    return table(path, ["sample_id", "n_cells", "WBC(10^9/L)"], rows)


def drafted(folder: Path, mode: str | None = "different-aliquot", **how: float) -> str:
    """The draft; its tables lie in the folder."""
    files, text = _drafted(mode, tuple(sorted(how.items())))
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return text


@cache
def _drafted(
    mode: str | None, stated: tuple[tuple[str, float], ...]
) -> tuple[dict[str, bytes], str]:
    how = {"seed": 5, "wrong": 0.0, "off": 0.0, "lost": 0, **dict(stated)}
    with TemporaryDirectory() as name:
        folder, seed = Path(name), int(how["seed"])
        predictions = [
            cells(folder / "cells.csv", seed=seed, wrong=how["wrong"]),
            counts(folder / "counts.csv", seed=seed, off=how["off"], lost=int(how["lost"])),
        ]
        inputs = {"predictions": predictions, "reference": [reference(folder / "ref.csv")]}
        text = draft(inputs, mode, folder / "protocol.toml").text
        return {path.name: path.read_bytes() for path in folder.iterdir()}, text


def active(text: str) -> dict[str, Criterion]:
    return {row["id"]: row for row in tomllib.loads(text).get("criterion", [])}


def test_no_result_of_the_model_moves_the_draft(tmp_path: Path) -> None:
    good = drafted(tmp_path / "good", seed=5)
    bad = drafted(tmp_path / "bad", seed=6, wrong=0.8, off=0.6)
    assert good == bad


def test_samples_the_model_failed_on_do_not_soften_what_it_is_asked(tmp_path: Path) -> None:
    # counted as outside, ten of thirty failures make "95 % within" unattainable by themselves
    text = drafted(tmp_path / "failing", lost=10)
    assert "WBC-within-10" in active(text)


def test_what_a_perfect_classifier_cannot_meet_is_off_and_the_rest_is_on(tmp_path: Path) -> None:
    text = drafted(tmp_path)
    study = build(
        read_inputs(
            Protocol(
                "different-aliquot",
                inputs={
                    "predictions": (tmp_path / "cells.csv", tmp_path / "counts.csv"),
                    "reference": (tmp_path / "ref.csv",),
                },
            )
        )
    )
    on = active(text)
    for subject in ("WBC", *(f"{m}%" for m in SHORT)):
        found = attainability(study.pairs(subject), limit=10, share=0.95)
        assert (f"{subject}-within-10" in on) == (found.status != "no"), subject
    assert "BASO%-within-10" not in on
    assert '#id = "BASO%-within-10"' in text
    # 2 % at 100 cells: nothing near 95 % of such samples lies within 0.2 points
    assert "attainable: no; " in text


def test_the_floor_offered_is_the_least_that_is_attainable(tmp_path: Path) -> None:
    drafted(tmp_path)
    study = build(
        read_inputs(
            Protocol(
                "different-aliquot",
                inputs={
                    "predictions": (tmp_path / "cells.csv",),
                    "reference": (tmp_path / "ref.csv",),
                },
            )
        )
    )
    pairs = study.pairs("MONO%")
    floor = _criteria._least_floor(pairs)
    assert floor is not None
    status = [attainability(pairs, limit=10, share=0.95, floor=f).status
              for f in (floor, floor - 0.5)]  # fmt: skip
    assert status[0] == "yes"
    assert status[1] != "yes"


def test_a_bias_without_figures_cannot_be_taken_up_unread(tmp_path: Path) -> None:
    text = drafted(tmp_path)
    bias = re.search(r'#\[\[criterion\]\]\n#id = "MONO%-bias-shown"(?:\n#.*?)*?\n#max = …', text)
    assert bias is not None
    taken = re.sub(r"(?m)^#", "", bias[0])
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(taken)
    done = taken.replace("min = -…", "min = -1.0").replace("max = …", "max = 1.0")
    (tmp_path / "p.toml").write_text('mode = "same-slide"\n' + done, encoding="utf-8")
    assert load(tmp_path / "p.toml").criteria[0].max == 1.0


def test_the_floors_can_be_taken_up(tmp_path: Path) -> None:
    text = drafted(tmp_path)
    before = re.findall(r"(?:^#\S.*\n)+(?=# Instead, a bias)", text, re.M)
    floors = [text for text in before if "or_within" in text]
    assert floors
    (tmp_path / "p.toml").write_text(
        'mode = "same-slide"\n' + re.sub(r"(?m)^#", "", "\n".join(floors)), encoding="utf-8"
    )
    assert all(c.or_within for c in load(tmp_path / "p.toml").criteria)


def test_the_same_cells_are_asked_what_is_asked_without_a_protocol(tmp_path: Path) -> None:
    """Errors cancel in percentages, so none of them decides; a class that is lost does."""
    table = cells(tmp_path / "cells.csv", seed=5, wrong=0.03)
    draft({"predictions": [table]}, "same-cells", tmp_path / "p.toml").write(tmp_path / "p.toml")
    protocol = load(tmp_path / "p.toml")
    study = build(read_inputs(protocol))

    assert protocol.criteria == default_criteria(study)
    required = {c.id for c in protocol.criteria if not c.optional}
    assert required == {"accuracy", *(f"{name}-sensitivity" for name in FIVE)}
    text = (tmp_path / "p.toml").read_text(encoding="utf-8")
    assert re.search(r"# \d+ cells are truly monocyte", text)


@pytest.mark.parametrize(("of_the_shares", "on"), [(True, True), (False, False)])
def test_cells_of_a_differential_are_not_those_of_its_wbc(
    of_the_shares: bool, on: bool, tmp_path: Path
) -> None:
    """From 200 cells no WBC lies within 10 %; beside percentages n_cells say nothing of it."""
    rows: list[list[object]] = [[f"S{i}", 200, 4 + i / 5, *(100 * s for s in SHARES)]
                                for i in range(N)]  # fmt: skip
    header = ["sample_id", "n_cells", "WBC(10^9/L)", *(f"{m}%(%)" for m in SHORT)]
    if not of_the_shares:
        header, rows = header[:3], [row[:3] for row in rows]
    model, ref = table(tmp_path / "m.csv", header, rows), reference(tmp_path / "r.csv")
    text = draft(
        {"predictions": [model], "reference": [ref]}, "different-aliquot", tmp_path / "p.toml"
    ).text

    assert ("WBC-within-10" in active(text)) is on
    assert (
        "from how many cells WBC was counted" in " ".join(text.replace("\n#", " ").split())
    ) is on


def test_sensitivities_wait_for_their_bound(tmp_path: Path) -> None:
    on = active(drafted(tmp_path))
    wanted = {f"{name}-sensitivity" for name in FIVE}
    assert wanted <= on.keys()
    assert all(on[name]["optional"] for name in wanted)  # type: ignore[index]


def test_a_mode_is_never_guessed(tmp_path: Path) -> None:
    text = drafted(tmp_path, mode=None)
    assert "mode" not in tomllib.loads(text)
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="same-cells, same-slide, different-aliquot") as refused:
        load(tmp_path / "p.toml")
    assert "mode" in refused.value.where
    for mode in ("same-cells", "same-slide", "different-aliquot"):
        chosen = text.replace(f'#mode = "{mode}"', f'mode = "{mode}"')
        (tmp_path / "p.toml").write_text(chosen, encoding="utf-8")
        assert load(tmp_path / "p.toml").mode == mode
    assert "Attainability is that of mode different-aliquot" in text


def test_a_mode_given_is_the_only_one_named(tmp_path: Path) -> None:
    text = drafted(tmp_path, mode="same-slide")
    assert tomllib.loads(text)["mode"] == "same-slide"
    assert "#mode" not in text


def test_too_few_samples_are_said(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"S{i}", 5 + i, 1000] for i in range(6)]
    header = ["sample_id", "WBC(10^9/L)", "n_cells"]
    one, other = table(tmp_path / "a.csv", header, rows), table(tmp_path / "b.csv", header, rows)
    text = draft(
        {"predictions": [one], "reference": [other]}, "different-aliquot", tmp_path / "p.toml"
    ).text
    assert "# 6 samples: fewer than 20 decide nothing" in text


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("header", "settings"),
    [
        (("sample_id", "WBC", "NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%"),
         ["WBC", "NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%"]),
        (("sample_id", "WBC(10^9/L)", "NEU", "LYM", "MON", "EOS", "BAS"),
         ["NEU", "LYM", "MON", "EOS", "BAS"]),
        (("sample_id", "WBC(10^9/L)", "NEUT%(%)", "LYMPH% %", "MONO%(%)", "EO%(%)", "BASO%(%)"),
         []),
    ],
)  # fmt: skip
def test_units_not_stated_are_left_to_fill(
    tmp_path: Path, header: tuple[str, ...], settings: list[str]
) -> None:
    model, ref = cells(tmp_path / "c.csv", seed=1), reference(tmp_path / "r.csv", header)
    text = draft(
        {"predictions": [model], "reference": [ref]}, "different-aliquot", tmp_path / "p.toml"
    ).text
    assert ("[units.reference]" in text) == bool(settings)
    before = read(ref, "reference")
    taken = re.sub(rf"(?m)^#(?=\"?(?:{'|'.join(settings) or 'NONE'}))", "", text)
    units = tomllib.loads(taken).get("units", {}).get("reference", {})
    assert sorted(units) == sorted(settings)
    after = read(ref, "reference", ReadOptions(units=units))
    assert after.frame.equals(before.frame)  # taken up as drafted, nothing is read otherwise
    rules = {f.rule for f in after.findings}
    assert not rules & {"unit-unstated", "class-columns-read", "unit-contradiction"}


def test_columns_that_decide_nothing_are_asked_for(tmp_path: Path) -> None:
    header = ["sample_id", "NEU", "LYM", "MON", "EOS", "BAS"]
    ref = table(tmp_path / "r.csv", header, [[f"S{i}", 3, 2, 1, 1, 1] for i in range(N)])
    made = draft(
        {"predictions": [cells(tmp_path / "c.csv", seed=1)], "reference": [ref]},
        None,
        tmp_path / "p.toml",
    )
    assert {f.rule for f in made.inputs.findings} == {"class-columns"}
    assert '#NEU = "…"' in made.text
    assert "criterion" not in tomllib.loads(made.text)


def test_labels_and_columns_nobody_knows_are_asked_for(tmp_path: Path) -> None:
    model = table(tmp_path / "c.csv", ["Tube", "cell_id", "predicted_class", "true_class"],
                  [["S1", i, i % 5, i % 5] for i in range(9)])  # fmt: skip
    text = draft({"predictions": [model]}, None, tmp_path / "p.toml").text
    assert '#sample_id = "…"' in text
    assert '# Not used: "Tube".' in text
    named = table(tmp_path / "d.csv", ["sample_id", "cell_id", "predicted_class", "true_class"],
                  [["S1", i, i % 5, i % 5] for i in range(9)])  # fmt: skip
    text = draft({"predictions": [named]}, None, tmp_path / "p.toml").text
    assert "[class_map]" in text
    assert "'0', '1', '2', '3', '4'" in text


def test_nothing_to_compare_with_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [["S1", 1, "neutrophil"], ["S1", 2, "basophil"]]
    model = table(tmp_path / "c.csv", ["sample_id", "cell_id", "predicted_class"], rows)
    with pytest.raises(InputError, match="hold no true class"):
        draft({"predictions": [model]}, None, tmp_path / "p.toml")


def test_sides_that_do_not_pair_leave_a_draft_and_the_reason(tmp_path: Path) -> None:
    model = cells(tmp_path / "c.csv", seed=1)
    rows: list[list[object]] = [[f"other {i}", 5.0] for i in range(30)]
    ref = table(tmp_path / "r.csv", ["sample_id", "WBC(10^9/L)"], rows)
    made = draft({"predictions": [model], "reference": [ref]}, None, tmp_path / "p.toml")
    assert made.problem is not None
    assert "no id in common" in str(made.problem)
    assert "criterion" not in tomllib.loads(made.text)


def test_strata_have_two_to_twelve_levels(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"S{i}", f"P{i}", "one", i % 2, i % 12, i % 13] for i in range(N)]
    samples = table(tmp_path / "s.csv",
                    ["sample_id", "patient_id", "Lab", "Site Code", "Batch", "Lot"],
                    rows)  # fmt: skip
    model, ref = cells(tmp_path / "c.csv", seed=1), reference(tmp_path / "r.csv")
    text = draft(
        {"predictions": [model], "reference": [ref], "samples": [samples]},
        "different-aliquot",
        tmp_path / "p.toml",
    ).text
    assert tomllib.loads(text)["strata"] == ["site_code", "batch"]
    assert '# site_code: "0", "1"' in text
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    study = build(read_inputs(load(tmp_path / "p.toml")))
    assert {"site_code=0", "batch=11"} <= study.strata.keys()


@pytest.mark.parametrize("dangling", [False, True])
def test_a_file_is_never_overwritten(tmp_path: Path, dangling: bool) -> None:
    model, out = cells(tmp_path / "c.csv", seed=1), tmp_path / "protocol.toml"
    made = draft({"predictions": [model]}, None, out)
    if dangling:
        out.symlink_to(tmp_path / "nowhere")
    else:
        out.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="never overwritten"):
        draft({"predictions": [model]}, None, out)
    with pytest.raises(InputError, match="never overwritten"):  # came between
        made.write(out)
    assert dangling or out.read_text(encoding="utf-8") == "mine"


def test_paths_lead_from_the_protocol_through_links(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    file = tmp_path / "c.csv"
    file.write_text("x", encoding="utf-8")
    found = _text.relative(file, tmp_path / "link")
    assert (tmp_path / "link" / found).samefile(file)
    assert _text.relative(file, tmp_path) == "c.csv"


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="no valid text"):
        _text.relative(Path("/data/\udcff.csv"), Path("/data"))


@given(text=st.text(st.characters(exclude_categories=("Cs",))), key=st.text(
    st.characters(exclude_categories=("Cs",))))  # fmt: skip
@settings(max_examples=200)
def test_no_text_breaks_out(text: str, key: str) -> None:
    assert tomllib.loads(_text.setting(key, text)) == {key: text}
    assert tomllib.loads(_text.setting(key, [text, text])) == {key: [text, text]}
    assert tomllib.loads("\n".join(_text.note(text))) == {}
    assert tomllib.loads("\n".join(_text.off([_text.setting(key, text)]))) == {}


def test_a_criterion_comes_back_as_it_was(tmp_path: Path) -> None:
    asked = Criterion("a", "error", "EO%", "share_within:10", "site=\"B\"\\", 0.9, 1.0,
                      "demonstrated", 30, 0.9, 1.5, True)  # fmt: skip
    plain = Criterion("b", "bland_altman", "EO%", "bias", min=-1.0, max=2.0)
    text = "\n".join(['mode = "same-slide"', *_text.criterion(asked), *_text.criterion(plain)])
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "p.toml").criteria == (asked, plain)
    assert "optional" not in "\n".join(_text.criterion(replace(asked, optional=False)))


def test_what_a_stage_said_is_no_class_with_probabilities(tmp_path: Path) -> None:
    header = ["sample_id", "cell_id", "true_class", "predicted_class", "stage",
              "probability_lymphocyte", "probability_artefact",
              "probability_one_leukocyte", "probability_one_artefact"]  # fmt: skip
    rows = [["S1", c, "lymphocyte", "lymphocyte", "one", 0.9, 0.1, 0.9, 0.1] for c in range(9)]
    path = table(tmp_path / "cells.csv", header, rows)

    text = draft({"predictions": [path]}, "same-cells", tmp_path / "protocol.toml").text

    assert "probabilities of 2 classes" in " ".join(text.replace("\n#", " ").split())


def test_a_criterion_that_a_constant_passes_says_so(tmp_path: Path) -> None:
    said = "would pass too"
    assert said not in drafted(tmp_path).partition('id = "WBC')[0]  # WBC from 4 to 11
    with (tmp_path / "ref.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    narrow = table(
        tmp_path / "narrow.csv", header, [[name, 6.0 + 0.01 * i, *rest]
                                          for i, (name, _, *rest) in enumerate(rows)]
    )  # fmt: skip
    files = [tmp_path / "cells.csv", tmp_path / "counts.csv"]
    text = draft(
        {"predictions": files, "reference": [narrow]},
        "different-aliquot",
        tmp_path / "protocol.toml",
    ).text
    wbc = " ".join(text.partition('id = "WBC')[0].replace("#", "").split())
    assert "shows nothing with these samples: a model that gives every sample the same" in wbc
