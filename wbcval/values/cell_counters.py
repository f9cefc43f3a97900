"""Names of analyzers that count blood cells without looking at them.

What such a device measured is no result of a model. A closed list: a cell may name a person.
"""

from __future__ import annotations

import re

# maker or series, and the number behind it; whatever stands around a name is not shown
_COUNTERS = re.compile(
    r"""(?ix) (?<![^\W_]) (?:
      sysmex (?: [\s_-]* x[nrtsep]l? [\s_-]? \d* [a-z]? )?
    | x[nrtsep]l? [\s_-]? \d{2,5} [a-z]? | xn (?: -? l )? | kx [\s-]? 21n? | poch [\s-]? 100i?
    | (?:beckman[\s-]*)? coulter | beckman | unicel | dxh (?: [\s-]? \d{3} )? | lh [\s-]? [57]\d\d
    | cell [\s-]? dyn (?: [\s-]* (?:sapphire|ruby|emerald|\d{4}) )? | alinity [\s-]? hq? | atellica
    | advia (?: [\s-]* \d{2,4}i? )? | mindray | bc [\s-]? [5-7]\d{2,3} [a-z]*
    | pentra | yumizen | horiba | abx | celltac | mek [\s-]? \d{4} | nihon [\s-]? kohden
    | medonic | swelab | dymind | urit | genrui | ha?ematology [\s-]? analy[sz]er
    ) (?![^\W_])"""
)
# they look at cells, whoever makes them
_OF_IMAGES = re.compile(
    r"(?i)(?<![^\W_])(?:di[\s-]?60|dm[\s-]?\d|dc[\s-]?1|cellavision|scopio|m511|mc[\s-]?(?:80|100)i?"
    r"|morphogo|images?|smear|ai|model)"
)


def counter_in(text: str) -> str:
    """The name of an analyzer that a text holds, as spelt; "" where it holds none.

    >>> counter_in("Sysmex XN-1000, room 3"), counter_in("Sysmex DI-60")
    ('Sysmex XN-1000', '')
    """
    found = _COUNTERS.search(text)
    return "" if found is None or _OF_IMAGES.search(text) else found[0].strip()
