"""Columns that say what a row is: edited by a person, augmented, a control. STATISTICS.md §18.

No number is made of them, and each may mean that a row is no result of the model, or no patient's.
They are told with their counts, by words of closed lists alone: a cell may name a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
from wbcval.protocol.roles import REPLICATES

EDITED, NO_PATIENT, CONTROL = "edited", "no_patient", "control"  # groups that a flag counts
BY_HAND, BY_MODEL = "by_hand", "by_model"  # the first are edited where the column holds the second
_MODEL, _TRUTH = ("cells", "counts", REPLICATES), ("cells", "labels", "reference")
_ALL = ("cells", "labels", "samples", "reference", "counts")
# which tables, columns that say yes or are filled in, columns that hold words of the last list
_LISTS: list[tuple[tuple[str, ...], str, str, str]] = [
    (
        _MODEL,
        """edited editedby iscorrected corrected correctedby manuallycorrected manuallyedited
        manualcorrection modified modifiedby ismodified reclassified reclassifiedby overridden
        overriddenby override overrideby verifiedby reviewedby reviewed isreviewed verified
        isverified adjusted adjustedby amended amendedby changedby humancorrected humanreviewed
        editor postclassified postclassification""",
        """status source method mode countedby classifiedby predictionsource predictionmethod
        predictedby resultstatus resultsource""",
        """corrected edited reclassified reclassification postclassification postclassified manual
        manually technologist technician expert human amended modified overridden adjudicated
        korrigiert manuell""",
    ),
    (
        _ALL,
        """augmented augmentation augmentations isaugmented augmentedfrom synthetic issynthetic
        simulated issimulated generated isgenerated artificial parentimage derivedfrom duplicateof
        copyof""",
        """source origin type datasource imagesource sampletype material specimen specimentype
        category kind""",
        """gan synthetic synthesized synthesised simulated simulation augmented augmentation
        artificial diffusion rendered synthetisch""",
    ),
    (
        _ALL,
        "iscontrol qcsample isqc iscalibrator iscalibration isanimal spiked",
        """sampletype samplekind sampleclass samplecategory material materialtype species specimen
        specimentype specimenkind matrix organism animal source type category kind""",
        """control controls calibrator calibrators calibration qc eqa eqas proficiency linearity
        dilution canine feline equine bovine porcine dog cat horse mouse murine rat rabbit
        animal veterinary csf cerebrospinal fluid pleural ascites synovial marrow urine beads latex
        commercial spiked stabilized stabilised lyophilized lyophilised kontrolle""",
    ),
    (
        _TRUTH,
        """sawprediction sawmodel sawai predictionseen aiassisted isaiassisted modelassisted
        prelabelled prelabeled labelledafterprediction labeledafterprediction notblinded unblinded
        """,
        "",
        "",
    ),
]
_GROUPS = (EDITED, NO_PATIENT, NO_PATIENT, "")
_KINDS = [
    (of, frozenset(flags.split()), frozenset(holding.split()), frozenset(words.split()), group)
    for (of, flags, holding, words), group in zip(_LISTS, _GROUPS, strict=True)
]
# who looked changed nothing, and a cell cut out of an image has a parent
_LOOKED = """verifiedby reviewedby reviewed isreviewed verified isverified humanreviewed editor
    parentimage derivedfrom duplicateof copyof generated isgenerated"""
_HINTS = frozenset(_LOOKED.split())
_MORE = {
    # that a record was touched, and not that its result was changed
    "touched": "modified modifiedby amended amendedby changedby editedby",
    "accounts": """system sys lis lims his auto automatic automated robot bot service daemon
        scheduler cron script pipeline batch import importer interface middleware software""",
    # how a tube is loaded or a smear is made, unless a word more says who counted or classified
    "ways": "mode method",
    "hand": "manual manually manuell",
    "counting": """count counts counted counting recount diff diffs differential differentials
        differentiation classification classified classifying class label labels labelled labeled
        labelling labeling edit edits edited editing correction corrected correcting entry entered
        override overridden reading microscopy microscope microscopic microscopical result results
        zählung gezählt differenzierung mikroskopie mikroskopisch korrektur""",
    "by_model": "ai ki ia model models modell algorithm cnn dnn neural network",
    # columns that say where a result comes from, and what is not from the model
    "givers": "status resultstatus resultsource predictionsource predictionmethod predictedby",
    "given": "lis lims analyzer analyser imputed imputation copied",
}
_TOUCHED, _ACCOUNTS, _WAYS, _HAND, _COUNTING, _BY_MODEL, _GIVERS, _GIVEN = (
    frozenset(line.split()) for line in _MORE.values()
)
_DAY = r"\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}日?|\d{1,2}[-. ]+[a-z]{3,9}[-., ]+\d{2,4}"
_TIME = re.compile(  # and nobody's name behind it
    rf"(?:{_DAY}|\d{{1,2}}:\d\d|\d{{8,14}})[\d:.,+\-/zt\s]*(?:[ap]m|utc|gmt|cest?)?", re.IGNORECASE
)
_CONTROLS = ("= control", "= controls", "= kontrolle")  # which a healthy person may be, too
_DENIES = frozenset(("blinded", "isblinded", "blind"))  # of labels: no is what matters
_ANSWERS = {
    "yes": "yes true y t 1 x ja oui si sí ✓ ✔ ☑ ● √ +",
    "no": "no false n f 0 nein non none nan na null never original - – — nicht ✗ ✘ ☐ ○ −",
}
_YES, _NO = (frozenset(fold(word) or word for word in line.split()) for line in _ANSWERS.values())
_NOT = frozenset(("not", "no", "non", "never", "without", "nicht", "kein", "ohne"))


def note(raw: Raw, at: Mapping[str, int], ledger: TableLog) -> None:
    """Into the ledger: what such columns of a batch say, and of how many rows.

    Args:
        raw: the batch.
        at: positions of its fields.
        ledger: gets ``further.kinds``, ``further.groups`` and ``further.rows``.
    """
    if analyzer_of(raw) is not None:
        return
    filled = np.ones(raw.table.num_rows, dtype=bool)
    if "sample_id" in at:
        filled = _rows(_text.encoded(raw, at["sample_id"]), bool)
    ledger.further.rows += int(filled.sum())
    for position, spelt in enumerate(raw.header):
        if position == at.get("sample_id"):
            continue
        for tables, flags, holding, words, group in _KINDS:
            known = flags | holding | (_DENIES if tables is _TRUTH else frozenset())
            if ledger.table in tables and (name := fold(spelt)) in known:
                said = _said_of(name, flags, words, group)
                column = _text.encoded(raw, position)
                texts = column.dictionary.to_pylist()
                found = [said(text) for text in texts]
                for each in dict.fromkeys(filter(None, found)):
                    mine = [i for i, one in enumerate(found) if one == each]
                    rows = int((np.isin(column.indices.to_numpy(), mine) & filled).sum())
                    what, of = each
                    if what:
                        ledger.further.kinds[spelt, what] += rows
                    if of:
                        ledger.further.groups[of, spelt] += rows


def _said_of(
    name: str, flags: AbstractSet[str], words: AbstractSet[str], group: str
) -> Callable[[str], tuple[str, str] | None]:
    """What a cell of a column says in the words of the lists, and its group; ``None``: nothing."""

    def answer(text: str) -> tuple[str, str] | None:
        word = fold(text) or text.strip()  # a tick is a word, too
        if name in _DENIES:
            return ("= no", "") if word in _NO else None
        if not word or word in _NO:
            return None
        if word in _YES:
            return "= yes", group
        if name in _TOUCHED and _TIME.fullmatch(text):
            return "= a time", ""
        if name in _TOUCHED and fold(text) in _ACCOUNTS:
            return f"= {fold(text)}", ""
        return "filled", group

    def said(text: str) -> tuple[str, str] | None:
        text = re.sub(r"^([01])\.0+$", r"\1", text)  # a column of 0 and 1 with a blank
        if name in flags or name in _DENIES:
            found = answer(text)
            return found and (found[0], "" if name in _HINTS else found[1])
        parts = re.findall(r"[^\W\d_]+", text.casefold())
        known = words | _GIVEN if group == EDITED and name in _GIVERS else words
        met = [part for part in (fold(text), *parts) if part in known]
        if not met or _NOT & {*parts}:
            by_model = group == EDITED and name in _WAYS and _BY_MODEL & {*parts}
            return ("", BY_MODEL) if by_model else None
        what = f"= {met[0]}"
        if name in _WAYS and {*met} <= _HAND and not _COUNTING & {*parts}:
            return what, BY_HAND
        return what, CONTROL if what in _CONTROLS else group

    return said


def _rows(column: pa.DictionaryArray, asked: Callable[[str], bool]) -> NDArray[np.bool_]:
    """The rows whose text is such a one."""
    mine = [i for i, text in enumerate(column.dictionary.to_pylist()) if asked(text)]
    return np.isin(column.indices.to_numpy(), mine)
