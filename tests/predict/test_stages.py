"""A cascade and a one-vs-all ensemble, against plain loops over their nets."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests.build.cards import FIVE, card, composition
from tests.build.commands import wbcval
from tests.predict.material import load, origin_of, save
from wbcval.predict.run import Job, predict, resolve
from wbcval.values.errors import InputError

BILINEAR = Image.Resampling.BILINEAR
LEUKOCYTE = ("leukocyte", "artefact")
CASCADE = composition(
    {"name": "identification", "role": "identification", "classes": LEUKOCYTE, "model": "i.pt",
     "refined_by": {"leukocyte": "differentiation"}},
    {"name": "differentiation", "model": "d.pt", "abstain_below": 0.4},
    name="two-stage",
)  # fmt: skip


@pytest.fixture
def cascade(tmp_path) -> Path:
    save(tmp_path / "i.pt", LEUKOCYTE, seed=1)
    save(tmp_path / "d.pt", FIVE, seed=4)
    (tmp_path / "cascade.toml").write_text(CASCADE, encoding="utf-8")
    return tmp_path / "cascade.toml"


def logits(path: Path, folder: Path, images: list[str]) -> torch.Tensor:
    """What a plain loop over one net says."""
    net, found = load(path), []
    for image in images:
        pixels = Image.open(folder / image).convert("RGB").resize((16, 16), BILINEAR)
        x = torch.from_numpy((np.asarray(pixels, np.float32) / 255 - 0.5) / 0.25)
        with torch.no_grad():
            found.append(net(x.permute(2, 0, 1)[None])[0])
    return torch.stack(found).double()


def shares(path: Path, folder: Path, images: list[str]) -> np.ndarray:
    return logits(path, folder, images).softmax(1).numpy()


def test_a_cascade_says_what_its_stages_say(cascade, cells, tmp_path):
    predict(Job(cascade, cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    images = table["image"].tolist()
    first = shares(cascade.with_name("i.pt"), cells, images)
    second = shares(cascade.with_name("d.pt"), cells, images)
    for i, name in enumerate(FIVE):
        own = table[f"probability_differentiation_{name}"]
        assert own.to_numpy() == pytest.approx(second[:, i], abs=1e-6)
        assert table[f"probability_{name}"].to_numpy() == pytest.approx(
            first[:, 0] * second[:, i], abs=1e-6
        )
    assert table["probability_artefact"].to_numpy() == pytest.approx(first[:, 1], abs=1e-6)
    expected = [
        "artefact" if a[1] > a[0] else FIVE[b.argmax()] if b.max() >= 0.4 else "unclassified"
        for a, b in zip(first, second, strict=True)
    ]
    assert table["predicted_class"].tolist() == expected
    assert {"artefact", "unclassified"} < set(expected)  # all three ends occur
    by = ["identification" if label == "artefact" else "differentiation" for label in expected]
    assert table["stage"].tolist() == by
    assert origin_of(tmp_path / "p.parquet")["abstained"] == expected.count("unclassified")


def test_a_composition_is_hashed_as_sha256sum_prints_it(cascade, cells, tmp_path):
    predict(Job(cascade, cells, tmp_path / "p.parquet"))

    names = ("cascade.toml", "i.pt", "d.pt")
    lines = [f"{hashlib.sha256((tmp_path / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    seal = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert origin_of(tmp_path / "p.parquet")["model"]["sha256"] == seal
    predict(Job(cascade, cells, tmp_path / "q.parquet", expect_sha256=seal))
    save(tmp_path / "d.pt", FIVE, seed=9)
    with pytest.raises(InputError, match="is not the expected model"):
        predict(Job(cascade, cells, tmp_path / "r.parquet", expect_sha256=seal))


def one_vs_all(folder: Path, strategy: str) -> Path:
    more = {"calibration": "scores.csv"} if strategy == "calibrated" else {}
    for seed, name in enumerate(FIVE[:3]):
        classes = (name,) if name == "basophil" else (name, "artefact")
        save(folder / f"{name}.pt", classes, seed=seed + 10)
    (folder / "ova.toml").write_text(
        composition(
            {
                "classes": FIVE[:3],
                "one_vs_all": strategy,
                **more,
                "models": {name: f"{name}.pt" for name in FIVE[:3]},
            },
            name="ova",
        ),
        encoding="utf-8",
    )
    return folder / "ova.toml"


def scores(folder: Path, cells: Path, images: list[str]) -> np.ndarray:
    two = [shares(folder / f"{name}.pt", cells, images)[:, 0] for name in FIVE[:2]]
    return np.column_stack([*two, logits(folder / "basophil.pt", cells, images).sigmoid()[:, 0]])


@pytest.mark.parametrize("strategy", ["maximum", "normalised"])
def test_binary_nets_decide_together(strategy, cells, tmp_path):
    predict(Job(one_vs_all(tmp_path, strategy), cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    raw = scores(tmp_path, cells, table["image"].tolist())
    assert table["predicted_class"].tolist() == [FIVE[i] for i in raw.argmax(axis=1)]
    for i, name in enumerate(FIVE[:3]):
        assert table[f"probability_all_{name}"].to_numpy() == pytest.approx(raw[:, i], abs=1e-6)
        if strategy == "normalised":
            share = raw[:, i] / raw.sum(axis=1)
            assert table[f"probability_{name}"].to_numpy() == pytest.approx(share, abs=2e-6)
        else:
            assert f"probability_{name}" not in table


def test_calibration_is_fitted_to_what_the_maximum_wrote(cells, tmp_path):
    listed = tmp_path / "m.csv"
    rows = [(p, FIVE[i % 3]) for i, p in enumerate(sorted(cells.rglob("*.png")))]
    listed.write_text(
        "image,sample_id,true_class\n" + "".join(f"{p},S,{c}\n" for p, c in rows),
        encoding="utf-8",
    )
    predict(Job(one_vs_all(tmp_path, "maximum"), listed, tmp_path / "raw.csv"))
    raw = pd.read_csv(tmp_path / "raw.csv")
    # true classes that go with the scores, so that each curve rises
    columns = [f"probability_all_{name}" for name in FIVE[:3]]
    ranks = raw[columns].rank(pct=True).to_numpy()
    raw["true_class"] = [FIVE[i] for i in ranks.argmax(axis=1)]
    raw.to_csv(tmp_path / "scores.csv", index=False)

    predict(Job(one_vs_all(tmp_path, "calibrated"), cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    fitted = origin_of(tmp_path / "p.parquet")["stages"][0]["calibration"]
    given = scores(tmp_path, cells, table["image"].tolist())
    logit = np.log(given / (1 - given))
    own = 1 / (1 + np.exp(-(np.array(fitted["slope"]) * logit + fitted["intercept"])))
    own /= own.sum(axis=1, keepdims=True)
    for i, name in enumerate(FIVE[:3]):
        assert table[f"probability_{name}"].to_numpy() == pytest.approx(own[:, i], abs=1e-4)
    seal = hashlib.sha256((tmp_path / "scores.csv").read_bytes()).hexdigest()
    assert (fitted["file"], fitted["sha256"]) == ("scores.csv", seal)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('model = "d.pt"', 'model = "i.pt"', "its card names ['leukocyte', 'artefact']"),
        ('model = "d.pt"', 'model = "gone.pt"', "cannot be read"),
        ('model = "d.pt"', 'model = "d.pt"\ncard = "gone.toml"', "cannot be read"),
        ('"neutrophil", "eosinophil"', '"eosinophil", "neutrophil"', "in the order of the model"),
    ],
)
def test_a_composition_that_its_models_contradict_is_refused(
    cascade, cells, tmp_path, old, new, says
):
    cascade.write_text(CASCADE.replace(old, new), encoding="utf-8")

    with pytest.raises(InputError, match=re.escape(says)):
        predict(Job(cascade, cells, tmp_path / "p.csv"))


def test_inspect_shows_the_tree_and_runs_nothing(cascade):
    done = wbcval("model", "inspect", cascade)

    assert done.returncode == 0, done.stderr
    assert "stage identification (identification): leukocyte, artefact" in done.stdout
    assert "leukocyte is refined by differentiation" in done.stdout
    assert "not loaded" in done.stdout


def test_inspect_tries_a_model_when_asked(model):
    done = wbcval("model", "inspect", model, "--run")

    assert done.returncode == 0, done.stderr
    assert hashlib.sha256(model.read_bytes()).hexdigest() in done.stdout
    assert "ran" in done.stdout


def test_a_card_is_drafted_beside_a_model_and_never_over_another(tmp_path):
    path = save(tmp_path / "m.pt", FIVE)

    first = wbcval("model", "card", path, "--write")
    second = wbcval("model", "card", path, "--write")

    assert first.returncode == 0, first.stderr
    assert 'name = "small"' in (tmp_path / "m.toml").read_text(encoding="utf-8")
    assert second.returncode == 2
    assert "is there already" in second.stderr


def test_cards_and_calibration_are_under_the_seal_of_a_composition(cells, tmp_path):
    path = one_vs_all(tmp_path, "normalised")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '[stage.cards]\nneutrophil = "n.toml"\n', encoding="utf-8")
    own = card(("neutrophil", "artefact"))
    (tmp_path / "n.toml").write_text(own, encoding="utf-8")
    seal = resolve(path, None).sha256

    (tmp_path / "n.toml").write_text(own.replace("0.25", "0.5"), encoding="utf-8")

    with pytest.raises(InputError, match="is not the expected model"):
        predict(Job(path, cells, tmp_path / "p.csv", expect_sha256=seal))


def test_a_composition_may_be_called_model_toml(cascade, cells, tmp_path):
    cascade.rename(tmp_path / "model.toml")

    made = predict(Job(tmp_path / "model.toml", cells, tmp_path / "p.csv"))

    assert made.summary.cells == 21


def test_inspect_asks_a_class_map_only_for_what_a_report_will_meet(cascade):
    done = wbcval("model", "inspect", cascade)

    assert "class_map" not in done.stdout
