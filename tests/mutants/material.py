"""Small sound files of every format, and the mutant of each number, the same each time."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.build.cards import card
from tests.mutants import mutate
from wbcval.verbs import road

ROWS = 12
_CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251", "gbk", "utf-16-le")
PROTOCOL = """schema_version = 1
title = "Accept"
mode = "different-aliquot"
rollup = "xn5"
seed = 1
measurands = ["WBC", "NEUT%"]
strata = ["site"]
minimum_cells = 1
[inputs]
predictions = ["counts.csv"]
reference = "reference.csv"
samples = "samples.csv"
[model]
name = "m"
version = "1"
[columns.reference]
sample_id = "Sample No."
[resolution]
WBC = 0.1
[clinical_mix]
neutrophil = 0.6
lymphocyte = 0.4
[[exclusion]]
sample_id = "S7"
reason = "clotted"
[[criterion]]
id = "wbc-10"
measure = "error"
subject = "WBC"
statistic = "share_within:10"
min = 0.95
rule = "demonstrated"
confidence = 0.95
or_within = 0.3
[gate]
margin = 0.02
[[signer]]
role = "approved"
"""
CARD = card(
    name="five", top="abstain_below = 0.6\n", size=(64, 64), resize="fit",
    mean=(0.8, 0.65, 0.74), std=(0.16, 0.21, 0.15), more="pad = [0, 0, 0]\n",
)  # fmt: skip


def cells() -> list[list[str]]:
    """A row per cell, with probabilities."""
    rows = [["sample_id", "cell_id", "true_class", "predicted_class",
             *(f"probability_{name}" for name in _CLASSES)]]  # fmt: skip
    for i in range(3 * ROWS):
        called = i % 5 if i % 7 else (i + 1) % 5
        chances = ["0.9" if at == called else "0.025" for at in range(5)]
        rows.append([f"S{i // 3}", f"c{i}", _CLASSES[i % 5], _CLASSES[called], *chances])
    return rows


def counts() -> list[list[str]]:
    """The model's counts of each sample."""
    return [["sample_id", "n_cells", "WBC(10^9/L)", "NEUT%"],
            *([f"S{i}", str(200 + i), f"{5 + i / 10:.2f}", f"{55 + i}.5"]
              for i in range(ROWS))]  # fmt: skip


def reference() -> list[list[str]]:
    """As an analyzer exports it: marks, masks and a control among the samples."""
    rows = [["Sample No.", "Date", "WBC(10^3/uL)", "WBC/M", "NEUT%(%)", "LYMPH%(%)", "Comment µ"]]
    for i in range(ROWS):
        mark = "+" if i == 3 else ""
        share = "----" if i == 5 else f"{55 + i}.0"
        rows.append([f"S{i}", "2026/07/01", f"{5.1 + i / 10:.2f}", mark, share, "30.0", "é"])
    return [*rows, ["QC-1", "2026/07/01", "6.95", "", "45.0", "31.0", ""]]


def samples() -> list[list[str]]:
    """Patients and strata."""
    return [
        ["sample_id", "patient_id", "site"],
        *([f"S{i}", f"P{i}", "AB"[i % 2]] for i in range(ROWS)),
    ]


def text_of(rows: list[list[str]], delimiter: str = ",") -> str:
    """As delimited text."""
    return "".join(delimiter.join(row) + "\n" for row in rows)


TABLES = {"cells": cells, "counts": counts, "reference": reference, "samples": samples}
ROLES = {"cells": "predictions", "counts": "predictions"}


@cache
def workbook(name: str) -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    for row in TABLES[name]():
        book.active.append([float(c) if c.replace(".", "", 1).isdigit() else c for c in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def parquet(name: str) -> bytes:
    """Typed columns; ids as codes where they repeat."""
    header, *rows = TABLES[name]()
    columns = {}
    for at, title in enumerate(header):
        column = [row[at] for row in rows]
        plain = all(cell.replace(".", "", 1).isdigit() for cell in column)
        columns[title] = [float(cell) for cell in column] if plain else column
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="none", row_group_size=8)
    return out.getvalue()


def write_study(folder: Path, **instead: bytes) -> None:
    """The inputs of ``PROTOCOL``."""
    for name in ("counts", "reference", "samples"):
        (folder / f"{name}.csv").write_text(text_of(TABLES[name]()), encoding="utf-8")
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    for name, data in instead.items():
        (folder / f"{name}.csv").write_bytes(data)


@cache
def bundle(folder: Path) -> Mapping[str, bytes]:
    """The files of an evidence bundle on cells."""
    path = folder / "whole.csv"
    path.write_text(text_of(cells()), encoding="utf-8")
    made = road.report(road.protocol_of({"predictions": [path]}, "same-cells"))
    made.write(folder / "whole")
    return {p.name: p.read_bytes() for p in (folder / "whole").iterdir()}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged file.

    Attributes:
        kind: ``table``, ``protocol``, ``card``, ``bundle``.
        name: of the file; for a table, what it holds first: ``counts.xlsx``.
        data: its bytes.
        text: what was encoded, for delimited text that was damaged before it was encoded.
    """

    number: int
    kind: str
    name: str
    data: bytes
    text: str | None = None


def mutant(number: int, folder: Path) -> Mutant:
    """The mutant of a number; the same each time.

    Args:
        folder: for a bundle, which is made once.
    """
    rng = random.Random(number)  # noqa: S311 (no secret)
    makers: tuple[Callable[[int, random.Random, Path], Mutant], ...] = (
        _text, _text, _text, _text, _workbook, _parquet, _protocol, _card, _bundle, _parquet,
    )  # fmt: skip
    return makers[number % len(makers)](number, rng, folder)


def _text(number: int, rng: random.Random, _: Path) -> Mutant:
    name = rng.choice(tuple(TABLES))
    delimiter = rng.choice((",", ",", ";", "\t"))
    text = text_of(TABLES[name](), delimiter)
    if rng.random() < 0.3:
        encoded = text.encode(rng.choice(_ENCODINGS), "replace")
        return Mutant(number, "table", f"{name}.csv", mutate.of_bytes(rng, encoded))
    text = mutate.of_table(rng, text, delimiter)
    encoding = rng.choice(_ENCODINGS)
    data = text.encode(encoding, "replace")
    # which of the others it is can only be guessed, and what was guessed is said
    certain = encoding.startswith("utf") and data.decode(encoding) == text
    return Mutant(number, "table", f"{name}.csv", data, text if certain else None)


def _workbook(number: int, rng: random.Random, _: Path) -> Mutant:
    name = rng.choice(tuple(TABLES))
    return Mutant(number, "table", f"{name}.xlsx", mutate.of_archive(rng, workbook(name)))


def _parquet(number: int, rng: random.Random, _: Path) -> Mutant:
    name = rng.choice(tuple(TABLES))
    return Mutant(number, "table", f"{name}.parquet", mutate.of_bytes(rng, parquet(name)))


def _protocol(number: int, rng: random.Random, _: Path) -> Mutant:
    return Mutant(number, "protocol", "protocol.toml", _toml(rng, PROTOCOL))


def _card(number: int, rng: random.Random, _: Path) -> Mutant:
    return Mutant(number, "card", "model.toml", _toml(rng, CARD))


def _toml(rng: random.Random, text: str) -> bytes:
    match rng.randrange(10):
        case 0:
            deep = rng.choice((20, 3000, 100_000))
            return (text + "x = " + rng.choice(("[", "{a=")) * deep).encode()
        case 1:
            return (text + f"seed2 = {'9' * rng.choice((30, 5000))}\n").encode()
        case 2 | 3:
            return mutate.of_bytes(rng, text.encode())
        case 4:
            return text.replace(
                "1", rng.choice(("9" * 30, "-1", "1e400", "nan", "true", '"1"'))
            ).encode()
        case _:
            return mutate.of_text(rng, text).encode("utf-8", "replace")


def _bundle(number: int, rng: random.Random, folder: Path) -> Mutant:
    """One file of a bundle; the manifest is written anew, so that the damage is read."""
    files = bundle(folder)
    name = rng.choice(("results.json", "results.json", "manifest.json", *sorted(files)))
    data = files[name]
    if name.endswith(".json") and rng.random() < 0.7:
        value = json.loads(data)
        for _ in range(rng.choice((1, 1, 2, 5))):
            value = mutate.of_values(rng, value)
        data = json.dumps(value).encode()
    elif name.endswith(".csv") and rng.random() < 0.7:
        data = mutate.of_table(rng, data.decode()).encode("utf-8", "replace")
    elif rng.random() < 0.1:
        data = b"[" * 100_000
    else:
        data = mutate.of_bytes(rng, data)
    return Mutant(number, "bundle", name, data)


def rehashed(files: Mapping[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    """A bundle with one file exchanged, and a manifest that says so."""
    made = {**files, name: data}
    if name != "manifest.json":
        about = json.loads(made["manifest.json"])
        about["outputs"][name] = hashlib.sha256(data).hexdigest()
        made["manifest.json"] = json.dumps(about).encode()
    return made
