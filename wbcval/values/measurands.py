"""What is measured of a sample: the white cells, and each class as a share or as a count."""

from __future__ import annotations

from enum import StrEnum

from wbcval.values.classes import FIVE, SHORT
from wbcval.values.units import CANONICAL, Dimension


class Quantity(StrEnum):
    """What a measurand is the quantity of; its value is the sign that ends the name."""

    TOTAL = ""  # all leukocytes, per volume
    SHARE = "%"  # a class, of all leukocytes
    COUNT = "#"  # a class, per volume


_CLASSES = {short: name for name, short in SHORT.items()}


class Measurand(str):
    """``WBC``, ``NEUT%``, ``NEUT#``: its own text, so that frames, files and keys hold that.

    Parts of a class have measurands too (``bands%``): they have no class of the five.

    >>> name = Measurand("NEUT#")
    >>> name.quantity, name.unit, name.twin, name.cell_class
    (<Quantity.COUNT: '#'>, '10*9/L', 'NEUT%', 'neutrophil')
    >>> Measurand("WBC").twin is None, Measurand("WBC").share, Measurand("NEUT#").share
    (True, 'WBC', 'NEUT%')
    """

    def __new__(cls, text: str) -> Measurand:
        """Of any text: what ends in neither sign is a total."""
        return text if type(text) is cls else super().__new__(cls, text)

    @property
    def quantity(self) -> Quantity:
        """Total, share or count."""
        return next((q for q in Quantity if q and self.endswith(q)), Quantity.TOTAL)

    @property
    def stem(self) -> str:
        """Whose share or count it is: ``NEUT``."""
        return self.removesuffix(self.quantity)

    @property
    def cell_class(self) -> str:
        """The class of the five it is of; "" for none."""
        return _CLASSES.get(self.stem, "")

    @property
    def dimension(self) -> Dimension:
        """What its unit measures."""
        return Dimension.SHARE if self.quantity is Quantity.SHARE else Dimension.COUNT

    @property
    def unit(self) -> str:
        """As ``results.json`` spells it: ``%`` or ``10*9/L``."""
        return CANONICAL[self.dimension]

    @property
    def share(self) -> Measurand:
        """The percentage of the same cells; of a total itself."""
        return self if self.quantity is Quantity.TOTAL else Measurand(f"{self.stem}%")

    @property
    def twin(self) -> Measurand | None:
        """The same cells as the other quantity; a total has none."""
        if self.quantity is Quantity.TOTAL:
            return None
        other = Quantity.COUNT if self.quantity is Quantity.SHARE else Quantity.SHARE
        return Measurand(self.stem + other)


WBC = Measurand("WBC")
PERCENT: tuple[Measurand, ...] = tuple(Measurand(f"{SHORT[name]}%") for name in FIVE)
ABSOLUTE: tuple[Measurand, ...] = tuple(Measurand(f"{SHORT[name]}#") for name in FIVE)
MEASURANDS: tuple[Measurand, ...] = (WBC, *PERCENT, *ABSOLUTE)


def measurand_of(subject: str) -> Measurand | None:
    """What a subject measures; ``None`` of a class of cells, or of all.

    >>> measurand_of("EO%"), measurand_of("monocyte")
    ('EO%', None)
    """
    return next((name for name in MEASURANDS if name == subject), None)


def subject_unit(subject: str) -> str:
    """Unit of a measurand; "" of a class of cells, or of all."""
    found = measurand_of(subject)
    return found.unit if found else ""


def class_of(subject: str) -> str:
    """The class that a subject is about; of the white cells, or of all, itself.

    >>> class_of("EO%"), class_of("monocyte"), class_of("WBC")
    ('eosinophil', 'monocyte', 'WBC')
    """
    return Measurand(subject).cell_class or subject
