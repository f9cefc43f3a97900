"""Which card a model gets: one that is its own for certain, or none at all."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
import torch

from tests.build.cards import FIVE, card
from tests.build.commands import wbcval
from tests.models.made import graph, script
from tests.predict.material import save, store
from wbcval.predict.cards import class_names_in
from wbcval.predict.run import resolve
from wbcval.values.errors import InputError

TURNED = FIVE[::-1]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a card inside, and two without."""
    folder = tmp_path_factory.mktemp("files")
    save(folder / "carded.pt", FIVE)
    for name in ("bare", "other"):
        store(torch.nn.Conv2d(3, len(name), 1), folder / f"{name}.pt", None)
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    """A folder of one model without a card."""
    shutil.copy(files / "bare.pt", tmp_path / "m.pt")
    return tmp_path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, classes: tuple[str, ...] = FIVE, of: Path | None = None) -> Path:
    line = "" if of is None else f'model_sha256 = "{sha256(of)}"\n'
    path.write_text(line + card(classes), encoding="utf-8")
    return path


def taken(model: Path, given: Path | None = None) -> tuple[str, ...]:
    (file,) = resolve(model, given).files["model"].values()
    return (file.card_from, file.outside[0].name if file.outside else "", *file.card.classes[:1])


def test_a_card_of_the_models_own_name_comes_before_the_folders(folder):
    model = folder / "m.pt"
    write(folder / "model.toml", TURNED)
    assert taken(model) == ("beside", "model.toml", TURNED[0])

    write(folder / "m.toml")

    assert taken(model) == ("beside", "m.toml", FIVE[0])
    assert taken(model, folder / "model.toml") == ("given", "model.toml", TURNED[0])


@pytest.mark.parametrize("name", ["m.toml", "model.toml", "given.toml"])
def test_a_card_for_another_file_is_refused(folder, files, name):
    model, path = folder / "m.pt", folder / name
    write(path, of=files / "other.pt")
    given = path if name == "given.toml" else None

    with pytest.raises(InputError, match="is the card of another file") as caught:
        resolve(model, given)

    line = re.search(r'model_sha256 = "\w+"', caught.value.advice)
    assert line is not None
    path.write_text(f"{line[0]}\n{card(FIVE)}", encoding="utf-8")
    assert taken(model, given)[2] == FIVE[0]


def test_a_model_that_was_trained_anew_does_not_keep_its_card(folder, files):
    write(folder / "m.toml", of=folder / "m.pt")
    assert taken(folder / "m.pt")[0] == "beside"
    shutil.copy(files / "other.pt", folder / "m.pt")

    with pytest.raises(InputError, match="is the card of another file"):
        resolve(folder / "m.pt", None)


def test_a_card_of_no_file_among_several_models_is_refused(folder, files):
    model = folder / "m.pt"
    write(folder / "model.toml")
    shutil.copy(files / "other.pt", folder / "other.pt")

    with pytest.raises(InputError, match=r"may be the card of m\.pt or of other\.pt") as caught:
        resolve(model, None)
    advice = caught.value.advice

    # each way out that is named
    (line,) = re.findall(r'model_sha256 = "\w+"', advice)
    (folder / "model.toml").write_text(f"{line}\n{card(FIVE)}", encoding="utf-8")
    assert taken(model)[0] == "beside"
    with pytest.raises(InputError, match="is the card of another file"):
        resolve(folder / "other.pt", None)
    write(folder / "model.toml").rename(folder / "m.toml")
    assert "rename it to m.toml" in advice
    assert taken(model)[:2] == ("beside", "m.toml")
    with pytest.raises(InputError, match="has no model card"):
        resolve(folder / "other.pt", None)


@pytest.mark.parametrize(
    ("name", "other"),
    [("m.pt", "other.pth"), ("m.pt", "OTHER.ONNX"), ("m.bin", "other.bin"), ("m", "other")],
)
def test_another_model_is_one_by_its_suffix_or_as_the_first(files, tmp_path, name, other):
    shutil.copy(files / "bare.pt", tmp_path / name)
    shutil.copy(files / "other.pt", tmp_path / other)
    write(tmp_path / "model.toml")

    with pytest.raises(InputError, match="may be the card of"):
        resolve(tmp_path / name, None)


@pytest.mark.parametrize("other", ["m.onnx", "notes.txt", "m.pt.bak"])
def test_other_exports_of_a_model_and_other_files_are_no_other_models(folder, other):
    write(folder / "model.toml")
    (folder / other).write_bytes(b"x")

    assert taken(folder / "m.pt")[0] == "beside"


def test_a_model_with_a_card_of_its_own_name_is_no_other(folder, files):
    shutil.copy(files / "other.pt", folder / "other.pt")
    write(folder / "other.toml", of=folder / "other.pt")
    write(folder / "model.toml")

    assert taken(folder / "m.pt")[:2] == ("beside", "model.toml")


@pytest.mark.parametrize("name", ["m.toml", "model.toml"])
def test_a_card_beside_that_contradicts_the_one_inside_is_refused(files, tmp_path, name):
    model = tmp_path / "m.pt"
    shutil.copy(files / "carded.pt", model)
    beside = write(tmp_path / name, TURNED)

    with pytest.raises(InputError, match="something else than the card inside") as caught:
        resolve(model, None)

    assert f"--card {beside}" in caught.value.advice
    assert taken(model, beside) == ("given", name, TURNED[0])
    assert f"delete {name}" in caught.value.advice
    beside.unlink()
    assert taken(model) == ("inside", "", FIVE[0])


def test_two_cards_that_say_the_same_are_one(files, tmp_path):
    model = tmp_path / "m.pt"
    shutil.copy(files / "carded.pt", model)
    write(tmp_path / "m.toml", of=model)

    assert taken(model) == ("inside", "", FIVE[0])


def test_the_folders_card_for_another_file_leaves_the_one_inside(files, tmp_path):
    model = tmp_path / "m.pt"
    shutil.copy(files / "carded.pt", model)
    write(tmp_path / "model.toml", TURNED, of=files / "other.pt")

    assert taken(model) == ("inside", "", FIVE[0])


def test_no_file_holds_its_own_hash(files, tmp_path):
    path = save(tmp_path / "m.pt", FIVE, text=f'model_sha256 = "{"0" * 64}"\n{card(FIVE)}')

    with pytest.raises(InputError, match="no file holds its own hash"):
        resolve(path, None)


def test_a_link_that_leads_nowhere_is_no_absent_card(files, tmp_path):
    model = tmp_path / "m.pt"
    shutil.copy(files / "carded.pt", model)
    (tmp_path / "m.toml").symlink_to(tmp_path / "moved.toml")

    with pytest.raises(InputError, match=r"m\.toml"):
        resolve(model, None)


def test_a_draft_names_the_file_it_is_for(folder, files):
    model = folder / "m.pt"

    done = wbcval("model", "card", model, "--write")

    assert done.returncode == 0, done.stderr
    text = (folder / "m.toml").read_text(encoding="utf-8")
    assert f'model_sha256 = "{sha256(model)}"' in text
    assert wbcval("model", "card", model).stdout == text


def test_inspect_says_whether_a_card_is_of_this_very_file(folder):
    model = folder / "m.pt"
    beside = write(folder / "m.toml")

    loose = wbcval("model", "inspect", model).stdout
    write(beside, of=model)
    tied = wbcval("model", "inspect", model).stdout

    assert "card beside (m.toml)" in loose
    assert "no model_sha256 in it" in loose
    assert "no model_sha256" not in tied


def test_labels_that_a_report_counts_as_one_are_apart_in_the_table_and_it_is_said(folder):
    names = ("lymphoblast", "myeloblast", "other", "foreign", "monocyte")
    write(folder / "m.toml", names)

    said = wbcval("model", "inspect", folder / "m.pt").stdout

    assert "lymphoblast, myeloblast: kept apart in the table; a report counts them as one" in said
    assert "other: cells left open, to a report" in said
    assert "foreign: no class that a report knows" in said


@pytest.mark.parametrize(
    "extra",
    [
        {"class_names.json": '["neutrophil", "blast"]'},
        {"names": "{0: 'neutrophil', 1: 'blast'}"},  # as Ultralytics writes ONNX's metadata
        {"config.txt": '{"task": "classify", "names": {"0": "neutrophil", "1": "blast"}}'},
    ],
)
def test_names_of_classes_in_the_file_are_offered(tmp_path, extra):
    path = script(tmp_path / "m.pt", torch.nn.Flatten(), **extra)

    draft = wbcval("model", "card", path).stdout

    (name,) = extra
    assert f'classes = ["neutrophil", "blast"]  # as in {name}: check the order' in draft


def test_the_metadata_of_onnx_offers_them_too(tmp_path):
    path = graph(tmp_path / "m.onnx", names="{0: 'neutrophil', 1: 'blast', 2: \"eosi'n\"}")

    draft = wbcval("model", "card", path).stdout

    assert 'classes = ["neutrophil", "blast", "eosi\'n"]' in draft


@pytest.mark.parametrize(
    "text",
    ["{0: 'a', 2: 'b'}", "{0: 'a', 1: 3}", "[[[[", "{}", "-" * 60_000 + "1", "exit()", "\xff"],
)
def test_what_is_no_list_of_names_offers_nothing(text):
    assert class_names_in({"names": text.encode("latin-1")}) == ((), "")
