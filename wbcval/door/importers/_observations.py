"""Results out of messages (ASTM, HL7, FHIR), as one long table: a row a result, by its line.

Names, birth dates and addresses beside the results are never read. What is no result is counted by
what it is; a result that may be cut off, or whose code and name contradict each other, is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from wbcval.door.importers import names
from wbcval.door.importers._sysmex import NOT_PATIENTS
from wbcval.door.importers._types import Dialect, Note, Raw
from wbcval.values import classes
from wbcval.values.errors import InputError
from wbcval.values.measurands import Measurand
from wbcval.values.quoting import quoted

SYSMEX = "sysmex-messages"
CUT = "incomplete"  # the status of a result that ends with the file, before its own
_CONTROL = re.compile(r"(?i)\bQC\w{0,2}\b|quality control|\bcontrol\b|calibrat")
# no blood: words, and codes of HL7 tables 0070 and 0487
_FLUID = re.compile(
    r"(?i)\b(?:CSF|cerebro-?spinal|liquor|pleura\w*|PLR|PLEU|ascit\w*|ASC|periton\w*|PRT|PERI|"
    r"pericard\w*|PCAR|synovi\w*|SNV|SYN|body fluids?|FLU|BFL|BF|amnio\w*|AMN|urin\w*|UR|BAL|"
    r"lavage|LAVG|dialys\w*|DIAF|drain\w*|marrow|BON|BMA?|sputum|semen)\b"
)
_NORMAL = frozenset(("", "N"))
_STAMP = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})[T ]?(?:(\d{2}):?(\d{2})(?::?(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Result:
    """One result as a message states it.

    Attributes:
        row: 1-based line in the file, or place among the resources.
        sample_id, patient_id: "" where not stated.
        parameter: LOINC code or name.
        value, unit: as text.
        flags: what stands beside the value.
        status: code or word; blank counts as valid.
        mode: of the measurement, or of the message: controls are no samples.
        moment: date and time in one.
        analysis: what belongs together: an order, a message.
        source, method, device: who sent it, how and by what it was measured; never a person.
    """

    row: int
    sample_id: str
    parameter: str
    value: str
    unit: str = ""
    flags: str = ""
    status: str = ""
    patient_id: str = ""
    mode: str = ""
    moment: str = ""
    analysis: str = ""
    source: str = ""
    method: str = ""
    device: str = ""


@dataclass
class Book:
    """What a file of messages holds.

    Attributes:
        file, sha256, dialect: see :class:`Raw`.
        id_name: the header of the samples' ids.
    """

    file: str
    sha256: str
    dialect: str
    id_name: str = "sample_id"
    notes: list[Note] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    _between: dict[str, list[int]] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """A result, without what says that nothing is to be said."""
        self.results.append(result)

    def passed(self, row: int, reason: str) -> None:
        """A line that is no result."""
        self._between.setdefault(reason, []).append(row)

    def unread(self, row: int) -> None:
        """A line that nothing is known of."""
        self.passed(row, "no segment of a message")
        self.notes.append(Note("line-unread", "a line that is no segment", row=row))

    def raw(self) -> Raw:
        """The long table.

        Raises:
            InputError: where the file holds no result.
        """
        if not self.results:
            got = "holds no result of a sample"
            raise InputError(self.file, got, "export the results, not orders or patients")
        columns = {
            self.id_name: [r.sample_id for r in self.results],
            "patient_id": [r.patient_id for r in self.results],
            "parameter": [r.parameter for r in self.results],
            "value": [r.value for r in self.results],
            "unit": [r.unit for r in self.results],
            "flag": [r.flags for r in self.results],
            "result status": [r.status for r in self.results],
            "measurement mode": [r.mode for r in self.results],
            "date": [date_of(r.moment) for r in self.results],
            "time": [time_of(r.moment) for r in self.results],
            "analysis": [r.analysis for r in self.results],
            "source": [r.source for r in self.results],
            "method": [r.method for r in self.results],
            "device": [r.device for r in self.results],
        }
        kept = {
            name: cells
            for name, cells in columns.items()
            if name not in _MAY_BE_ABSENT or any(cells)
        }
        arrays = [pa.array(cells, pa.string()) for cells in kept.values()]
        return Raw(
            self.file, self.sha256, self.dialect, tuple(kept),
            pa.table(arrays, names=[str(i) for i in range(len(arrays))]),
            np.array([r.row for r in self.results], dtype=np.int64),
            notes=tuple(self.notes),
            between={reason: np.array(rows, np.int64) for reason, rows in self._between.items()},
        )  # fmt: skip


_MAY_BE_ABSENT = frozenset(
    (
        "patient_id",
        "unit",
        "flag",
        "result status",
        "measurement mode",
        "date",
        "time",
        "source",
        "method",
        "device",
    )
)


def mode_of(*texts: str) -> str:
    """``QC`` or ``BF`` where what was measured says that it is a control, or no blood; else "".

    Args:
        texts: type of the specimen, name of the order.
    """
    if any(_CONTROL.search(text) for text in texts):
        return "QC"
    return "BF" if any(_FLUID.search(text) for text in texts) else ""


def flags_of(*texts: str) -> str:
    """Flags beside a value; that it is normal is none."""
    return ";".join(text for text in texts if text.upper() not in _NORMAL)


def date_of(moment: str) -> str:
    """The date of a time stamp (``20240627135407``, ``2024-06-27T13:54``), or ""."""
    found = _STAMP.match(moment)
    return "-".join(found.groups()[:3]) if found else ""


def time_of(moment: str) -> str:
    """The time of day of a time stamp, or ""."""
    found = _STAMP.match(moment)
    return f"{found[4]}:{found[5]}:{found[6] or '00'}" if found and found[4] else ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a result is called: the text that the tables look up, and what is wrong with it."""

    text: str
    notes: tuple[Note, ...] = ()


def named(codes: Sequence[str], texts: Sequence[str], unit: str, row: int) -> Parameter:
    """Which of the codes and names of a result says what it is.

    A LOINC code goes before a name. Where they are of two cells, nobody knows which is right. A
    LOINC code that is none of blood counts is of something else, whatever its name.

    Args:
        codes: LOINC codes.
        texts: other codes and names.
        unit: of the result.
        row: of it.
    """
    known = next((code for code in codes if code in names.LOINC), "")
    meant = {text: names.subject(text, unit) for text in texts if text}
    text = next((text for text, subject in meant.items() if subject), "")
    if not known:
        other = next((code for code in codes if code), "")
        if other and text:
            got = f"{quoted(text)} under the LOINC code {quoted(other)}"
            return Parameter(other, (Note("code-unknown", got, row=row),))
        return Parameter(text or next((t for t in texts if t), other))
    said, by_name = names.LOINC[known], meant.get(text, "")
    if text and _cell(said) != _cell(by_name):
        got = f"{known} is {said}, and its name says {quoted(text)}"
        return Parameter(known, (Note("code-name", got, row=row),))
    return Parameter(known)


def _cell(subject: str) -> str:
    """The class, among the five where one of them counts it."""
    measurand = Measurand(subject)
    name = measurand.cell_class or measurand.stem
    return classes.counted_in(name, "xn5") or name


def dialect(name: str, *, rollup: str = "full", of_analyzer: bool = False) -> Dialect:
    """The rules of messages of one kind, known by their form and not by column names."""
    return Dialect(name, lambda _header: False, "last", NOT_PATIENTS, rollup, of_analyzer)


def sysmex(dialect: str, sender: str) -> str:
    """The dialect, by who sent the message: the granulocytes of a Sysmex are neutrophils."""
    found = re.search(r"(?i)\bsysmex\b|\bX[NSTERP]-?\s?\d{1,4}", sender)
    return SYSMEX if found else dialect


def rows_of(results: Sequence[Result]) -> Iterator[Result]:
    """Results, each without validity where a later one of the same says that it was wrong.

    A status ``W`` or ``D`` takes back what was sent before (HL7 table 0085).
    """
    back: dict[tuple[str, str], str] = {}
    kept = []
    for result in reversed(results):
        key = (result.sample_id, result.parameter)
        if result.status.upper() in ("W", "D"):
            back[key] = result.status
        elif key in back:
            result = replace(result, status=back[key])
        kept.append(result)
    return reversed(kept)
