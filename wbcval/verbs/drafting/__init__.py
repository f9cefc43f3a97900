"""A protocol drafted from the files at hand, for a person to finish before the data are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wbcval import __version__
from wbcval.door.importers import dialect_named
from wbcval.door.tables import MOST_LEVELS
from wbcval.machine import folders, input_files
from wbcval.machine.progress import Progress, silent
from wbcval.machine.toml_tables import quoted, setting
from wbcval.protocol.roles import REFERENCE
from wbcval.protocol.types import MODES, Protocol
from wbcval.study.cross_checks import natural
from wbcval.study.inputs import Inputs, read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import ROLLUPS
from wbcval.values.errors import InputError
from wbcval.values.findings import Severity
from wbcval.verbs.drafting import _criteria, _files
from wbcval.verbs.drafting._text import note, off

__all__ = ["Draft", "draft"]


_MEANS = dict(
    zip(
        MODES,
        (
            "both sides labelled the very same cells: an error is misclassification",
            "the slide was counted again: that, and which cells were picked",
            "an analyzer, on another drop: that, counting noise, its own error",
        ),
        strict=True,
    )
)
_ROLLUP_MEANS = {
    "xn5": "immature granulocytes among the neutrophils, as a Sysmex XN counts",
    "manual5": "segmented and band forms only, as by eye",
    "full": "every class as it is",
}
_SIGNERS = ("prepared", "reviewed", "approved")


@dataclass(frozen=True)
class Draft:
    """A drafted ``protocol.toml``.

    Attributes:
        text: of the file. Without a mode it is refused until one is taken up.
        inputs: as read, with what the input check found.
        problem: why the two sides could not be paired, or ``None``.
    """

    text: str
    inputs: Inputs
    problem: InputError | None

    def write(self, out: Path) -> None:
        """Write the draft where there is no file yet.

        Raises:
            InputError: where there is one, or none can be written.
        """
        with input_files.system(str(out), "written", "name another --out"):
            out.parent.mkdir(parents=True, exist_ok=True)
            try:
                with out.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(self.text)
            except FileExistsError:
                raise _exists(out) from None


def _exists(out: Path) -> InputError:
    return InputError(
        str(out), "is there already, and is never overwritten", "name another --out, or delete it"
    )


def draft(
    inputs: Mapping[str, Sequence[Path]],
    mode: str | None,
    out: Path,
    progress: Progress = silent,
) -> Draft:
    """Draft a protocol that asks what these files can answer. Nothing is judged.

    Criteria and bounds rest on columns, the reference and the numbers of cells, never on how far
    the model is off.

    Args:
        inputs: role → paths; no reference where the cells carry a true class.
        mode: of the comparison; ``None`` leaves the choice open in the file.
        out: where the protocol will stand; its paths are relative to that folder.
        progress: told what is being done.

    Raises:
        InputError: where ``out`` is taken, a file cannot be read, or there is nothing to compare
            the predictions with.
    """
    if out.exists() or out.is_symlink():  # before the work, not after it
        raise _exists(out)
    folders.refuse_inside(out)
    # to read and pair the files some mode is needed: the one that counts most as noise
    alone = not inputs.get(REFERENCE)
    provisional = mode or ("same-cells" if alone else "different-aliquot")
    found = read_inputs(Protocol(provisional, inputs=inputs), progress)
    study, problem = _paired(found)
    if problem is not None and mode is None and alone:
        raise InputError(
            "reference",
            "no file given, and the predictions hold no true class",
            "give --reference FILE, or a table of cells with a true_class column",
        )
    progress("drafting the protocol")
    lines = [
        *_head(found, mode),
        "",
        *_strata(found, study),
        "",
        *_products(found),
        "",
        *_files.sections(found, out.parent),
        "",
        *_criteria.sections(study, mode_known=mode is not None),
        "",
        *_people(),
    ]
    return Draft("\n".join(lines) + "\n", found, problem)


def _paired(inputs: Inputs) -> tuple[Study | None, InputError | None]:
    if any(finding.severity is Severity.ERROR for finding in inputs.findings):
        return None, None
    try:
        return build(inputs), None
    except InputError as why:
        return None, why


def _head(inputs: Inputs, mode: str | None) -> list[str]:
    lines = note(
        f"The validation protocol, drafted by wbcval {__version__} from column names, the "
        "reference and the numbers of cells. No error of the model was looked at to choose a "
        "criterion or a bound, and none must be: finish this file, and have it signed for, before "
        "anyone sees a result. A bound chosen afterwards proves nothing."
    )
    lines += note("A # without a space behind it turns a setting off; delete it to take it up.")
    lines += ["schema_version = 1", setting("title", ""), setting("intended_use", ""), ""]
    lines += note("What is compared decides what an error can mean, and no file tells it.")
    if mode is None:
        lines += note("Take up one; until then this file is refused.")
    for name in MODES:
        line = [f"{setting('mode', name):<27}# {_MEANS[name]}"]
        if mode is None:
            lines += off(line)
        elif name == mode:
            lines += line
    lines += ["", *_rollup(inputs), setting("seed", 1)]
    return lines


def _rollup(inputs: Inputs) -> list[str]:
    used = str(inputs.protocol.rollup)
    ways = ", ".join(f"{name} ({_ROLLUP_MEANS[name]})" for name in ROLLUPS)
    lines = note(f"How classes are grouped: {ways}.")
    reference = inputs.reference
    if reference is not None and dialect_named(reference.dialect):
        lines += note(f"{reference.file} is recognised as {reference.dialect}.")
    if inputs.cells is not None and inputs.cells.labels:
        lines += note(f"The cells are {', '.join(inputs.cells.labels)}.")
    return [*lines, setting("rollup", used)]


def _strata(inputs: Inputs, study: Study | None) -> list[str]:
    lines = []
    if study is not None:
        lines = [setting("measurands", list(study.measurands))]
    if inputs.samples is None:
        return lines or note("measurands: all that both sides have")
    frame = inputs.samples.frame
    few = [c for c in frame.columns if c not in ("sample_id", "patient_id")
           and 1 < frame[c].nunique() <= MOST_LEVELS]  # fmt: skip
    for column in few:
        levels = sorted(map(str, frame[column].dropna().unique()), key=natural)
        lines += note(f"{column}: {', '.join(map(quoted, levels))}")
    if not few:
        lines += note(f"no column of the samples table has 2 to {MOST_LEVELS} levels")
    lines.append(setting("strata", few))
    if "patient_id" in frame:
        lines += note("patient_id is known: samples of one patient are kept together.")
    return lines


def _products(inputs: Inputs) -> list[str]:
    lines = ["[model]", setting("name", ""), setting("version", "")]
    if inputs.reference is not None:
        lines += ["", "[analyzer]", setting("name", ""), setting("version", "")]
    return lines


def _people() -> list[str]:
    lines = note("What is known beforehand to be unfit, with the reason:")
    lines += off(["[[exclusion]]", 'sample_id = "…"', 'subject = "all"', 'reason = "clotted"'])
    for role in _SIGNERS:
        lines += ["", "[[signer]]", setting("role", role), setting("name", "")]
    return lines
