"""How large the report is, and how soon Chromium shows it: every picture of every measurand drawn.

Opening time is from the start of the navigation to the
load event and to the first paint of content, whichever is later; a browser is started beforehand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import spread, table

CLASSES = np.array(["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"])
SHORT = ("NEUT", "LYMPH", "MONO", "EO", "BASO")
MEASURANDS = ("WBC", *(f"{s}%" for s in SHORT), *(f"{s}#" for s in SHORT))
CASES = (  # samples, cells of each (none: the model gives counts alone), MB
    (1_000, 200, 2.0),
    (100_000, 0, 3.0),
)
OPENED = 1.5  # seconds, the aim
Row = tuple[str, list[float], str]

_OPENING = """() => {
    const [navigation] = performance.getEntriesByType("navigation");
    const paints = performance.getEntriesByType("paint").map((entry) => entry.startTime);
    return Math.max(navigation.loadEventEnd, ...paints) / 1000;
}"""


def main(folder: Path) -> None:
    """Print the table."""
    lines = []
    for what, values, aim in rows(folder):
        said = f"{values[0]:.2f}" if len(values) == 1 else spread(values)
        lines.append((what, said, aim))
    table("Size of the report, and until Chromium shows it", ("what", "measured", "aim"), lines)


def rows(folder: Path, repeats: int = 5) -> list[Row]:
    """Size in MB and opening time in seconds of each case: what, values, aim."""
    found: list[Row] = []
    for samples, cells, most in CASES:
        report = made(folder / str(samples), samples, cells)
        what = f"{samples:,} samples × {len(MEASURANDS)} measurands".replace(",", " ")
        megabytes = report.stat().st_size / 1e6
        found.append((f"report.html, {what}, MB", [megabytes], f"≤ {most:g} MB"))
        found.append((f"opens, {what}, s", opening(report, repeats), f"≤ {OPENED:g} s"))
    return found


def opening(report: Path, repeats: int) -> list[float]:
    """Seconds until a report is loaded and painted, each in a window of its own."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        seconds = []
        for _ in range(repeats):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(report.as_uri(), wait_until="load")
            page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
            )
            seconds.append(float(page.evaluate(_OPENING)))
            page.close()
        browser.close()
    return seconds


def made(folder: Path, samples: int, cells: int) -> Path:
    """The report on drawn data, in a process of its own."""
    folder.mkdir(parents=True)
    draw(folder, samples, cells)
    command = [sys.executable, "-m", "wbcval", "report", str(folder / "protocol.toml")]
    done = subprocess.run(
        [*command, "--out", str(folder / "out")], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    return folder / "out" / "report.html"


def draw(folder: Path, samples: int, cells: int) -> None:
    """Seeded tables of a fair model against a fair analyzer, and a criterion on each measurand."""
    rng = np.random.default_rng(1)
    ids = [f"S{i:06d}" for i in range(samples)]
    shares = rng.dirichlet([58, 29, 8, 3.6, 1.4], samples)
    wbc = rng.lognormal(2, 0.4, samples)
    model_wbc = wbc * (1 + 0.03 * rng.standard_normal(samples))
    called = rng.multinomial(cells or 400, shares) / (cells or 400)
    counts = {"sample_id": ids, "n_cells": (400 * model_wbc).astype(int), "WBC(10^9/L)": model_wbc}
    if cells:
        truth = np.concatenate([rng.choice(5, cells, p=p) for p in shares])
        wrong = rng.random(len(truth)) < 0.05
        predicted = np.where(wrong, rng.integers(0, 5, len(truth)), truth)
        table = {
            "sample_id": np.repeat(ids, cells),
            "cell_id": np.tile(np.arange(cells), samples),
            "true_class": CLASSES[truth],
            "predicted_class": CLASSES[predicted],
        }
        pd.DataFrame(table).to_csv(folder / "cells.csv", index=False)
    else:
        for short, share in zip(SHORT, called.T, strict=True):
            counts[f"{short}%(%)"] = 100 * share
            counts[f"{short}#(10^9/L)"] = model_wbc * share
    pd.DataFrame(counts).to_csv(folder / "counts.csv", index=False, float_format="%.2f")
    reference = {"sample_id": ids, "WBC(10^9/L)": wbc}
    for short, share in zip(SHORT, shares.T, strict=True):
        reference[f"{short}%(%)"] = 100 * share
        reference[f"{short}#(10^9/L)"] = wbc * share
    pd.DataFrame(reference).to_csv(folder / "xn.csv", index=False, float_format="%.2f")
    sites = {"sample_id": ids, "site": rng.choice(["A", "B", "C"], samples)}
    pd.DataFrame(sites).to_csv(folder / "samples.csv", index=False)
    files = '["cells.csv", "counts.csv"]' if cells else '["counts.csv"]'
    names = ", ".join(f'"{name}"' for name in MEASURANDS)
    protocol = (
        f'schema_version = 1\nmode = "different-aliquot"\nstrata = ["site"]\n'
        f"measurands = [{names}]\n"
        f'[inputs]\npredictions = {files}\nreference = "xn.csv"\nsamples = "samples.csv"\n'
    )
    protocol += "".join(
        f'[[criterion]]\nid = "c{i}"\nmeasure = "error"\nsubject = "{name}"\n'
        'statistic = "share_within:10"\nmin = 0.95\n'
        for i, name in enumerate(MEASURANDS)
    )
    (folder / "protocol.toml").write_text(protocol, encoding="utf-8")
