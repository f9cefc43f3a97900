"""A model's file and its card: given, beside it or inside it, and never that of another file.

The card of another model gives labels that look right. So a card beside is taken where it is clear
that it is this file's: by its name, by ``model_sha256``, or because there is no other model.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from wbcval.machine import input_files
from wbcval.machine.toml_tables import quoted
from wbcval.predict import models
from wbcval.predict.cards import Card, Composition, read
from wbcval.values.errors import InputError

CardFrom = Literal["inside", "beside", "given"]
_SHARED, _INSIDE = "model.toml", "wbcval.toml"
# what makes a folder one of several models, whether it can be run or not; and whatever is named
# as the model is, for contents decide what a model is
_MODELS = (".pt", ".pth", ".ts", ".jit", ".ptl", ".torchscript", ".pt2", ".onnx")


@dataclass(frozen=True)
class File:
    """A model's file and its card; nothing is loaded.

    Attributes:
        card_from: ``inside`` the model, ``beside`` it, or ``given``.
        passed_over: a card that lies inside says something else.
        outside: path and sha256 of a card that does not lie inside.
    """

    path: Path
    data: bytes
    sha256: str
    card: Card
    card_from: CardFrom
    passed_over: bool = False
    outside: tuple[Path, str] | None = None


def beside(model: Path) -> Path:
    """Where a card beside a model is looked for first, and written."""
    return model.with_name(f"{model.stem}.toml")


def text_beside(model: Path) -> str | None:
    """The card beside a model; ``None`` where there is none.

    Raises:
        InputError: where it cannot be read.
    """
    found = _beside(model)
    return None if found is None else decoded(found[1], found[0])


def find(model: Path, given: Path | None) -> File:
    """A model's file and its card.

    Args:
        model: the file.
        given: a card that was named for it.

    Raises:
        InputError: where either cannot be read, where there is no card or it is another file's,
            or where it is not clear whether it is this one's.
    """
    data = models.read(model)
    sha256 = sha256_of(data)
    file = partial(File, model, data, sha256)
    inside = models.embedded_card(model, data)
    if given is not None:
        content = input_files.read(given, "check the path of the card", most=None)
        card = _parsed(decoded(content, given), given.name)
        _check_file(card, given.name, model, sha256)
        differs = inside is not None and not _says(inside, card)
        return file(card, "given", differs, (given, sha256_of(content)))
    found = _beside(model)
    if found is None:
        return file(_own(model, inside), "inside")
    path, content = found
    card, own = _parsed(decoded(content, path), path.name), path == beside(model)
    if inside is not None and not own and card.model_sha256 not in (None, sha256):
        return file(_own(model, inside), "inside")  # by its own words the other is not for it
    _check_file(card, path.name, model, sha256)
    if inside is not None and not _says(inside, card):
        raise InputError(
            str(path), f"says something else than the card inside {model.name}",
            f"delete {path.name}, or name the card that is meant: --card {path} (in a "
            f"composition: card = {quoted(path.name)})",
        )  # fmt: skip
    if inside is not None:
        return file(_own(model, inside), "inside")
    if not own and card.model_sha256 is None:
        _check_alone(model, path, sha256)
    return file(card, "beside", outside=(path, sha256_of(content)))


def decoded(data: bytes, path: Path) -> str:
    """The text of a card.

    Raises:
        InputError: where it is none.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save the card as UTF-8") from None


def _beside(model: Path) -> tuple[Path, bytes] | None:
    """The first card beside a model; a composition is none, it names its models itself."""
    for path in dict.fromkeys((beside(model), model.with_name(_SHARED))):
        if os.path.lexists(path):  # a link that leads nowhere is an error, and no absent card
            content = input_files.read(path, "check that file: it is taken for the model's card")
            if not _is_composition(content, path):
                return path, content
    return None


def _is_composition(content: bytes, path: Path) -> bool:
    try:
        return isinstance(read(decoded(content, path), path.name), Composition)
    except InputError:  # said where it is used
        return False


def _own(model: Path, inside: str | None) -> Card:
    if inside is None:
        raise InputError(
            str(model), "has no model card: nothing says what its outputs mean",
            f"write one: wbcval model card {model} --write",
        )  # fmt: skip
    card = _parsed(inside, f"{model.name}:{_INSIDE}")
    if card.model_sha256 is not None:
        raise InputError(
            f"{model.name}:{_INSIDE}", "has model_sha256, and no file holds its own hash",
            "leave that line out of a card inside a model",
        )  # fmt: skip
    return card


def _says(inside: str, card: Card) -> bool:
    """Whether the card inside, as far as it can be read, says the same."""
    try:
        return read(inside, _INSIDE) == card
    except InputError:
        return False


def _parsed(text: str, name: str) -> Card:
    found = read(text, name)
    if isinstance(found, Composition):
        raise InputError(name, "is the card of a composition, not of one model",
                         f"give it as the model: --model {name}")  # fmt: skip
    return found


def _check_file(card: Card, name: str, model: Path, sha256: str) -> None:
    if card.model_sha256 not in (None, sha256):
        raise InputError(
            f"{name} key 'model_sha256'", f"is the card of another file than {model.name}",
            "get the card of this file; or, where the card was checked on it, write "
            f'model_sha256 = "{sha256}"',
        )  # fmt: skip


def _check_alone(model: Path, path: Path, sha256: str) -> None:
    """A card that names no file, in a folder of several models, may be another's.

    Other exports of one net (the same name, another suffix) are no others, nor is a model that has
    a card of its own name.
    """
    others = sorted(
        one.name
        for one in model.parent.iterdir()
        if one.is_file()
        and one.suffix.lower() in (*_MODELS, model.suffix.lower())
        and one.stem != model.stem
        and not beside(one).exists()
    )
    if others:
        raise InputError(
            str(path),
            f"may be the card of {model.name} or of {others[0]}, which lies there too",
            f"rename it to {beside(model).name}; or write the file that it is for in its first "
            f'line: model_sha256 = "{sha256}"',
        )


def sha256_of(data: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
