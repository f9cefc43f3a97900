"""How the documentation is built: ``make docs``. Nothing is fetched, and a warning is an error."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import generated
import statistic_pages
from notebook_pages import NotebookParser

from wbcval import __version__

project = "wbcval"
version = release = __version__
copyright = "the authors of wbcval, Apache-2.0"  # noqa: A001 (the name Sphinx asks for)
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".ipynb": "notebook"}
myst_heading_anchors = 3

html_theme = "alabaster"
html_theme_options = {
    "description": "Does a white-cell classifier's count agree with the reference analyzer?",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "show_powered_by": False,
}
html_show_sourcelink = False

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes of a class stand in its own entry


def _fill(_app: object, _page: str, source: list[str]) -> None:
    """Put what is made where a page says ``<!-- generated: name -->``, or name and statistic."""
    source[0] = re.sub(
        r"<!-- generated: (\w+) -->", lambda m: str(getattr(generated, m[1])()), source[0]
    )
    source[0] = re.sub(
        r"<!-- generated: (\w+) (\w+) -->",
        lambda m: str(getattr(statistic_pages, m[1])(m[2])),
        source[0],
    )


def _escape(
    _app: object, _what: str, _name: str, _obj: object, _opt: object, lines: list[str]
) -> None:
    """``|skewness|`` is an absolute value, no substitution."""
    lines[:] = [re.sub(r"\|([^|\s]+)\|", r"\\|\1\\|", line) for line in lines]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _escape)
    app.add_source_parser(NotebookParser)
    app.connect("source-read", _fill)
