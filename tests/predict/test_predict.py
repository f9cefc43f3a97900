"""The road from images to the table: what is written, what is refused, what stays the same."""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import shutil
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.build.cards import FIVE, card
from tests.build.commands import wbcval
from tests.predict.material import load, origin_of, save, store
from wbcval.door.tables import read
from wbcval.origin import content_of
from wbcval.predict.run import Job, _recipe, _run, predict
from wbcval.values.errors import InputError

PROBABILITIES = [f"probability_{name}" for name in FIVE]


def failures(out: Path) -> list[dict[str, str]]:
    with out.with_name("failures.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_folder_of_samples_becomes_a_table(model, cells, tmp_path):
    made = predict(Job(model, cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    assert list(table.columns) == ["sample_id", "image", "predicted_class", *PROBABILITIES]
    assert table["image"].tolist() == sorted(
        path.relative_to(cells).as_posix() for path in cells.rglob("*.png")
    )
    assert (table["sample_id"] == table["image"].str.split("/").str[0]).all()
    numbers = table[PROBABILITIES].to_numpy()
    assert np.abs(numbers.sum(axis=1) - 1).max() < 5e-6
    assert np.array_equal(numbers, numbers.round(6))
    assert table["predicted_class"].tolist() == [FIVE[i] for i in numbers.argmax(axis=1)]
    assert len(set(table["predicted_class"])) > 1  # a net that says one thing shows nothing
    assert made.summary.cells == len(table) == 21
    assert failures(tmp_path / "p.parquet") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failures.csv", "p.parquet"]


def test_csv_holds_the_same_and_its_origin_stands_beside_it(model, cells, tmp_path):
    predict(Job(model, cells, tmp_path / "p.parquet"))
    predict(Job(model, cells, tmp_path / "p.csv"))

    text = (tmp_path / "p.csv").read_bytes()
    as_csv, as_parquet = pd.read_csv(tmp_path / "p.csv"), pd.read_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(as_csv, as_parquet, check_dtype=False)
    beside = json.loads((tmp_path / "p.csv.origin.json").read_text(encoding="utf-8"))
    assert beside.pop("file_sha256") == hashlib.sha256(text).hexdigest()
    assert beside == origin_of(tmp_path / "p.parquet")


def test_the_origin_says_which_model_on_which_images(model, cells, tmp_path):
    predict(Job(model, cells, tmp_path / "p.parquet"))

    found = origin_of(tmp_path / "p.parquet")
    paths = sorted(path.relative_to(cells).as_posix() for path in cells.rglob("*.png"))
    lines = "".join(
        f"{hashlib.sha256((cells / path).read_bytes()).hexdigest()}  {path}\n" for path in paths
    )
    assert found["images"] == {
        "kind": "folder", "name": "cells", "listed": 21, "predicted": 21, "repeated": 0,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }  # fmt: skip
    assert found["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert found["model"]["files"][0]["card"]["classes"] == list(FIVE)
    assert found["model"]["files"][0]["card_from"] == "inside"
    assert {"python", "torch", "numpy", "pillow"} <= found["versions"].keys()
    assert (found["device"], found["precision"], found["micro_batch"]) == ("cpu", "fp32", 32)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "asked", [{"threads": 1}, {"threads": 3}, {"batch_size": 1}, {"batch_size": 500}]
)
def test_threads_and_batch_size_change_no_byte(model, cells, tmp_path, asked):
    for name, more in (("a", {}), ("b", asked)):
        (tmp_path / name).mkdir()
        predict(Job(model, cells, tmp_path / name / "p.parquet", **more))

    a, b = ((tmp_path / name / "p.parquet").read_bytes() for name in "ab")
    assert a == b


def test_a_zip_gives_what_its_folder_gives(model, cells, tmp_path):
    with zipfile.ZipFile(tmp_path / "cells.zip", "w") as archive:
        for path in cells.rglob("*.png"):
            archive.write(path, path.relative_to(cells))

    predict(Job(model, cells, tmp_path / "a.parquet"))
    predict(Job(model, tmp_path / "cells.zip", tmp_path / "b.parquet"))

    a, b = pd.read_parquet(tmp_path / "a.parquet"), pd.read_parquet(tmp_path / "b.parquet")
    pd.testing.assert_frame_equal(a, b)
    origins = [origin_of(tmp_path / f"{name}.parquet")["images"] for name in "ab"]
    assert origins[0]["sha256"] == origins[1]["sha256"]


def test_a_manifest_names_cells_and_true_classes(model, cells, tmp_path):
    listed = tmp_path / "m.csv"
    listed.write_text(
        f"image,sample_id,cell_id,true_class\n{cells}/S1/00.png,A,7,neutrophil\n"
        f"{cells}/S1/00.png,A,8,\n{cells}/S2/00.png,B,7,monocyte\n",
        encoding="utf-8",
    )

    predict(Job(model, listed, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    assert list(table.columns[:5]) == [
        "sample_id", "cell_id", "image", "true_class", "predicted_class",
    ]  # fmt: skip
    assert table["sample_id"].tolist() == ["A", "A", "B"]
    assert table["cell_id"].tolist() == ["7", "8", "7"]
    assert table["true_class"].isna().tolist() == [False, True, False]
    assert table.loc[0, PROBABILITIES].tolist() == table.loc[1, PROBABILITIES].tolist()


@pytest.fixture
def damaged(cells, tmp_path) -> Path:
    """21 images of which three cannot be read: named, in the order of their paths."""
    folder = tmp_path / "damaged"
    shutil.copytree(cells, folder)
    whole = (folder / "S1/03.png").read_bytes()
    (folder / "S1/03.png").write_bytes(whole[: len(whole) // 2])
    (folder / "S2/00.png").write_bytes(b"")
    (folder / "S2/06.png").write_text("<html>404</html>", encoding="utf-8")
    return folder


def test_what_cannot_be_read_is_listed_and_never_scored(model, cells, damaged, tmp_path):
    predict(Job(model, cells, tmp_path / "a.parquet"))
    made = predict(Job(model, damaged, tmp_path / "b.parquet", failure_limit=0.2))

    lost = ["S1/03.png", "S2/00.png", "S2/06.png"]
    assert [row["image"] for row in failures(tmp_path / "b.parquet")] == lost
    assert all(row["reason"] for row in failures(tmp_path / "b.parquet"))
    a, b = pd.read_parquet(tmp_path / "a.parquet"), pd.read_parquet(tmp_path / "b.parquet")
    pd.testing.assert_frame_equal(a[~a["image"].isin(lost)].reset_index(drop=True), b)
    assert made.summary.failed == 3
    found = origin_of(tmp_path / "b.parquet")["failures"]
    assert (found["n"], found["samples"]) == (3, {"S1": 1, "S2": 2})
    assert [one["image"] for one in found["first"]] == lost


def test_too_many_failures_write_no_predictions(model, damaged, tmp_path):
    out = tmp_path / "p.parquet"

    with pytest.raises(InputError, match=r"3 of 21 .* \(14\.3%.*the limit is 5\.0%"):
        predict(Job(model, damaged, out))

    assert not out.exists()
    assert len(failures(out)) == 3
    # nothing is lost: with a higher limit the same run ends at once
    made = predict(Job(model, damaged, out, failure_limit=0.15, resume=True))
    assert (made.fresh, made.summary.cells) == (0, 18)


def test_images_can_be_mended_and_the_run_begun_again(model, cells, damaged, tmp_path):
    out = tmp_path / "p.parquet"
    with pytest.raises(InputError, match="Mend them and run again"):
        predict(Job(model, damaged, out))
    for image in ("S1/03.png", "S2/00.png", "S2/06.png"):
        shutil.copy(cells / image, damaged / image)

    with pytest.raises(InputError, match="begin anew without --resume"):
        predict(Job(model, damaged, out, resume=True))
    made = predict(Job(model, damaged, out))

    assert (made.fresh, made.summary.cells) == (21, 21)
    assert not (tmp_path / "p.parquet.part").exists()


def test_the_limit_itself_is_within(model, damaged, tmp_path):
    made = predict(Job(model, damaged, tmp_path / "p.csv", failure_limit=3 / 21))

    assert made.summary.failed == 3


def test_an_output_that_is_not_finite_is_a_failure(cells, tmp_path):
    import torch

    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            mean = x.mean((1, 2, 3))
            second = torch.where(mean > 0.8, torch.full_like(mean, float("inf")), -mean)
            return torch.stack([mean, second], 1)

    path = store(Odd(), tmp_path / "odd.pt", card(("neutrophil", "lymphocyte")))

    predict(Job(path, cells, tmp_path / "p.parquet", failure_limit=1.0))

    found = failures(tmp_path / "p.parquet")
    assert {row["reason"] for row in found} == {"output not finite"}
    assert 0 < len(found) < 21
    assert len(pd.read_parquet(tmp_path / "p.parquet")) == 21 - len(found)


def test_a_model_is_pinned_by_its_sha256(model, cells, tmp_path):
    pin = hashlib.sha256(model.read_bytes()).hexdigest()
    flipped = bytearray(model.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    other = tmp_path / "small.pt"
    other.write_bytes(flipped)

    predict(Job(model, cells, tmp_path / "p.parquet", expect_sha256=pin.upper()))
    with pytest.raises(InputError, match=r"is not the expected model.*\n  nothing was loaded"):
        predict(Job(other, cells, tmp_path / "q.parquet", expect_sha256=pin))

    assert not (tmp_path / "q.parquet").exists()


@pytest.mark.parametrize("pin", ["", "abc", "g" * 64])
def test_a_pin_that_is_no_sha256_is_refused(model, cells, tmp_path, pin):
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        predict(Job(model, cells, tmp_path / "p.parquet", expect_sha256=pin))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"out": "p.json"}, r"end it with \.parquet or \.csv"),
        ({"failure_limit": 1.5}, "a share"),
        ({"failure_limit": float("nan")}, "a share"),
        ({"threads": 0}, "--threads"),
        ({"batch_size": -3}, "--batch-size"),
        ({"images": "nowhere"}, "nowhere"),
        ({"model": "nowhere.pt"}, "nowhere"),
        ({"card": "nowhere.toml"}, "nowhere"),
    ],
)
def test_what_cannot_be_asked_is_refused(model, cells, tmp_path, asked, says):
    paths = {k: tmp_path / v for k, v in asked.items() if isinstance(v, str)}
    given = {"model": model, "images": cells, "out": tmp_path / "p.csv"} | asked | paths

    with pytest.raises(InputError, match=says):
        predict(Job(**given))


def test_a_model_without_a_card_says_what_to_write(cells, tmp_path):
    import torch

    path = store(torch.nn.Flatten(), tmp_path / "bare.pt", None)

    with pytest.raises(InputError, match=r"has no model card.*\n.*wbcval model card"):
        predict(Job(path, cells, tmp_path / "p.csv"))


def test_too_few_classes_in_the_card_are_found_before_any_image(cells, tmp_path):
    path = save(tmp_path / "m.pt", FIVE, text=card(FIVE[:4]))

    with pytest.raises(InputError, match="5"):
        predict(Job(path, cells, tmp_path / "p.csv"))


def test_several_planes_of_a_cell(tmp_path, cells):
    text = card(FIVE).replace("[input]", '[input]\nplanes = ["a", "b"]\ncombine = "mean"')
    path = save(tmp_path / "m.pt", FIVE, text=text)
    one, two = cells / "S1/00.png", cells / "S1/01.png"
    pixels = [np.asarray(Image.open(p).convert("RGB").resize((16, 16), 2)) for p in (one, two)]
    listed = tmp_path / "m.csv"
    listed.write_text(
        f"image,sample_id,cell_id,plane\n{one},S,1,a\n{two},S,2,b\n{two},S,1,b\n{one},S,2,a\n"
        f"{one},S,3,a\n",
        encoding="utf-8",
    )

    predict(Job(path, listed, tmp_path / "p.parquet", failure_limit=0.5))

    table = pd.read_parquet(tmp_path / "p.parquet")
    assert table["cell_id"].tolist() == ["1", "2"]
    assert table.loc[0, PROBABILITIES].tolist() == table.loc[1, PROBABILITIES].tolist()
    assert [row["cell_id"] for row in failures(tmp_path / "p.parquet")] == ["3"]
    mean = (pixels[0].astype(np.float32) + pixels[1]) / 2
    assert table.loc[0, PROBABILITIES].to_numpy(float) == pytest.approx(plain(path, mean), abs=1e-6)


def plain(path: Path, pixels: np.ndarray) -> np.ndarray:
    import torch

    net = load(path)
    x = torch.from_numpy((pixels.astype(np.float32) / 255 - 0.5) / 0.25).permute(2, 0, 1)[None]
    with torch.no_grad():
        return net(x).softmax(1)[0].numpy()


def test_the_command_line_says_what_it_did(model, damaged, tmp_path):
    done = wbcval("predict", "--model", model, "--images", damaged, "--failure-limit", "0.2",
                  "--out", tmp_path / "p.parquet")  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "18 cells of 21 images, by small 1" in done.stdout
    assert "3 could not be classified" in done.stdout
    assert "runs its code" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_ends_with_2_where_too_many_failed(model, damaged, tmp_path):
    done = wbcval("predict", "--model", model, "--images", damaged, "--out", tmp_path / "p.csv")

    assert done.returncode == 2
    assert "3 of 21" in done.stderr


def test_a_card_that_says_something_else_than_the_one_inside_is_noted(cells, tmp_path):
    path = save(tmp_path / "m.pt", FIVE)
    given = tmp_path / "given.toml"
    given.write_text(card(FIVE[::-1]), encoding="utf-8")

    predict(Job(path, cells, tmp_path / "p.parquet", card=given))

    remarks = origin_of(tmp_path / "p.parquet")["remarks"]
    assert remarks == {"the card given m.pt was used; the one inside says something else": 1}


def test_a_folder_as_output_is_refused_before_the_work(model, cells, tmp_path):
    (tmp_path / "p.csv").mkdir()

    with pytest.raises(InputError, match="is a folder"):
        predict(Job(model, cells, tmp_path / "p.csv"))


def test_a_name_that_is_no_text_is_refused_before_the_work(model, cells, tmp_path):
    odd = tmp_path / "m\udcff.pt"
    shutil.copy(model, odd)

    with pytest.raises(InputError, match="is no UTF-8 name"):
        predict(Job(odd, cells, tmp_path / "p.csv"))


def test_a_model_that_fails_on_an_image_ends_the_run_and_says_so(cells, tmp_path):
    import torch

    class Fails(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if bool(x.mean() < -1.0):  # noise is never as dark; padding is
                raise RuntimeError("too dark")
            return x.mean((2, 3))[:, :2]

    path = store(Fails(), tmp_path / "m.pt", card(FIVE[:2]))
    dark = tmp_path / "dark" / "S1"
    dark.mkdir(parents=True)
    Image.new("RGB", (16, 16)).save(dark / "1.png")

    with pytest.raises(InputError, match=r"failed on images .*too dark"):
        predict(Job(path, dark.parent, tmp_path / "p.csv"))


def test_a_pin_does_not_let_another_card_in(cells, tmp_path):
    path = save(tmp_path / "m.pt", FIVE)
    pin = hashlib.sha256(path.read_bytes()).hexdigest()
    predict(Job(path, cells, tmp_path / "p.csv", expect_sha256=pin))
    given = tmp_path / "given.toml"
    given.write_text(card(FIVE[::-1]), encoding="utf-8")

    with pytest.raises(InputError, match="another card than the one inside"):
        predict(Job(path, cells, tmp_path / "p.csv", card=given, expect_sha256=pin))

    given.write_text(f"# the same\n{card(FIVE)}", encoding="utf-8")
    predict(Job(path, cells, tmp_path / "q.csv", card=given, expect_sha256=pin))


def test_one_image_in_two_spellings_is_one_cell(model, cells, tmp_path):
    listed = tmp_path / "m.csv"
    listed.write_text(f"image,sample_id\n{cells}/S1/00.png,A\n{cells}/S1/./00.png,A\n")

    with pytest.raises(InputError, match="a second time"):
        predict(Job(model, listed, tmp_path / "p.csv"))


def test_an_image_is_no_list_of_images(model, cells, tmp_path):
    with pytest.raises(InputError, match="is one image"):
        predict(Job(model, cells / "S1/00.png", tmp_path / "p.csv"))


def test_a_sample_named_like_a_formula_comes_back_from_every_table(model, cells, tmp_path):
    folder = tmp_path / "slides"
    for sample in ("=1+1", "-2+3", "S1"):
        shutil.copytree(next(p for p in cells.iterdir() if p.is_dir()), folder / sample)
    (folder / "=1+1" / "broken.png").write_bytes(b"\x89PNG")

    predict(Job(model, folder, tmp_path / "p.csv", failure_limit=1.0))

    with (tmp_path / "p.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["sample_id"] for row in csv.DictReader(stream)} == {"'=1+1", "'-2+3", "S1"}
    found = read(tmp_path / "p.csv", "predictions").frame
    assert set(found["sample_id"]) == {"=1+1", "-2+3", "S1"}
    assert failures(tmp_path / "p.csv")[0]["sample_id"] == "'=1+1"


@pytest.mark.parametrize("name", ["p.csv", "failures.csv", "p.csv.origin.json"])
def test_a_file_of_somebody_else_is_not_overwritten(model, cells, tmp_path, name):
    (tmp_path / name).write_text("what I found\n", encoding="utf-8")

    with pytest.raises(InputError, match="is not of an earlier run"):
        predict(Job(model, cells, tmp_path / "p.csv"))

    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_an_earlier_runs_table_is_replaced_unless_it_was_altered(model, cells, tmp_path):
    for name in ("p.csv", "p.parquet"):
        predict(Job(model, cells, tmp_path / name))
        predict(Job(model, cells, tmp_path / name))
    with (tmp_path / "p.csv").open("a", encoding="utf-8") as file:
        file.write("\n")

    with pytest.raises(InputError, match="is not of an earlier run"):
        predict(Job(model, cells, tmp_path / "p.csv"))


def test_no_folder_beside_the_table_is_taken_for_the_runs_own(model, cells, tmp_path):
    for name in ("p.csv.part", "p.csv.done"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("x", encoding="utf-8")

    with pytest.raises(InputError, match="with other things in it"):
        predict(Job(model, cells, tmp_path / "p.csv"))
    shutil.rmtree(tmp_path / "p.csv.part")
    predict(Job(model, cells, tmp_path / "p.csv"))

    assert (tmp_path / "p.csv.done" / "mine.txt").exists()
    assert not (tmp_path / "p.csv.part").exists()


def test_no_table_is_written_into_a_bundle(model, cells, tmp_path):
    bundle = {"format": "wbcval evidence bundle 1", "outputs": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(bundle), encoding="utf-8")

    with pytest.raises(InputError, match="would then find altered"):
        predict(Job(model, cells, tmp_path / "run" / "p.csv"))


def test_copies_of_images_are_named_and_counted(model, cells, tmp_path):
    folder = tmp_path / "cells"
    shutil.copytree(cells, folder)
    for i, path in enumerate(sorted(folder.rglob("*.png"))[:2]):
        shutil.copyfile(path, path.with_name(f"copy-{i}.png"))
    out = tmp_path / "p.parquet"

    done = wbcval("predict", "--model", model, "--images", folder, "--out", out)

    assert origin_of(out)["images"]["repeated"] == 2
    assert "2 images have the very bytes of another one" in done.stdout
    assert "21 are distinct" in done.stdout


def test_the_digest_is_of_what_the_table_says_whatever_its_format(model, cells, tmp_path):
    predict(Job(model, cells, tmp_path / "p.parquet"))
    table = pq.read_table(tmp_path / "p.parquet")
    stated = origin_of(tmp_path / "p.parquet")["content"]

    assert stated["columns"] == table.column_names
    upside_down = table.take(list(range(table.num_rows))[::-1])
    assert content_of([upside_down[:4], upside_down[4:]], table.column_names) == stated


def bytes_of(model, cells, out, executor=None, **more):
    out.mkdir()
    predict(Job(model, cells, out / "p.parquet", **more), executor=executor)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_a_worker_made_from_its_recipe_gives_the_same_bytes(model, cells, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        found = bytes_of(model, cells, tmp_path / "a", pool)

    assert found == bytes_of(model, cells, tmp_path / "b")


@pytest.mark.slow
def test_processes_of_this_machine_give_the_same_bytes(model, cells, tmp_path):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = bytes_of(model, cells, tmp_path / "a", pool)

    assert found == bytes_of(model, cells, tmp_path / "b")


@pytest.mark.parametrize("other", ["model", "images"])
def test_a_process_that_finds_other_files_refuses_them(model, cells, tmp_path, monkeypatch, other):
    """Between the run's own look at them and the process's: nothing else is loaded."""
    own, images = tmp_path / "m.pt", tmp_path / "cells"
    shutil.copy(model, own)
    shutil.copytree(cells, images)

    def exchanged(*args):
        if other == "model":
            save(own, FIVE, seed=7)
            monkeypatch.setattr(_recipe, "load_ensemble", pytest.fail)
        else:
            (next(images.rglob("*.png")).with_name("one-more.png")).write_bytes(b"")
        return rows_of(*args)

    rows_of = _recipe.rows_of
    monkeypatch.setattr(_run, "rows_of", exchanged)

    with ThreadPoolExecutor(1) as pool, pytest.raises(InputError, match="changed while it was"):
        predict(Job(own, images, tmp_path / "p.parquet"), executor=pool)
