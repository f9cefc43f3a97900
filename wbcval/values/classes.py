"""Cell classes and roll-ups: the one vocabulary of the whole road.

Aliases follow the names seen in analyzers, public data sets and readers' exports; matching
ignores case and separators. ``neutrophil`` as a bare class is the one without a stage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from wbcval.values._spellings import SPELLINGS

FIVE: tuple[str, ...] = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
SHORT: Mapping[str, str] = dict(zip(FIVE, ("NEUT", "LYMPH", "MONO", "EO", "BASO"), strict=True))

NOT_COUNTABLE: tuple[str, ...] = ("nrbc", "smudge", "platelet", "artefact", "unclassified")
COUNTABLE: tuple[str, ...] = tuple(name for name in SPELLINGS if name not in NOT_COUNTABLE)
# of a cascade whose table names its stages, and says nothing else of them: leukocyte or not, which
STAGES = ("identification", "differentiation")
ABSTENTION = "unclassified"  # what a model calls a cell that it leaves open
# A manual differential is positive with so many percent of any of these, or, where marked, more
# than so many (consensus rules of the ISLH: Barnes et al., Lab Hematol 2005;11:83-90, which have no
# prolymphocytes: as atypical lymphocytes here). The first two reach a patient as a suspicion of
# malignancy; of the others readers differ.
POSITIVE: Mapping[str, tuple[float, bool]] = {
    "blast": (1.0, False), "plasma cell": (1.0, False), "promyelocyte": (1.0, False),
    "myelocyte": (1.0, False), "metamyelocyte": (2.0, True), "variant lymphocyte": (5.0, True),
    "prolymphocyte": (5.0, True), "nrbc": (1.0, False),
}  # fmt: skip
PATHOLOGICAL: tuple[str, ...] = tuple(POSITIVE)
MALIGNANT: tuple[str, ...] = PATHOLOGICAL[:2]
OTHER = "other"  # countable leukocytes that a roll-up does not name

# a class, then what a finer reader tells apart in it
_GRANULOCYTES = ("neutrophil", "segmented neutrophil", "band neutrophil")
_IMMATURE = ("immature granulocyte", "metamyelocyte", "myelocyte", "promyelocyte")
_LYMPHOCYTES = ("lymphocyte", "variant lymphocyte", "large granular lymphocyte")
FAMILIES: tuple[tuple[str, ...], ...] = (_GRANULOCYTES, _IMMATURE, _LYMPHOCYTES)
_REST = {name: name for name in ("monocyte", "eosinophil", "basophil")}


def _fold(label: str) -> str:
    """Lower case, without accents, letters and digits only."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    return re.sub(r"[\W_]+", "", plain)


_PARTS = frozenset("._,/:;'\"%#·")  # between the words of a name, beside blanks, hyphens, brackets
_OVERLAY = 1  # combining class of strokes through a letter


def doubtful(text: str) -> bool:
    """Whether signs beside the words may deny or question them, so that they are not that name.

    Any sign counts that no list of names needs, a stroke through a letter, and a hyphen or bracket
    before the first word.

    >>> [doubtful(text) for text in ("Seg. neutrophils", "lymphocyte?", "\N{NOT EQUAL TO}valid")]
    [False, True, True]
    """
    said = unicodedata.normalize("NFKD", text).strip()
    if said[:1] and unicodedata.category(said[0]) in ("Pd", "Ps"):
        return True
    return any(
        unicodedata.combining(sign) == _OVERLAY
        or (unicodedata.category(sign)[0] in "PS" and sign not in _PARTS
            and unicodedata.category(sign) not in ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf"))
        for sign in said
    )  # fmt: skip


@cache
def _by_alias() -> Mapping[str, str]:
    return {_fold(alias): name for name, line in SPELLINGS.items() for alias in line.split()}


def canonical(label: str) -> str | None:
    """The canonical class a label names, or ``None``; bare integers name no class.

    A label that questions or denies its word names none: what it means, ``[class_map]`` says.

    >>> canonical("Seg. neutrophils"), canonical("EO"), canonical("3"), canonical("EO?")
    ('segmented neutrophil', 'eosinophil', None, None)
    """
    return None if doubtful(label) else _by_alias().get(_fold(label))


ROLLUPS: Mapping[str, Mapping[str, str]] = {
    # A Sysmex XN counts immature granulocytes among the neutrophils.
    "xn5": {
        **dict.fromkeys(_GRANULOCYTES + _IMMATURE, "neutrophil"),
        **dict.fromkeys(_LYMPHOCYTES, "lymphocyte"),
        **_REST,
    },
    # A manual five-part differential: segmented and band forms only.
    "manual5": {
        **dict.fromkeys(_GRANULOCYTES, "neutrophil"),
        **dict.fromkeys(_LYMPHOCYTES, "lymphocyte"),
        **_REST,
    },
    # Every class as it is.
    "full": {name: name for name in COUNTABLE},
}


def measured_class(label: str) -> str:
    """The class whose measurand a label belongs to: segmented and band forms are neutrophils.

    >>> measured_class("segmented neutrophil"), measured_class("blast")
    ('neutrophil', 'blast')
    """
    return ROLLUPS["manual5"].get(label, label)


def counted_in(name: str, rollup: str) -> str:
    """The class of the five whose measurand counts a class under a roll-up, or "".

    >>> counted_in("myelocyte", "xn5"), counted_in("myelocyte", "full")
    ('neutrophil', '')
    """
    found = measured_class(group_of(name, rollup))
    return found if found in FIVE else ""


def group_of(name: str, rollup: str) -> str:
    """The group a canonical class falls in; countable classes not named become ``other``.

    >>> group_of("myelocyte", "xn5"), group_of("myelocyte", "manual5"), group_of("nrbc", "xn5")
    ('neutrophil', 'other', 'nrbc')
    """
    if name in NOT_COUNTABLE:
        return name
    return ROLLUPS[rollup].get(name, OTHER)
