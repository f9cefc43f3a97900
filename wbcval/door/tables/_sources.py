"""Columns that say who gave a label or a reference value: a model's own is no truth (§18)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog
from wbcval.values.findings import LABEL_OF_MODEL

_WORDS = {
    "column": """labelsource labelssource sourceoflabel sourceoflabels labelorigin labeltype
        labelmethod labelingmethod labellingmethod labelledby labeledby labeller labeler labelby
        labelgivenby annotator annotatorid annotatedby annotationsource annotationmethod
        annotationtype truthsource truthby groundtruthsource groundtruthby goldsource
        referencesource referencemethod referenceby countedby classifiedby annotiertvon annotépar
        anotadopor etiquetadopor 标注者 标注来源""",
    # of a table of labels or values alone: beside predictions they may be the model's
    "anywhere": "source method by origin quelle",
    "model": """ai model models algorithm cnn dnn dl ml deeplearning network neuralnetwork net
        predicted prediction predictions pseudo pseudolabel pseudolabels pseudolabelled
        pseudolabeled prelabel prelabels prelabelled prelabeled ki ia modell modèle modelo modello
        模型 人工智能""",
    # of labels alone: an analyzer counts automatically, and is a reference
    "machine": """auto automatic automated automatically autolabel autolabelled autolabeled machine
        automatisch automatique automático automatico 自动""",
    "people": """expert experts human humans manual manually reader readers reviewed reviewer
        corrected adjudicated consensus confirmed verified checked pathologist technologist
        technician haematologist hematologist doctor physician morphologist experte mensch
        manuell""",
}
COLUMNS, _ANYWHERE, _MODEL, _MACHINE, _PEOPLE = (
    frozenset(line.split()) for line in _WORDS.values()
)


def note(raw: Raw, rest: Iterable[int], at: Mapping[str, int], ledger: TableLog) -> None:
    """Say of how many rows the label, or the reference, is a model's by a column of the table.

    Args:
        raw: a batch. rest: positions that nobody claimed. at: positions of its fields.
        ledger: gets ``label-of-model``.
    """
    labels = "true_class" in at and ledger.table in ("cells", "labels")
    if dialect_of(raw) is not None or not (labels or ledger.table == "reference"):
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


def _is_model(text: str, words: frozenset[str]) -> bool:
    """Whether it names a model and nobody who looked at it."""
    parts = {*re.findall(r"[^\W\d_]+", text.casefold())}
    whole = {fold(text)}
    return bool((parts | whole) & words) and not parts & _PEOPLE
