"""Which cells a manifest names: each image, its sample, its cell, its plane."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.build.tables import Write, writer
from wbcval.predict.images import Cell, Listing, Unreadable, listed
from wbcval.values.errors import InputError


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path / "manifest.csv")


def cells(listing: Listing) -> list[Cell]:
    return [listing.cell(i) for i in range(len(listing))]


def test_the_order_is_the_manifests_and_paths_are_relative_to_it(
    write: Write, tmp_path: Path
) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "b.png").write_bytes(b"b")
    absolute = tmp_path / "away.jpg"
    absolute.write_bytes(b"away")
    path = write(f"image_path,sample,true_label,size\nimg/b.png,S2,band,1\n{absolute},S1,,2\n")

    listing = listed(path)

    assert (listing.kind, listing.name) == ("manifest", "manifest.csv")
    assert (listing.has_cell_ids, listing.has_truth) == (False, True)
    assert cells(listing) == [
        Cell("S2", "", ("img/b.png",), "band"),
        Cell("S1", "", (str(absolute),), ""),
    ]
    assert [listing.read(cell.images[0]) for cell in cells(listing)] == [b"b", b"away"]


def test_a_file_that_does_not_exist_is_a_failure_of_its_cell(write: Write) -> None:
    listing = listed(write("image,sample_id\nnowhere.png,S1\n" + "x" * 300 + ".png,S1\n"))

    with pytest.raises(Unreadable) as caught:
        listing.read("nowhere.png")
    assert caught.value.reason == "missing"
    with pytest.raises(Unreadable):
        listing.read(listing.cell(1).images[0])


def test_any_table_will_do(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": ["a.png", "b.png"], "sample_id": [7, 7], "cell_id": ["1", "2"]})
    frame.to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "m.csv", sep=";", index=False)
    frame.to_excel(tmp_path / "m.xlsx", index=False)
    frame.to_parquet(tmp_path / "m.parquet", index=False)
    frame.astype({"sample_id": "category"}).to_parquet(tmp_path / "c.parquet", index=False)

    for name in ("m.tsv", "m.csv", "m.xlsx", "m.parquet"):
        listing = listed(tmp_path / name)
        assert listing.has_cell_ids
        assert cells(listing) == [Cell("7", "1", ("a.png",), ""), Cell("7", "2", ("b.png",), "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,true_class\na.png,band\n", "no column sample_id"),
        ("sample_id,true_class\nS1,band\n", "no column image"),
        ("image,sample_id\na.png,\n", r"row 2: sample_id is blank"),
        ("image,sample_id\na.png,S1\n ,S1\n", r"row 3: image is blank"),
        ("image,sample_id,cell_id\na.png,S1,\n", "row 2: cell_id is blank"),
        ("image,sample_id\na.png,S1\nb.png,S1\na.png,S1\n", r"row 4: .*image 'a.png' a second"),
        ("image,sample_id,cell_id\na.png,S1,1\nb.png,S1,1\n", r"row 3: .*cell '1' a second time"),
        ("image,image_path,sample\na.png,b.png,S1\n", None),  # ours goes before other spellings
        ("image_path,file_name,sample\na.png,b.png,S1\n", "are both image"),
        ('image,sample_id\n"a\tb.png",S1\n', "row 2: image .* control character"),
        ("image,sample_id\n", "names no image"),
        ("image,sample_id,plane\na.png,S1,1\n", "the model's card has none"),
    ],
)
def test_what_is_not_clear_is_refused(write: Write, text: str, message: str | None) -> None:
    if message is None:
        assert listed(write(text)).cell(0).images == ("a.png",)
        return
    with pytest.raises(InputError, match=message):
        listed(write(text))


def test_the_same_image_in_two_samples_or_as_two_cells(write: Write) -> None:
    assert len(listed(write("image,sample_id\na.png,S1\na.png,S2\n"))) == 2
    assert len(listed(write("image,sample_id,cell_id\na.png,S1,1\na.png,S1,2\n"))) == 2


def test_blank_records_are_passed_over(write: Write) -> None:
    assert len(listed(write("image,sample_id\na.png,S1\n,\n\nb.png,S1\n"))) == 2


def test_an_image_above_the_column_names_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    rows = ["a.png,S1", "image,sample_id", "b.png,S2", "c.png,S2"]
    with pytest.raises(InputError, match="image above the column names") as caught:
        listed(write("\n".join(rows) + "\n"))
    assert (caught.value.where, caught.value.advice) == (
        "manifest.csv row 1", "move the column names to the first row",
    )  # fmt: skip
    # as it advises, and below a title
    rows[:2] = ["Images of the study", rows[1], rows[0]]
    assert len(listed(write("\n".join(rows) + "\n"))) == 3


def test_numbers_with_a_point_are_no_ids(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pd.DataFrame({"image": ["a.png"], "sample_id": [7.0]}).to_parquet(path, index=False)

    with pytest.raises(InputError, match="type double for sample_id"):
        listed(path)


PLANES = ("upper", "lower")


def test_rows_of_a_cell_are_its_planes_in_the_cards_order(write: Write) -> None:
    path = write(
        "image,sample_id,cell_id,plane,true_class\n"
        "1l.png,S1,1,lower,band\n2u.png,S1,2,upper,\n1u.png,S1,1,upper,band\n"
        "3l.png,S2,1,lower,band\n2l.png,S1,2,lower,\n"
    )

    listing = listed(path, PLANES)

    assert cells(listing) == [
        Cell("S1", "1", ("1u.png", "1l.png"), "band"),
        Cell("S1", "2", ("2u.png", "2l.png"), ""),
        Cell("S2", "1", ("", "3l.png"), "band"),
    ]
    with pytest.raises(Unreadable) as caught:
        listing.read(listing.cell(2).images[0])
    assert caught.value.reason == "missing plane"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,sample_id\na.png,S1\n", "no column plane and cell_id"),
        ("image,sample_id,plane\na.png,S1,upper\n", "no column cell_id"),
        ("image,sample_id,cell_id,plane\na.png,S1,1,Upper\n", "row 2: plane 'Upper' is none"),
        ("image,sample_id,cell_id,plane\na.png,S1,1,\n", "row 2: plane is blank"),
        (
            "image,sample_id,cell_id,plane\na.png,S1,1,upper\nb.png,S1,1,upper\n",
            "row 3: .*plane 'upper' a second time",
        ),
        (
            "image,sample_id,cell_id,plane,true_class\na,S1,1,upper,band\nb,S1,1,lower,blast\n",
            "row 3: the true class of cell '1' is 'blast' here, 'band' above",
        ),
    ],
)
def test_planes_that_do_not_fit_the_card(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        listed(write(text), PLANES)


def test_the_fingerprint_covers_all_that_is_used(write: Write, tmp_path: Path) -> None:
    header = "image,sample_id,cell_id,plane,true_class\n"
    texts = [
        header + "a.png,S1,1,upper,band\n",
        header + "b.png,S1,1,upper,band\n",
        header + "a.png,S2,1,upper,band\n",
        header + "a.png,S1,2,upper,band\n",
        header + "a.png,S1,1,lower,band\n",
        header + "a.png,S1,1,upper,blast\n",
    ]
    prints = [listed(write(text), PLANES).fingerprint for text in texts]
    prints.append(listed(write(texts[0]), ("upper", "lower", "third")).fingerprint)
    (tmp_path / "a.png").write_bytes(b"now it is there")
    prints.append(listed(write(texts[0]), PLANES).fingerprint)

    assert len(set(prints)) == len(prints) == 8
    assert listed(write(texts[0] + "\n"), PLANES).fingerprint == prints[-1]


def test_real_manifest(shared: Path) -> None:
    listing = listed(shared / "data" / "cells" / "manifest.csv")

    assert len(listing) == 806
    assert len({cell.sample_id for cell in cells(listing)}) == 33
    assert listing.has_truth
    assert all(listing.read(cell.images[0]) for cell in cells(listing)[::100])


def test_a_path_written_with_backslashes_is_read_and_said(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "images" / "S1"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(b"one")

    listing = listed(write("image,sample_id\nimages\\S1\\1.png,S1\n"))

    assert listing.read(listing.cell(0).images[0]) == b"one"
    assert listing.cell(0).images == ("images/S1/1.png",)
    assert "paths written with \\" in listing.remarks[0]


def test_a_path_in_both_spellings_is_one_image(write: Write) -> None:
    with pytest.raises(InputError, match="a second time"):
        listed(write("image,sample_id\nS1\\1.png,S1\nS1/1.png,S1\n"))


@pytest.mark.skipif(os.sep != "/", reason="no such name on this system")
def test_a_file_whose_name_holds_a_backslash_is_that_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "a\\b.png").write_bytes(b"odd")

    listing = listed(write("image,sample_id\na\\b.png,S1\n"))

    assert listing.read(listing.cell(0).images[0]) == b"odd"
    assert listing.remarks == ()


def test_what_further_columns_say_against_an_image_is_told(write: Write) -> None:
    rows = ["a,S1,train,ok,", "b,S1,Val,rejected,", "c,S2,test,ok,blurred", "d,S2,train_1,,"]
    listing = listed(write("\n".join(["image,sample_id,split,status,exclusion_reason", *rows])))

    assert listing.training == 2
    predicted = "which say that they are no valid ones, and are predicted all the same"
    assert listing.remarks == (
        "manifest.csv: 1 with split = train, which are training data",
        "manifest.csv: 1 with split = Val, which a model may have been chosen on",
        "manifest.csv: 1 with split = train_1, which are training data",
        f"manifest.csv: 1 with status = rejected, {predicted}",
        f"manifest.csv: 1 with exclusion_reason = filled in, {predicted}",
    )
    plain = listed(write("image,sample_id,split,status\na,S1,test,ok\nb,S1,3,\n"))
    assert (plain.training, plain.remarks) == (0, ())
