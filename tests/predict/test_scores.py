"""A net with a sigmoid for each class: what decides, what is written, and the way into stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.build.cards import FIVE, card, composition
from tests.predict.material import load, origin_of, store
from tests.predict.test_stages import logits
from wbcval.door.tables import read
from wbcval.predict.cards import CardStage
from wbcval.predict.run import Job, predict
from wbcval.predict.run._decide import Decider
from wbcval.values.errors import InputError

SCORES = [f"score_{name}" for name in FIVE]


class Sigmoids(torch.nn.Module):
    def __init__(self, net: torch.jit.ScriptModule) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.net(x) / 4)


def stated(more: str = "") -> str:
    text = card(FIVE).replace('output = "logits"', f'output = "scores"\n{more}')
    return text.replace('name = "small"', 'name = "sigmoids"')


@pytest.fixture
def sigmoids(model: Path, tmp_path: Path) -> Path:
    return store(Sigmoids(load(model)), tmp_path / "s.pt", stated())


def test_the_largest_score_decides_and_no_probability_is_written(model, sigmoids, cells, tmp_path):
    predict(Job(sigmoids, cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    assert list(table.columns) == ["sample_id", "image", "predicted_class", *SCORES]
    expected = (logits(model, cells, table["image"].tolist()) / 4).sigmoid().numpy()
    assert table[SCORES].to_numpy() == pytest.approx(expected, abs=2e-6)
    assert table["predicted_class"].tolist() == [FIVE[i] for i in expected.argmax(axis=1)]
    assert len({*table["predicted_class"]}) > 1
    (file,) = origin_of(tmp_path / "p.parquet")["model"]["files"]
    assert file["card"]["output"] == "scores"


def test_what_is_doubtful_of_a_card_stands_in_the_record(model, cells, tmp_path):
    text = card(FIVE).replace('"stretch"', '"center-crop"')
    path = store(Sigmoids(load(model)), tmp_path / "s.pt", text)

    predict(Job(path, cells, tmp_path / "p.parquet"))

    first, second = origin_of(tmp_path / "p.parquet")["remarks"]
    assert first.startswith("s.pt: its outputs lie within 0 and 1 for noise")
    assert second.startswith('the card of s.pt: resize = "center-crop" is an old name')


def test_a_top_score_below_the_threshold_is_unclassified():
    stage = CardStage("model", "differentiation", ("a", "b"), {"": "m.pt"}, abstain_below=0.3)
    given = np.array([[0.3, 0.1], [0.2999994, 0.1], [0.9, 0.95], [0.5, 0.5]])

    decided = Decider([stage], {}, plain=True, scores=True).decide({"model": given})

    # the last: equal scores decide nothing, however high they are
    assert decided.labels.tolist() == ["a", "unclassified", "b", "unclassified"]
    assert list(decided.columns) == ["score_a", "score_b"]
    assert decided.columns["score_a"].tolist() == [0.3, 0.299999, 0.9, 0.5]


def test_a_threshold_below_an_equal_share_has_a_meaning_for_scores(model, cells, tmp_path):
    path = store(Sigmoids(load(model)), tmp_path / "s.pt", stated("abstain_below = 0.15"))

    assert predict(Job(path, cells, tmp_path / "p.parquet")).summary.cells == 21


def test_a_report_reads_them(sigmoids, cells, tmp_path):
    predict(Job(sigmoids, cells, tmp_path / "p.csv"))

    checked = read(tmp_path / "p.csv", "predictions")

    written = pd.read_csv(tmp_path / "p.csv")
    assert checked.frame["predicted_class"].tolist() == written["predicted_class"].tolist()
    assert not [name for name in checked.frame if "probability" in str(name)]
    (said,) = checked.findings
    assert (said.rule, said.got) == ("extra-column", ", ".join(SCORES))  # and nothing of them


def test_a_stage_says_how_scores_become_one_and_is_right(model, sigmoids, cells, tmp_path):
    composed = tmp_path / "c.toml"
    composed.write_text(composition({"model": "s.pt"}), encoding="utf-8")
    with pytest.raises(InputError, match="its scores need not add up") as caught:
        predict(Job(composed, cells, tmp_path / "p.parquet"))
    advice = caught.value.advice
    models = advice[advice.index("models = ") :]
    lines = f'one_vs_all = "normalised"\n{models}'

    composed.write_text(composition({}) + lines, encoding="utf-8")
    predict(Job(composed, cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    scores = (logits(model, cells, table["image"].tolist()) / 4).sigmoid().numpy()
    shares = scores / scores.sum(axis=1, keepdims=True)
    assert table[[f"probability_{n}" for n in FIVE]].to_numpy() == pytest.approx(shares, abs=2e-6)
