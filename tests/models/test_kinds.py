"""What a file is, its contents decide; what is never run is shown the way out."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.models.made import batch, export, graph, net, opened, script
from wbcval.cli import main
from wbcval.predict.models import embedded_card, read
from wbcval.values.errors import InputError


@pytest.mark.parametrize("suffix", [".torchscript", ".pth", ".pt2", ""])
def test_torchscript_under_any_name(tmp_path, suffix):
    path = script(tmp_path / f"m{suffix}", net())

    assert opened(path).backend.startswith("torchscript")


def test_torchscript_for_mobiles(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net())._save_for_lite_interpreter(str(tmp_path / "m.ptl"))

    with torch.no_grad():
        own = net()(torch.from_numpy(np.ascontiguousarray(batch()))).numpy()
    assert opened(tmp_path / "m.ptl")(batch()) == pytest.approx(own, abs=1e-6)


@pytest.mark.parametrize("suffix", [".pt", ".onnx"])
def test_an_export_under_any_name(tmp_path, suffix):
    assert opened(export(tmp_path / f"m{suffix}", net())).backend.startswith("torch.export")


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".pb"])
def test_onnx_under_any_name(tmp_path, suffix):
    assert opened(graph(tmp_path / f"m{suffix}")).backend == "onnxruntime"


def zipped(*names: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return whole.getvalue()


def saved(what: Any) -> bytes:
    whole = io.BytesIO()
    torch.save(what, whole)
    return whole.getvalue()


FOREIGN = [
    ("m.pt", saved({"w": torch.zeros(2)}), "a checkpoint", "net.load_state_dict"),
    ("m.pth", saved(net()), "a checkpoint or a pickled module", "torch.jit.script"),
    ("m.ckpt", saved({"state_dict": {"w": torch.zeros(2)}}), "a checkpoint", "load_state_dict"),
    ("m.pkl", pickle.dumps([1]), "is a pickle", "skl2onnx.to_onnx(model, X[:1], options={'zipmap'"),
    ("m.joblib", b"\x78\x9c compressed", "is a pickle", "skl2onnx"),
    ("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(90), "HDF5", 'load_model("m.h5", compile=False).export('),
    ("m.keras", zipped("metadata.json", "config.json", "model.weights.h5"), "is a Keras model",
     'load_model("m.keras"'),
    ("m.tflite", bytes(4) + b"TFL3" + bytes(90), "TensorFlow Lite", "--tflite m.tflite"),
    ("m.safetensors", (2).to_bytes(8, "little") + b"{}", "weights alone", 'load_file("m.safet'),
    ("m.engine", bytes(range(3, 90)), "TensorRT engine", "give the ONNX file"),
    ("m.trt", b"ftrt" + bytes(90), "TensorRT engine", "give the ONNX file"),
    ("m.ort", bytes(4) + b"ORTM" + bytes(90), "ONNX Runtime's own format", "the .onnx file"),
    ("m.ptl", bytes(4) + b"PTMF" + bytes(90), "PyTorch Mobile", "torch.jit.script"),
    ("m.pte", bytes(4) + b"ET12" + bytes(90), "ExecuTorch", "torch.jit.script"),
    ("saved_model.pb", b"\x08\x01\x12\x00", "part of a SavedModel", "--saved-model its folder"),
    ("m.xml", b'<?xml version="1.0"?>\n<net name="m">', "OpenVINO", "as ONNX"),
    ("m.pt2", zipped("m/data/aotinductor/model/a.so"), "compiled library", "torch.export.save("),
    ("m.pt2", zipped("serialized_exported_program.json"), "earlier PyTorch", "export it again"),
    ("m.zip", zipped("a/b.png"), "a zip that holds no model", "again"),
    ("m.pt", b"", "is empty", "again"),
    ("m.pt", b"\n<!DOCTYPE html>", "a web page", "again"),
    ("m.pt", b"PK\x03\x04cut", "cut off", "again"),
    ("m.pt", b"hello", "no model that is known by its contents", "TorchScript, torch.export, ONNX"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "got", "advice"), FOREIGN)
def test_what_is_never_run_is_shown_the_way_out_and_gets_no_card(
    tmp_path, capsys, name, data, got, advice
):
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(InputError) as refused:
        opened(path)
    with pytest.raises(InputError, match=r".") as without:
        embedded_card(path, data)

    assert got in refused.value.got
    assert advice in refused.value.advice
    assert str(without.value) == str(refused.value)
    assert main(["model", "card", str(path), "--write"]) == 2
    assert got in capsys.readouterr().err
    assert not (tmp_path / "model.toml").exists()


def test_a_folder_of_tensorflow_is_named(tmp_path):
    (tmp_path / "m" / "variables").mkdir(parents=True)
    (tmp_path / "m" / "saved_model.pb").write_bytes(b"\x08\x01")

    with pytest.raises(InputError, match=r"SavedModel of TensorFlow\n.*--saved-model m "):
        read(tmp_path / "m")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path / "m" / "variables")


@pytest.mark.parametrize("whole", [True, False])
def test_the_way_out_of_a_checkpoint_gives_the_nets_answers(tmp_path, monkeypatch, whole):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trained.pt"
    trained = net(seed=7).train()
    torch.save(trained if whole else trained.state_dict(), path)
    with pytest.raises(InputError) as refused:
        opened(path)
    load, _, store = (
        refused.value.advice.partition(": ")[2].partition("; more")[0].partition(", then ")
    )
    assert load == 'net.load_state_dict(torch.load("trained.pt"))'
    if whole:  # as the page says
        load = 'net = torch.load("trained.pt", weights_only=False)'
    names = {"torch": torch, "net": net(seed=0)}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(f"{load}\n{store}", names)  # noqa: S102 (the advice, followed)

    with torch.no_grad():
        own = net(seed=7)(torch.from_numpy(np.ascontiguousarray(batch()))).numpy()
    assert opened(Path("model.pt"))(batch()) == pytest.approx(own, abs=1e-6)
