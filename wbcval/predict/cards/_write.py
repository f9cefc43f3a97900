"""A model card as text: whole, from its values; or to be finished by hand, with a question each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wbcval.machine.toml_tables import setting, stated
from wbcval.predict.cards._types import Card

_HEAD = "# What this model takes, and what its outputs mean. "
_ASKS = "Fill in every ???: it is refused until then."
_COLUMN = 32  # where the hints of a draft begin


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of the card, in the order in which it is written.

    Attributes:
        unknown: what a draft has in its place; "" where a draft leaves it out.
        hint: what a draft says behind it.
        off: a draft shows it as an example that waits to be taken up.
    """

    name: str
    unknown: str = ""
    hint: str = ""
    off: bool = False


_TOP = (
    _Key("schema_version"),
    _Key("model_sha256", hint="of the file it is for: refused for any other"),
    _Key("name", "???"),
    _Key("version", "???"),
    _Key("classes", '["???", "???"]', "in the order of the outputs"),
    _Key("output", "???", '"logits", "probabilities", or "scores": a sigmoid each'),
    _Key("output_name"),
    _Key("abstain_below", "0.6", "below this probability a cell is called unclassified", off=True),
)
_INPUT = (
    _Key("size", "[???, ???]", "height, width, in pixels"),
    _Key("color", "???", '"RGB", "BGR", "gray" or "gray-as-RGB"'),
    _Key("crop", "[224, 224]", "cut from the centre before all else, torchvision's CenterCrop",
         off=True),
    _Key("resize", "???", '"stretch", "shorter-side", "crop-to-fill", or "fit" and pad'),
    _Key("pad"),
    _Key("shorter_side", "256", 'with "shorter-side": Resize(256), then CenterCrop(size)',
         off=True),
    _Key("resizer", '"opencv"', 'or "torch", where it is not Pillow that resizes', off=True),
    _Key("interpolation", "???", 'Pillow\'s: "bilinear" …; OpenCV\'s: "linear", "area" …'),
    _Key("scale", "???", "pixel values, 0 to 255, are divided by it; then (x - mean)/std"),
    _Key("mean", "[???, ???, ???]", "[0.0, 0.0, 0.0] where the model does that itself"),
    _Key("std", "[???, ???, ???]", "[1.0, 1.0, 1.0] likewise"),
    _Key("layout"),
    _Key("dtype"),
    _Key("planes"),
    _Key("combine"),
    _Key("batch"),
)  # fmt: skip


def write(card: Card) -> str:
    """The text of a card: ``read(write(card))`` is that card, but for its remarks.

    What is as by default is left out.
    """
    top = {"schema_version": 1, **stated(card)}
    return _text(_HEAD.strip(), _whole(_TOP, top), _whole(_INPUT, stated(card.input)))


def draft(model_sha256: str, classes: Sequence[str] = (), found_in: str = "") -> str:
    """The text of a card to be finished.

    Args:
        model_sha256: of the file that it is for.
        classes: in the order of the outputs, where the model's file names them.
        found_in: where they were found.
    """
    known: dict[str, Any] = {"schema_version": 1, "model_sha256": model_sha256}
    hints = {}
    if classes:
        known["classes"], hints["classes"] = classes, f"as in {found_in}: check the order"
    return _text(_HEAD + _ASKS, _asked(_TOP, known, hints), _asked(_INPUT, {}, {}))


def _text(head: str, top: Iterator[str], image: Iterator[str]) -> str:
    return "\n".join([head, *top, "", "[input]", *image, ""])


def _whole(keys: Sequence[_Key], values: Mapping[str, Any]) -> Iterator[str]:
    for key in keys:
        if key.name in values:
            yield setting(key.name, values[key.name])


def _asked(
    keys: Sequence[_Key], values: Mapping[str, Any], hints: Mapping[str, str]
) -> Iterator[str]:
    for key in keys:
        if key.name in values:
            line = setting(key.name, values[key.name])
        elif key.unknown:
            line = f"{'# ' * key.off}{key.name} = {key.unknown}"
        else:
            continue
        hint = hints.get(key.name, key.hint)
        yield f"{line:<{_COLUMN}}  # {hint}" if hint else line
