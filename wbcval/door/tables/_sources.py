"""Columns that say who gave a label, or what measured a value. STATISTICS.md §18.

A model's label is no truth, and an analyzer's value no result of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import Checked
from wbcval.protocol.roles import REPLICATES
from wbcval.values.cell_counters import counter_in
from wbcval.values.findings import INITIALS, LABEL_OF_MODEL, OF_ANALYZER, Finding, Severity
from wbcval.values.measurands import MEASURANDS

_WORDS = {
    "column": """labelsource labelssource sourceoflabel sourceoflabels labelorigin labeltype
        labelmethod labelingmethod labellingmethod labelledby labeledby labeller labeler labelby
        labelgivenby annotator annotatorid annotatedby annotationsource annotationmethod
        annotationtype truthsource truthby groundtruthsource groundtruthby goldsource
        referencesource referencemethod referenceby countedby classifiedby annotiertvon annotépar
        anotadopor etiquetadopor 标注者 标注来源""",
    # of a table of labels or values alone: beside predictions they may be the model's
    "anywhere": "source method by origin quelle",
    # that name what measured or counted
    "maker": """instrument device analyzer analyser analyzerid analyserid instrumentid deviceid
        instrumentname devicename analyzername analysername system software softwareversion
        softwarename model modelname modelversion algorithm analyzedby analysedby measuredby
        countedby counter scanner platform""",
    "model": """ai model models algorithm cnn dnn dl ml deeplearning network neuralnetwork net
        neural deep learning ki ia modell modèle modelo modello 模型 人工智能""",
    # nobody's name, and in no phrase anything else
    "made": """predicted prediction predictions pseudo pseudolabel pseudolabels pseudolabelled
        pseudolabeled prelabel prelabels prelabelled prelabeled algorithm cnn dnn deeplearning
        neuralnetwork autolabel autolabels autolabelled autolabeled""",
    # of labels alone: an analyzer counts automatically, and is a reference
    "machine": """auto automatic automated automatically autolabel autolabelled autolabeled machine
        automatisch automatique automático automatico 自动""",
    "people": """expert experts human humans manual manually reader readers reviewed reviewer
        corrected adjudicated consensus confirmed verified checked pathologist technologist
        technician haematologist hematologist doctor physician morphologist experte mensch
        manuell""",
    # around a word of a model, and of nothing else
    "filler": """the by of from our own pre version label labels labelled labeled labeling
        labelling output outputs result results generated made based assisted class classes
        classification classifier proposal proposals suggestion suggestions raw accepted default
        candidate software system tool program count counts cell cells inference run only alone
        fully""",
    "denied": """no not without non never nor free blind blinded unblinded independent unaided
        unassisted against versus vs ohne kein keine nicht sans sin""",
}
COLUMNS, _ANYWHERE, _MAKERS, _MODEL, _MADE, _MACHINE, _PEOPLE, _FILLER, _DENIED = (
    frozenset(line.split()) for line in _WORDS.values()
)
_OR_PERSON = frozenset(("ai", "ml", "dl", "ki", "ia", "net"))  # initials, too
_INITIALS = re.compile(r"(?!(?:EXP|MAN|HUM|DOC|MD|REF)$)(?:[A-ZÄÖÜ]\.?\s?){2,3}$")
_IN_NAMES = frozenset(("ai", "cnn", "dnn", "model", "predicted", "prediction", "algorithm"))
_SHOWN = 40  # characters
_LONG = 5  # letters of a name that is no part of another word
_VERSION = re.compile(r"\bv?\d[\d.]*\b")
_LOOKED = "|".join(sorted(_PEOPLE))
# "not yet reviewed", "to be checked", "reader absent": nobody looked
_NOBODY = re.compile(
    r"\b(?:not|never|no|non|nicht|without|to be|awaiting|pending)\s+"
    rf"(?:(?:yet|been|be|any)\s+)*(?:{_LOOKED})\b|\bun(?:{_LOOKED})\b"
    rf"|\b(?:{_LOOKED})\s+(?:absent|missing|pending|outstanding)\b"
)


def note(raw: Raw, rest: Iterable[int], at: Mapping[str, int], ledger: TableLog) -> None:
    """Say of how many rows the label, or the reference, is a model's by a column of the table.

    Args:
        raw: a batch. rest: positions that nobody claimed. at: positions of its fields.
        ledger: gets ``label-of-model``.
    """
    labels = "true_class" in at and ledger.table in ("cells", "labels")
    _note_makers(raw, rest, ledger)
    if analyzer_of(raw) is not None or not (labels or ledger.table == "reference"):
        return
    words = _MODEL | _MACHINE if labels else _MODEL
    names = COLUMNS if ledger.table == "cells" else COLUMNS | _ANYWHERE
    given = None
    for position in rest:
        if fold(raw.header[position]) not in names:
            continue
        column = _text.encoded(raw, position)
        texts = column.dictionary.to_pylist()
        mine = [i for i, text in enumerate(texts) if _is_model(text, words)]
        if any(_INITIALS.match(t) and fold(t) not in _OR_PERSON for t in texts):  # of people
            unsure = [i for i in mine if fold(texts[i]) in _OR_PERSON]
            mine = [i for i in mine if i not in unsure]
            if unsure:
                spelt, said = raw.header[position], texts[unsure[0]]
                ledger.say(INITIALS, f"{spelt} = {said} read as a person's initials", column=spelt)
        rows = np.isin(column.indices.to_numpy(), mine)
        if labels and mine:
            if given is None:
                truth = _text.encoded(raw, at["true_class"])
                blank = [i for i, text in enumerate(truth.dictionary.to_pylist()) if not text]
                given = ~np.isin(truth.indices.to_numpy(), blank)
            rows &= given
        if rows.any():
            spelt = raw.header[position]
            said = f"{spelt} = {texts[mine[0]][:20]}"
            ledger.say(LABEL_OF_MODEL, said, column=spelt, rows=int(rows.sum()))


def _note_makers(raw: Raw, rest: Iterable[int], ledger: TableLog) -> None:
    """Into the ledger: who labelled, and what counted or measured, by what a table says."""
    names = COLUMNS if ledger.table == "cells" else COLUMNS | _ANYWHERE | _MAKERS
    if ledger.table == "samples":
        return
    for position in rest:
        spelt = raw.header[position]
        if fold(spelt) in names:
            column = _text.encoded(raw, position)
            texts = column.dictionary.to_pylist()
            rows = np.bincount(column.indices.to_numpy(), minlength=len(texts)).tolist()
            held = {text: n for text, n in zip(texts, rows, strict=True) if text}
            ledger.further.add_maker(spelt, held)
            for text, n in held.items() if ledger.table in ("counts", REPLICATES) else ():
                if counter := counter_in(text):
                    ledger.further.kinds[spelt, f"= {counter}"] += n


def of_an_analyzer(
    tables: Iterable[Checked], judged: Iterable[str], analyzer: str
) -> Iterator[Finding]:
    """Results of the model that a column of their table calls an analyzer's.

    Not where an analyzer is what is judged; nor of one file with both sides, whose column may be
    of either.

    Args:
        tables: all that were read.
        judged: names of the model, by the protocol and the records of origin.
        analyzer: of what measured the reference, by the protocol; "" where an image analyzer may
            have made the images of both sides.
    """
    tables, own = list(tables), {fold(analyzer)} - {""}
    if any(map(counter_in, judged)):
        return
    truth = {table.sha256 for table in tables if table.name == "reference"}
    for table in tables:
        if table.name not in ("counts", REPLICATES) or table.sha256 in truth:
            continue
        for column, held in table.further.makers.items():
            mine = {t: n for t, n in held.items() if counter_in(t) or fold(t) in own}
            if mine:
                named = counter_in(next(iter(mine))) or analyzer
                yield Finding(
                    table.name, table.file, OF_ANALYZER, Severity.WARN, column,
                    sum(mine.values()), got=f"{column} = {named[:_SHOWN]}",
                    advice="give what the model counted; if the column says what measured the "
                    "reference, give it in that table",
                )  # fmt: skip


def of_this_model(tables: Iterable[Checked], names: Iterable[str]) -> Iterator[Finding]:
    """Labels, or a reference, that a column calls the model's that is judged.

    Args:
        tables: all that were read.
        names: of the model, by the protocol and the records of origin.
    """
    known = {fold(name) for name in names} - {""}
    for table in tables:
        told = any(f.rule == LABEL_OF_MODEL for f in table.findings)
        if told or table.name in ("counts", REPLICATES):
            continue  # the model's own, or said already
        for column, held in table.further.makers.items():
            mine = [text for text in held if _names(fold(text), known)]
            if mine:
                got = f"{column} = {mine[0][:_SHOWN]}, the model that is judged"
                yield _own(table, column, sum(held[text] for text in mine), got)
                break
        else:
            if own := next((name for name in _truth(table) if _is_named_so(name, known)), ""):
                yield _own(table, own, table.rows, f"{own!r} is named after a model")


def _own(table: Checked, column: str, rows: int, got: str) -> Finding:
    return Finding(
        table.name, table.file, LABEL_OF_MODEL, Severity.WARN, column, rows, got=got,
        advice="no truth of its own: compare with what another method, or a person, said",
    )  # fmt: skip


def _truth(table: Checked) -> Iterator[str]:
    """The columns, as spelt, that hold labels or reference values."""
    of_model = ("cells", "counts", "samples", REPLICATES)
    for ours, spelt in table.columns.items():
        if ours == "true_class" or (table.name not in of_model and ours in MEASURANDS):
            yield spelt


def _is_named_so(column: str, known: Iterable[str]) -> bool:
    parts = {*re.findall(r"[^\W\d_]+", column.casefold())}
    return bool(parts & _IN_NAMES) or any(len(n) >= _LONG and n in fold(column) for n in known)


def _names(text: str, known: Iterable[str]) -> bool:
    return any(text == name or (len(name) >= _LONG and name in text) for name in known)


def _is_model(text: str, words: frozenset[str]) -> bool:
    """Whether it names a model, nothing else, and nobody who looked at it.

    A person, a hospital or a department may have such a word in the name.
    """
    said = _VERSION.sub(" ", _NOBODY.sub(" ", text.casefold()))
    parts = {*re.findall(r"[^\W\d_]+", said)}
    if parts & (_PEOPLE | _DENIED):
        return False
    if fold(said) in words | _MADE or parts & _MADE:
        return True
    return bool(parts & words) and parts <= words | _FILLER
