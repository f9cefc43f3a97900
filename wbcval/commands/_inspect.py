"""``wbcval model inspect`` and ``card``: what a model's file says of itself, and its card."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from wbcval.commands._shared import progress
from wbcval.predict import models
from wbcval.predict.cards import DTYPES, LAYOUTS, CardStage, Input, class_names_in, draft
from wbcval.predict.run import File, Resolved, beside, open_ensemble, resolve, text_beside
from wbcval.values.classes import ABSTENTION, canonical
from wbcval.values.errors import InputError


def say(path: Path, card: Path | None, *, run: bool) -> None:
    """What lies in a model's file, its card and its hash; with ``run``, what a trial finds."""
    found = resolve(path, card)
    print(f"{path.name}: {found.name}, version {found.version}")
    print(f"  sha256 {found.sha256}")
    for stage in found.stages:
        if not found.plain:
            _say_stage(found, stage.name)
        for file in found.files[stage.name].values():
            _say_file(file, stage)
    if run:
        with progress() as tell:
            opened = open_ensemble(path, card, None, "cpu", "fp32", tell)
        for net in opened.all_nets:
            print(f"  {net.file}: ran, {net.model.backend}; outputs of the right shape, finite, "
                  "the same twice, and independent of the other images of a batch")  # fmt: skip
            for said in net.remarks:
                print(f"  {said}")
    else:
        print("  not loaded: --run loads it and tries it")


def _say_stage(found: Resolved, name: str) -> None:
    stage = next(stage for stage in found.stages if stage.name == name)
    print(f"stage {stage.name} ({stage.role}): {', '.join(stage.classes)}")
    for group, refining in stage.refined_by.items():
        print(f"  {group} is refined by {refining}")
    if stage.one_vs_all:
        print(f"  one-vs-all, {stage.one_vs_all}")
    if stage.abstain_below is not None:
        print(f"  unclassified below {stage.abstain_below:g}")


def _say_file(file: File, stage: CardStage) -> None:
    card, given = file.card, file.card.input
    print(f"  {file.path.name}: {len(file.data):,} bytes, sha256 {file.sha256}")
    where = f" ({file.outside[0].name})" if file.outside else ""
    print(f"    card {file.card_from}{where}: {card.output} of {', '.join(card.classes)}")
    if file.outside and card.model_sha256 is None:
        print("    no model_sha256 in it: nothing says that it is the card of this very file")
    if file.passed_over:
        print("    the card inside says something else, and is not used")
    if card.abstain_below is not None:
        print(f"    unclassified below {card.abstain_below}")
    judged = stage.models if stage.one_vs_all else card.classes  # the rest has no label
    _say_classes([name for name in judged if name not in stage.refined_by])
    for said in card.remarks:
        print(f"    {said}")
    numbers = f"(x / {str(given.scale).removesuffix('.0')} − {[*given.mean]}) / {[*given.std]}"
    print(f"    input {given.size[0]} × {given.size[1]} {given.color}, {_way(given)}; {numbers}; "
          f"{given.batch} at once")  # fmt: skip
    if (given.layout, given.dtype) != (LAYOUTS[0], DTYPES[0]):
        print(f"    given to it as {given.dtype}, {given.layout}")
    if card.output_name is not None:
        print(f"    of its outputs, {card.output_name!r}")
    if given.planes:
        print(f"    planes {', '.join(given.planes)}: {given.combine}")
    others = models.extra_files(file.path, file.data)
    if others:
        print(f"    also holds {', '.join(sorted(others))}")


def _say_classes(names: Iterable[str]) -> None:
    """What a report will make of the labels, which the table keeps apart."""
    by_class: dict[str | None, list[str]] = {}
    for name in names:
        by_class.setdefault(canonical(name), []).append(name)
    for known, labels in by_class.items():
        listed = ", ".join(labels)
        if known is None:
            print(f"    {listed}: no class that a report knows; it will need [class_map]")
        elif known == ABSTENTION:
            print(f"    {listed}: cells left open, to a report, unless [class_map] names a class")
        elif len(labels) > 1:
            print(f"    {listed}: kept apart in the table; a report counts them as one, {known}")


def _way(given: Input) -> str:
    """How an image gets its size, step by step."""
    cut = f"the middle {given.crop[0]} × {given.crop[1]}, " if given.crop else ""
    side = f" {given.shorter_side}" if given.shorter_side else ""
    bars = f" in {list(given.pad)}" if given.pad else ""
    return f"{cut}{given.resize}{side}{bars}, {given.interpolation} by {given.resizer}"


def card(path: Path, *, write: bool) -> None:
    """The card of a model, or a draft of one: printed, or written beside it."""
    data = models.read(path)
    inside = models.embedded_card(path, data)
    classes = class_names_in(models.extra_files(path, data))
    drafted = draft(hashlib.sha256(data).hexdigest(), *classes)
    text = inside if inside is not None else drafted
    if not write:
        print(text_beside(path) or text, end="")
        return
    try:
        with beside(path).open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InputError(str(beside(path)), "is there already", "nothing was written") from None
    what = "the card that lies in the model" if inside is not None else "a draft: fill in every ???"
    print(f"{beside(path)}: {what}")
