"""What stands beside a verdict stands in all its forms: console, page, JSON, JUnit, Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Judged
from tests.cases.test_named_like_controls import PROTOCOL
from tests.cases.test_unread import study, text
from wbcval.bundle.evidence import told_of
from wbcval.verbs.gate import gate

Report = Callable[..., Judged]
LISTED = PROTOCOL.replace("[inputs]\n", '[inputs]\nsamples = "s.csv"\n')


def words(page: str) -> str:
    """The text of a page, without its tags and its invisible characters."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\N{ZERO WIDTH SPACE}", "")
    return re.sub(r"\s+", " ", plain.replace("\N{NO-BREAK SPACE}", " ")).replace(" .", ".")


@pytest.mark.parametrize("how", ["blank", "above"])
def test_what_is_told_is_told_everywhere(how: str, report: Report) -> None:
    """A few unread results, a site that fails, controls and figures that nobody judges."""
    reference, model = study(0)
    sites = np.where(np.arange(66) % 22 == 7, "C", "A")
    model = [
        (i, w * (1.5 if s == "C" else 1), x) for (i, w, x), s in zip(model, sites, strict=True)
    ]
    listed = pd.DataFrame({"sample_id": [row[0] for row in reference], "site": sites})
    listed["sample_type"] = np.where(np.arange(66) % 9 == 0, "control", "patient")
    found = report(p_csv=text(model, **{how: 3}), r_csv=text(reference, **{how: 3}),
                   s_csv=listed.to_csv(index=False), protocol_toml=LISTED)  # fmt: skip
    assert found.code in (0, 3), found.console
    said = told_of(found.bundle).verdict
    lines = [line for each in said.beside for line in each.lines]
    assert said.scope.missing in lines
    assert said.scope.missing
    assert any(line.startswith("site=C") for line in lines)
    assert "sample_type = control in 8 of 66 rows of s.csv" in lines
    page = words((found.bundle / "report.html").read_text("utf-8"))
    console = " ".join(found.console.split())
    for line in lines:
        assert line in page
        assert line in console

    result = gate(found.bundle, found.bundle)
    lines = [line for each in result.verdict.told for line in each.lines]
    assert result.verdict.scope.missing == said.scope.missing
    texts = {name: content.decode() for name, content in result.files.items()}
    root = ET.fromstring(texts["junit.xml"])  # noqa: S314 (our own file)
    (scope,) = root.iterfind(".//property[@name='scope']")
    for line in lines:
        assert line in scope.get("value", "")
        for name in ("report.html", "summary.md"):
            assert line in words(texts[name]), name


def test_many_of_them_are_not_cut(report: Report) -> None:
    """A sentence of Markdown is cut at 2 000 characters; what stands after it is not."""
    reference, model = study(0)
    odd = {f"remark_{i:02}_{'x' * 90}": ["a" if k % 2 else "b" for k in range(66)]
           for i in range(30)}  # fmt: skip
    frame = pd.DataFrame(model, columns=["sample_id", "WBC(10^9/L)", "NEUT%(%)"])
    frame = frame.assign(**{f"edited_{c}": v for c, v in odd.items()})
    found = report(p_csv=frame.to_csv(index=False), r_csv=text(reference), protocol_toml=PROTOCOL)
    result = gate(found.bundle, found.bundle)
    summary = words(result.files["summary.md"].decode())
    for each in result.verdict.told:
        assert each.lead in summary
