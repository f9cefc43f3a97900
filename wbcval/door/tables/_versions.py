"""Which model the predictions are of, where a column of their table says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyarrow.compute as pc

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import Checked
from wbcval.protocol.roles import REPLICATES
from wbcval.values.findings import Finding, Severity

# each of these says the version of the model, whatever the column is called
_VERSIONS = frozenset(("modelversion", "algorithmversion", "aiversion"))
_OF_MODEL = _VERSIONS | {"model", "modelname", "algorithm"}
_BARE, _PRODUCT = "version", "softwareversion"  # of the model, or of a whole product
COLUMNS = _OF_MODEL | {_BARE, _PRODUCT}
_BUILDS = "other-version"  # rule: whether it is another model, nobody knows
_VERSION = ""  # of the columns above, one question
_SHOWN = 3


def note(raw: Raw, rest: Iterable[int], ledger: TableLog) -> None:
    """Into the ledger: what such columns of a batch of predictions hold, blanks left out."""
    if ledger.table not in ("cells", "counts", REPLICATES) or analyzer_of(raw) is not None:
        return  # an analyzer's export has a column of its own models
    for i in rest:
        if header_names.fold(raw.header[i]) in COLUMNS:
            found = ledger.versions.setdefault(raw.header[i], {})
            found |= dict.fromkeys(filter(None, pc.unique(_text.text(raw, i)).to_pylist()))


def doubts(tables: Iterable[Checked], name: str, version: str) -> Iterator[Finding]:
    """Predictions of several models, or of another than the protocol's: as of records of origin.

    Args:
        tables: of predictions.
        name, version: of the model that the protocol validates; "" where it does not say.
    """
    tables, seen = list(tables), dict[str, dict[str, str]]()
    ours = " ".join(filter(None, (name, version)))
    for table in tables:
        for column, values in table.versions.items():
            key = header_names.fold(column)
            of = seen.setdefault(_VERSION if key in _VERSIONS else key, {})
            before, where = len(of), (table.name, table.file)
            for value in values:
                of.setdefault(_folded(value), value)
            several = len(of) > 1 and len(of) > before
            some = ", ".join(map(repr, [*of.values()][:_SHOWN])) + " …" * (len(of) > _SHOWN)
            if several and key == _PRODUCT:
                yield _build(*where, column, f"{column} {some}")
            elif several:
                yield Finding(
                    *where, "two-models", Severity.ERROR, column, got=some,
                    advice="judge one model at a time: give the rows of one, predicted for all "
                    "samples",
                )  # fmt: skip
            elif key in _OF_MODEL and (said := _another(values, name, version)):
                yield Finding(
                    *where, "other-model", Severity.ERROR, column,
                    got=f"{said!r}, and the protocol is for {ours}",
                    advice="give the predictions of that model, or correct [model] in the protocol",
                )  # fmt: skip
    known = [*seen.get(_VERSION, {}).values()]
    for table in tables:
        for column, values in table.versions.items():
            for one in (known or [version]) if header_names.fold(column) == _BARE else ():
                if said := _another(values, name, one):
                    beside = f"a version {one!r} in another column" if known else f"{ours} judged"
                    yield _build(table.name, table.file, column, f"{column} {said!r}, {beside}")


def _build(table: str, file: str, column: str, got: str) -> Finding:
    return Finding(
        table, file, _BUILDS, Severity.WARN, column, got=got,
        advice="if it is the model's, judge the predictions of one version alone",
    )  # fmt: skip


def _another(values: Iterable[str], name: str, version: str) -> str:
    """A value that says another version, with the model's name before it or without; else ""."""
    for value in values:
        said = _folded(_folded(value).removeprefix(_folded(name)))
        if version and said[:1].isdigit() and said != _folded(version):
            return value
    return ""


def _folded(text: str) -> str:
    """Without case and signs, the v of a version and its zeros: ``v2.0`` is ``2``."""
    plain = "".join(c for c in text.casefold() if c.isalnum() or c == ".")
    plain = plain[1:] if plain[:1] == "v" and plain[1:2].isdigit() else plain
    return re.sub(r"(?:\.0+)+$", "", plain)
