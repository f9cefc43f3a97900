"""A bundle holds the study it rests on: each file is made again from it and compared, no inputs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.build.protocols import criterion, protocol, within
from tests.cases.test_files_that_agree import lines, told
from tests.cases.test_forged_bundles import Forge, manifest, results, sealed
from wbcval.cli import main
from wbcval.testing import assert_accepted

_EXCLUDED = '[[exclusion]]\nsample_id = "S3"\nsubject = "WBC"\nreason = "haemolysis"\n'
_CRITERIA = (
    within(name="wbc"),
    within(name="firm", rule="demonstrated", confidence=0.9, min=0.7),
    criterion("bland_altman", "WBC", "bias", name="bias", min=-0.5, max=0.5),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 samples of two sites, of which 6 are 30 % off and one is left out: rejected."""
    folder = tmp_path_factory.mktemp("study")
    tables = {
        "r.csv": ["sample_id,WBC(10^9/L)", *(f"S{i},{4 + 0.1 * i:.2f}" for i in range(60))],
        "m.csv": [
            "sample_id,WBC(10^9/L)",
            *(f"S{i},{(1.3 if i % 10 == 7 else 1.02) * (4 + 0.1 * i):.2f}" for i in range(60)),
        ],
        "s.csv": ["sample_id,site", *(f"S{i},{'AB'[i % 3 == 0]}" for i in range(60))],
    }
    for name, rows in tables.items():
        (folder / name).write_text("\n".join([*rows, ""]), encoding="utf-8")
    text = protocol(
        _EXCLUDED, *_CRITERIA, predictions=["m.csv"], samples="s.csv", top='strata = ["site"]'
    )
    (folder / "p.toml").write_text(text, encoding="utf-8")
    assert main(["report", str(folder / "p.toml"), "--out", str(folder / "bundle")]) == 1
    assert main(["verify", str(folder / "bundle")]) == 0
    return folder / "bundle"


@pytest.fixture
def bundle(study: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(study, tmp_path / "bundle"))


def text(name: str, old: str, new: str) -> Forge:
    def forge(bundle: Path) -> None:
        before = (bundle / name).read_text(encoding="utf-8")
        assert old in before
        (bundle / name).write_text(before.replace(old, new, 1), encoding="utf-8")

    return forge


def held(change: Callable[[dict[str, Any]], object]) -> Forge:
    """Of the record of the study."""

    def forge(bundle: Path) -> None:
        path = bundle / "study.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        change(found)
        path.write_text(json.dumps(found), encoding="utf-8")

    return forge


def unjudged(found: dict[str, Any]) -> None:
    next(m for m in found["measurements"] if m["statistic"] == "median").update(value=0.001)


def narrower(found: dict[str, Any]) -> None:
    next(o for o in found["outcomes"] if o["criterion"] == "firm").update(high=0.97)


def moved(found: dict[str, Any]) -> None:
    found["exclusions"][0].update(reason="an outlier")


_PAGE = "report.html"


@pytest.mark.parametrize(
    ("forge", "name"),
    [
        (text(_PAGE, "</style>", ".verdict .covers{display:none}</style>"), _PAGE),
        (text(_PAGE, "</body>", "<script>document.title='Accepted'</script></body>"), _PAGE),
        (text(_PAGE, "default-src &#39;none&#39;", "default-src *"), _PAGE),
        (text(_PAGE, "<h2>", '<h2 hidden="">'), _PAGE),
        (text(_PAGE, "haemolysis", "an outlier"), _PAGE),
        (text(_PAGE, '<section id="limitations">', '<section id="limits">'), _PAGE),
        (text(_PAGE, '"ids":["S0"', '"ids":["S9"'), _PAGE),
        (told(unjudged), "results.json"),
        (told(narrower), "results.json"),
        (told(moved), _PAGE),
        (told(lambda r: r["provenance"].update(rollup="manual5")), _PAGE),
        (told(lambda r: r["provenance"].update(label_depths=["neutrophil"])), "results.json"),
        (told(lambda r: r["provenance"].update(approved="yes")), "results.json"),
        (told(lambda r: r.update(approved="yes")), "results.json"),
        (lines("strata.csv", lambda rows: [row.replace(",B", ",A") for row in rows]), "strata.csv"),
        (held(lambda s: s["values"]["WBC"]["resolution"]["is"].__setitem__(4, 9.0)), _PAGE),
        (held(lambda s: s["findings"].clear() or s["notes"].append("approved")), "study.json"),
    ],
    ids=["style", "script", "policy", "hidden", "a word", "a section", "a point", "no criterion's",
         "a bound", "an exclusion", "roll-up", "depths", "provenance", "a key", "strata",
         "a step", "as it is written"],
)  # fmt: skip
def test_what_the_study_of_the_bundle_does_not_give_is_found(
    bundle: Path, forge: Forge, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(bundle)
    sealed(bundle)
    capsys.readouterr()

    assert main(["verify", str(bundle)]) == 1
    assert name in capsys.readouterr().out


def loosened(bundle: Path) -> None:
    """One criterion less, and the protocol with it: all that then passes is accepted."""
    path = bundle / "protocol.toml"
    before = path.read_text(encoding="utf-8")
    head, *criteria = before.split("[[criterion]]")
    kept = [each for each in criteria if 'id = "wbc"' not in each]
    assert len(kept) == len(criteria) - 1
    path.write_text("[[criterion]]".join([head, *kept]), encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def without(found: dict[str, Any]) -> None:
        found["outcomes"] = [o for o in found["outcomes"] if o["criterion"] != "wbc"]
        found["verdict"] = "accepted"
        found["provenance"]["protocol_sha256"] = sha256

    told(without)(bundle)
    page = bundle / _PAGE
    page.write_bytes(page.read_bytes().replace(b"verdict rejected", b"verdict accepted"))


def test_a_criterion_taken_out_of_results_and_protocol_is_found(bundle: Path) -> None:
    loosened(bundle)
    sealed(bundle)

    assert main(["verify", str(bundle)]) == 1
    with pytest.raises(AssertionError):
        assert_accepted(bundle)


def test_without_the_study_the_page_is_not_said_to_be_the_same(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bundle of an earlier day, or one from which the record was taken."""
    (bundle / "study.json").unlink()
    manifest(bundle, lambda m: m["outputs"].pop("study.json"))

    assert main(["verify", str(bundle)]) == 2
    assert "cannot be compared whole: the bundle holds no study.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.pop("values"),
        lambda s: s.update(more=1),
        lambda s: s["values"]["WBC"].update(reference="S0"),
        lambda s: s["values"]["WBC"]["reference"].update(shape=[10**9, 10**9]),
        lambda s: s["values"]["WBC"]["reference"].update(shape=[-60]),
        lambda s: s["strata"]["all"].update({"at": [10**6], "is": [True]}),
        lambda s: s.update(sample_ids=7),
        lambda s: s.update(findings=[{}]),
        # of the right form, and none that can be judged
        lambda s: s["values"]["WBC"]["reference"]["is"].__setitem__(0, -1.0),
        lambda s: s["values"]["WBC"]["reference"].update(shape=[1], at=None, **{"is": [1.0]}),
    ],
)
def test_a_record_that_is_none_ends_with_2(
    bundle: Path, change: Callable[[dict[str, Any]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    held(change)(bundle)
    sealed(bundle)
    capsys.readouterr()

    assert main(["verify", str(bundle)]) == 2
    assert "study.json" in capsys.readouterr().err


def test_under_other_libraries_numbers_are_not_accused(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results(bundle, lambda r: r["provenance"]["versions"].update(numpy="9.9.9"))
    sealed(bundle)
    capsys.readouterr()

    assert main(["verify", str(bundle)]) == 2
    assert "report.html is not what study.json gives" in capsys.readouterr().out
