"""Damage to files: each operator takes a seeded generator and what is there; what is left."""

from __future__ import annotations

import io
import random
import re
import zipfile

NUMBERS = (
    "1e999", "-1e999", "1e308", "nan", "NaN", "-nan", "inf", "-Infinity", "INF", "0x1F",
    "1_000",
    "١٢", "１２", "½", "−5", "--5", "+", "1e", ".5", "5.", "1,5", "1.234,5", "6,500", "'5", "=5+1",
    "9" * 400, "0" * 30 + "7", "1e-400", "5%", "<0.3", ">100", "----", "1 000", "", " ", "null",
    "NA",
    "True", "#DIV/0!", "70 cells/uL", "+5", "2026-01-02", "5e0", "1.7976931348623157e308",
)  # fmt: skip
TEXTS = (
    "\u200b", "\u202e", "\ufeff", "\u00a0", "e\u0301", "\U0001f9ec", "\ud7ff", "\x00", "\x0b",
    "\x1f",
    "\u2028", "\x85", '"', "'", ",", ";", "\t", "|", "\n", "\r", "\r\n", "\\", "=", "@", "﹣", "<",
    "&amp;", "&#0;", "ÿ", "Ж", "\x7f", "\x1b[2J", "]]>", "#", "[", "{", "\ufffd", "A" * 3000,
)  # fmt: skip
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
Random = random.Random


def of_bytes(rng: Random, data: bytes) -> bytes:
    """One to four of: a flipped bit, another byte, a cut, a piece twice, a piece less, noise."""
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        size = len(content)
        if not size:
            return b""
        at, length = rng.randrange(size), min(size, rng.choice((1, 2, 3, 8, 64, 600)))
        match rng.randrange(7):
            case 0:
                content[at] ^= 1 << rng.randrange(8)
            case 1:
                content[at] = rng.choice((0, 255, 0x80, 0x0A, 0x22, 0x2C, rng.randrange(256)))
            case 2:
                del content[at:]
            case 3:
                content[at:at] = content[at : at + length]
            case 4:
                del content[at : at + length]
            case 5:
                content[at : at + length] = rng.randbytes(length)
            case _:
                other = rng.randrange(size)
                content[at : at + length], content[other : other + length] = (
                    content[other : other + length], content[at : at + length],
                )  # fmt: skip
    return bytes(content)


def of_text(rng: Random, text: str) -> str:
    """A number spelt otherwise, a word put in, lines exchanged, taken out or written twice."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        lines = text.split("\n")
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(7):
            case 0 | 1:
                found = list(_NUMBER.finditer(text))
                if found:
                    one = rng.choice(found)
                    text = text[: one.start()] + rng.choice(NUMBERS) + text[one.end() :]
            case 2:
                at = rng.randrange(len(text) + 1)
                text = text[:at] + rng.choice(TEXTS) + text[at:]
            case 3:
                lines[i], lines[j] = lines[j], lines[i]
                text = "\n".join(lines)
            case 4:
                text = "\n".join([*lines[:i], *lines[i + 1 :]])
            case 5:
                text = "\n".join([*lines[:i], lines[j], *lines[i:]])
            case _:
                text = text.replace(
                    *rng.choice((("\n", "\r\n"), (",", ";"), (".", ","), ('"', "'")))
                )
    return text


def of_table(rng: Random, text: str, delimiter: str = ",") -> str:
    """Cells exchanged, spelt otherwise, put in or taken out; else as any text."""
    if rng.random() < 0.35:
        return of_text(rng, text)
    rows = [line.split(delimiter) for line in text.split("\n")]
    for _ in range(rng.choice((1, 1, 2, 4))):
        row, other = rng.choice(rows), rng.choice(rows)
        i, j = rng.randrange(len(row)), rng.randrange(len(other))
        match rng.randrange(7):
            case 0 | 1:
                row[i] = rng.choice(NUMBERS)
            case 2:
                row[i], other[j] = other[j], row[i]
            case 3:
                row[i] += rng.choice(TEXTS)
            case 4:
                row.insert(i, rng.choice((row[i], "", "7")))
            case 5 if len(row) > 1:
                del row[i]
            case _:
                row[i] = f'"{row[i]}'
    return "\n".join(delimiter.join(row) for row in rows)


def of_values(rng: Random, value: object) -> object:
    """JSON with one value exchanged for another kind, taken out, doubled or nested without end."""
    places: list[tuple[object, object]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            keys = list(one) if isinstance(one, dict) else range(len(one))
            for key in keys:
                places.append((one, key))
                waiting.append(one[key])  # type: ignore[index]
    holder, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del holder[key]  # type: ignore[attr-defined]
        case 1:
            other, at = rng.choice(places)
            try:
                holder[key] = other[at]  # type: ignore[index]
            except (KeyError, IndexError):
                holder[key] = None  # type: ignore[index]
            if holder is holder[key]:  # type: ignore[index]
                holder[key] = 0  # type: ignore[index]
        case _:
            holder[key] = rng.choice(  # type: ignore[index]
                (None, True, -1, 0, 2, 10**30, 1e300, float("nan"), float("inf"), "", "nan", [], {},
                 [[]], {"": None}, "\x00", "x" * 5000, "9" * 30, "\ud800", -0.0, "accepted", 0.5)
            )  # fmt: skip
    return value


def of_archive(rng: Random, data: bytes) -> bytes:
    """A zip archive with one part damaged and a sound check sum; or with its bytes damaged."""
    if rng.random() < 0.3:
        return of_bytes(rng, data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        sheets = [n for n in names if "sheet" in n.lower() or n == "content.xml"] or names
        struck = rng.choice(sheets if rng.random() < 0.7 else names)
        for name in names:
            content = old.read(name)
            if name == struck:
                match rng.randrange(4):
                    case 0:
                        content = of_bytes(rng, content)
                    case 1:
                        continue
                    case _:
                        content = _of_xml(rng, content.decode()).encode("utf-8", "surrogatepass")
            new.writestr(name, content)
    return out.getvalue()


def _of_xml(rng: Random, text: str) -> str:
    """A number or reference changed, a tag exchanged with another, taken out or doubled."""
    tags = list(re.finditer(r"<[^>]+>", text))
    one, other = rng.choice(tags), rng.choice(tags)
    match rng.randrange(6):
        case 0:
            far = rng.choice(("XFD1048576", "A1048577", "A0", "AAAAAAA1", "B2", "", "ZZ99", "1A"))
            refs = list(re.finditer(r'(?<= r=")[A-Z]+[0-9]+(?=")', text)) or tags
            ref = rng.choice(refs)
            return text[: ref.start()] + far + text[ref.end() :]
        case 1:
            return text[: one.start()] + text[one.end() :]
        case 2:
            return text[: one.end()] + other[0] + text[one.end() :]
        case 3:
            found = rng.choice(list(_NUMBER.finditer(text)))
            return text[: found.start()] + rng.choice(NUMBERS) + text[found.end() :]
        case 4:
            first, last = sorted((one.start(), other.start()))
            return text[:last] + text[first:last] + text[last:]
        case _:
            return of_text(rng, text)
