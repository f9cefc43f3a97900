"""A typeface of boxes: every page set in it looks alike, whatever fonts a machine has."""

from __future__ import annotations

import base64
import io

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

_EM = 1000
_SPACES = (0x20, 0xA0, 0x2009, 0x202F)
_LETTERS = (0x21, 0x3000)  # code points, the second excluded


def _box(width: int, height: int) -> object:
    pen = TTGlyphPen(None)
    if width:
        corners = ((0, 0), (0, height), (width, height), (width, 0))
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def sheet() -> str:
    """A style sheet that sets everything in boxes of half an em."""
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box", "space"])
    letters = dict.fromkeys(range(*_LETTERS), "box")
    builder.setupCharacterMap(letters | dict.fromkeys(_SPACES, "space"))
    builder.setupGlyf({".notdef": _box(440, 520), "box": _box(440, 520), "space": _box(0, 0)})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "box", "space"), (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f"@font-face {{ font-family: Boxes; src: url(data:font/ttf;base64,{data}) }}\n"
        "*, *::before, *::after { font-family: Boxes !important; font-synthesis: none;"
        " text-rendering: geometricPrecision }"  # widths not rounded to whole pixels anywhere
    )
