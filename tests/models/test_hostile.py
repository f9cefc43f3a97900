"""Files that are no models, damaged ones, and ones that mean harm."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.models.made import batch, export, graph, net, opened, script
from wbcval.predict.models import embedded_card
from wbcval.values.errors import InputError


class Harm:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.write_text, (self.path, "harm"))


def test_checkpoints_are_never_unpickled(tmp_path):
    mark = tmp_path / "mark"
    torch.save({"weight": Harm(mark)}, tmp_path / "m.pt")
    pickled = pickle.dumps(Harm(mark))
    (tmp_path / "old.pt").write_bytes(pickled)

    for name, says in (("m.pt", "a checkpoint or a pickled module"), ("old.pt", "is a pickle")):
        with pytest.raises(InputError, match=says):
            opened(tmp_path / name)

    assert not mark.exists()


def rewritten(path: Path, change) -> Path:
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as given, zipfile.ZipFile(whole, "w") as kept:
        for entry in given.infolist():
            kept.writestr(entry.filename, change(entry.filename, given.read(entry)))
    path.write_bytes(whole.getvalue())
    return path


def test_sample_inputs_of_an_export_are_not_unpickled(tmp_path):
    mark = tmp_path / "mark"
    harm = io.BytesIO()
    torch.save(Harm(mark), harm)
    path = rewritten(
        export(tmp_path / "m.pt2", net()),
        lambda name, data: harm.getvalue() if "sample_inputs" in name else data,
    )

    found = opened(path)(batch())

    assert found.shape == (4, 3)
    assert not mark.exists()


def test_pickled_weights_of_an_export_are_refused(tmp_path):
    path = rewritten(
        export(tmp_path / "m.pt2", net()),
        lambda name, data: data.replace(b'"use_pickle": false', b'"use_pickle": true')
        if name.endswith("weights_config.json") else data,
    )  # fmt: skip

    with pytest.raises(InputError, match="holds pickled weights"):
        opened(path)


@pytest.mark.parametrize("suffix", [".pt", ".pt2", ".onnx"])
@pytest.mark.parametrize(
    "data", [b"", b"<!DOCTYPE html><html></html>", b"PK\x03\x04cut", b"hello", b"\0" * 4096]
)
def test_what_is_no_model_is_refused(tmp_path, suffix, data):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(data)

    with pytest.raises(InputError):
        opened(path)
    with pytest.raises(InputError):
        embedded_card(path, data)


MAKERS = {".pt": lambda p: script(p, net()), ".pt2": lambda p: export(p, net()), ".onnx": graph}


@pytest.mark.parametrize("suffix", MAKERS)
def test_cut_off_anywhere_it_is_refused(tmp_path, suffix):
    path = MAKERS[suffix](tmp_path / f"m{suffix}")
    whole = path.read_bytes()

    for share in (0.05, 0.3, 0.6, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError):
            opened(path)


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_flipped_bit_gives_a_model_or_a_refusal_and_nothing_else(tmp_path, suffix):
    path = MAKERS[suffix](tmp_path / f"m{suffix}")
    whole = path.read_bytes()
    rng = random.Random(5)  # noqa: S311 (places, not secrets)

    for _ in range(12):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            found = opened(path)(batch())
        except InputError:
            continue
        assert isinstance(found, np.ndarray)
