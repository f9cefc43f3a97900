"""The sample images are what their script draws; the sample models know most of them."""

from __future__ import annotations

import csv
import importlib
import tomllib
import warnings
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wbcval.values.classes import FIVE, canonical

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")

SAMPLE_DATA = Path(__file__).parents[1] / "sample_data"
MODELS = SAMPLE_DATA / "models"
FILES = sorted(file.name for file in MODELS.glob("*.pt"))


@pytest.fixture
def make_images(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SAMPLE_DATA)
    return importlib.import_module("make_images")


@pytest.fixture
def train_models(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("torch", reason="needs torch")
    monkeypatch.syspath_prepend(SAMPLE_DATA)
    return importlib.import_module("train_models")


def manifest(name: str = "images.csv") -> list[dict[str, str]]:
    with (SAMPLE_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pixels(image: str) -> np.ndarray:
    with Image.open(SAMPLE_DATA / image) as opened:
        return np.asarray(opened)


def load(file: Path) -> tuple[object, dict[str, object]]:
    """The model and its card, by plain torch."""
    torch = pytest.importorskip("torch", reason="needs torch")
    extra = {"wbcval.toml": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = torch.jit.load(file, _extra_files=extra)
    return model, tomllib.loads(extra["wbcval.toml"].decode())


def outputs(file: str, images: list[str]) -> tuple[np.ndarray, list[str]]:
    """The raw outputs, (images, classes), of inputs made as the card says; and the classes."""
    torch = pytest.importorskip("torch", reason="needs torch")
    model, card = load(MODELS / file)
    given = card["input"]
    x = np.stack([pixels(image) for image in images]) / given["scale"]
    x = ((x - given["mean"]) / given["std"]).astype(np.float32)
    with torch.inference_mode():
        return model(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy(), card["classes"]


def test_the_manifest_lists_every_image_once_with_its_planned_class(
    make_images: ModuleType,
) -> None:
    planned = [
        {"image": f"images/{sample}/{i:02d}.png", "sample_id": sample, "true_class": name}
        for sample, names in make_images.plan().items()
        for i, name in enumerate(names, start=1)
    ]
    files = {
        f.relative_to(SAMPLE_DATA).as_posix()
        for f in (SAMPLE_DATA / "images").rglob("*")
        if f.is_file()
    }
    assert manifest() == planned
    assert files == {row["image"] for row in planned}
    assert len(planned) == 360


def test_images_are_small_8_bit_rgb() -> None:
    files = [SAMPLE_DATA / row["image"] for row in manifest()]
    kinds = set()
    for file in files:
        with Image.open(file) as image:
            kinds.add((image.format, image.mode, image.size))
    assert kinds == {("PNG", "RGB", (64, 64))}
    assert sum(file.stat().st_size for file in files) < 2_000_000


def test_classes_are_named_as_the_report_names_them() -> None:
    assert {row["true_class"] for row in manifest()} == {*FIVE, "artefact", "platelet"}
    assert all(canonical(row["true_class"]) == row["true_class"] for row in manifest())


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", [*FIVE, "artefact", "platelet"])
def test_drawing_again_gives_the_pixels_of_the_files(make_images: ModuleType, name: str) -> None:
    rows = [row for row in manifest() if row["true_class"] == name][-3:]
    for row in rows:
        number = int(Path(row["image"]).stem)
        np.testing.assert_array_equal(
            make_images.draw(row["sample_id"], number, name), pixels(row["image"])
        )


@pytest.mark.further
def test_a_field_drawn_again_is_its_file_with_its_boxes(make_images: ModuleType) -> None:
    rows = [row for row in manifest("fields.csv") if row["sample_id"] == "S05"]
    picture, found = make_images.draw_field("S05")
    np.testing.assert_array_equal(picture, pixels(rows[0]["image"]))
    assert [tuple(row.values())[2:] for row in rows] == [tuple(map(str, f)) for f in found]


def test_a_box_of_a_field_holds_a_nucleus_and_the_rest_holds_none() -> None:
    images = {row["image"] for row in manifest("fields.csv")}
    for image in images:
        picture = pixels(image).astype(int)
        dark = (picture[:, :, 1] < 110) & (picture[:, :, 0] < 130)  # as chromatin is
        assert dark.sum() > 500
        for row in manifest("fields.csv"):
            if row["image"] == image:
                left, top, right, bottom = (int(v) for v in list(row.values())[3:])
                assert dark[top : bottom + 1, left : right + 1].sum() > 200
                dark[top : bottom + 1, left : right + 1] = False
        assert dark.sum() < 100  # platelets


def test_the_five_class_model_knows_most_leukocytes_and_takes_lymphocytes_for_monocytes() -> None:
    rows = [row for row in manifest() if row["true_class"] in FIVE]
    scores, classes = outputs("five_classes.pt", [row["image"] for row in rows])
    called = [classes[i] for i in scores.argmax(1)]
    pairs = [(row["true_class"], c) for row, c in zip(rows, called, strict=True)]
    # 308 of 317 where it was trained; 8 of the 9 mistakes are lymphocytes called monocytes
    assert 0.96 <= np.mean([true == call for true, call in pairs]) <= 0.98
    assert pairs.count(("lymphocyte", "monocyte")) >= 6


def test_the_identification_model_finds_most_leukocytes() -> None:
    rows = manifest()
    scores, classes = outputs("identify.pt", [row["image"] for row in rows])
    called = [classes[i] for i in scores.argmax(1)]
    truth = ["leukocyte" if row["true_class"] in FIVE else row["true_class"] for row in rows]
    right = np.mean([true == call for true, call in zip(truth, called, strict=True)])
    assert 0.98 <= right <= 0.995  # 356 of 360 where it was trained


def test_the_binary_models_together_know_most_leukocytes() -> None:
    rows = [row for row in manifest() if row["true_class"] in FIVE]
    scores = {name: outputs(f"ova_{name}.pt", [r["image"] for r in rows]) for name in FIVE}
    assert all(classes == [name] for name, (_, classes) in scores.items())
    called = np.hstack([scores[name][0] for name in FIVE]).argmax(1)
    right = np.mean([row["true_class"] == FIVE[c] for row, c in zip(rows, called, strict=True)])
    assert 0.96 <= right <= 0.98  # 308 of 317


@pytest.mark.parametrize("card", ["cascade.toml", "one_vs_all.toml"])
def test_a_composition_names_its_models_and_their_classes(card: str) -> None:
    stages = tomllib.loads((MODELS / card).read_text(encoding="utf-8"))["stage"]
    for stage in stages:
        for name, file in stage.get("models", {"": stage.get("model")}).items():
            assert load(MODELS / file)[1]["classes"] == ([name] if name else stage["classes"])


@pytest.mark.parametrize("file", FILES)
def test_a_model_holds_no_path_of_the_machine_that_made_it(file: str) -> None:
    with zipfile.ZipFile(MODELS / file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in content if name.endswith(".debug_pkl")]
    for word in (b"site-packages", b"sample_data", b"/lib/", b"/home/", b".venv", b"\\Users\\"):
        assert not [name for name, data in content.items() if word in data]


def test_the_models_are_small() -> None:
    assert len(FILES) == 7
    assert sum((MODELS / file).stat().st_size for file in FILES) < 600_000


@pytest.mark.further
def test_what_is_exported_computes_what_was_trained(
    train_models: ModuleType, tmp_path: Path
) -> None:
    import torch

    x = torch.randn(70, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    y = torch.arange(70) % 3
    net = train_models.train(x, y, width=2, epochs=1)
    train_models.export(net, tmp_path / "a_net.pt", ("leukocyte", "artefact", "platelet"))
    model, card = load(tmp_path / "a_net.pt")
    with torch.inference_mode():
        assert torch.allclose(model(x), net(x), atol=1e-6)
    assert (card["name"], card["output"]) == ("a-net", "logits")
    assert card["input"]["mean"] == list(train_models.MEAN)


def test_training_again_gives_the_same_weights(train_models: ModuleType) -> None:
    import torch

    x = torch.randn(70, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    y = (torch.arange(70) % 2).float()[:, None]
    first, second = (train_models.train(x, y, width=2, epochs=1).state_dict() for _ in "ab")
    assert all(torch.equal(first[key], second[key]) for key in first)
