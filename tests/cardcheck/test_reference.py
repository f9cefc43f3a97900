"""The table of another pipeline, as people write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wbcval.predict import images
from wbcval.predict.run import read_reference
from wbcval.values.errors import InputError

TWO = ("neutrophil", "monocyte")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("images")
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/3.png", "b/4.png", "b/5.png"):
        (found / name).parent.mkdir(exist_ok=True)
        (found / name).write_bytes(b"x")
    return found


def read(folder: Path, path: Path, text: str):
    path.write_text(text)
    return read_reference(path, images.listed(folder), TWO)


def rows(*values: str, head: str = "image,neutrophil,monocyte") -> str:
    names = ("a/1.png", "2.png", "3", "b/4.png", "./b/5.png")
    return "\n".join([head, *(f"{n},{v}" for n, v in zip(names, values, strict=True))])


SOME = ("0.25,0.75", "1,0", "0.5,0.5", "0.1,0.9", "0.125,0.875")


@pytest.mark.parametrize(
    "head",
    [
        "image,neutrophil,monocyte",
        "filename,probability_neutrophil,probability_monocyte",
        "image_path,p_neutrophil,p_monocyte",
        "cell_id,Neutrophils,MONO",
        ",NEU,Mono",
        "picture,prob_neut,prob_mono",
    ],
)
def test_columns_by_whatever_names(head: str, folder: Path, tmp_path: Path) -> None:
    if head.startswith((",", "picture")):  # a column of files, told by their endings
        text = rows(*SOME, head=head).replace("\n3,", "\nb/3.png,")
    else:
        text = rows(*SOME, head=head)
    found = read(folder, tmp_path / "r.csv", text)
    assert found.images == ("a/1.png", "a/2.png", "b/3.png", "b/4.png", "b/5.png")
    assert found.shares.tolist() == [[0.25, 0.75], [1, 0], [0.5, 0.5], [0.1, 0.9], [0.125, 0.875]]
    assert found.decimals == 3


def test_columns_in_another_order_are_the_cards(folder: Path, tmp_path: Path) -> None:
    text = rows(*SOME, head="image,monocyte,neutrophil")
    assert read(folder, tmp_path / "r.csv", text).shares[0].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("values", "places", "largest"),
    [
        (("0.2,0.8", "0.31,0.69", "0.5,0.5", "1,0", "0,1"), 2, 0.00501),
        (("0.2500,0.7500",) * 5, 4, 1e-4),
        (("0.250000,0.750000",) * 5, 6, 1e-4),
        (("1.2e-05,0.999988",) * 5, 6, 1e-4),  # six digits
        (("1.23e-05,1.00e+00",) * 5, 3, 0.00051),  # three digits: 1.00 is 0.9995 or more
    ],
)
def test_rounding_is_read_off_the_printed_places(
    values: tuple[str, ...], places: int, largest: float, folder: Path, tmp_path: Path
) -> None:
    found = read(folder, tmp_path / "r.csv", rows(*values))
    assert found.decimals == places
    assert found.tolerance.max() == pytest.approx(largest)


def test_half_a_unit_covers_every_rounded_value(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for form in ("%.2f", "%.3f", "%.5f", "%.3g", "%.3e", "%r"):
        true = rng.dirichlet([0.3, 0.3], 5)
        text = rows(*(",".join(form % v for v in map(float, row)) for row in true))
        found = read(folder, tmp_path / "r.csv", text)
        assert (np.abs(found.shares - true) <= found.tolerance).all()


def test_labels(folder: Path, tmp_path: Path) -> None:
    labels = ("neutrophil", "MONO", "Monocytes", "neu", "monocyte")
    found = read(folder, tmp_path / "r.csv", rows(*labels, head="image,label"))
    assert found.labelled
    assert found.coarse
    assert found.labels.tolist() == [0, 1, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rows(*SOME, head="image,neutrophil,other"), "has no column of 'monocyte'"),
        (rows(*SOME, head="image,x,y"), "neither a column of each class nor one of labels"),
        (rows(*SOME, head="what,neutrophil,monocyte"), "has no column of images"),
        (rows(*SOME[:4], "12.5,87.5"), "which is no probability"),
        (rows(*SOME[:4], "nan,0.5"), "which is no probability"),
        (rows(*SOME[:4], ",0.5"), "which is no probability"),
        (rows(*SOME[:4], "-0.1,1.1"), "which is no probability"),
        (rows(*SOME).replace("2.png", "7.png"), "which is not in"),
        (rows(*SOME).replace("a/1.png", "1.png"), "are called so"),
        (rows(*SOME).replace("2.png", "a/1.png"), "a second time"),
        ("\n".join(rows(*SOME).splitlines()[:5]), "so few images tell little"),
        (rows(*(f"{v},0.1" for v in SOME), head="image,neu,mono,neutrophils"), "are both"),
        (rows("x", "y", "neu", "neu", "neu", head="image,label"), "is no class of the card"),
        ("image,neutrophil,monocyte\n" + "a/1.png,1,0\n" * 201, "has 201 rows"),
    ],
)
def test_tables_that_are_refused(text: str, said: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read(folder, tmp_path / "r.csv", text)


def test_a_parquet_holds_its_numbers_whole(folder: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["a/1.png", "2.png", "3", "b/4.png", "b/5.png"]
    table = pa.table({"image": names, "neutrophil": [0.5] * 5, "monocyte": [0.5] * 5})
    pq.write_table(table, tmp_path / "r.parquet")
    found = read_reference(tmp_path / "r.parquet", images.listed(folder), TWO)
    assert found.decimals is None
    assert not found.coarse
    assert (found.tolerance == 1e-4).all()
