"""Without the packages of an extra: what to install, and no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

_WITHOUT = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from wbcval.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("absent", "extra"), [("simplejpeg", "torch"), ("PIL", "torch"), ("torch", "torch")]
)
def test_predict_says_what_to_install(model, cells, tmp_path, absent, extra):
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, absent, "predict", "--model", str(model), "--images",
         str(cells), "--out", str(tmp_path / "p.csv")],
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2, done.stderr
    assert f"needs {absent}, which is not installed" in done.stderr
    assert f"pip install '.[{extra}]'" in done.stderr


@pytest.mark.further
def test_help_and_inspect_need_no_torch(model):
    for words in (["--help"], ["predict", "--help"], ["model", "inspect", str(model)]):
        done = subprocess.run(
            [sys.executable, "-c", _WITHOUT, "torch,onnxruntime,cv2", *words],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
