"""Columns that say once more which row it is: the patient, the tube, the image. STATISTICS.md §18.

Two tables that are joined by one id may hold another, and it may say that the join is wrong.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from wbcval.door.importers import Raw
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
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
}
_NAME_OF = {word: name for name, line in _SPELLINGS.items() for word in line.split()}
_NOBODY = ("", "unknown", "u", "n/a", "na", "nan", "none", "null", "-", "?")
_SEVERAL = 0  # of a sample with more than one value


def note(raw: Raw, at: dict[str, int], ledger: TableLog) -> None:
    """Into the ledger: of each sample of a batch what such columns hold, as hashes alone.

    Args:
        raw: the batch.
        at: positions of its fields.
        ledger: gets ``further.identities``.
    """
    if "sample_id" not in at:
        return
    found = {i: _NAME_OF.get(fold(text), "") for i, text in enumerate(raw.header)}
    if "patient_id" in at:
        found[at["patient_id"]] = "patient"
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
        for sample, value, hashed in zip(
            samples.to_pylist(), folded.to_pylist(), _hashes.of_text(folded).tolist(), strict=True
        ):
            if sample and value not in _NOBODY and known.setdefault(sample, hashed) != hashed:
                known[sample] = _SEVERAL
