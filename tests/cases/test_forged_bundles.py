"""A bundle that was rewritten, manifest and all, is never said to be the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wbcval
from tests.build.protocols import protocol, within
from wbcval.bundle import evidence
from wbcval.cli import main
from wbcval.protocol.types import Criterion, Product
from wbcval.stats.statistic_name import StatisticName
from wbcval.testing import assert_accepted

PROTOCOL = protocol(within(name="wbc"), predictions=["m.csv"])
_SHARED = ("created", "inputs", "versions", "wbcval_version", "seed")
Forge = Callable[[Path], None]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 samples of which 9 are 50 % off: rejected."""
    folder = tmp_path_factory.mktemp("study")
    reference = [f"S{i},{10 + 0.1 * i:.2f}" for i in range(24)]
    model = [f"S{i},{(15 if i < 9 else 10.1) + 0.1 * i:.2f}" for i in range(24)]
    for name, rows in (("r.csv", reference), ("m.csv", model)):
        text = "\n".join(["sample_id,WBC(10^9/L)", *rows, ""])
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "p.toml").write_text(PROTOCOL, encoding="utf-8")
    assert main(["report", str(folder / "p.toml"), "--out", str(folder / "bundle")]) == 1
    return folder


@pytest.fixture
def bundle(study: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(study / "bundle", tmp_path / "bundle"))


def page(bundle: Path) -> None:
    path = bundle / "report.html"
    path.write_bytes(path.read_bytes().replace(b"Rejected", b"Accepted"))


def results(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / "results.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def manifest(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / "manifest.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def sealed(bundle: Path) -> None:
    """Hash every file anew, and let the manifest say what the results say."""
    origin = json.loads((bundle / "results.json").read_text(encoding="utf-8"))["provenance"]

    def again(about: dict[str, Any]) -> None:
        for name in about["outputs"]:
            about["outputs"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
        about.update({key: origin[key] for key in _SHARED if key in origin})

    manifest(bundle, again)


def claims(**versions: str) -> Forge:
    return lambda b: results(b, lambda r: r["provenance"]["versions"].update(versions))


def said_of(bundle: Path, key: str, value: object) -> None:
    """Claim it in the results, at the top and in the provenance."""
    results(bundle, lambda r: (r.update({key: value}), r["provenance"].update({key: value})))


def other_versions_on_every_page(bundle: Path) -> None:
    path = bundle / "report.html"
    text = path.read_text(encoding="utf-8")
    now = json.loads((bundle / "results.json").read_text(encoding="utf-8"))["provenance"]
    old = f"numpy&nbsp;{now['versions']['numpy']}"
    assert old in text
    path.write_text(text.replace(old, "numpy&nbsp;9.9.9"), encoding="utf-8")
    claims(numpy="9.9.9")(bundle)


def as_from_options(bundle: Path) -> None:
    text = PROTOCOL.replace("0.95", "0.5")
    (bundle / "protocol.toml").write_text(text, encoding="utf-8")
    results(bundle, lambda r: r["provenance"].update(protocol_sha256=None))


def other_inputs(bundle: Path) -> None:
    """The reference as the model's file, hashed wherever hashes stand."""
    away = bundle.parent / "away"
    away.mkdir()
    path = Path(json.loads((bundle / "manifest.json").read_text("utf-8"))["input_paths"][1])
    shutil.copy(path, away / "m.csv")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    results(bundle, lambda r: r["provenance"]["inputs"][-1].update(sha256=sha256))
    manifest(bundle, lambda m: m["input_paths"].__setitem__(0, str(away / "m.csv")))


def printed(bundle: Path) -> None:
    (bundle / "report.pdf").write_bytes(b"%PDF-1.4 Accepted")
    manifest(bundle, lambda m: m["outputs"].update({"report.pdf": ""}))


def no_results(bundle: Path) -> None:
    (bundle / "results.json").write_text("[]", encoding="utf-8")
    sha256 = hashlib.sha256(b"[]").hexdigest()
    manifest(bundle, lambda m: m["outputs"].update({"results.json": sha256}))


def twice(bundle: Path) -> None:
    path = bundle / "results.json"
    text = path.read_text(encoding="utf-8")
    one = '"verdict": "rejected"'
    path.write_text(text.replace(one, f'"verdict": "accepted",\n {one}', 1), encoding="utf-8")


@pytest.mark.representatives(4)
@pytest.mark.parametrize(
    ("forge", "code", "said"),
    [
        (lambda b: (page(b), claims(numpy="9.9.9")(b)), 1, "report.html tells another"),
        (lambda b: (page(b), said_of(b, "wbcval_version", "0.0.9")), 1, "report.html is not what"),
        (lambda b: (page(b), results(b, lambda r: r["provenance"]["versions"].clear())), 1,
         "report.html tells another"),
        (other_versions_on_every_page, 2, "compared whole, as it was made by numpy 9.9.9"),
        (lambda b: results(b, lambda r: r["provenance"].pop("digests")), 1,
         "provenance.digests is missing"),
        (lambda b: results(b, lambda r: r["provenance"].update(reviewed="yes")), 1,
         "provenance.reviewed differs"),
        (lambda b: results(b, lambda r: r.update(note="approved")), 1, "note differs"),
        (as_from_options, 1, "protocol.toml is not what"),
        (other_inputs, 1, "verdict differs when recomputed"),
        (lambda b: said_of(b, "created", "2020-01-01T00:00:00Z"), 1, "report.html is not what"),
        (lambda b: results(b, lambda r: r["provenance"]["inputs"][0].update(rows=9)), 1,
         "provenance.inputs differs"),
        (printed, 2, "report.pdf cannot be compared"),
    ],
    ids=["other library", "other wbcval", "no library", "versions alone", "less provenance",
         "more provenance", "a key more", "as from options", "other inputs",
         "another time", "fewer rows", "a PDF"],
)  # fmt: skip
def test_made_again_it_is_found(
    bundle: Path, forge: Forge, code: int, said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("WBCVAL_CHROMIUM", "no-browser-of-this-name")
    forge(bundle)
    sealed(bundle)

    assert main(["verify", str(bundle), "--rerun"]) == code
    assert said in capsys.readouterr().out


def test_what_lies_in_signed_is_the_readers_own(bundle: Path) -> None:
    (bundle / "signed").mkdir()
    (bundle / "signed" / "scan.pdf").write_bytes(b"%PDF")
    (bundle / "signed" / "notes").mkdir()

    assert main(["verify", str(bundle), "--rerun"]) == 0


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda b: ((b / "strata.csv").unlink(),
                    manifest(b, lambda m: m["outputs"].pop("strata.csv"))),
         "manifest.json does not name strata.csv"),
        (lambda b: ((b / "approval.txt").write_text("yes"),
                    manifest(b, lambda m: m["outputs"].update({"approval.txt": ""})), sealed(b)),
         "manifest.json names 'approval.txt' too"),
        (lambda b: manifest(b, lambda m: m.update(approved=True)), "a key 'approved'"),
        (lambda b: manifest(b, lambda m: m.pop("inputs")), "manifest.json inputs is missing"),
        (lambda b: manifest(b, lambda m: m.update(input_paths="m.csv")), "input_paths is not of"),
        (lambda b: manifest(b, lambda m: m.update(created="2020-01-01T00:00:00Z")), "created is"),
        (lambda b: manifest(b, lambda m: m["versions"].update(numpy="9")), "versions is not that"),
        (lambda b: (said_of(b, "created", "approved by all"), sealed(b)), "created is no time"),
        (lambda b: ((b / "protocol.toml").write_text(PROTOCOL.replace("0.95", "0.1")), sealed(b)),
         "protocol.toml is not the protocol that results.json names"),
        (lambda b: (b / "signed").write_text("yes"), "signed is not in the manifest"),
        (lambda b: ((b / "report.html").rename(b.parent / "r.html"),
                    (b / "report.html").symlink_to(b.parent / "r.html")), "not a file but a link"),
    ],
    ids=["a file less", "a file more", "a key more", "a key less", "another kind", "another time",
         "other versions", "no time", "another protocol", "signed is a file", "a link"],
)  # fmt: skip
def test_without_the_inputs_it_is_found(
    bundle: Path, forge: Forge, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(bundle)

    assert main(["verify", str(bundle)]) == 1
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda b: manifest(b, lambda m: m.update(format="wbcval evidence bundle 0")), "format"),
        (lambda b: (b / "manifest.json").write_text('{"format": 1, "format": 2}'), "twice"),
        (lambda b: (b / "manifest.json").write_text("[" * 100_000), "manifest.json"),
        (no_results, "results.json"),
        (lambda b: (twice(b), sealed(b)), "a key stands twice"),
    ],
    ids=["an older format", "a key twice", "deep", "no results", "a result twice"],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_2(
    bundle: Path, forge: Forge, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(bundle)

    assert main(["verify", str(bundle)]) == 2
    assert said in capsys.readouterr().err


def test_fewer_or_reversed_paths_are_found(bundle: Path) -> None:
    manifest(bundle, lambda m: m["input_paths"].reverse())
    assert main(["verify", str(bundle), "--rerun"]) == 1
    manifest(bundle, lambda m: m["input_paths"].pop())
    assert main(["verify", str(bundle), "--rerun"]) == 2


def test_a_path_more_than_inputs_is_found(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest(bundle, lambda m: m["input_paths"].append(m["input_paths"][-1]))

    assert main(["verify", str(bundle), "--rerun"]) == 2
    assert "names more inputs than its protocol" in capsys.readouterr().err


def test_a_role_that_the_protocol_does_not_name_is_found(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As many paths as inputs, and the reference called a table of samples."""

    def as_samples(about: dict[str, Any]) -> None:
        (entry,) = (i for i in about["inputs"] if i["role"] == "reference")
        entry["role"] = "samples"

    results(bundle, lambda r: as_samples(r["provenance"]))
    sealed(bundle)

    assert main(["verify", str(bundle), "--rerun"]) == 2
    assert "names fewer inputs than its protocol" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="pipes of Unix")
def test_an_input_that_became_a_pipe_is_not_waited_for(bundle: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.csv")
    manifest(bundle, lambda m: m["input_paths"].__setitem__(0, str(tmp_path / "m.csv")))

    assert main(["verify", str(bundle), "--rerun"]) == 2


def test_only_versions_of_what_is_loaded_are_recorded(study: Path) -> None:
    import sys

    recorded = evidence.read_manifest(study / "bundle")["versions"]
    assert {"numpy", "scipy", "pandas", "jinja2"} < recorded.keys()
    for name in recorded.keys() - {"python"}:
        assert name.replace("-", "_") in sys.modules
    assert "statsmodels" not in recorded
    assert "matplotlib" not in recorded


def optional(bundle: Path) -> None:
    path = bundle / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("min = 0.95\n", "min = 0.95\noptional = true\n", 1), "utf-8")
    results(bundle, lambda r: r["outcomes"][0].update(optional=True))


def looser(bundle: Path) -> None:
    path = bundle / "protocol.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("min = 0.95\n", "min = 0.5\n"), "utf-8"
    )
    results(bundle, lambda r: r["outcomes"][0].update(status="pass"))
    results(bundle, lambda r: r["outcomes"][0]["both_rules"].update(observed="pass"))
    results(bundle, lambda r: r["outcomes"][0]["bound"].update(min=0.5))


@pytest.fixture(scope="module")
def of_options(study: Path) -> Path:
    """The same study without a protocol: its bundle says that it asks the default criteria."""
    sides = ["--predictions", str(study / "m.csv"), "--reference", str(study / "r.csv")]
    out = study / "of-options"
    assert main(["report", *sides, "--mode", "different-aliquot", "--out", str(out)]) == 1
    return out


@pytest.mark.parametrize("forge", [optional, looser])
def test_a_bundle_of_options_asks_the_default_criteria(
    of_options: Path, forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(of_options)]) == 0
    bundle = Path(shutil.copytree(of_options, tmp_path / "bundle"))
    forge(bundle)
    results(bundle, lambda r: r.update(verdict="accepted"))
    page = bundle / "report.html"
    page.write_bytes(page.read_bytes().replace(b"verdict rejected", b"verdict accepted"))
    said_of(bundle, "wbcval_version", "0.0.9")  # whose words beside a verdict nobody knows
    sealed(bundle)
    capsys.readouterr()
    assert main(["verify", str(bundle)]) == 1
    assert "its criteria are not the default ones" in capsys.readouterr().out
    with pytest.raises(AssertionError, match="not the default ones"):
        assert_accepted(bundle)
    accept = ["baseline", "accept", str(bundle), "--to", str(tmp_path / "baseline")]
    assert main([*accept, "--by", "QA", "--why", "release"]) == 2


def test_criteria_given_in_python_are_told_and_made_again(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = Criterion("wbc", "error", "WBC", StatisticName("share_within:10"), min=0.5,
                      rule="demonstrated", confidence=0.9)  # fmt: skip
    protocol = wbcval.Protocol(
        "different-aliquot",
        inputs={"predictions": (study / "m.csv",), "reference": (study / "r.csv",)},
        criteria=(given,),
        resolution={"WBC": 0.1},
        model=Product("a", "1"),
    )
    wbcval.report(protocol).write(tmp_path / "bundle")
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "bundle"), "--rerun"]) == 0
    assert main(["verify", str(tmp_path / "bundle")]) == 0
    assert "its criteria were given in Python" in capsys.readouterr().out


def _scope(change: Callable[[dict[str, Any]], object]) -> Forge:
    return lambda b: results(b, lambda r: change(r["scope"]))


def _text(name: str, old: str, new: str) -> Forge:
    def forge(bundle: Path) -> None:
        text = (bundle / name).read_text(encoding="utf-8")
        assert old in text
        (bundle / name).write_text(text.replace(old, new), encoding="utf-8")

    return forge


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accepted for WBC, with something seen, declared and taken for granted beside it."""
    folder = tmp_path_factory.mktemp("doubted")
    for name, factor in (("r.csv", 1.0), ("m.csv", 1.02)):
        rows = ["sample_id,WBC(10^9/L),TNC"]
        for i in range(24):
            wbc = factor * (4 + 0.5 * i) + 0.05 * (factor > 1) * (i % 5)
            rows.append(f"S{i},{wbc:.2f},{wbc * (1.3 + 0.01 * (i % 3)):.2f}")
        (folder / name).write_text("\n".join([*rows, ""]), encoding="utf-8")
    toml = protocol(within(name="wbc", limit="12"), predictions=["m.csv"])
    (folder / "p.toml").write_text(toml, encoding="utf-8")
    assert main(["report", str(folder / "p.toml"), "--out", str(folder / "bundle")]) == 0
    assert main(["verify", str(folder / "bundle")]) == 0
    return folder / "bundle"


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    "forge",
    [
        _scope(lambda scope: scope.update(seen=[])),
        _scope(lambda scope: scope["seen"].pop()),
        _scope(lambda scope: scope.update(assumed=[])),
        _scope(lambda scope: scope.update(looser=[])),
        _scope(lambda scope: scope["seen"].append("all samples were looked at twice")),
        _text("report.html", "TNC", "WBC"),
        _text("report.html", "<b>Taken for granted:</b>", "<b>Known:</b>"),
        _text("report.html", "Accepted for WBC", "Accepted for all classes"),
    ],
    ids=["nothing seen", "less seen", "nothing assumed", "nothing looser", "more seen",
         "another word on the page", "another heading", "another headline"],
)  # fmt: skip
def test_results_and_page_tell_the_same_beside_the_verdict(
    doubted: Path, tmp_path: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(doubted, tmp_path / "forged"))
    forge(bundle)
    sealed(bundle)

    assert main(["verify", str(bundle)]) == 1
    assert "report.html tells another thing beside the verdict" in capsys.readouterr().out


def test_the_page_of_another_version_is_never_said_to_be_the_same(
    doubted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page is compared by its version: whoever claims another one ends with 2 at best."""
    bundle = Path(shutil.copytree(doubted, tmp_path / "forged"))
    said_of(bundle, "wbcval_version", "0.0.9")
    sealed(bundle)
    capsys.readouterr()

    assert main(["verify", str(bundle)]) == 2
    assert "cannot be compared whole: it was written by wbcval 0.0.9" in capsys.readouterr().out
    _scope(lambda scope: scope.update(seen=[]))(bundle)
    sealed(bundle)
    assert main(["verify", str(bundle)]) == 2
    with pytest.raises(AssertionError, match="cannot be compared whole"):
        assert_accepted(bundle)
    results(bundle, lambda r: r["outcomes"][0].update(n=23))
    sealed(bundle)
    assert main(["verify", str(bundle)]) == 1  # what contradicts itself is certain all the same
