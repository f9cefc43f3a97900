"""``predict --check``: the run's own answers held against another pipeline's, and recorded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.build.cards import composition
from tests.cardcheck import pipelines
from wbcval import cli
from wbcval.predict.run import Job, Predicted, predict
from wbcval.values.errors import InputError


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipelines.draw(tmp_path_factory.mktemp("images") / "cells", 8)


@pytest.fixture(scope="module")
def table(model: Path, cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = pipelines.answers(model, cells)
    return pipelines.write(tmp_path_factory.mktemp("table") / "mine.csv", found)


def run(model: Path, cells: Path, out: Path, **more: Any) -> Predicted:
    return predict(Job(model, cells, out, threads=1, **more))


def test_a_card_that_agrees_is_recorded_with_what_it_was_held_against(
    model: Path, cells: Path, table: Path, tmp_path: Path
) -> None:
    made = run(model, cells, tmp_path / "p.csv", check=table, check_images=cells)
    found = made.record["card_check"]
    lines = "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(cells.iterdir())
    )
    assert found.pop("largest_difference") <= 2e-6
    assert found == {
        "images": 8,
        "file": "mine.csv",
        "sha256": hashlib.sha256(table.read_bytes()).hexdigest(),
        "images_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "decimals": 6,
    }
    sidecar = json.loads((tmp_path / "p.csv.origin.json").read_text())
    assert sidecar["card_check"]["images"] == 8
    plain = run(model, cells, tmp_path / "q.csv")
    assert "card_check" not in plain.record
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()


def test_the_images_lie_beside_the_table_where_nothing_else_is_said(
    model: Path, cells: Path, tmp_path: Path
) -> None:
    own = pipelines.draw(tmp_path / "own", 8)
    found = pipelines.answers(model, own)
    table = pipelines.write(own / "mine.csv", found)
    out = tmp_path / "p.csv"
    arguments = ["predict", "--model", str(model), "--images", str(cells), "--out", str(out)]
    assert cli.main([*arguments, "--check", str(table)]) == 0


def test_a_card_that_differs_ends_the_run_before_anything_is_written(
    model: Path, cells: Path, tmp_path: Path
) -> None:
    found = pipelines.answers(model, cells, color="BGR")
    table = pipelines.write(tmp_path / "mine.csv", found)
    with pytest.raises(InputError, match=r"differs from what the card gives.*\n.*model check"):
        run(model, cells, tmp_path / "p.csv", check=table, check_images=cells)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize("form", ["labels", "{:.2f}", "flat"])
def test_what_wrong_cards_agree_with_checks_none(
    form: str, model: Path, cells: Path, tmp_path: Path
) -> None:
    found = pipelines.answers(model, cells)
    table = tmp_path / "mine.csv"
    if form == "labels":
        labels = [f"{image},{pipelines.FIVE[p.argmax()]}" for image, p in found.items()]
        table.write_text("\n".join(["image,label", *labels]))
    elif form == "flat":
        first = next(iter(found.values()))
        pipelines.write(table, dict.fromkeys(found, first))
    else:
        pipelines.write(table, found, form=form)
    with pytest.raises(InputError, match=r"wrong cards would agree|any card may give"):
        run(model, cells, tmp_path / "p.csv", check=table, check_images=cells)


def test_an_interrupted_run_goes_on_under_the_same_check_alone(
    model: Path, cells: Path, table: Path, tmp_path: Path
) -> None:
    many = pipelines.draw(tmp_path / "many", 8, seed=9)
    for file in sorted(many.iterdir())[:3]:
        file.write_bytes(b"no image")
    out = tmp_path / "p.csv"
    with pytest.raises(InputError, match="the limit is"):
        run(model, many, out, check=table, check_images=cells)
    with pytest.raises(InputError, match="card_check"):
        run(model, many, out, resume=True, failure_limit=0.5)
    made = run(model, many, out, resume=True, failure_limit=0.5, check=table, check_images=cells)
    assert made.record["card_check"]["images"] == 8


def test_stages_are_checked_as_a_whole(cells: Path, tmp_path: Path) -> None:
    """What is compared is what the run writes: the product along the path of the stages."""
    root = pipelines.save(tmp_path / "root.pt", text=pipelines.CARD)
    card = tmp_path / "two.toml"
    card.write_text(composition({"model": root.name}))
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(root, cells))
    made = run(card, cells, tmp_path / "p.csv", check=table, check_images=cells)
    assert made.record["card_check"]["images"] == 8


def test_images_of_a_check_go_with_a_check(model: Path, cells: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--check-images: goes with --check"):
        run(model, cells, tmp_path / "p.csv", check_images=cells)


def test_an_image_that_cannot_be_read_ends_the_check(
    model: Path, cells: Path, table: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in cells.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    first = min(copy.iterdir())
    first.write_bytes(first.read_bytes()[:60])
    with pytest.raises(InputError, match=f"{first.name}: cannot be used.*\n.*remove its row"):
        run(model, cells, tmp_path / "p.csv", check=table, check_images=copy)
