"""``wbcval selftest``: what it prints, the record it writes, how it ends."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from markupsafe import escape

import wbcval
from tests.conftest import SAMPLE_DAY
from tests.test_wheel import sources
from wbcval.cli import main
from wbcval.machine import resources
from wbcval.selftest import run
from wbcval.selftest.installation import Installation, installation
from wbcval.selftest.types import Check, Family, Published


@dataclass(frozen=True)
class Ran:
    code: int
    said: str
    seconds: float  # of CPU
    out: Path

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "selftest.json").read_text("utf-8"))
        return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole self-test, once."""
    out, said = tmp_path_factory.mktemp("selftest") / "record", StringIO()
    start = time.process_time()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setenv("SOURCE_DATE_EPOCH", SAMPLE_DAY)
        code = main(["selftest", "--out", str(out)])
    return Ran(code, said.getvalue(), time.process_time() - start, out)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """One family of one check instead of all, which gives what is asked."""

    def use(value: object = 38.7651) -> None:
        figures = {"SD": Published("38.8")}
        check = Check("peak <flow>", "a paper & a book", figures, lambda: {"SD": value})
        monkeypatch.setattr(run, "families", lambda: (Family("Agreement", (check,)),))

    return use


# --- the whole ---


def test_this_installation_computes_what_is_published(ran: Ran) -> None:
    figures = ran.record["figures"]

    assert ran.code == 0, ran.said
    assert ran.record["passed"]
    assert len(figures) > 120
    assert ran.said.splitlines()[-3] == (
        f"PASSED: {len(figures)} of {len(figures)} figures of "
        f"{len({(f['family'], f['check']) for f in figures})} computations agree with their sources"
    )


def test_it_takes_less_than_ten_seconds(ran: Ran) -> None:
    assert ran.seconds < 10


def test_expected_got_digits_and_source_are_printed(ran: Ran) -> None:
    assert (
        "Regression: Norris, least squares\n"
        "  source: NIST StRD, linear regression, Norris: certified values\n"
    ) in ran.said
    assert re.search(
        r"  ok   slope: expected 1\.00211681802045, got 1\.0021168180204\d+ "
        r"\(1[2-5] of 15 digits, 12 asked\)\n",
        ran.said,
    )
    for figure in ran.record["figures"]:
        assert f"  source: {figure['source']}\n" in ran.said
        assert f" {figure['figure']}: expected {figure['expected']}, got " in ran.said


def test_wrong_models_are_not_accepted(ran: Ran) -> None:
    verdicts = {f["check"]: f["got"] for f in ran.record["figures"] if f["figure"] == "verdict"}

    wrong = [verdict for check, verdict in verdicts.items() if check.startswith("a wrong model")]
    assert len(wrong) >= 5
    assert "accepted" not in wrong
    assert [*verdicts.values()].count("accepted") == 2


# --- the record ---


def test_the_record_has_its_schema(ran: Ran) -> None:
    schema = json.loads(
        (resources.root() / "schemas" / "selftest.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(ran.record, schema)


def test_the_record_says_when_and_on_what(ran: Ran) -> None:
    made = ran.record["installation"]

    assert ran.record["created"] == "2026-01-02T03:04:05Z"  # SOURCE_DATE_EPOCH
    assert ran.record["wbcval_version"] == wbcval.__version__
    assert {"python", "numpy", "scipy", "pandas"} <= made["versions"].keys()
    assert f"sha256 {made['sha256']}\n" in ran.said
    name = "wbcval/stats/acceptance.py"
    content = Path(wbcval.__file__).parent.parent.joinpath(name).read_bytes()
    assert made["files"][name] == hashlib.sha256(content).hexdigest()


def test_the_record_holds_no_path_and_no_command_line(ran: Ran) -> None:
    for name in ("selftest.html", "selftest.json"):
        text = (ran.out / name).read_text(encoding="utf-8")
        assert str(ran.out.parent) not in text
        assert "command_line" not in text


def test_the_page_says_what_was_run_and_is_to_be_signed(ran: Ran) -> None:
    page = (
        (ran.out / "selftest.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    )

    assert '<meta name="generator" content="wbcval, selftest.json version 1">' in page
    assert "default-src &#39;none&#39;; style-src" in page
    assert page.count('<div class="signature">') == 3
    assert page.count("> agrees</span>") == len(ran.record["figures"])
    assert ran.record["installation"]["sha256"] in page
    for source in {f["source"] for f in ran.record["figures"]}:
        assert str(escape(source)) in page


def test_the_record_is_verified_as_a_bundle_is(
    ran: Ran, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "record"
    shutil.copytree(ran.out, copy)
    assert main(["verify", str(copy)]) == 0
    assert "run `wbcval selftest` for that" in capsys.readouterr().out
    assert main(["verify", str(copy), "--rerun"]) == 2

    page = copy / "selftest.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Passed", "Failed"), encoding="utf-8")

    assert main(["verify", str(copy)]) == 1
    assert "selftest.html was altered" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "was", "forged", "said"),
    [
        ("selftest.json", '"passed": false', '"passed": true', "tells another result"),
        ("selftest.json", '"passed": false,\n "fig', '"passed": true,\n "fig', "of the whole"),
        ("selftest.json", '"figures": [', '"figures": 5, "other": [', "holds no figure"),
        ("selftest.json", '"created": "2', '"created": "1', "created is not that"),
        ("selftest.html", "verdict rejected", "verdict accepted", "tells another result"),
        ("selftest.html", "</style>", ".verdict{display:none}</style>", "is not what selftest"),
        ("selftest.html", "38.8", "41", "is not what selftest.json gives"),
    ],
)
def test_a_forged_record_that_contradicts_itself_is_noticed(
    small: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    was: str,
    forged: str,
    said: str,
) -> None:
    small(41.0)
    assert main(["selftest", "--out", str(tmp_path / "record")]) == 1
    file, manifest = (tmp_path / "record" / n for n in (name, "manifest.json"))
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, forged), encoding="utf-8")
    about = json.loads(manifest.read_text("utf-8"))  # who edits also rewrites the manifest
    about["outputs"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(about), encoding="utf-8")

    assert main(["verify", str(tmp_path / "record")]) == 1
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda figures: figures[0].update(got=999.0), "what its numbers deny"),
        (lambda figures: figures[0]["digits"].update(agree=2), "what its numbers deny"),
        (lambda figures: figures[0]["digits"].update(needed=1), "holds other figures"),
        (lambda figures: figures[0].update(expected="41.0", got=41.0), "other figures than"),
        (lambda figures: figures.clear() or figures.append({"passed": True}), "no record"),
        (lambda figures: figures.append(figures[0]), "holds other figures than the 2 of"),
        (lambda figures: figures.pop(), "holds other figures than the 2 of this version"),
    ],
)
def test_a_record_tells_every_figure_as_its_own_numbers_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[dict[str, Any]]], object],
    said: str,
) -> None:
    figures = {"SD": Published("38.8"), "word": Published("yes")}
    check = Check("peak flow", "a paper", figures, lambda: {"SD": 38.7651, "word": "yes"})
    monkeypatch.setattr(run, "families", lambda: (Family("Agreement", (check,)),))
    out = tmp_path / "record"
    assert main(["selftest", "--out", str(out)]) == 0
    assert main(["verify", str(out)]) == 0
    found = json.loads((out / "selftest.json").read_text("utf-8"))
    change(found["figures"])
    (out / "selftest.json").write_text(json.dumps(found), encoding="utf-8")
    about = json.loads((out / "manifest.json").read_text("utf-8"))
    sha256 = hashlib.sha256((out / "selftest.json").read_bytes()).hexdigest()
    about["outputs"]["selftest.json"] = sha256
    (out / "manifest.json").write_text(json.dumps(about), encoding="utf-8")

    assert main(["verify", str(out)]) == 1
    assert said in capsys.readouterr().out


def test_a_bundle_is_not_replaced_by_a_record_nor_what_is_a_readers_own(
    small: Callable[..., None], sample_bundle: Path, tmp_path: Path
) -> None:
    small()
    copy, own = tmp_path / "bundle", tmp_path / "own"
    shutil.copytree(sample_bundle, copy)
    own.mkdir()
    (own / "notes.txt").write_text("mine", encoding="utf-8")

    assert main(["selftest", "--out", str(copy)]) == 2
    assert main(["selftest", "--out", str(own)]) == 2
    assert (copy / "report.html").exists()
    assert (own / "notes.txt").exists()


def test_a_record_is_replaced_by_a_later_one_and_signed_stays(
    small: Callable[..., None], tmp_path: Path
) -> None:
    small()
    out = tmp_path / "record"
    assert main(["selftest", "--out", str(out)]) == 0
    (out / "signed").mkdir()
    (out / "signed" / "scan.pdf").write_text("signed", encoding="utf-8")

    assert main(["selftest", "--out", str(out)]) == 0
    assert (out / "signed" / "scan.pdf").exists()
    assert main(["verify", str(out)]) == 0


def test_the_same_day_and_installation_give_the_same_bytes(
    small: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", SAMPLE_DAY)
    for name in ("one", "two"):
        assert main(["selftest", "--out", str(tmp_path / name)]) == 0

    for name in ("selftest.html", "selftest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


# --- a miss ---


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (41.0, "missed: peak <flow>: SD: expected 38.8, got 41\n"),
        (float("nan"), "missed: peak <flow>: SD: expected 38.8, got nan\n"),
        (None, "missed: peak <flow>: SD: expected 38.8, got not estimable\n"),
    ],
)
def test_a_miss_ends_with_1_and_is_named(
    small: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    value: object,
    said: str,
) -> None:
    small(value)

    assert main(["selftest", "--out", str(tmp_path / "record")]) == 1

    printed = capsys.readouterr().out
    assert said in printed
    assert "FAILED: 0 of 1 figures of 1 computations agree with their sources\n" in printed
    page = (tmp_path / "record" / "selftest.html").read_text(encoding="utf-8")
    assert "Do not use this installation" in page
    assert "peak &lt;flow&gt;" in page
    schema = (resources.root() / "schemas" / "selftest.schema.json").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "record" / "selftest.json").read_text("utf-8"))
    jsonschema.validate(record, json.loads(schema))
    assert not record["passed"]


def test_a_statistic_that_is_off_ends_with_1_and_names_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (moments,) = (f for f in run.families() if f.title == "Mean and standard deviation")
    monkeypatch.setattr(run, "families", lambda: (moments,))
    assert main(["selftest"]) == 0

    def with_n(values: Any) -> tuple[float, float]:
        return float(np.mean(values)), float(np.std(values))

    monkeypatch.setattr("wbcval.stats.functions.bland_altman.mean_sd", with_n)

    assert main(["selftest"]) == 1
    said = capsys.readouterr().out
    # of 1, 3, 2 with n: sqrt(2/3)
    assert re.search(r"\nmissed: NumAcc1, 3 values: SD: expected 1\.0+, got 0\.81649658\d+\n", said)


def test_without_out_nothing_is_written(
    small: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small()
    monkeypatch.chdir(tmp_path)

    assert main(["selftest"]) == 0
    assert not [*tmp_path.iterdir()]


# --- the installation ---


def test_what_is_hashed_is_what_a_wheel_holds() -> None:
    in_a_wheel = {re.sub(r"^wbcval/(?=schemas/|reports/)", "", name) for name in sources()}

    assert installation().files.keys() == in_a_wheel


def test_the_hash_of_an_installation_is_that_of_every_name_and_content() -> None:
    one = Installation({}, "x", {"a": "1", "b": "2"})

    assert one.sha256 == Installation({"numpy": "1"}, "y", {"b": "2", "a": "1"}).sha256
    assert one.sha256 == hashlib.sha256(b"1  a\n2  b\n").hexdigest()
    for files in ({"a": "1", "b": "3"}, {"a": "1", "c": "2"}, {"a": "1"}):
        assert Installation({}, "x", files).sha256 != one.sha256
