"""An executed notebook as a page: what it printed and drew is shown, nothing is run."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser

_KINDS = ("text/html", "image/svg+xml", "image/png", "text/plain")  # the best one first


class NotebookParser(MystParser):
    """Reads ``.ipynb`` as the Markdown it amounts to."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse one notebook."""
        super().parse(markdown(json.loads(inputstring)), document)


def markdown(notebook: dict[str, Any]) -> str:
    """Cells and their outputs, in order."""
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else _fenced("python", text))
        parts += [_output(output) for output in cell.get("outputs", ())]
    return "\n\n".join(parts) + "\n"


def _output(output: dict[str, Any]) -> str:
    data = output.get("data") or {"text/plain": output.get("text", "")}
    kind = next(k for k in _KINDS if k in data)
    text = "".join(data[kind])
    if kind == "text/plain":
        return _fenced("text", text)
    if kind == "image/png":
        text = f'<img alt="" src="data:image/png;base64,{text.strip()}">'
    return _fenced("{raw} html", text)


def _fenced(language: str, text: str) -> str:
    return f"`````{language}\n{text.rstrip()}\n`````"
