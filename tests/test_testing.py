"""assert_accepted: passes on accepted alone, and says why where it does not."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

import wbcval
from tests import forked
from tests.build.protocols import protocol, within
from tests.compare.make_comparison import change, good, make_comparison, mixed
from tests.render.make_study import PROVENANCE
from wbcval.bundle import evidence
from wbcval.gating.ci_outputs import annotations, junit, markdown, results_json
from wbcval.gating.compare.types import Comparison
from wbcval.render import render_comparison
from wbcval.testing import assert_accepted
from wbcval.values.errors import InputError

_PROTOCOL = protocol(within(name="wbc"), predictions=["model.csv"], reference="reference.csv")


@cache
def undecided() -> Comparison:
    return make_comparison([*good(), change("eosinophil", half=0.1)])


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, wbcval.Report]:
    """60 samples, of which so many are more than 10 % off; and their bundles, by name."""
    found = {}
    for name, off in (("accepted", 0), ("rejected", 9)):
        folder = tmp_path_factory.mktemp(name)
        values = [f"{5 + 0.1 * i:.2f}" for i in range(60)]
        near = [(5 + 0.1 * i) * (1 + (7 * i % 11 - 5) / 250) for i in range(60)]  # within 2 %
        model = ["15.00"] * off + [f"{v:.2f}" for v in near[off:]]
        for file, column in (("reference.csv", values), ("model.csv", model)):
            rows = "".join(f"S{i},{v}\n" for i, v in enumerate(column))
            (folder / file).write_text(f"sample_id,WBC(10^9/L)\n{rows}", encoding="utf-8")
        (folder / "protocol.toml").write_text(_PROTOCOL, encoding="utf-8")
        found[name] = wbcval.report(wbcval.load(folder / "protocol.toml"))
    return found


def write_gate(comparison: Comparison, out: Path) -> Path:
    """The folder of a gate: the outcomes, what is made of them, and a manifest of it all."""
    origin = {**PROVENANCE, "created": evidence.created(), "wbcval_version": wbcval.__version__}
    origin["sides"] = {
        name: {"name": side.name, "created": side.provenance["created"]}
        for name, side in (("candidate", comparison.candidate), ("baseline", comparison.baseline))
    }
    texts = {
        "report.html": render_comparison(comparison, origin),
        "results.json": results_json(comparison, origin),
        "junit.xml": junit(comparison),
        "summary.md": markdown(comparison),
        "annotations.txt": annotations(comparison),
    }
    files = {name: text.encode() for name, text in texts.items()}
    evidence.write(out, files, evidence.manifest(files, origin, [], 0.0))
    return out


def test_an_accepted_report_passes_as_object_and_as_folder(
    reports: dict[str, wbcval.Report], tmp_path: Path
) -> None:
    made = reports["accepted"]
    assert_accepted(made)
    made.write(tmp_path / "bundle")
    assert_accepted(tmp_path / "bundle")
    assert_accepted(str(tmp_path / "bundle"))


def test_a_rejected_report_says_why(reports: dict[str, wbcval.Report], tmp_path: Path) -> None:
    said = "rejected: WBC: 51 of 60 samples (85.0 %) within 10 %; at least 95 % required."
    reports["rejected"].write(tmp_path / "bundle")
    for made in (reports["rejected"], tmp_path / "bundle"):
        with pytest.raises(AssertionError) as caught:
            assert_accepted(made)
        first, second, third = str(caught.value).splitlines()
        assert first == said
        assert third.startswith("Judged: WBC. Also seen: WBC: bias ")
        assert "Taken for granted: each sample is of another patient" in third
        assert second.startswith("✗ fail: wbc: WBC: 51 of 60")


def test_a_comparison_and_the_folder_of_a_gate_say_the_same(tmp_path: Path) -> None:
    messages = []
    for made in (mixed(), write_gate(mixed(), tmp_path / "gate")):
        with pytest.raises(AssertionError) as caught:
            assert_accepted(made, allow_inconclusive=True)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "✗ fail: lymphocyte sensitivity: " in messages[0]
    assert "? inconclusive: eosinophil sensitivity: " in messages[0]
    assert (
        "1 optional criterion failed: other sensitivity." in messages[0]
    )  # named, and stops nothing


def test_inconclusive_passes_only_where_it_is_allowed(tmp_path: Path) -> None:
    folder = write_gate(undecided(), tmp_path / "gate")
    for made in (undecided(), folder):
        with pytest.raises(AssertionError, match=r"^inconclusive: .*could not be decided"):
            assert_accepted(made)
        assert_accepted(made, allow_inconclusive=True)


def test_an_altered_folder_is_not_believed(tmp_path: Path) -> None:
    folder = write_gate(undecided(), tmp_path / "gate")
    results = folder / "results.json"
    text = results.read_text(encoding="utf-8").replace('"inconclusive"', '"accepted"', 1)
    results.write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match=r"results\.json was altered"):
        assert_accepted(folder, allow_inconclusive=True)


def test_a_folder_without_a_verdict_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        assert_accepted(tmp_path)
    evidence.write(tmp_path / "empty", {}, {"format": evidence.FORMAT, "outputs": {}})
    with pytest.raises(AssertionError, match=r"manifest\.json does not name results\.json"):
        assert_accepted(tmp_path / "empty")


def test_pytest_shows_the_reason_and_not_our_own_lines(tmp_path: Path) -> None:
    write_gate(undecided(), tmp_path / "gate")
    (tmp_path / "test_model.py").write_text(
        "from wbcval.testing import assert_accepted\ndef test_it():\n    assert_accepted('gate')\n",
        encoding="utf-8",
    )
    command = [forked.python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_model.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "E       AssertionError: inconclusive: 1 of 5 required criteria" in done.stdout
    assert "raise AssertionError" not in done.stdout
