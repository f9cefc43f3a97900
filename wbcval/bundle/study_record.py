"""``study.json``: what a study holds and no other file of its bundle tells, to make it again.

Steps of the reference, cells that it counted, where predictions come from, what the check of the
inputs found, levels that no stratum is made of: page and numbers rest on these.
"""

from __future__ import annotations

import csv
import io
import json
import typing
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import FROM_OPTIONS, written_for
from wbcval.machine import csv_text, input_files, input_json, typed_json
from wbcval.protocol.protocol_file import parse
from wbcval.protocol.roles import OF_TABLE
from wbcval.protocol.types import Protocol
from wbcval.study.types import InputFile, Study
from wbcval.values.findings import LogEntry

NAME = "study.json"
FILES = (NAME, "protocol.toml", "import-log.csv")
_ELSEWHERE = ("protocol", "exclusions", "log", "inputs")  # in the other files
_HELD = [field.name for field in fields(Study) if field.name not in _ELSEWHERE]
ADVICE = "give the folder that `wbcval report` wrote"


def text(study: Study) -> str:
    """The file."""
    kept = {key: typed_json.encoded(getattr(study, key)) for key in _HELD}
    return json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def study_of(told: ResultsFile, files: Mapping[str, bytes]) -> Study:
    """The study of a bundle.

    Args:
        told: by its ``results.json``.
        files: content of each of ``FILES``.

    Raises:
        InputError: where they hold none.
    """
    found = input_json.loads(files[NAME], NAME, ADVICE)
    with input_files.border(NAME, "the record of a study", ADVICE):
        hints = typing.get_type_hints(Study)
        if {*_HELD} != {*found}:
            raise ValueError("not the keys of a study")
        held = {key: typed_json.decoded(hints[key], found[key]) for key in _HELD}
        rows = csv.reader(io.StringIO(files["import-log.csv"].decode(), newline=""))
        next(rows, None)
        return Study(
            protocol=_protocol(told, files["protocol.toml"].decode()),
            exclusions=told.exclusions,
            log=tuple(LogEntry(*map(csv_text.unguarded, row)) for row in rows),
            inputs=tuple(
                InputFile(i["role"], i["file"], i["sha256"], i["dialect"], i["rows"])
                for i in told.provenance["inputs"]
            ),
            **held,
        )


def _protocol(told: ResultsFile, source: str) -> Protocol:
    """As the study has it: with the roll-up that was used, and the inputs by their names."""
    read = replace(parse(source, "protocol.toml"), rollup=told.provenance["rollup"])
    if told.provenance["protocol_sha256"] is None:  # no file held it: it names each input
        default = written_for(source) == FROM_OPTIONS
        return replace(read, source="", criteria=() if default else read.criteria)
    inputs: dict[str, list[Path]] = {}
    for each in told.provenance["inputs"]:
        inputs.setdefault(OF_TABLE[each["role"]].name, []).append(Path(each["file"]))
    return replace(read, inputs=inputs)
