"""Cell classes, measurands and roll-ups: the one vocabulary of the whole road.

Aliases follow the names seen in analyzers, public data sets and readers' exports; matching
ignores case and separators. ``neutrophil`` as a bare class is the one without a stage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

FIVE: tuple[str, ...] = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
SHORT: Mapping[str, str] = dict(zip(FIVE, ("NEUT", "LYMPH", "MONO", "EO", "BASO"), strict=True))
PERCENT: tuple[str, ...] = tuple(f"{SHORT[name]}%" for name in FIVE)
ABSOLUTE: tuple[str, ...] = tuple(f"{SHORT[name]}#" for name in FIVE)
MEASURANDS: tuple[str, ...] = ("WBC", *PERCENT, *ABSOLUTE)
CLASS_OF: Mapping[str, str] = {f"{short}{s}": name for name, short in SHORT.items() for s in "%#"}
UNITS: Mapping[str, str] = {m: "%" if m.endswith("%") else "10*9/L" for m in MEASURANDS}

# canonical class -> spellings (compared after lower-casing and dropping all but letters/digits)
_ALIASES: Mapping[str, str] = {
    "neutrophil": "neutrophil neutrophils neutros neut neu ne neutro pnn "
    "granulozytneutrophil neutrophile neutrophiles neutrophilen polynucleaireneutrophile "
    "polynucleairesneutrophiles neutrofilos neutrofili neutrofile",
    "segmented neutrophil": "segmentedneutrophil segmentedneutrophils neutrophilsegmented seg "
    "segs segneutrophil segneutrophils sne ngs poly pmn pmnl polymorph segmentkernig "
    "neutrofilsegmen 分叶核",
    "band neutrophil": "bandneutrophil bandneutrophils band bands bandform stab stabs bne ngb "
    "stabkernig neutrofilbatang baciliformes паличкоядерні 杆状核",
    "immature granulocyte": "immaturegranulocyte immaturegranulocytes ig immgran img",
    "metamyelocyte": "metamyelocyte metamyelocytes meta mmy mmz",
    "myelocyte": "myelocyte myelocytes myelo my myb",
    "promyelocyte": "promyelocyte promyelocytes promyelo pmy pmo pmb",
    "lymphocyte": "lymphocyte lymphocytes lymphs lymph lym ly lyt typicallymphocyte "
    "smalllymph largelymph lymphozyt lymphozyten linfocito linfocitos linfociti",
    "variant lymphocyte": "variantlymphocyte variantlymphocytes atypicallymphocyte atypical "
    "reactivelymphocyte reactive variant lya aberrant",
    "large granular lymphocyte": "largegranularlymphocyte lgl",
    "monocyte": "monocyte monocytes monos mon mono mo monozyt monozyten "
    "monocito monocitos monociti",
    "eosinophil": "eosinophil eosinophils eos eo eosino eosinophile eosinophilen eosinophiles "
    "eosinofilos eosinofili",
    "basophil": "basophil basophils basos bas baso ba basophile basophilen basophiles basofilos "
    "basofili",
    "blast": "blast blasts myeloblast myo monoblast mob lymphoblast",
    "plasma cell": "plasmacell plasmacells plasmacyte",
    "nrbc": "nrbc nrbcs erythroblast erythroblasts erb ebo normoblast nucleatedred",
    "smudge": "smudge smudgecell smudgecells basket basketcell ksc burst gumprecht",
    "platelet": "platelet platelets thrombocyte plt giantplatelet thrombocyteaggregation",
    "artefact": "artefact artefacts artifact artifacts dirt debris stain background",
    "unclassified": "unclassified unidentified unknown notclassed abstain abstained other",
}
NOT_COUNTABLE: tuple[str, ...] = ("nrbc", "smudge", "platelet", "artefact", "unclassified")
COUNTABLE: tuple[str, ...] = tuple(name for name in _ALIASES if name not in NOT_COUNTABLE)
ABSTENTION = "unclassified"  # what a model calls a cell that it leaves open
OTHER = "other"  # countable leukocytes that a roll-up does not name

_GRANULOCYTES = ("neutrophil", "segmented neutrophil", "band neutrophil")
_IMMATURE = ("immature granulocyte", "metamyelocyte", "myelocyte", "promyelocyte")
_LYMPHOCYTES = ("lymphocyte", "variant lymphocyte", "large granular lymphocyte")
_REST = {name: name for name in ("monocyte", "eosinophil", "basophil")}


def _fold(label: str) -> str:
    """Lower case, without accents, letters and digits only."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    return re.sub(r"[\W_]+", "", plain)


@cache
def _by_alias() -> Mapping[str, str]:
    return {_fold(alias): name for name, line in _ALIASES.items() for alias in line.split()}


def canonical(label: str) -> str | None:
    """The canonical class a label names, or ``None``; bare integers name no class.

    >>> canonical("Seg. neutrophils"), canonical("EO"), canonical("3")
    ('segmented neutrophil', 'eosinophil', None)
    """
    return _by_alias().get(_fold(label))


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


def group_of(name: str, rollup: str) -> str:
    """The group a canonical class falls in; countable classes not named become ``other``.

    >>> group_of("myelocyte", "xn5"), group_of("myelocyte", "manual5"), group_of("nrbc", "xn5")
    ('neutrophil', 'other', 'nrbc')
    """
    if name in NOT_COUNTABLE:
        return name
    return ROLLUPS[rollup].get(name, OTHER)
