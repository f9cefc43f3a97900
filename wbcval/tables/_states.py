"""Columns that say of a row whether it is a valid result: status, valid, excluded (LAB.md §7).

A row that its own table calls cancelled or invalid is no measurement: no value of the reference,
no result of the model. The words are a closed list. Others are said and change nothing, since a
column of that name may tell of the patient (``status`` = inpatient).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from wbcval.importers import Raw
from wbcval.importers.names import fold
from wbcval.quoting import quoted
from wbcval.tables import _text
from wbcval.tables._bind import Binding
from wbcval.tables._ledger import Ledger
from wbcval.tables._strata import is_personal

RULE, UNREAD = "marked-invalid", "state-unread"

# English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese
_WORDS = {
    "final": """final finalized finalised corrected correct amended valid validated ok okay good
        pass passed accepted approved released complete completed done reported verified authorised
        authorized success successful succeeded included measured normal confirmed signed
        gültig gueltig freigegeben validiert bestätigt endgültig fertig abgeschlossen korrigiert
        validé valide définitif corrigé terminé accepté válido valido validado definitivo aprobado
        corregido completado confirmado aprovado corrigido concluído liberado validato corretto
        approvato completato ważny zatwierdzony zakończony końcowy действителен готов подтвержден
        подтверждено завершен завершено 有效 已审核 审核通过 已完成 完成 正常 合格 有効 確定 完了
        承認済み""",
    "invalid": """invalid not-valid invalidated cancelled canceled cancel rejected reject failed
        fail failure error erroneous entered-in-error wrong deleted removed void voided excluded
        exclude discarded aborted withdrawn retracted nullified unusable not-usable unsatisfactory
        insufficient pending preliminary in-progress incomplete unverified not-verified unvalidated
        not-validated not-done not-performed not-measured not-tested repeat rerun to-repeat
        to-be-repeated repeat-required needs-repeat rerun-required to-rerun timeout
        ungültig ungueltig nicht-gültig storniert abgebrochen abgelehnt verworfen fehler fehlerhaft
        fehlgeschlagen gelöscht ausgeschlossen vorläufig ausstehend wiederholen nicht-freigegeben
        invalide non-valide annulé rejeté échec erreur supprimé exclu provisoire en-attente
        à-refaire à-répéter inválido no-válido anulado cancelado rechazado fallido eliminado
        excluido preliminar pendiente repetir não-válido rejeitado falhou erro excluído pendente
        non-valido invalido annullato rifiutato fallito errore eliminato escluso provvisorio
        in-attesa ripetere nieważny anulowany odrzucony błąd usunięty wykluczony wstępny oczekujący
        powtórzyć недействителен недействительно отменен отменено отклонен отклонено ошибка удален
        удалено исключен исключено предварительный ожидает повторить 无效 作废 取消 已取消 拒绝 拒收
        失败 错误 删除 已删除 排除 初步 待审核 未审核 复查 重做 無効 中止 却下 エラー 失敗 削除 除外
        未確定 再検""",
    "yes": "true yes y t 1 x ja oui si sí sim tak да 是 はい ✓ ✔",
    "no": "false no n f 0 nein non não nie нет 否 いいえ",
    "nothing": "none na nan null keine aucune ninguno нет 无",
}
_FINAL, _INVALID, _YES, _NO, _NOTHING = (
    frozenset(fold(word) or word for word in words.split()) for words in _WORDS.values()
)
# HL7 table 0085: final, corrected, changed to final, amended, verified; partial and asked only
_FINAL_CODES, _INVALID_CODES = frozenset("fcuav"), frozenset("pxwdinors")
_FEWEST_ALIKE = 2  # rows: a word, and not what somebody wrote
_FILLED = "filled in"  # a reason is free text, and is not quoted


def invalid(raw: Raw, bound: Binding, ledger: Ledger, *, codes: bool = False) -> dict[int, str]:
    """Positions of the records that their table calls no valid result, and what it says of each.

    Args:
        raw: a batch.
        bound: its columns.
        ledger: gets ``state-unread``.
        codes: single letters of a column ``status`` are those of HL7, as in a row a result.
    """
    found: dict[int, str] = {}
    for kind, position in bound.states:
        column = _text.encoded(raw, position)
        texts = column.dictionary.to_pylist()
        if not any(texts):
            continue
        letters = kind == "result_status" or (kind == "status" and codes)
        valid = [_is_valid(kind, text, letters=letters) for text in texts]
        _say_unread(raw.header[position], column, valid, ledger)
        what = [_FILLED if kind == "exclusion_reason" else text for text in texts]
        for at, code in enumerate(column.indices.to_pylist()):
            if valid[code] is False:
                found.setdefault(at, f"{raw.header[position]}: {what[code]}")
    return found


def _is_valid(kind: str, text: str, *, letters: bool) -> bool | None:
    """Whether a cell calls its row valid; ``None`` where it is no word of the lists."""
    word = fold(re.sub(r"^([01])\.0+$", r"\1", text)) or text
    if kind == "exclusion_reason":
        return not word or word in _NOTHING | _NO
    if not word:
        return None if kind == "valid" else True  # beside others that are filled in
    if kind in ("valid", "excluded"):
        if word in _YES | _NO:
            return (word in _YES) == (kind == "valid")
        if kind == "excluded" and word in _NOTHING:
            return True
    if letters and word in _FINAL_CODES | _INVALID_CODES:
        return word in _FINAL_CODES
    if word in _FINAL | _INVALID:
        return word in _FINAL
    return None


def _say_unread(
    spelt: str, column: pa.DictionaryArray, valid: Sequence[bool | None], ledger: Ledger
) -> None:
    """Words that are in no list, with the number of their rows; free text is masked."""
    texts = column.dictionary.to_pylist()
    rows = np.bincount(column.indices.to_numpy(), minlength=len(texts)).tolist()
    unread = [i for i, known in enumerate(valid) if known is None]
    whole = ledger.table not in ("cells", "labels")  # of a batch no word is known to be rare
    for i in unread:
        free = not whole or rows[i] < _FEWEST_ALIKE or is_personal(texts[i])
        shown = "blank" if not texts[i] else quoted(texts[i]) if free else texts[i]
        got = f"{spelt} = {shown}" + (f" ({rows[i]} rows)" if whole else "")
        ledger.say(UNREAD, got, column=spelt, rows=rows[i])
