"""Files and names that are given for another side than they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wbcval.door.importers import dialect_named
from wbcval.door.importers.names import fold
from wbcval.door.tables import Checked
from wbcval.protocol.types import Product
from wbcval.values.findings import LABEL_OF_MODEL, Finding, Severity
from wbcval.values.measurands import MEASURANDS

_SWAPPED = "swapped-files"


def one_column(tables: Sequence[Checked]) -> Iterator[Finding]:
    """One column that is given as both sides, where one file is read as both."""
    models = [t for t in tables if t.name in ("cells", "counts")]
    for truth in (t for t in tables if t.name in ("reference", "labels")):
        for model in (t for t in models if t.sha256 == truth.sha256):
            roles = {m: m for m in MEASURANDS} | {"predicted_class": "true_class"}
            for ours, theirs in roles.items():
                column = model.columns.get(ours)
                if column is not None and column == truth.columns.get(theirs):
                    yield Finding(
                        truth.name, truth.file, "one-column-twice", Severity.ERROR, column,
                        got=f"{column!r} of one file is the model's {ours} and the reference's",
                        advice="give both sides their own columns: [columns.predictions] and "
                        "[columns.reference]",
                    )  # fmt: skip


def two_exports(tables: Sequence[Checked], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, where an analyzer's export stands for the model and the reference is one, too.

    To exchange these two helps nobody.

    Args:
        tables: all that were read.
        findings: of theirs.
    """
    exports = [t for t in tables if t.name == "reference" and dialect_named(t.dialect) is not None]
    models = {t.file: t for t in tables if t.name == "counts"}
    found = []
    for finding in findings:
        model = models.get(finding.file) if finding.rule == _SWAPPED else None
        if model is not None and exports:
            finding = _of_exports(finding, model, exports[0])
        found.append(finding)
    return found


def _of_exports(finding: Finding, model: Checked, reference: Checked) -> Finding:
    if model.sha256 == reference.sha256:
        return replace(
            finding,
            got=f"the export that is the reference, {reference.file}, given once more as the "
            "model's predictions",
            advice="give the table that the model made",
        )
    return replace(
        finding,
        got=f"{finding.got}, and the reference {reference.file} is one, too",
        advice="give the table that the model made; to hold one analyzer against another, save the "
        "one that is to be judged as a table with the columns sample_id, WBC(10^9/L), NEUT%, "
        "LYMPH%, MONO%, EO%, BASO% alone",
    )


def without_other_sides(tables: Sequence[Checked], findings: Sequence[Finding]) -> list[Finding]:
    """The findings but for columns said not to be read that another side reads, of one file.

    Args:
        tables: all that were read.
        findings: of theirs.
    """
    read = {(t.file, spelt): t.name for t in tables for spelt in t.columns.values()}
    return [
        f for f in findings
        if f.rule != "second-column" or read.get((f.file, f.column), f.table) == f.table
    ]  # fmt: skip


def one_name(
    tables: Sequence[Checked], model: Product, analyzer: Product
) -> Iterator[Finding]:  # fmt: skip
    """That the protocol calls what measured the reference by the name of the model."""
    theirs = fold(f"{analyzer.name} {analyzer.version}")
    if not fold(model.name) or theirs not in {
        fold(model.name),
        fold(f"{model.name} {model.version}"),
    }:
        return
    for table in tables:
        if table.name == "reference" and all(f.rule != LABEL_OF_MODEL for f in table.findings):
            yield Finding(
                table.name, table.file, LABEL_OF_MODEL, Severity.WARN, "", table.rows,
                got=f"[analyzer] name = {analyzer.name!r}, the model that is judged",
                advice="name what measured the reference under [analyzer]",
            )  # fmt: skip
