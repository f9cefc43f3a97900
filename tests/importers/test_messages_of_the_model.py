"""A reference that its own messages call the model's shows nothing, in whatever form they come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build.commands import wbcval

HEAD = "MSH|^~\\&|{maker}|H|||20260901||ORU^R01|{i}|P|2.5\rOBR|1||S{i}|CBC\r"
RESULT = "OBX|1|NM|WBC||{value}|10*9/L|||||F\r"


@pytest.mark.parametrize(("maker", "code"), [("Middleware", 0), ("LeukoNet-5", 3)])
def test_a_reference_sent_by_the_model_decides_nothing(
    tmp_path: Path, maker: str, code: int
) -> None:
    draw = np.random.default_rng(2)
    model = draw.uniform(2, 20, 60)
    reference = np.round(model * (1 + draw.normal(0, 0.02, 60)), 2)
    (tmp_path / "reference.hl7").write_text(
        "".join(
            HEAD.format(maker=maker, i=i) + RESULT.format(value=value)
            for i, value in enumerate(reference)
        )
    )
    rows = [f"S{i},{value:.2f}" for i, value in enumerate(model)]
    (tmp_path / "counts.csv").write_text("\n".join(["sample_id,WBC(10^9/L)", *rows]))
    (tmp_path / "protocol.toml").write_text(
        'mode = "different-aliquot"\n[model]\nname = "LeukoNet-5"\n[inputs]\n'
        'predictions = "counts.csv"\nreference = "reference.hl7"\n[[criterion]]\nid = "wbc"\n'
        'measure = "error"\nsubject = "WBC"\nstatistic = "share_within:10"\nmin = 0.95\n'
    )

    ended = wbcval("report", tmp_path / "protocol.toml", "--out", tmp_path / "out")

    assert ended.returncode == code, ended.stdout + ended.stderr
