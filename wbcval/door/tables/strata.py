"""Which columns of a samples table may become strata, and which may not leave the file.

Names and birth dates hide under many headers and languages, so a list of forbidden ones does not
hold (LAB.md §7). A column is kept if the protocol asks for it, or if its name says that it is
harmless and its values do not say otherwise. Dates are never kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from wbcval.door.importers.names import fold
from wbcval.door.tables._ledger import TableLog
from wbcval.values.by_eye import folded
from wbcval.values.wording import all_of

MOST_LEVELS = 12  # a column with more values is no stratum by itself
_FEWEST_ALIKE = 4  # levels, from which one a patient is no coincidence
_LONGEST = 40  # characters of a level

# English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese
_HARMLESS = {
    "site": "site siteid sitecode center centre centreid centerid lab laboratory hospital clinic "
    "sitename siteno sitenumber centername centrename labid labname labcode laboratoryid "
    "laboratoryname hospitalsite hospitalid hospitalname hospitalcode clinicid clinicname "
    "clinicsite facility facilityid facilityname institution institutionid "
    "standort zentrum labor krankenhaus klinik laboratoire hôpital hopital centro laboratorio "
    "laboratório hospitalar ospedale ośrodek osrodek laboratorium szpital центр лаборатория "
    "больница 中心 医院 实验室 施設 病院 検査室",
    "instrument": "instrument instrumentid analyzer analyser device machine instrumentname "
    "instrumentno instrumentserial instrumentserialno analyzerid analyserid analyzername "
    "analysername analyzerserialno deviceid devicename machineid gerät geraet "
    "analysator appareil analyseur instrumento analizador analisador strumento analizzatore "
    "urządzenie analizator прибор анализатор 仪器 設備 设备 装置 機器",
    "operator": "operator technician technicianid techniciancode operatorcode operatorid "
    "readercode readerid bediener bedienercode codeopérateur "
    "codeoperateur codigooperador códigooperador codiceoperatore kodoperatora кодоператора "
    "操作员代码 操作者コード",
    "sex": "sex gender geschlecht sexe sexo sesso genere genre género genero płeć plec пол 性别 "
    "性別",
    "age": "age ageyears agegroup ageband agerange alter altersgruppe âge tranchedâge trancheage "
    "edad grupodeedad idade faixaetária faixaetaria età eta fasciadetà wiek grupawiekowa возраст "
    "возрастнаягруппа 年龄 年龄组 年齢 年齢層",
    "ward": "ward wardid wardname departmentid departmentname department unit station "
    "abteilung service servicio unidad serviço enfermaria "
    "reparto oddział oddzial отделение 病区 科室 病棟 診療科",
    "lot": "lot lotno lotnumber lotid reagentlot reagentlotno reagentlotnumber reagentbatch "
    "stainlot stainlotno stainbatch kitlot batch batchno charge chargennummer lote lotto seria "
    "partia партия 批号 ロット",
    "scanner": "scanner scannerid scannername slidescanner slidescannerid microscopeid "
    "microscopename camera cameraid imagingdevice microscope mikroskop "
    "escáner escaner microscopio microscópio "
    "skaner mikroskopu сканер микроскоп 扫描仪 显微镜 スキャナ 顕微鏡",
    "material": "sampletype samplekind sampleclass samplecategory materialtype specimentype "
    "specimenkind species",
    "stain": "stain stainer stainerid stainerno slidestainer stainingmethod stainmethod "
    "stainprotocol stainingprotocol staining "
    "färbung faerbung coloration tinción tincion coloração coloracao "
    "colorazione barwienie окраска 染色 染色法",
}
_PLACES = frozenset(("site", "instrument", "operator", "ward", "lot", "scanner", "stain"))
_KIND_OF = {fold(name): kind for kind, line in _HARMLESS.items() for name in line.split()}
_BY_EYE = {folded(name): kind for name, kind in _KIND_OF.items()}

_MONTH = (
    r"(?:jan|feb|f[ée]v|m[aä]r|apr|a[vb]r|ma[iyj]|jun|jui|jul|a[uo][gûu]|sep|o[ck]t|nov|de[czk])"
)
_DATE = re.compile(
    r"^(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"  # 19400301
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}$"  # 01031940
    rf"|\d{{1,2}}[-.\s]*{_MONTH}\w*[-.,\s]*\d{{2,4}}"  # 1 March 1940, 01-MAR-40
    rf"|{_MONTH}\w*[-.\s]+\d{{1,2}}(?:st|nd|rd|th)?[-.,\s]+\d{{2,4}}"  # March 1, 1940
    r"|\d{2,4}\s*[年년]|[昭平令大明]\S*\d+年)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"^(\d{1,4})[-./\s]+(\d{1,2})[-./\s]+(\d{1,4})(?!\d)")  # 1.3.1940
_NAME = re.compile(
    r"^[^\W\d_]{2,}(?:[ '-][^\W\d_]+)*\s*,\s*[^\W\d_]+"  # Müller, Max
    r"|^(?:dr|prof|mr|mrs|ms|herr|frau|mme|mlle|sr|sra|sig|sig\.ra|pan|pani)\b[. ]",
    re.IGNORECASE,
)
_CODE = re.compile(r"^(?:[A-Za-z]{1,3}|(?=.*\d)[\w.\- ]{1,12})$")


def normal(name: str) -> str:
    """A column name as the frame spells it."""
    return "_".join(name.casefold().split())


def kind_of(header: str) -> str:
    """What a harmless column is of (``site`` … ``stain``), or ""."""
    return _KIND_OF.get(fold(header)) or _BY_EYE.get(folded(fold(header)), "")


def is_personal(value: str, kind: str = "") -> bool:
    """Whether a value reads as a date, a name or free text; of operators, whether it is no code."""
    if is_date(value) or _NAME.search(value) or len(value) > _LONGEST:
        return True
    return kind == "operator" and not _CODE.match(value)


def is_date(value: str) -> bool:
    """Whether a value reads as a day."""
    if parts := _PARTS.match(value):
        first, second, third = map(int, parts.groups())
        orders = ((first, second), (second, first), (third, second))  # day and month
        return any(1 <= day <= 31 and 1 <= month <= 12 for day, month in orders)
    return _DATE.match(value) is not None


def is_grouped(values: Sequence[str], kind: str) -> bool:
    """Whether a column that is no stratum by itself still puts samples into groups.

    A place, a device or a lot of too many levels, or of levels that read as dates or names (lots
    often do), with two samples each or more. Its levels are named by nobody.
    """
    filled = [value for value in values if value]
    levels = {*filled}
    hidden = 2 * sum(is_personal(value, kind) for value in filled) > len(filled)
    several = 1 < len(levels) <= len(filled) // 2
    return kind in _PLACES and several and (hidden or len(levels) > MOST_LEVELS)


def objection(values: Sequence[str], kind: str, patients: Sequence[str]) -> str:
    """Why a column that is called harmless is no stratum by itself, or "".

    Args:
        values: its cells, blanks as "".
        kind: of :func:`kind_of`.
        patients: the patient of each row, "" where unknown.
    """
    filled = [value for value in values if value]
    levels = set(filled)
    if 2 * sum(is_personal(value, kind) for value in filled) > len(filled):
        return "dates, names or free text"
    if len(levels) > MOST_LEVELS:
        return f"{len(levels)} different values, more than {MOST_LEVELS}"
    known = {(p, v) for p, v in zip(patients, values, strict=True) if p and v}
    persons = {p for p, _ in known}
    alone = len(levels) == len(filled) or len(known) == len(persons) == len(levels)
    if len(levels) >= _FEWEST_ALIKE and alone:
        return "a value of its own for each sample or patient"
    return ""


def say_alike(text: str, spelt: pd.Series, values: pd.Series, ledger: TableLog) -> None:
    """Of the levels that were kept: which only a machine tells apart, and were taken as one.

    Args:
        text: the column.
        spelt, values: its levels as they stand, and as they are read.
        ledger: gets ``levels-alike``.
    """
    other = (spelt != values) & (values != "")
    for level in values[other].unique():
        mine = other & (values == level)
        names = all_of([repr(name) for name in (level, *spelt[mine].unique())])
        said = f"{names} are taken as {level!r}"
        ledger.say("levels-alike", said, column=text, rows=int(mine.sum()))
