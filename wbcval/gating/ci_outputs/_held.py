"""Whether the outputs in a folder are those that its ``results.json`` gives."""

from collections.abc import Iterator, Mapping

from wbcval.bundle.results_file import ResultsFile
from wbcval.gating.ci_outputs._annotations import annotations
from wbcval.gating.ci_outputs._announced import Kept
from wbcval.gating.ci_outputs._junit import junit
from wbcval.gating.ci_outputs._markdown import holds

FILES = ("junit.xml", "summary.md", "annotations.txt")


def contradictions(told: ResultsFile, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Files that are not as this version writes them, and what of them; tables of Markdown aside.

    Args:
        told: by ``results.json`` of this version's gate.
        files: content of each of ``FILES``.
    """
    try:
        kept = Kept.of(told)
        made = {"junit.xml": junit(kept), "annotations.txt": annotations(kept)}
        opens = holds(files["summary.md"].decode("utf-8", "replace"), kept)
    except (AttributeError, KeyError, TypeError, ValueError):
        yield "results.json", "does not tell what its outputs do"
        return
    for name, text in made.items():
        if files[name] != text.encode():
            yield name, "is not what results.json gives"
    if not opens:
        yield "summary.md", "opens otherwise than results.json gives"
