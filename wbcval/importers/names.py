"""What a column name means: the one vocabulary of headers, for the header row and the tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wbcval import classes, units

# our name -> spellings, compared after lower-casing and dropping all but letters and digits
_FIELDS = {
    "sample_id": "sampleid sampleno samplenumber sampleidno sample specimenid specimenno "
    "specimen barcode accession accessionno probennummer probennr probenid",
    "cell_id": "cellid cellno cellnumber objectid",
    "plane": "plane focalplane",
    "image": "image imagepath imagefile imagename filename filepath",
    "predicted_class": "predictedclass predictedlabel predicted prediction predlabel predclass "
    "preclass",
    "true_class": "trueclass truelabel truth groundtruth expertclass expertlabel referenceclass "
    "referencelabel reclass",
    "stage": "stage decidedby",
    "patient_id": "patientid patientno patient subjectid",
    "n_cells": "ncells cellcount cellscounted totalcells",
    "total": "total sum",
    "mode": "measurementmode type",
    "ordered": "discrete discreteinfo",
    "date": "date analysisdate idate",
    "time": "time analysistime itime",
    "parameter": "parameter parametername biomarker biomarkername analyte measurand testname "
    "testcode loinc loinccode",
    "value": "value result resultvalue",
    "unit": "unit units resultunit",
}
FIELD_OF = {spelling: name for name, line in _FIELDS.items() for spelling in line.split()}
_SPELLINGS = {
    "personal": "patientname name surname lastname firstname givenname familyname birth birthdate "
    "dateofbirth dob address phone email ssn mrn doctor doctorname patientcomment samplecomment",
    "WBC": "wbc wbcs leukocyte leukocytes leucocyte leucocytes leuko leukozyten leukocyty gb lpk "
    "blpk wcc whitebloodcell whitebloodcells",
}
_PERSONAL, _WBC = (frozenset(line.split()) for line in _SPELLINGS.values())
_ABSOLUTE_NAMES = {"anc": "NEUT#", "alc": "LYMPH#", "amc": "MONO#", "aec": "EO#"}
_SUFFIXES = (
    ("percent", "%"), ("perc", "%"), ("pct", "%"), ("prozent", "%"),
    ("absolute", "#"), ("absolut", "#"), ("abs", "#"), ("count", "#"),
)  # fmt: skip
_PROBABILITY = re.compile(r"^(?:probability|proba|prob|p)_(.+)$", re.IGNORECASE)
_SHORT_PREFIX = re.compile(r"^p_", re.IGNORECASE)  # also of parameters, such as P_LCR
_BRACKETED = re.compile(r"^(.*?)\s*[(\[](.*)[)\]]$")
_FLAG = re.compile(r"^(.*?)(?:/M|[ _]flag)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header cell says.

    Attributes:
        kind: a field's own name, or ``measurand``, ``class`` (a class, # or % not said),
            ``mark``, ``probability``, ``personal``, or "" (not used here).
        subject: the measurand, the class, or the label of a probability column.
        unit: the unit as stated, or "".
    """

    kind: str = ""
    subject: str = ""
    unit: str = ""


def meaning(text: str) -> Meaning:
    """What a column name means.

    >>> meaning("WBC(10/uL)")
    Meaning(kind='measurand', subject='WBC', unit='10/uL')
    >>> meaning("NEUT#/M").kind, meaning("[NEUT#&(10^3/uL)]").kind, meaning("NEU").kind
    ('mark', '', 'class')
    """
    text = text.strip()
    if probability := _PROBABILITY.match(text):
        label = probability[1]
        if not _SHORT_PREFIX.match(text) or label.isdigit() or classes.canonical(label):
            return Meaning("probability", label)
    folded = fold(text)
    if folded in FIELD_OF:
        return Meaning(FIELD_OF[folded])
    if folded in _PERSONAL:
        return Meaning("personal")
    if flag := _FLAG.match(text):
        name, unit = split_unit(flag[1])
        return Meaning("mark", subject(name, unit))
    name, unit = split_unit(text)
    found = subject(name, unit)
    if not found:
        return Meaning()
    return Meaning("measurand" if found in classes.MEASURANDS else "class", found, unit)


def split_unit(text: str) -> tuple[str, str]:
    """Name and unit of ``NEUT%(10^(-1)%)``, ``WBC 10^9/l``, ``LYM% %`` or a bare name."""
    text = text.strip()
    if text.startswith("["):
        return text, ""
    if bracketed := _BRACKETED.match(text):
        return bracketed[1].strip(), bracketed[2].strip()
    for space in re.finditer(r"\s+", text):
        if units.parse(text[space.end() :]) is not None:
            return text[: space.start()], text[space.end() :]
    return text, ""


def subject(name: str, unit: str) -> str:
    """The measurand a name and unit stand for, the class where # or % stays open, or ""."""
    if "&" in name or name.startswith("["):  # research parameters
        return ""
    quantity = "%" if "%" in name else "#" if "#" in name else ""
    base = fold(name)
    if base in _WBC:
        return "WBC" if quantity != "%" else ""
    if not quantity and base in _ABSOLUTE_NAMES:
        return _ABSOLUTE_NAMES[base]
    for suffix, sign in () if quantity else _SUFFIXES:
        if base.endswith(suffix) and base != suffix:
            base, quantity = base.removesuffix(suffix), sign
            break
    if base in _WBC:
        return "WBC" if quantity == "#" else ""
    found = classes.canonical(base)
    if found not in classes.FIVE:
        return ""
    if not quantity and (stated := units.parse(unit)) is not None:
        quantity = {units.Dimension.COUNT: "#", units.Dimension.SHARE: "%"}.get(
            stated.dimension, ""
        )
    return classes.SHORT[found] + quantity if quantity else found


# LOINC codes of automated, methodless and manual counts. LOINC is copyright Regenstrief Institute
# and used under its free licence (loinc.org); read in lab files, not the whole code system.
_LOINC = {
    "WBC": "6690-2 26464-8 804-5 33256-9",
    "NEUT#": "751-8 26499-4 753-4", "NEUT%": "770-8 26511-6 23761-0",
    "LYMPH#": "731-0 26474-7 732-8", "LYMPH%": "736-9 26478-8 737-7",
    "MONO#": "742-7 26484-6 743-5", "MONO%": "5905-5 26485-3 744-3",
    "EO#": "711-2 26449-9 712-0", "EO%": "713-8 26450-7 714-6",
    "BASO#": "704-7 26444-0 705-4", "BASO%": "706-2 30180-4 707-0",
}  # fmt: skip
LOINC = {code: name for name, codes in _LOINC.items() for code in codes.split()}


def fold(text: str) -> str:
    """Lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", text.casefold())


def is_header(cells: Iterable[str], known: frozenset[str]) -> bool:
    """Whether a record looks like column names: two are understood, and not only as classes.

    A record of a cell table may hold two class names; a header holds more than that.
    """
    used = {cell.strip() for cell in cells if cell.strip()}
    kinds = ["known" if cell in known else meaning(cell).kind for cell in used]
    understood = [kind for kind in kinds if kind not in ("", "personal")]
    return len(understood) >= 2 and any(kind != "class" for kind in understood)
