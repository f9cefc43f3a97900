"""What a column name means: the one vocabulary of headers, for the header row and the tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from wbcval.values import classes, units
from wbcval.values.measurands import MEASURANDS

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
    # whether a row is a valid result (tables._states)
    "status": "status statuscode recordstatus rowstatus samplestatus specimenstatus cellstatus "
    "measurementstatus analysisstatus teststatus validity validationstatus qc qcstatus qcresult "
    "qcflag zustand probenstatus messstatus statut estado stato stan статус состояние 状态 状態 "
    "ステータス",
    "result_status": "resultstatus resultstatuscode observationresultstatus observationstatus "
    "obx11 ergebnisstatus befundstatus statutrésultat estadoresultado statorisultato",
    "valid": "valid isvalid usable isusable include included isincluded keep use accepted "
    "approved released validated qcpass qcpassed passedqc passqc gültig gueltig verwertbar "
    "valide válido valido utilisable ważny действителен 有效 有効",
    "excluded": "excluded exclude isexcluded ignore ignored omit omitted drop dropped skip "
    "skipped removed isremoved rejected isrejected reject deleted isdeleted cancelled canceled "
    "iscancelled iscanceled invalid isinvalid void voided discarded failed isfailed iserror "
    "haserror errorflag ausgeschlossen ungültig ungueltig verworfen abgelehnt storniert gelöscht "
    "exclu rejeté supprimé annulé excluido rechazado eliminado anulado excluído rejeitado "
    "escluso rifiutato eliminato annullato wykluczony odrzucony исключен исключено отклонен "
    "отклонено удален удалено 排除 无效 作废 删除 除外 無効 削除",
    "exclusion_reason": "exclusionreason reasonforexclusion excludereason rejectionreason "
    "rejectreason reasonforrejection failurereason errormessage errortext fehlermeldung "
    "cancellationreason cancelreason invalidreason ausschlussgrund motifexclusion "
    "motivoexclusión motivoexclusion motivoesclusione причинаисключения 排除原因 除外理由",
    # of which set of a model's development a row is (tables._splits)
    "split": "split datasplit datasetsplit trainsplit fold subset partition set dataset "
    "datasubset cohort group usage usedfor phase traintest trainval traintestsplit trainvaltest",
    "training": "train training istrain istraining intrain intraining intrainset intrainingset "
    "usedfortraining usedintraining seenintraining trainingset trainset",
}
# of repeated results, in a table of them alone: elsewhere such columns may mean anything
_REPEATS = {
    "day": "day dayno daynumber tag jour día dia giorno",
    "run": "run runid runno runnumber series batch slide slideid slideno smear smearid lauf "
    "ausstrich serie",
    "replicate": "replicate replicateno rep repno repeat repetition repeatno wiederholung",
}
REPEATS = tuple(_REPEATS)
_REPEAT_OF = {spelling: name for name, line in _REPEATS.items() for spelling in line.split()}
# fields of which a table may have several columns, each with something to say
STATES = ("status", "result_status", "valid", "excluded", "exclusion_reason")
SPLITS = ("split", "training")
FIELD_OF = {spelling: name for name, line in _FIELDS.items() for spelling in line.split()}
_SPELLINGS = {
    "personal": "patientname name surname lastname firstname givenname familyname birth birthdate "
    "dateofbirth dob address phone email ssn mrn doctor doctorname patientcomment samplecomment",
    "WBC": "wbc wbcs leukocyte leukocytes leucocyte leucocytes leuko leukozyten leukocyty gb lpk "
    "blpk wcc whitebloodcell whitebloodcells whitecell whitecells leucocito leucocitos leucociti "
    "globulosblancos globulesblancs globulibianchi лейкоциты лейкоцити 白细胞 白血球",
}
# a column of leukocytes that the table does not name; a label of a cell says no class with it
_OTHERS = frozenset(
    ["other", "others", "autres", "otros", "altri", "sonstige", "andere", "другие", "其他"]
)
_PERSONAL, _WBC = (frozenset(line.split()) for line in _SPELLINGS.values())
_ABSOLUTE_NAMES = {"anc": "NEUT#", "alc": "LYMPH#", "amc": "MONO#", "aec": "EO#"}
# words beside a class that say what of it: Absolute Neutrophil Count, abs_neuts; a count may be
# of a volume or of cells seen, so that the word alone leaves it open
_SIGNS = {
    "%": "100leukocytes 100wbc percentage percent perc pct prozent porcentaje pourcentage relative "
    "relativ relativo relativos 百分比 百分率",
    "#": "absolute absolut abs absoluto absolutos absolu absolus assoluto assoluti 绝对值",
    "": "count counts 计数",
}
# %N %L %M %E %B of some analyzers; a letter alone is also a B cell, a mark, a sex
_LETTERS = {"n": "NEUT", "l": "LYMPH", "m": "MONO", "e": "EO", "b": "BASO"}
_LETTER = re.compile(r"^([%#]?)([NLMEB])([%#]?)$", re.IGNORECASE)
_PROBABILITY = re.compile(r"^(?:probability|proba|prob|p)_(.+)$", re.IGNORECASE)
_SHORT_PREFIX = re.compile(r"^p_", re.IGNORECASE)  # also of parameters, such as P_LCR
_BRACKETED = re.compile(r"^(.*?)\s*[(\[](.*)[)\]]$")
_FLAG = re.compile(r"^(.*?)(?:/M|[ _]flag)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header cell says.

    Attributes:
        kind: a field's own name, or ``measurand``, ``class`` (a class, # or % not said),
            ``part`` (another countable class, with # or % or without), ``letter`` (a measurand
            among all five of its kind only), ``mark``, ``probability``, ``personal``, or ""
            (not used here).
        subject: the measurand, the class, or the label of a probability column.
        unit: the unit as stated, or "".
    """

    kind: str = ""
    subject: str = ""
    unit: str = ""


def repeat(text: str) -> Meaning | None:
    """What a column of a table of repeated results counts; ``None`` where it counts nothing."""
    found = _REPEAT_OF.get(fold(text))
    return None if found is None else Meaning(found)


@lru_cache(1024)
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
    if single := letter(text):
        return Meaning("letter", single, split_unit(text)[1])
    if flag := _FLAG.match(text):
        name, unit = split_unit(flag[1])
        return Meaning("mark", subject(name, unit))
    name, unit = split_unit(text)
    if not (found := subject(name, unit)):
        return Meaning()
    return Meaning(kind_of(found), found, unit)


def kind_of(found: str) -> str:
    """Of what kind a :func:`subject` is."""
    if found in MEASURANDS:
        return "measurand"
    return "class" if found in classes.FIVE else "part"


def letter(text: str) -> str:
    """The measurand that ``%N``, ``L%``, ``#M`` stand for where all five stand together, or "".

    >>> letter("%N"), letter("B#"), letter("N")
    ('NEUT%', 'BASO#', '')
    """
    name, _ = split_unit(text)
    found = _LETTER.match(name)
    sign = found[1] + found[3] if found else ""
    return _LETTERS[found[2].casefold()] + sign if found and len(sign) == 1 else ""


def split_unit(text: str) -> tuple[str, str]:
    """Name and unit of ``NEUT%(10^(-1)%)``, ``WBC 10^9/l``, ``LYM% %`` or a bare name."""
    text = text.strip()
    if text.startswith("["):
        return text, ""
    if bracketed := _BRACKETED.match(text):
        inside = bracketed[2].strip()
        if units.parse(inside) is None and classes.canonical(text) is not None:
            return text, ""  # Neutrophil (band), Lymphocyte (variant form)
        return bracketed[1].strip(), inside
    for space in re.finditer(r"\s+", text):
        unit = units.parse(text[space.end() :])
        # a count of White Blood Cells, Neutrophil Count: words of the name
        named = unit is not None and unit.dimension is units.Dimension.CELLS and subject(text, "")
        if unit is not None and not named:
            return text[: space.start()], text[space.end() :]
    return text, ""


def subject(name: str, unit: str) -> str:
    """What a name and unit stand for, or "".

    Returns:
        A measurand; one of the five classes where # or % stays open; another countable class,
        with # or % behind it where said: ``band neutrophil%``; ``other%`` of those not named.
    """
    # research parameters, and what a sign may turn into something else: ≠WBC, NEUT%?
    if name.startswith("[") or classes.doubtful(name):
        return ""
    quantity = "%" if "%" in name else "#" if "#" in name else ""
    base = fold(name)
    if not quantity and base in _ABSOLUTE_NAMES:
        return _ABSOLUTE_NAMES[base]
    base, quantity = _without_signs(base, quantity)
    if base in _WBC:
        return "WBC" if quantity != "%" else ""
    if not quantity and (stated := units.parse(unit)) is not None:
        quantity = {units.Dimension.COUNT: "#", units.Dimension.SHARE: "%"}.get(
            stated.dimension, ""
        )
    if base in _OTHERS and quantity:
        return classes.OTHER + quantity
    found = classes.canonical(base)
    if found is None or found not in classes.COUNTABLE:
        return ""
    if found not in classes.FIVE:
        return found + quantity
    return classes.SHORT[found] + quantity if quantity else found


def _without_signs(base: str, quantity: str) -> tuple[str, str]:
    """A folded name without the words before and behind it that say # or %, and which of them.

    Words that contradict each other, or a sign, are left: the name then means nothing.
    """
    for sign, words in _SIGNS.items():
        for word in () if classes.canonical(base) or base in _WBC else words.split():
            for rest in (base.removesuffix(word), base.removeprefix(word)):
                if rest and rest != base and (not quantity or sign in ("", quantity)):
                    return _without_signs(rest, quantity or sign)
    return base, quantity


# LOINC codes of automated, methodless and manual counts. LOINC is copyright Regenstrief Institute
# and used under its free licence (loinc.org); read in lab files, not the whole code system.
_LOINC = {
    "WBC": "6690-2 26464-8 804-5 33256-9",
    "NEUT#": "751-8 26499-4 753-4", "NEUT%": "770-8 26511-6 23761-0",
    "LYMPH#": "731-0 26474-7 732-8", "LYMPH%": "736-9 26478-8 737-7",
    "MONO#": "742-7 26484-6 743-5", "MONO%": "5905-5 26485-3 744-3",
    "EO#": "711-2 26449-9 712-0", "EO%": "713-8 26450-7 714-6",
    "BASO#": "704-7 26444-0 705-4", "BASO%": "706-2 30180-4 707-0",
    "segmented neutrophil#": "30451-9 768-2", "segmented neutrophil%": "32200-8 26505-8 769-0",
    "band neutrophil#": "30229-9 26507-4 763-3", "band neutrophil%": "35332-6 26508-2 764-1",
    "immature granulocyte#": "53115-2", "immature granulocyte%": "71695-1 38518-7",
    "metamyelocyte#": "30433-7 739-3", "metamyelocyte%": "28541-1 740-1",
    "myelocyte#": "30446-9 748-4", "myelocyte%": "26498-6 749-2",
    "promyelocyte#": "26523-1 781-5", "promyelocyte%": "26524-9 783-1",
    "variant lymphocyte#": "26477-0 733-6", "variant lymphocyte%": "13046-8 735-1",
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
    if len(used) < 2:
        return False
    kinds = ["known" if cell in known else meaning(cell).kind for cell in used]
    no_name = ("", "personal", *STATES, *SPLITS)  # "train" and "valid" are cells, too
    understood = [kind for kind in kinds if kind not in no_name]
    return len(understood) >= 2 and not {*understood} <= {"class", "part"}
