"""Columns that say once more which row it is: the patient, the tube, the image. STATISTICS.md §18.

Two tables that are joined by one id may hold another, and it may say that the join is wrong. So may
what is known of a sample, such as its site or the age of the patient. A column of codes that both
call alike and that is on no list is looked at, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text, strata
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import UNLISTED
from wbcval.values import hashes as _hashes

_SPELLINGS = {
    "patient": """patientid patientno patientnumber patient subjectid subject mrn pid caseid case
        medicalrecordnumber hospitalnumber participantid participant donorid donor personid
        patientennummer patientennr patientnummer""",
    "accession": """accession accessionno accessionnumber accessionid orderid orderno ordernumber
        requestid requestno requestnumber auftragsnummer auftragsnr""",
    "tube": "barcode barcodeno tubeid tubeno tubebarcode labid labno labnumber",
    "specimen": """specimenid specimenno specimennumber specimen probenid probennummer probennr
        aliquotid""",
    "slide": "slideid slideno slidenumber slidebarcode smearid",
    "image": "image imagepath imagefile imagename filename filepath",
    "birth": "birth birthdate dateofbirth dob geburtsdatum birthday",
    "sex": "sex gender geschlecht",
    "collection": """collected collectedat collectiontime collectiondate collectiondatetime drawn
        drawnat drawtime drawdate sampledat samplingtime abnahmezeit entnahmezeit""",
    "visit": "visit visitid visitno visitnumber timepoint",
}
_NAME_OF = {word: name for name, line in _SPELLINGS.items() for word in line.split()}
_NOBODY = ("", "unknown", "u", "n/a", "na", "nan", "none", "null", "-", "?")
_SEVERAL = 0  # of a sample with more than one value
_OF_SAMPLES = frozenset(("site", "ward", "sex", "age"))  # of the kinds of columns for strata
_AGE = "age"  # whole years + 1, and no hash
_YEARS = re.compile(r"1?\d{1,2}(?:\.0+)?")
# a code, and no place in a rack
_CODE = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[\w./-]{4,}|\d{5,}")
_TABLES = ("counts", "reference", "samples")
_PLACES = frozenset(("position", "pos", "rackposition", "tubeposition", "rack", "well", "run"))
_MOST = 0.8  # of the values


def note(raw: Raw, rest: Iterable[int], at: dict[str, int], ledger: TableLog) -> None:
    """Into the ledger: of each sample of a batch what such columns hold, as hashes alone.

    Args:
        raw: the batch.
        rest: positions of columns that nobody claimed.
        at: positions of its fields.
        ledger: gets ``further.identities``.
    """
    if "sample_id" not in at:
        return
    found = {i: _name_of(text) for i, text in enumerate(raw.header)}
    if "patient_id" in at:
        found[at["patient_id"]] = "patient"
    found |= {
        i: f"{UNLISTED}{fold(raw.header[i])}"
        for i in rest
        if not found[i] and _holds_codes(raw, i, ledger)
    }
    for position, name in found.items():
        of_cells = name == "image" and ledger.table in ("cells", "labels")
        if not name or of_cells or position in (at["sample_id"], at.get("cell_id")):
            continue
        columns = {
            "sample": _text.text(raw, at["sample_id"]),
            "value": _text.text(raw, position),
        }
        pairs = pa.table(columns).group_by([*columns], use_threads=False).aggregate([])
        samples, values = (pairs[key].combine_chunks() for key in columns)
        folded = pc.replace_substring(pc.utf8_lower(values), "\\", "/")
        known = ledger.further.identities.setdefault((name, raw.header[position]), {})
        hashes = _hashes.of_text(folded).tolist()
        if name == _AGE:
            hashes = [
                int(float(text)) + 1 if _YEARS.fullmatch(text) else hashed
                for text, hashed in zip(folded.to_pylist(), hashes, strict=True)
            ]
        for sample, value, hashed in zip(
            samples.to_pylist(), folded.to_pylist(), hashes, strict=True
        ):
            if sample and value not in _NOBODY and known.setdefault(sample, hashed) != hashed:
                known[sample] = _SEVERAL


def _name_of(header: str) -> str:
    """What a column identifies, or is known of the sample by; "" for any other."""
    kind = strata.kind_of(header)
    return _NAME_OF.get(fold(header), kind if kind in _OF_SAMPLES else "")


def _holds_codes(raw: Raw, position: int, ledger: TableLog) -> bool:
    """Whether a column of a plain table holds codes, mostly another one in each row."""
    plain = ledger.table in _TABLES and analyzer_of(raw) is None
    if not plain or fold(raw.header[position]) in ("", *_PLACES):
        return False
    texts = [text for text in _text.text(raw, position).to_pylist() if text]
    different = {*texts}
    codes = sum(bool(_CODE.fullmatch(text)) and not strata.is_date(text) for text in different)
    return 2 * len(different) >= max(len(texts), 2) and codes >= _MOST * len(different)
