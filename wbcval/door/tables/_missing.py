"""A column that is missing, and the column of the file that looks like it."""

from __future__ import annotations

from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from wbcval.door.importers import Raw
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.protocol.roles import OF_TABLE
from wbcval.values import classes

# words that people write over such a column, and that mean something else elsewhere
_WORDS = {
    "sample_id": "slide slideid case caseid id patientid patient subject subjectid donor studyid "
    "smear smearid muestra echantillon probe 样本 样本号 标本号 検体番号",
    "cell_id": "id index cell object crop cropid uuid name",
    "image": "file path name filename crop img",
    "predicted_class": "label class pred output ypred yhat category celltype type result answer",
    "true_class": "label class target ytrue gt y category celltype type annotation expert",
    "parameter": "test testname item name biomarker biomarkername analytename component",
    "value": "result numericresult measurement val",
}
_LABELS = ("predicted_class", "true_class")
_LOOKED_AT = 1000  # rows
_MOST = 0.8  # of what a column holds


def say(raw: Raw, bound: Binding, name: str, ledger: TableLog) -> None:
    """A column that is needed and missing, with the one of the file that looks like it."""
    found = alike(raw, bound, name)
    got = "the file has no such column"
    if found:
        role = OF_TABLE[ledger.table].name
        spelt = " or ".join(repr(text) for text in found)
        got += f"; {spelt} looks like it: {name} = {_quoted(found[0])} under [columns.{role}]"
    elif free := [text for text in raw.header if text]:
        shown = ", ".join(map(repr, free[:8])) + (" …" if len(free) > 8 else "")
        got += f"; it has {shown}"
    ledger.say("missing-column", got, column=name)


def say_measurands(raw: Raw, bound: Binding, ledger: TableLog) -> None:
    """A table of values without a measurand; a long one may name it in a column of its own."""
    got = "no measurand such as WBC or NEUT%"
    role = OF_TABLE[ledger.table].name
    wanted = [name for name in ("parameter", "value") if name not in bound.fields]
    found = {name: alike(raw, bound, name) for name in wanted}
    if wanted and all(found.values()):
        columns = " and ".join(f"{name} = {_quoted(f[0])}" for name, f in found.items())
        got += f"; a row a value? then {columns} under [columns.{role}]"
    else:
        shown = ", ".join(repr(text) for text in raw.header[:8] if text)
        got += f"; it has {shown}" + (" …" if len(raw.header) > 8 else "")
    ledger.say("missing-column", got)


def alike(raw: Raw, bound: Binding, name: str) -> list[str]:
    """Names of unclaimed columns that look like a field, the likeliest first."""
    taken = {*bound.fields.values(), *bound.measurands.values(), *bound.probabilities.values()}
    free = [i for i, text in enumerate(raw.header) if text and i not in taken]
    by_word = [i for i in free if header_names.fold(raw.header[i]) in _WORDS[name].split()]
    if name in _LABELS or name == "parameter":
        by_content = [i for i in free if _holds(raw, i, name)]
        found = [i for i in by_word if i in by_content] or by_content
        return [raw.header[i] for i in found]
    spelt = {header_names.fold(raw.header[i]): i for i in free}
    near = get_close_matches(header_names.fold(name), spelt, n=2, cutoff=0.7)
    return [raw.header[i] for i in dict.fromkeys((*by_word, *(spelt[text] for text in near)))]


def _holds(raw: Raw, position: int, name: str) -> bool:
    """Whether a column holds mostly classes, or names of measurands."""
    texts = _text.text(raw, position)[:_LOOKED_AT]
    texts = texts.filter(pc.not_equal(texts, ""))
    if not len(texts):
        return False
    named = [_means(text, name) for text in texts.dictionary_encode().dictionary.to_pylist()]
    known = pa.array(named, pa.bool_()).take(texts.dictionary_encode().indices)
    return float(pc.mean(pc.cast(known, pa.float64())).as_py()) >= _MOST


def _means(text: str, name: str) -> bool:
    if name in _LABELS:
        return classes.canonical(text) is not None
    return text in header_names.LOINC or header_names.subject(text, "") != ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
