"""The parts that input files play: a row each, for protocol, command line, reading and rerun.

A further one is a row here, a file of its name in ``door/tables/roles`` that reads it, and the
rules of its table in ``schemas``.
"""

from __future__ import annotations

from typing import NamedTuple

# those that the comparison itself knows by name
PREDICTIONS, REFERENCE, SAMPLES = "predictions", "reference", "samples"
REPLICATES = "replicates"


class Role(NamedTuple):
    """One part that input files play.

    Attributes:
        name: key of ``[inputs]``, ``[columns]``, ``[units]`` and ``[sheets]``; the option's name.
        words: of the option, for ``--help``.
        needed_by: comparison modes that cannot go without it.
        lacking: what is wrong where it is missing (with ``{mode}``), and what to write.
        many: several files, or one pattern that names them; else one file.
        tables: what a file of it may hold, each with its rules in ``schemas/<table>.yaml``.
        measured: holds measurands, in units; its other columns are of no use.
    """

    name: str
    words: str
    needed_by: tuple[str, ...] = ()
    lacking: tuple[str, str] = ("", "")
    many: bool = False
    tables: tuple[str, ...] = ()
    measured: bool = False


# in the order in which their paths are told; the model's is what the others are held against
_ROWS = (
    Role(
        PREDICTIONS,
        "cells, or the model's counts per sample (repeatable; 'cells-*.parquet' names many)",
        needed_by=("same-cells", "same-slide", "different-aliquot"),
        lacking=("no file given", "give --predictions FILE or [inputs]"),
        many=True,
        tables=("cells", "counts"),
        measured=True,
    ),
    Role(
        REFERENCE,
        "the analyzer's counts",
        needed_by=("same-slide", "different-aliquot"),
        lacking=(
            "no file given, and mode {mode} compares with one",
            "give --reference FILE (only same-cells goes without)",
        ),
        tables=("reference", "labels"),
        measured=True,
    ),
    Role(SAMPLES, "patient and strata of samples", tables=("samples",)),
    Role(
        REPLICATES,
        "the model's repeated results: a row per sample, day, run and replicate",
        tables=("replicates",),
        measured=True,
    ),
)
ROLES = {role.name: role for role in _ROWS}
OF_TABLE = {table: role for role in _ROWS for table in role.tables}
