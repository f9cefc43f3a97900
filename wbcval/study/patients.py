"""Whose each sample is, from whichever tables say it. STATISTICS.md §1 and §18.

Two tables may name one patient differently (a pseudonym, a hospital's number): what has to agree
is which samples are of one patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from wbcval.door.tables import Checked
from wbcval.stats.metric import Ints
from wbcval.study import independence
from wbcval.study.cross_checks import natural, some
from wbcval.study.inputs import by_precedence
from wbcval.values.by_eye import folded
from wbcval.values.findings import Finding, Severity


def of_tables(tables: Iterable[Checked]) -> tuple[dict[str, str], list[Finding]]:
    """Sample → patient, and where the tables contradict each other.

    A sample that the first table leaves blank has the patient that the next one says.
    """
    found: dict[str, str] = {}
    spelt: dict[str, str] = {}
    findings: list[Finding] = []
    for table in by_precedence(t for t in tables if t.patients):
        own = {sample: names[0] for sample, names in table.patients.items()}
        wrong = [sample for sample, names in table.patients.items() if _several(names)]
        ours, theirs = _pairs(found, own)
        both = [sample for sample in own if sample in found]
        wrong += [
            sample for sample in both
            if len(ours[_key(own[sample])]) > 1 or len(theirs[_key(found[sample])]) > 1
        ]  # fmt: skip
        if wrong:
            findings.append(_contradiction(table, wrong, found, spelt))
        for sample, name in own.items():
            if sample not in found:
                # a patient that both tables know keeps the first one's name
                found[sample] = next(iter(ours.get(_key(name), {name: None})))
                spelt[sample] = table.file
    return found, findings


def codes(patients: Mapping[str, str], ids: Sequence[str]) -> tuple[Ints, bool, int, list[Finding]]:
    """Code of each sample's patient, whether any is known, how many are not, and what is odd.

    Args:
        patients: of :func:`of_tables`.
        ids: shape (S,), of the samples under study; one without a patient is of its own.
    """
    names = [patients.get(i) for i in ids]
    known = [name for name in names if name is not None]
    if not known:
        return np.arange(len(ids), dtype=np.int64), False, 0, []
    own: list[str | int] = [i if n is None else _key(n) for i, n in enumerate(names)]
    places = {patient: code for code, patient in enumerate(dict.fromkeys(own))}
    cluster = np.array([places[patient] for patient in own], dtype=np.int64)
    return cluster, True, len(ids) - len(known), independence.one_patient(known)


def _key(name: str) -> str:
    return folded(name)


def _several(names: Sequence[str]) -> bool:
    return len({_key(name) for name in names}) > 1


def _pairs(
    first: Mapping[str, str], second: Mapping[str, str]
) -> tuple[dict[str, dict[str, None]], dict[str, dict[str, None]]]:
    """What each name of the second table is in the first, and the other way round."""
    ours: dict[str, dict[str, None]] = {}
    theirs: dict[str, dict[str, None]] = {}
    for sample in second:
        if sample in first:
            a, b = _key(first[sample]), _key(second[sample])
            ours.setdefault(b, {})[a] = None
            theirs.setdefault(a, {})[b] = None
    return ours, theirs


def _contradiction(
    table: Checked, wrong: Sequence[str], found: Mapping[str, str], spelt: Mapping[str, str]
) -> Finding:
    at = sorted(set(wrong), key=natural)
    elsewhere = sorted({spelt[i] for i in at if i in found})
    against = f"not in {' and '.join(elsewhere)}" if elsewhere else "of two patients at once"
    return Finding(
        table.name, table.file, "patients-contradict", Severity.ERROR, "patient_id", len(at),
        got=f"samples {some({*at})} are of one patient here and {against}"
        if elsewhere else f"samples {some({*at})} are {against}",
        advice="give each sample its patient once, as patient_id in the table of samples "
        "(--samples FILE), and take the column out of the other table",
    )  # fmt: skip
