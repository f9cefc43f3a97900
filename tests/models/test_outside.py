"""Nothing but the hashed bytes decides what a model answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.models.made import batch, export, graph, net, opened, script, weights
from tests.models.test_hostile import rewritten
from wbcval.predict.models import embedded_card
from wbcval.predict.models._onnx import _session
from wbcval.predict.models._onnx_file import PATHS
from wbcval.values.errors import InputError

SAID = "keeps weights in another file"


def test_every_way_to_a_tensor_is_walked():
    """By ONNX's own description of its messages."""
    found: dict[str, dict[int, str]] = {}
    queue = [onnx.ModelProto.DESCRIPTOR]
    for message in queue:
        if message.name in found:
            continue
        found[message.name] = {
            f.number: f.message_type.name for f in message.fields if f.message_type
        }
        queue += [f.message_type for f in message.fields if f.message_type]
    useful = {"TensorProto"}
    while more := {
        n for n, below in found.items() if n not in useful and useful & set(below.values())
    }:
        useful |= more

    assert {
        name: {f: below for f, below in found[name].items() if below in useful} for name in useful
    } == {name: dict(below) for name, below in PATHS.items()}


def ways(
    message=onnx.ModelProto.DESCRIPTOR, seen: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Names of fields that lead from a model to a tensor; no message within itself but once."""
    for field in message.fields:
        below = field.message_type
        if below is None or field.number not in PATHS[message.name]:
            continue
        if below.name == "TensorProto":
            yield (field.name,)
        elif (message.name, field.name) not in seen:
            for rest in ways(below, (*seen, (message.name, field.name))):
                yield (field.name, *rest)


def shortest() -> list[tuple[str, ...]]:
    """A way for each last step and each first one."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for way in sorted(ways(), key=lambda w: (len(w), w)):
        for key in ((way[0], *way[-2:]), way[1:3]):
            found.setdefault(key, way)
    return sorted(set(found.values()))


@pytest.mark.parametrize("way", shortest(), ids=".".join)
def test_weights_elsewhere_are_refused_wherever_the_tensor_lies(tmp_path, way):
    model = onnx.load(str(graph(tmp_path / "m.onnx")))
    at = model
    for name in way:
        below = getattr(at, name)
        at = below if hasattr(below, "DESCRIPTOR") else below.add()
    at.data_location = TensorProto.EXTERNAL
    at.external_data.add(key="location", value="m.onnx.data")
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())

    for read in (lambda: opened(path), lambda: embedded_card(path, path.read_bytes())):
        with pytest.raises(InputError, match=f"{SAID}, m.onnx.data"):
            read()


@pytest.mark.parametrize(
    "marks",
    [b"\x70\x01", b"\xf0\x00\x01", b"\x70\x81\x80\x80\x80\x10", b"\x70\x01\x70\x00", b"\x6a\x00"],
    ids=["plain", "tag in two bytes", "1 + 2**32", "stated twice", "an entry alone"],
)
def test_no_spelling_of_it_is_missed(tmp_path, marks):
    """data_location, field 14, and external_data, field 13, as other writers may put them."""
    whole = graph(tmp_path / "m.onnx").read_bytes()
    tensor = b"\x08\x03\x10\x01" + marks
    held = b"\x2a" + bytes([len(tensor)]) + tensor  # initializer, field 5 of a graph
    path = tmp_path / "m.onnx"
    path.write_bytes(whole + b"\x3a" + bytes([len(held)]) + held)  # a second graph, merged

    with pytest.raises(InputError, match=SAID):
        opened(path)


@pytest.fixture
def folders(tmp_path) -> dict[str, Path]:
    """A released model with its weights beside it, and another's where a user may stand."""
    for name, seed in (("released", 0), ("candidate", 1), ("read-only", 2)):
        (tmp_path / name).mkdir()
        apart(tmp_path / name / "model.onnx", seed)
    (tmp_path / "candidate" / "deeper").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "model.onnx").symlink_to(tmp_path / "released" / "model.onnx")
    (tmp_path / "linked" / "model.onnx.data").symlink_to(tmp_path / "candidate" / "model.onnx.data")
    (tmp_path / "read-only").chmod(0o555)
    yield {path.name: path for path in (tmp_path, *tmp_path.rglob("*")) if path.is_dir()}
    (tmp_path / "read-only").chmod(0o755)


def apart(path: Path, seed: int) -> None:
    """A model whose bytes are those of every other, and whose weights lie in a second file."""
    weight = np.random.default_rng(seed).normal(size=(192, 3)).astype(np.float32)
    model = onnx.load(str(graph(path)))
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "w"))
    onnx.save_model(model, str(path), save_as_external_data=True, location="model.onnx.data",
                    size_threshold=0)  # fmt: skip


STANDING = ("released", "candidate", "deeper", "empty", "linked", "read-only")


@pytest.mark.parametrize("standing", STANDING)
def test_from_no_folder_are_other_weights_run(folders, standing, monkeypatch):
    monkeypatch.chdir(folders[standing])
    for name in ("released", "linked", "candidate"):
        model = folders[name] / "model.onnx"
        for path in (model, Path(os.path.relpath(model))):
            with pytest.raises(InputError, match=SAID):
                opened(path)


def test_the_attack_is_real(folders, monkeypatch):
    monkeypatch.chdir(folders["candidate"])
    data = (folders["released"] / "model.onnx").read_bytes()

    bare = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    other = np.random.default_rng(1).normal(size=(192, 3)).astype(np.float32)
    (found,) = bare.run(None, {"x": np.ascontiguousarray(batch())})

    assert found == pytest.approx(batch().reshape(4, -1) @ other, abs=1e-4)


@pytest.mark.skipif(
    onnxruntime.__version__.startswith("1.20."), reason="ONNX Runtime 1.20 heeds no such setting"
)
def test_it_would_find_nothing_either_without_the_refusal(folders, monkeypatch):
    monkeypatch.chdir(folders["candidate"])
    with pytest.raises(InputError, match="cannot be loaded"):
        _session((folders["released"] / "model.onnx").read_bytes(), "model.onnx")


@pytest.mark.parametrize("standing", STANDING)
def test_the_way_out_gives_the_models_own_answers_from_every_folder(folders, standing, monkeypatch):
    model = folders["released"] / "model.onnx"
    with pytest.raises(InputError) as refused:
        opened(model)
    line = refused.value.advice.partition(": ")[2].partition(";")[0]
    assert line == 'onnx.save_model(onnx.load("model.onnx"), "one.onnx")'
    monkeypatch.chdir(folders["released"])
    eval(line, {"onnx": onnx})  # noqa: S307 (the advice, followed)
    monkeypatch.chdir(folders[standing])

    found = opened(folders["released"] / "one.onnx")(batch())

    own = np.random.default_rng(0).normal(size=(192, 3)).astype(np.float32)
    assert found == pytest.approx(batch().reshape(4, -1) @ own, abs=1e-5)


def test_two_models_of_one_name_and_a_link_are_each_their_own(tmp_path, monkeypatch):
    answers = {}
    for name, seed in (("a", 0), ("b", 1)):
        (tmp_path / name).mkdir()
        path = script(tmp_path / name / "model.pt", net(seed))
        with torch.no_grad():
            answers[name] = net(seed)(torch.from_numpy(np.ascontiguousarray(batch()))).numpy()
        (tmp_path / f"{name}-linked.pt").symlink_to(path)
    monkeypatch.chdir(tmp_path / "b")

    for path, name in (("../a/model.pt", "a"), ("model.pt", "b"), ("../a-linked.pt", "a")):
        assert opened(Path(path))(batch()) == pytest.approx(answers[name], abs=1e-6)


def test_a_script_that_reads_a_file_is_refused(tmp_path):
    class Reads(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3)) + torch.from_file("weights.bin", False, 3)

    with pytest.raises(InputError, match=r"reads another file when it runs \(from_file\)"):
        opened(script(tmp_path / "m.pt", Reads()))


def test_an_export_that_reads_a_file_is_refused(tmp_path):
    path = rewritten(
        export(tmp_path / "m.pt2", net()),
        lambda _, data: data.replace(b"aten.relu.default", b"aten.from_file.default"),
    )

    with pytest.raises(InputError, match=r"reads another file when it runs \(from_file\)"):
        opened(path)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("where", ["../weight_0", "../../../weight_0", "{folder}/weight_0"])
def test_an_export_takes_no_weight_from_outside_its_archive(tmp_path, where, monkeypatch):
    standing = tmp_path / "a" / "b" / "c"
    standing.mkdir(parents=True)
    monkeypatch.chdir(standing)
    other = np.zeros(4 * 3 * 3 * 3, np.float32).tobytes()
    for place in (tmp_path, standing.parent, standing):
        (place / "weight_0").write_bytes(other)
    wanted = where.format(folder=tmp_path).encode()
    path = rewritten(
        export(tmp_path / "m.pt2", net()),
        lambda _, data: data.replace(b'"path_name": "weight_0"', b'"path_name": "%s"' % wanted),
    )

    with pytest.raises(InputError):
        opened(path)


def test_operators_of_another_library_are_not_looked_for(tmp_path):
    model = onnx.load(str(graph(tmp_path / "m.onnx")))
    model.graph.node.insert(0, helper.make_node("Own", ["x"], ["z"], domain="some.library"))
    model.opset_import.append(helper.make_opsetid("some.library", 1))
    onnx.save(model, str(tmp_path / "m.onnx"))

    with pytest.raises(InputError, match="cannot be loaded"):
        opened(tmp_path / "m.onnx")


def test_the_weights_of_the_file_itself_are_used(tmp_path):
    """What the refusals must not touch: constants, subgraphs and functions that are whole."""
    path = graph(tmp_path / "m.onnx")
    constant = helper.make_node(
        "Constant", [], ["c"], value=numpy_helper.from_array(np.ones(3, np.float32))
    )
    model = onnx.load(str(path))
    model.graph.node.append(constant)
    onnx.save(model, str(path))

    assert opened(path)(batch()) == pytest.approx(batch().reshape(4, -1) @ weights(path), abs=1e-5)
