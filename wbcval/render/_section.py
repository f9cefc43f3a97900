"""A section of a page: a file that declares what its template is given, and the template.

``sections/agreement.py`` defines ``SECTION`` for the template ``sections/090_agreement.html.j2``:
its number is the place, its name the anchor, and the ``title`` that it sets the heading. Nothing
else knows the section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from wbcval.machine import plugins
from wbcval.render._shell import Rendered, section_names, word_of
from wbcval.render._shell import rendered as rendered_by

Given = TypeVar("Given")


class PageBasis:
    """What a page rests on, and what is made of it: once, however many sections are given it."""

    @cached_property
    def _made(self) -> dict[Any, Any]:
        return {}

    def of(self, make: Callable[[Self], Given]) -> Given:
        """What ``make`` makes of this basis; the same for every section that asks."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Given = self._made[make]
        return made


BasisT = TypeVar("BasisT", bound=PageBasis)


@dataclass(frozen=True, slots=True)
class Section(Generic[BasisT]):
    """A section, as its file declares it.

    Attributes:
        context: name in the template → what makes it of the page's basis. A template meets these
            and what every section of its page has, and nothing else.
        measures: those of ``wbcval.stats`` that have their home here: whatever was measured of
            them on all samples is shown, or said why not.
        of_others: made last, and given ``bodies``: the other sections as HTML.
    """

    context: Mapping[str, Callable[[BasisT], Any]] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    of_others: bool = False


def sections(folder: str) -> dict[str, Section[Any]]:
    """Templates of a page in order, each with its section.

    Args:
        folder: of ``reports/templates``, and of this package.

    Raises:
        AttributeError: where a template has no file of that name with a ``SECTION``.
    """
    home = f"{__package__}.{folder}"
    return {name: plugins.named(home, word_of(name)).SECTION for name in section_names(folder)}


def rendered(
    folder: str, basis: PageBasis, common: Mapping[str, Any], without: Sequence[str] = ()
) -> list[Rendered]:
    """The sections of a page that have something to say, in order.

    Args:
        folder: see :func:`sections`.
        basis: of the page.
        common: what every template is given.
        without: names of sections to leave out.
    """
    made: dict[str, Rendered] = {}
    found = {
        name: section for name, section in sections(folder).items() if word_of(name) not in without
    }
    for name in sorted(found, key=lambda name: found[name].of_others):
        given = {word: basis.of(make) for word, make in found[name].context.items()}
        if found[name].of_others:
            given["bodies"] = [other.body for other in made.values()]
        made[name] = rendered_by(folder, name, {**common, **given})
    return [made[name] for name in found if made[name].body]
