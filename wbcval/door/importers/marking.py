"""Words that a table says of a row: whether it is a valid result, and of which set it is."""

from __future__ import annotations

import re
from typing import Literal

from wbcval.door.importers.names import fold
from wbcval.values.classes import doubtful

Set = Literal["training", "validation", "test"]

# English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese
_WORDS = {
    "final": """final finalized finalised corrected correct amended valid validated ok okay good
        pass passed accepted approved released complete completed done reported verified authorised
        authorized error-free success successful succeeded included measured normal confirmed signed
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
    "yes": "true yes y t 1 x ja oui si sí sim tak да 是 はい ✓ ✔ ☑ ● √",
    "no": "false no n f 0 nein non não nie нет 否 いいえ ✗ ✘ ☐ ○",
    "nothing": "none na nan null keine aucune ninguno нет 无",
}
_FINAL, _INVALID, _YES, _NO, _NOTHING = (
    frozenset(fold(word) or word for word in words.split()) for words in _WORDS.values()
)
_FIRST = re.compile(r"[^\W\d_]+")  # rejected: clotted
# HL7 table 0085: final, corrected, changed to final, amended, verified; partial and asked only
_FINAL_CODES, _INVALID_CODES = frozenset("fcuav"), frozenset("pxwdinors")
# sets of a model's development; "validation" is also what a clinic calls the study itself
_SETS: dict[Set, str] = {
    "training": """train training trn trained trainset trainingset traindata trainingdata trainval
        trainvalid fit learn learning lernen trainingsdaten entrenamiento entraînement entrainement
        apprentissage derivation discovery addestramento treino treinamento treningowy uczenie
        обучение обучающая тренировочная 训练 训练集 訓練 学習 学習用""",
    "validation": """val valid validate validation valset validset validationset dev devset
        development tune tuning validierung validación validazione validação walidacja walidacyjny
        валидация проверочная 验证 验证集 検証""",
    "test": """test testing tst testset testdata holdout heldout eval evaluation external prueba
        essai prova teste testowy тест тестовая 测试 测试集 テスト 評価""",
}
_SET_OF: dict[str, Set] = {
    fold(word): name for name, line in _SETS.items() for word in line.split()
}
_MORE = re.compile(r"(?:set|data|cohort|group|samples?)?(?:fold|part|cv)?\d*$")  # train_fold3


_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_DENIED = frozenset({"not", "no", "none", "never", "nicht", "kein", "keine", "pas", "non", "nie"})
# what parts a word from who, why or when: rejected - by the laboratory, failed: clot, failed at 3 s
_BEHIND = re.compile(
    r"\s*[^\W\d_]+(?:\s*[-\u2010-\u2015:;,.(/]|\s+(?:by|due|because|at|on|after|von|durch|wegen|par|por|da)\b)"
)


def is_valid(kind: str, text: str, *, letters: bool) -> bool | None:
    """Whether a cell calls its row valid; ``None`` where it begins with no word of the lists.

    Args:
        kind: of :data:`wbcval.door.importers.names.STATES`.
        text: the cell.
        letters: single letters are the codes of HL7.
    """
    found = _is_valid(kind, text, letters=letters)
    return None if found and _questioned(text) else found


def _is_valid(kind: str, text: str, *, letters: bool) -> bool | None:
    word = _folded(text)
    if kind == "exclusion_reason":
        if not fold(text) or word in _NOTHING | _NO:
            return True
        return None if text.lower().split()[0] in _DENIED else False
    if not word:
        return None if kind == "valid" else True  # beside others that are filled in
    if kind in ("valid", "excluded"):
        if word in _YES | _NO:
            return (word in _YES) == (kind == "valid")
        if kind == "excluded" and word in _NOTHING:
            return True
    if letters and word in _FINAL_CODES | _INVALID_CODES:
        return word in _FINAL_CODES
    known = fold(said_of(kind, text))
    if known == fold(text):
        return known in _FINAL if known in _FINAL | _INVALID else None
    # a word more may say otherwise: "final - invalid", "failed therapy", "repeat not required"
    return False if known in _INVALID and _BEHIND.match(text) else None


def _questioned(text: str) -> bool:
    """Whether signs deny or question what is said: ok?, ≠yes; no tick alone, and no dash."""
    said = text if fold(text) else text.strip().lstrip(_DASHES)
    return text.strip() not in _YES | _NO and doubtful(said)


def said_of(kind: str, text: str) -> str:
    """The word by which a cell is read, and no free text behind it: rejected, by somebody."""
    if kind == "exclusion_reason":
        return "filled in"
    first = _FIRST.match(text)
    if _folded(text) in _FINAL | _INVALID or first is None or first[0] == text:
        return text
    known = fold(first[0])
    return first[0] if known in _FINAL | _INVALID else text


def _folded(text: str) -> str:
    """Without case and signs; a whole number as whole."""
    return fold(re.sub(r"^([01])\.0+$", r"\1", text)) or text


def set_of(kind: str, text: str) -> Set | None:
    """The set of a model's development that a cell names; ``None`` where it names none.

    Args:
        kind: of :data:`wbcval.door.importers.names.SPLITS`.
        text: the cell.
    """
    word = _folded(text)
    if kind == "training" and word in _YES | _NO:
        return "training" if word in _YES else "test"
    return _SET_OF.get(word) or _SET_OF.get(_MORE.sub("", word))
