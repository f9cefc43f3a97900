"""A model's files and cards, found and hashed before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wbcval.machine import input_files
from wbcval.machine.toml_tables import quoted
from wbcval.predict.cards import Card, CardStage, read
from wbcval.predict.run._cards import File, decoded, find, sha256_of
from wbcval.predict.run._decide import PLAIN
from wbcval.values.errors import InputError


@dataclass(frozen=True)
class Resolved:
    """Files and cards of a model or a composition; nothing is loaded.

    Attributes:
        files: stage → class (one-vs-all) or ``""`` → file.
        calibrations: stage → the bytes of its table, where it has one.
    """

    name: str
    version: str
    sha256: str
    stages: tuple[CardStage, ...]
    files: Mapping[str, Mapping[str, File]]
    plain: bool
    calibrations: Mapping[str, bytes] = field(default_factory=dict)


def resolve(model: Path, card: Path | None) -> Resolved:
    """Find the files and cards that ``--model`` and ``--card`` name, and hash them.

    Raises:
        InputError: where one cannot be read, has no card, or does not fit the composition.
    """
    if model.suffix.lower() == ".toml":
        if card is not None:
            raise InputError("--card", f"{model.name} is a card itself", "leave --card out")
        return _composition(model)
    file = find(model, card)
    if len(file.card.classes) < 2:
        raise InputError(
            str(model),
            f"decides {file.card.classes[0]!r} against the rest, and the rest has no name",
            "use it in a composition with one_vs_all, or name two classes in the card",
        )
    stage = CardStage(
        PLAIN, "differentiation", file.card.classes, {"": model.name},
        abstain_below=file.card.abstain_below,
    )  # fmt: skip
    return Resolved(
        file.card.name, file.card.version, file.sha256, (stage,), {PLAIN: {"": file}}, plain=True
    )


def _composition(path: Path) -> Resolved:
    data = _bytes(path, "give a model, or the card of a composition")
    found = read(decoded(data, path), path.name)
    if isinstance(found, Card):
        raise InputError(
            str(path), "is the card of one model", "give the model: --model M.pt --card this"
        )
    lines = [f"{sha256_of(data)}  {path.name}"]
    files: dict[str, dict[str, File]] = {}
    calibrations: dict[str, bytes] = {}
    for stage in found.stages:
        files[stage.name] = {}
        for name, model in stage.models.items():
            card = stage.cards.get(name)
            file = find(path.parent / model, path.parent / card if card else None)
            _fits(stage, name, file)
            files[stage.name][name] = file
            lines.append(f"{file.sha256}  {model}")
            if file.outside is not None:
                named = os.path.relpath(file.outside[0], path.parent).replace(os.sep, "/")
                lines.append(f"{file.outside[1]}  {named}")
        if stage.calibration:
            table = _bytes(path.parent / stage.calibration, "check the path")
            calibrations[stage.name] = table
            lines.append(f"{sha256_of(table)}  {stage.calibration}")
    _same_planes(path, files)
    seal = sha256_of("".join(f"{line}\n" for line in lines).encode())
    return Resolved(
        found.name, found.version, seal, found.stages, files, plain=False, calibrations=calibrations
    )


def _fits(stage: CardStage, name: str, file: File) -> None:
    """Whether a model decides what the composition says it does."""
    where, theirs = f"stage {stage.name!r}, {file.path.name}", file.card.classes
    if stage.one_vs_all:
        if name not in theirs:
            raise InputError(where, f"its card names {list(theirs)}, not {name!r}",
                             "name the same class in both cards")  # fmt: skip
    elif file.card.output == "scores":
        raise InputError(
            where, "its scores need not add up, and a stage shares out what came to it",
            'name it for each class: one_vs_all = "maximum", or "normalised", and models = '
            f"{{{', '.join(f'{quoted(c)} = {quoted(file.path.name)}' for c in theirs)}}}",
        )  # fmt: skip
    elif theirs != stage.classes:
        raise InputError(
            where,
            f"its card names {list(theirs)}, the composition {list(stage.classes)}",
            "name the same classes, in the order of the model's outputs",
        )
    if file.card.abstain_below is not None:
        raise InputError(where, "its own card has abstain_below",
                         "write it in the [[stage]], where it decides")  # fmt: skip


def _same_planes(path: Path, files: Mapping[str, Mapping[str, File]]) -> None:
    planes = {f.card.input.planes for stage in files.values() for f in stage.values()}
    if len(planes) > 1:
        raise InputError(
            str(path), f"its models take different planes: {sorted(planes)}", "one manifest has one"
        )


def _bytes(path: Path, advice: str) -> bytes:
    return input_files.read(path, advice, most=None)


def check_pin(model: Path, found: Resolved, pin: str | None) -> None:
    """Refuse a model whose sha256 is not the pinned one.

    Raises:
        InputError: where it differs, or the pin is no sha256; or where the card that lies in the
            pinned file is overruled by one that the pin does not cover.
    """
    if pin is None:
        return
    wanted = pin.strip().lower()
    if len(wanted) != 64 or set(wanted) - set("0123456789abcdef"):
        raise InputError("--expect-sha256", f"got {pin!r}", "write 64 hexadecimal digits")
    if found.sha256 != wanted:
        raise InputError(
            str(model),
            f"is not the expected model: its sha256 is {found.sha256}",
            "nothing was loaded; get the released file, or expect this one",
        )
    if found.plain and found.files[PLAIN][""].passed_over:
        raise InputError(
            str(model),
            "is the expected model, but another card than the one inside it would be used",
            "the pin covers the file alone: leave out the other card, or the pin",
        )
