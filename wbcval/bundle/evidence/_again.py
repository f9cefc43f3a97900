"""A bundle made again from its inputs, and every file of it compared.

What a bundle claims of its own making (time, versions) is taken over, so that each file comes out
byte for byte wherever the numbers do. What was claimed and is not so here is told apart at the end.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from wbcval.bundle.evidence._provenance import WORKBOOKS, versions
from wbcval.bundle.evidence._verify import Difference, results_of
from wbcval.machine import folders, input_files
from wbcval.protocol.roles import OF_TABLE, ROLES
from wbcval.protocol.types import Protocol
from wbcval.values.errors import InputError

# of that run alone; the files themselves stand for outputs, and the paths were followed
_NOT_COMPARED = ("platform", "command_line", "seconds", "outputs", "input_paths")
_PRINTED = re.compile(rb"/(?:CreationDate|ModDate) ?\(D:[^)]*\)|/ID ?\[[^\]]*\]|<xmp:[^<]*")
_PDF = "report.pdf"


@dataclass(frozen=True)
class Rerun:
    """What a bundle says of the run that made it.

    Attributes:
        paths: where the inputs are, role by role.
        files: role → how many of them play it.
        created: when.
        claimed: ``wbcval_version`` and ``versions``, as they stand in each file.
        from_options: no protocol was given.
        pdf: whether the report was printed too.
    """

    paths: tuple[Path, ...]
    files: Mapping[str, int]
    created: str
    claimed: Mapping[str, Any]
    from_options: bool
    pdf: bool

    def inputs_of(self, protocol: Protocol, bundle: str) -> dict[str, tuple[Path, ...]]:
        """Role → paths, of the protocol in that bundle; one pattern may have named many files.

        Raises:
            InputError: where the bundle was made from fewer inputs than its protocol names.
        """
        named = {role for role, paths in protocol.inputs.items() if paths}
        of = {role: self.files.get(role, 0) for role in ROLES}
        if named != {role for role in of if of[role]} or sum(of.values()) != len(self.paths):
            few = named - self.files.keys() or sum(of.values()) > len(self.paths)
            less = "fewer" if few else "more"
            raise InputError(bundle, f"has a manifest that names {less} inputs than its protocol",
                             "give the folder that `wbcval report` wrote")  # fmt: skip
        paths = iter(self.paths)
        return {role: tuple(islice(paths, n)) for role, n in of.items()}


def rerun_of(bundle: Path) -> Rerun:
    """Read how a bundle was made, and find its inputs, unchanged.

    Args:
        bundle: one that :func:`wbcval.bundle.evidence.verify` finds nothing in.

    Raises:
        InputError: for a result of the gate; where an input is gone or not the same file any more.
    """
    about, origin = folders.manifest_of(bundle), results_of(bundle)["provenance"]
    if "protocol.toml" not in about["outputs"]:
        raise InputError(
            str(bundle),
            "is a result of the gate, which keeps no inputs",
            "verify the two bundles that were compared, and run the gate again",
        )
    claimed = {key: about[key] for key in ("wbcval_version", "versions")}
    try:
        files = Counter(OF_TABLE[i["role"]].name for i in about["inputs"])
        known = {(i["file"], i["sha256"]) for i in about["inputs"]}
        paths = tuple(Path(p) for p in about["input_paths"])
    except (KeyError, TypeError):
        raise InputError(str(bundle), "has a manifest whose inputs cannot be read",
                         "give the folder that `wbcval report` wrote") from None  # fmt: skip
    for path in paths:
        _check_judged(path, known)
    from_options, pdf = origin.get("protocol_sha256") is None, _PDF in about["outputs"]
    return Rerun(paths, files, about["created"], claimed, from_options, pdf)


def _check_judged(path: Path, known: Container[tuple[str, str]]) -> None:
    """Refuse an input that is gone, or is another file by now."""
    try:
        input_files.state(path)
        found = input_files.sha256_of(path)
    except (InputError, OSError):
        raise InputError(str(path), "the input is not there any more",
                         "put it back to recompute") from None  # fmt: skip
    if (path.name, found) not in known:
        raise InputError(str(path), "is not the file that was judged: its sha256 differs",
                         "put the judged file back to recompute")  # fmt: skip


def compared(
    bundle: Path, files: Mapping[str, bytes], about: Mapping[str, Any]
) -> list[Difference]:
    """What of a bundle is not what the run that was made again gives; empty where all is.

    Args:
        bundle: as written.
        files: name → content of the files made again, under the claims of :func:`rerun_of`;
            without ``report.pdf`` where it cannot be printed here.
        about: their manifest.
    """
    there = folders.manifest_of(bundle)
    found = [
        Difference(folders.MANIFEST, f"{key} is not what these inputs give")
        for key in sorted(about.keys() - {*_NOT_COMPARED})
        if there[key] != about[key]
    ]
    for name in there["outputs"]:
        data = input_files.read(bundle / name)
        if name == _PDF:
            found += _printed(data, files.get(name))
        elif name not in files:
            found.append(Difference(name, "is not among what these inputs give"))
        elif data != files[name]:
            found += _results(data, files[name]) if name == "results.json" else []
            found.append(Difference(name, "is not what these inputs give"))
    return [*found, *_elsewhere(there)]


def _results(data: bytes, made: bytes) -> list[Difference]:
    """Which parts of the results differ."""
    theirs, ours = json.loads(data), json.loads(made)
    parts = [(key, theirs.get(key), ours.get(key)) for key in sorted(theirs.keys() | ours.keys())]
    of_origin = [
        (f"provenance.{key}", *(o["provenance"].get(key) for o in (theirs, ours)))
        for key in sorted(theirs["provenance"].keys() | ours["provenance"].keys())
    ]
    every = [part for part in (*parts, *of_origin) if part[0] != "provenance"]
    return [
        Difference("results.json", f"{key[:60]} differs when recomputed")
        for key, one, other in every
        if one != other
    ]


def _printed(data: bytes, made: bytes | None) -> list[Difference]:
    """A PDF that was printed by another Chromium may differ and be right."""
    if made is not None and _PRINTED.sub(b"", data) == _PRINTED.sub(b"", made):
        return []
    why = "no Chromium is installed" if made is None else "the Chromium here prints it otherwise"
    return [Difference(_PDF, f"cannot be compared: {why}; rely on report.html", compared=False)]


def _elsewhere(there: Mapping[str, Any]) -> Iterator[Difference]:
    """What files say of versions that are not those of this installation."""
    from wbcval import __version__

    theirs = {"wbcval": there["wbcval_version"], **there["versions"]}
    ours = {"wbcval": __version__, **versions(workbooks=WORKBOOKS in theirs)}
    others = [
        f"{name} {theirs.get(name, 'not named')} (here {ours.get(name, 'not used')})"
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]
    if others:
        said = f"cannot be compared whole, as it was made by {', '.join(others)}"
        for name in ("report.html", "results.json"):
            yield Difference(name, f"{said}; install these and verify again", compared=False)
