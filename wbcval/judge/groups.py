"""A bias of one part of the samples that another part makes up for. STATISTICS.md §18.

Too high at one site and too low at the others, it leaves the mean as it was, and most samples
within their limit. Parts that no column names hide it as well: two columns together, what the ids
begin with, the first and the second half, samples of many and of few cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.judge.cell_errors import cell_errors, least_apart
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.apart import apart, upper_half
from wbcval.stats.functions.error import LIMIT
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.study.types import Study
from wbcval.values.measurands import PERCENT, Measurand, class_of
from wbcval.values.strata import Stratum
from wbcval.values.wording import fixed

_FALSE = 0.01  # of the honest studies, over all measurands and parts
_MOST, _FEWEST = 12, 2  # levels of a column, and beginnings of ids
_PATIENTS = 10  # in a part, and in the rest
_BEGINS = re.compile(r"(.*?)[-_ .:/]?\d*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the samples: in words to follow "in the 40 samples", and which, shape (S,)."""

    words: str
    mask: Mask


@dataclass(frozen=True, slots=True)
class _Errors:
    """Errors of a measurand in the samples that have both values.

    Attributes:
        take: these samples, shape (S,).
        each: shape (n,) each; all must be apart, and the last is told.
        least: by how much.
        unit: of the last.
    """

    take: Mask
    each: tuple[Floats, ...]
    least: tuple[float, ...]
    unit: str


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Measurands whose mean error differs between two parts, in sentences without an end.

    By t over patients, with the spread of each part and with one of both, beyond chance over all
    measurands and parts (1 %, Bonferroni), and by 5 % of
    the mean reference or more, of a percentage also by a point; on the same cells beyond what the
    confusion of all samples gives. Parts are levels of columns, of two columns together, of what
    ids begin with, halves in the order of the ids and of the rows, and of a percentage halves by
    the number of cells. Of each measurand the part that is furthest beyond chance is told.

    Args:
        study: what is compared.
        required: criteria; measurands that they judge by their samples are looked at.
    """
    required = tuple(required)
    names = [n for n in study.measurands if any(_judges(study, c, n) for c in required)]
    parts = [*_parts(study)]
    found = {name: errors for name in names if (errors := _errors(study, Measurand(name)))}
    looks = sum(len(parts) + (name in PERCENT) for name in found)
    return tuple(
        said
        for name, errors in found.items()
        if (said := _furthest(study, name, errors, [*parts, *_by_cells(study, name)], looks))
    )


def _judges(study: Study, criterion: Criterion, name: str) -> bool:
    subject = criterion.subject
    if criterion.measure in CLASS_MEASURES:
        return study.mode == "same-cells" and subject in ("all", class_of(name))
    return subject == name


def _furthest(study: Study, name: str, errors: _Errors, parts: Iterable[_Part], looks: int) -> str:
    cluster, said = study.cluster[errors.take], []
    for part in parts:
        here = part.mask[errors.take]
        found = [apart(each, here, cluster) for each in errors.each]
        known = [x for x in found if x is not None]
        one_way = len({x.by > 0 for x in known}) == 1
        far = all(abs(x.by) >= y for x, y in zip(known, errors.least, strict=False))
        pooled = (_one_spread(each, here, cluster) for each in errors.each)
        chance = max((*(x.chance for x in known), *pooled), default=1.0)
        if len(known) == len(found) and one_way and far and chance * looks < _FALSE:
            last, n = known[-1], int(here.sum())
            inside, outside = ("+" * (v > 0) + fixed(v, 1) for v in (last.inside, last.outside))
            unit = errors.unit
            said.append((chance, f"{name}: bias {inside} {unit} in the {n} samples {part.words}, "
                         f"{outside} in the {len(here) - n} others"))  # fmt: skip
    return min(said)[1] if said else ""


def _one_spread(errors: Floats, part: Mask, patient: Ints) -> float:
    """Two-sided p of equal means by t with one spread of both parts, for the fewer patients.

    A few samples that hardly have a rare class have next to no spread of their own.
    """
    inside, n = int(part.sum()), len(part)
    if not 0 < inside < n:
        return 1.0
    by = float(errors[part].mean() - errors[~part].mean())
    each = n / (units := len(np.unique(patient)))
    error = float(errors.std()) * np.sqrt(each * (1 / inside + 1 / (n - inside)))
    return float(2 * special.stdtr(max(units - 2, 1), -abs(by) / error)) if error else 1.0


def _errors(study: Study, name: Measurand) -> _Errors | None:
    if study.mode == "same-cells":
        cells = cell_errors(study, name)
        if cells is None:
            return None
        return _Errors(cells.take, (cells.beyond, cells.raw), cells.least, "points")
    values = study.values[name]
    take = values.paired
    model, reference = values.model[take], values.reference[take]
    if not len(model):
        return None
    if name in PERCENT:
        return _Errors(take, (model - reference,), (least_apart(reference),), "points")
    level = (model + reference) / 2
    if not (level > 0).all():
        return None
    return _Errors(take, (100 * (model - reference) / level,), (LIMIT / 2,), "%")


def _parts(study: Study) -> Iterator[_Part]:
    """Those with enough patients, and as many others."""
    seen: set[bytes] = set()
    for part in _candidates(study):
        sizes = [len(np.unique(study.cluster[half])) for half in (part.mask, ~part.mask)]
        key = min(part.mask.tobytes(), (~part.mask).tobytes())
        if min(sizes) >= _PATIENTS and key not in seen:
            seen.add(key)
            yield part


def _candidates(study: Study) -> Iterator[_Part]:
    columns = _columns(study)
    for of in columns.values():
        for level, mask in of.items():
            yield _Part(f"of {level}", mask)
    for one, other in combinations(columns.values(), 2):
        for level, mask in one.items():
            for beside, further in other.items():
                yield _Part(f"of {level} and {beside}", mask & further)
    begins = np.array([_begins(name) for name in study.sample_ids], dtype=object)
    known = dict.fromkeys(begins)
    if _FEWEST <= len(known) <= _MOST:
        for text in known:
            yield _Part(f"whose ids begin with {text!r}", np.asarray(begins == text, dtype=bool))
    half = np.arange(len(study.sample_ids)) >= len(study.sample_ids) / 2
    yield _Part("with the later ids", half)
    place = {name: i for i, name in enumerate(study.rows)}
    if place:
        later = [place.get(name, -1) for name in study.sample_ids]
        yield _Part("of the later rows", upper_half(np.array(later, dtype=np.float64)))


def _columns(study: Study) -> Mapping[str, Mapping[str, Mask]]:
    found: dict[str, dict[str, Mask]] = {}
    for name, mask in (*study.strata.items(), *study.unlisted.items()):
        if name != "all":
            found.setdefault(Stratum(name).column, {})[name] = mask
    return {name: of for name, of in found.items() if _FEWEST <= len(of) <= _MOST}


def _begins(name: str) -> str:
    matched = _BEGINS.match(name)
    return matched[1] if matched else name


def _by_cells(study: Study, name: str) -> Iterator[_Part]:
    """A count's own error is one of its number of cells."""
    cells = study.values[name].model_cells if name in study.values else None
    if name in PERCENT and cells is not None and study.mode != "same-cells":
        known = np.where(np.isfinite(cells), cells, 0.0)
        yield _Part("with more cells", upper_half(known))
