"""Accepting a bundle as the baseline: what is asked first, and what is written down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import evidence
from wbcval.bundle.again import believed, digest_of, judged_again
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating.baseline._anew import beside
from wbcval.gating.baseline._kept import kept
from wbcval.gating.baseline._log import appended
from wbcval.gating.baseline._store import (
    ANCHOR,
    ATTRIBUTES,
    CURRENT,
    FOR_GIT,
    LOG,
    Store,
    check_target,
    contents,
    is_store,
    open_store,
    store_of,
    write,
)
from wbcval.gating.compare.alike import MOST
from wbcval.gating.compare.apart import PROTOCOL, Mismatch, apart
from wbcval.judge.outcomes import Decision
from wbcval.machine import folders, input_files
from wbcval.values.errors import InputError


@dataclass(frozen=True)
class Promotion:
    """What came of it.

    Attributes:
        store: as it is now.
        notes: what the one who accepts must hear, in sentences.
    """

    store: Store
    notes: tuple[str, ...]


def accept(
    bundle: Path, to: Path, by: str, why: str, *, although_rejected: bool = False,
    new_anchor: bool = False,
) -> Promotion:  # fmt: skip
    """Make a bundle the baseline that candidates are judged against.

    Args:
        bundle: folder that ``wbcval report`` wrote.
        to: folder of the baseline; made where there is none.
        by, why: who accepts, and for what reason.
        although_rejected: accept a bundle whose verdict is ``rejected``, that the log knows as
            rejected by the gate, or that is worse than the anchor it would end.
        new_anchor: a bundle that does not compare with the anchor becomes the new anchor; it is
            held against the old one on what both share.

    Raises:
        InputError: where the bundle was altered, contradicts its tables, is rejected, is the
            current one already, or does not compare with the anchor; where the baseline does not
            hold or cannot be written.
    """
    by = _text("--by", by, "say who accepts")
    why = _text("--why", why, "say why, for those who read the log")
    side, parts, verdict, reason = _read(bundle)
    if verdict is Decision.REJECTED and not although_rejected:
        raise InputError(str(bundle), f"is rejected: {reason}",
                         "mend the model; or accept it with --although-rejected")  # fmt: skip
    notes = [] if verdict is Decision.ACCEPTED else [f"its verdict is {verdict}: {reason}"]
    notes += [*filter(None, [believed(side)])]
    check_target(folders.real(to))
    seal = evidence.seal(bundle)
    log, anchor, more = b"", dict[str, bytes](), dict[str, str]()
    if is_store(to):
        store = open_store(to)
        old, _ = contents(to)
        now = store.accepted
        if now.bundle == seal:
            raise InputError(str(bundle), f"is the baseline already (entry {now.number})",
                             "there is nothing to accept")  # fmt: skip
        log = old[LOG]
        notes += _known(store, side, bundle, although_rejected)
        notes += _compared(side, store.anchor, new_anchor)
        notes += [] if new_anchor else _replaced(side, store)
        more = _anew(side, store, although_rejected) if new_anchor else {}
        notes += [more["ended"]] if new_anchor else []
        if not new_anchor:
            anchor = {n: data for n, data in old.items() if n.startswith(f"{ANCHOR}/")}
    product = side.protocol.model
    said: dict[str, Any] = {
        "time": evidence.created(),
        "wbcval_version": __version__,
        "by": by,
        "why": why,
        "verdict": str(verdict),
        "model": {"name": product.name, "version": product.version},
        "digests": {key: side.digests[key] for key in ("predictions", "reference")},
        "bundle": seal,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
        "anchor": not anchor,
        **more,
    }
    slot = CURRENT if anchor else ANCHOR
    made = {
        ATTRIBUTES: FOR_GIT,
        **anchor,
        **{f"{slot}/{name}": data for name, data in parts.items()},
        LOG: appended(log, "accepted", said),
    }
    store_of(to, made)  # what is written can be read
    write(to, made)
    return Promotion(open_store(to), tuple(notes))


def _read(bundle: Path) -> tuple[Side, dict[str, bytes], Decision, str]:
    """The side of a bundle, what is kept of it, its verdict, and the reason of that."""
    for difference in evidence.refuted(bundle):
        raise InputError(str(bundle / difference.name), difference.what,
                         "make the bundle again with `wbcval report`")  # fmt: skip
    files = input_files.read_known(bundle, evidence.read_manifest(bundle)["outputs"], FILES)
    side = judged_again(side_of(str(bundle), files))
    try:
        assert side.verdict is not None  # noqa: S101 (a bundle states one)
        return side, kept(side, files), side.verdict, side.reason
    except (KeyError, ValueError) as why:
        raise InputError(str(bundle / "results.json"), f"cannot be kept ({why})",
                         "make the bundle again with `wbcval report`") from None  # fmt: skip


def _compared(side: Side, anchor: Side, new_anchor: bool) -> list[str]:
    """What to say of a bundle beside the anchor, where it may be accepted."""
    found = apart(side, anchor)
    barred = [a for a in found if a.what != PROTOCOL]
    if not barred and side.digests["reference"] != anchor.digests["reference"]:
        barred = [Mismatch("reference", "samples or measurands stand on one side alone")]
    differ = [*barred, *(a for a in found if a.what == PROTOCOL)]
    if new_anchor and not differ:
        raise InputError("--new-anchor", "the bundle compares with the anchor, which stays",
                         "leave it out: the anchor keeps slow losses in sight")  # fmt: skip
    if new_anchor:
        return [f"the anchor begins anew; what differs from the old one: {_all(differ)}"]
    if barred:
        raise InputError(
            side.name,
            f"does not compare with the anchor: {_all(barred)}",
            "judge the model on the anchor's reference data; or begin anew with --new-anchor",
        )
    return [f"a gate must be told to compare it with the anchor: {_all(differ)}"] if differ else []


def _replaced(side: Side, store: Store) -> list[str]:
    """That no gate compares a bundle with the model it replaces, and what is seen all the same."""
    found = apart(side, store.current)
    if not found:
        return []
    return [
        f"a gate refuses to compare it with the baseline that it replaces (entry "
        f"{store.accepted.number}): {_all(found)}; {beside(side, store.current).said}"
    ]


def _known(store: Store, side: Side, bundle: Path, although_rejected: bool) -> list[str]:
    """That the gate rejected this candidate before, by the log."""
    found = store.rejections(side.digests["predictions"], digest_of(side))
    if not found:
        return []
    said = f"the gate rejected this model before: entry {found[-1].number} of the log"
    if not although_rejected:
        raise InputError(str(bundle), said,
                         "mend the model; or accept it with --although-rejected")  # fmt: skip
    return [said]


def _anew(side: Side, store: Store, although_rejected: bool) -> dict[str, str]:
    """What the log notes of a new anchor: the end of the old one, and the set it continues."""
    found = beside(side, store.anchor)
    if found.worse and not although_rejected:
        raise InputError(
            side.name,
            f"is worse than the anchor that it would end: {found.said}",
            "mend the model; or accept it with --although-rejected, which every later gate tells",
        )
    ended = f"(entry {store.anchored.number}) ended: {found.said}"
    continues = beside(side, store.current).overlap > MOST
    return {"ended": ended} | ({"set": store.reference_set} if continues else {})


def _all(found: list[Mismatch]) -> str:
    return "; ".join(dict.fromkeys(f"{a.what}: {a.said}" for a in found))


def _text(option: str, text: str, advice: str) -> str:
    found = text.strip()
    if not found:
        raise InputError(option, "is empty", advice)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise InputError(option, "is not text", "write it in UTF-8") from None
    return found
