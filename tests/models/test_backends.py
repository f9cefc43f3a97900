"""Every backend gives what its own library gives, on one thread, the same each time."""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from tests.models.made import batch, export, graph, net, opened, script, weights
from wbcval.predict.models import devices, embedded_card, extra_files
from wbcval.values.errors import InputError

FORMATS = {".pt": script, ".ts": script, ".pt2": export}


def eager(module: torch.nn.Module, given: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(np.ascontiguousarray(given))).numpy()


@pytest.mark.parametrize("suffix", FORMATS)
def test_pytorchs_outputs_are_those_of_the_module(tmp_path, suffix):
    model = opened(FORMATS[suffix](tmp_path / f"m{suffix}", net()))

    assert model(batch()) == pytest.approx(eager(net(), batch()), abs=1e-6)
    assert model.versions == {"torch": torch.__version__}


def test_onnx_outputs_are_those_of_the_graph(tmp_path):
    path = graph(tmp_path / "m.onnx")

    found = opened(path)(batch())

    assert found == pytest.approx(batch().reshape(4, -1) @ weights(path), abs=1e-5)


@pytest.fixture(params=[".pt", ".pt2", ".onnx"])
def model(request, tmp_path):
    path = tmp_path / f"m{request.param}"
    return opened(graph(path) if request.param == ".onnx" else FORMATS[request.param](path, net()))


def test_the_same_bits_each_time_and_from_every_thread(model):
    given = [batch(seed=i) for i in range(12)]
    first = [model(one) for one in given]

    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            again = list(pool.map(model, given))
            assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_call_uses_one_thread_and_leaves_the_callers_number(tmp_path):
    seen: list[int] = []

    class Telling(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3))

    model = opened(script(tmp_path / "m.pt", Telling()))
    inside = model._net

    def spy(x):
        seen.append(torch.get_num_threads())
        return inside(x)

    model._net = spy
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        model(batch())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]


def test_a_module_that_wants_its_memory_in_order_gets_it(tmp_path):
    class Views(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.view(x.shape[0], -1)[:, :3]  # fails where channels lie together

    model = opened(script(tmp_path / "m.pt", Views()))

    assert np.array_equal(model(batch()), batch().reshape(4, -1)[:, :3])
    assert model.backend == "torchscript, contiguous"


@pytest.mark.parametrize("suffix", [".pt", ".pt2", ".onnx"])
def test_a_card_inside_is_found_without_running_anything(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    extra = {"wbcval.toml": "name = 'ä'", "class_names.json": "[]"}
    if suffix == ".onnx":
        graph(path, **extra)
    else:
        FORMATS[suffix](path, net(), **extra)

    assert embedded_card(path, path.read_bytes()) == "name = 'ä'"
    assert extra_files(path, path.read_bytes()).keys() >= extra.keys()


def test_no_card_is_none_and_an_empty_one_is_empty(tmp_path):
    none = script(tmp_path / "a.pt", net())
    empty = script(tmp_path / "b.pt", net(), **{"wbcval.toml": ""})

    assert embedded_card(none, none.read_bytes()) is None
    assert embedded_card(empty, empty.read_bytes()) == ""


@pytest.mark.parametrize(("make", "suffix"), [(export, ".pt2"), (graph, ".onnx")])
def test_a_model_of_one_batch_size_says_so(tmp_path, make, suffix):
    path = tmp_path / f"m{suffix}"
    made = make(path, batch=1) if make is graph else make(path, net(), batch=1)

    with pytest.raises(InputError, match=r"batches of 1, and only those\n.*batch = 1"):
        opened(made)

    assert opened(made, batch=1)(batch(1)).shape == (1, 3)


@pytest.mark.parametrize("suffix", [".pt", ".pt2", ".onnx"])
def test_an_input_of_another_shape_is_refused(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    made = graph(path) if suffix == ".onnx" else FORMATS[suffix](path, net())

    with pytest.raises(InputError, match="check size, color, planes, layout and dtype"):
        opened(made, shape=(1, 8, 8))


def test_lower_precision_is_near_and_not_the_same(tmp_path):
    path = script(tmp_path / "m.pt", net())

    full, half = opened(path)(batch()), opened(path, precision="bf16")(batch())

    assert 0 < np.abs(full - half).max() < 0.05


def test_lower_precision_is_not_for_onnx(tmp_path):
    with pytest.raises(InputError, match="bf16 is not for ONNX"):
        opened(graph(tmp_path / "m.onnx"), precision="bf16")


def test_cuda_is_had_only_where_it_is():
    if torch.cuda.is_available():
        assert devices("auto") == devices("cuda") == "cuda"
        return
    assert devices("auto") == devices("cpu") == "cpu"
    with pytest.raises(InputError, match="sees no GPU"):
        devices("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU at hand")
@pytest.mark.parametrize("suffix", FORMATS)
def test_on_a_gpu_the_outputs_are_near_those_of_the_cpu(tmp_path, suffix):
    path = FORMATS[suffix](tmp_path / f"m{suffix}", net())

    assert opened(path, device="cuda")(batch()) == pytest.approx(opened(path)(batch()), abs=1e-4)


def test_zip_bombs_among_the_extra_files_are_left_out(tmp_path):
    path = script(tmp_path / "m.pt", net(), **{"wbcval.toml": "a = 1"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/extra/bomb", b"\0" * (64 << 20))

    assert set(extra_files(path, path.read_bytes())) == {"wbcval.toml"}
