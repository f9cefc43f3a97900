"""``protocol.toml``, read strictly: an unknown key is refused, with the nearest right one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wbcval.machine import input_files
from wbcval.machine.toml_tables import Table, lines, nearest, stated
from wbcval.machine.toml_tables import parse as parse_toml
from wbcval.protocol import criterion_file, gate_file
from wbcval.protocol.roles import ROLES
from wbcval.protocol.types import (
    MODES,
    OPTIONAL_SECTIONS,
    AcceptedFlag,
    Product,
    Protocol,
    Signer,
    StatedExclusion,
)
from wbcval.values.classes import COUNTABLE, OTHER, ROLLUPS
from wbcval.values.errors import InputError
from wbcval.values.flags import FLAGS
from wbcval.values.measurands import MEASURANDS

_LONGEST = 1 << 22  # bytes of a protocol; one that names 10 000 exclusions has a quarter


def load(path: Path | str) -> Protocol:
    """Read a ``protocol.toml``.

    Raises:
        InputError: where the file is unreadable, or a key or value is not right.
    """
    path = Path(path)
    data = input_files.read(path, "give a protocol.toml", _LONGEST)
    try:
        text = data.decode("utf-8")  # with its mark and line ends: its bytes are what is hashed
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save the protocol as UTF-8") from None
    return parse(text, path.name, path.parent)


def parse(text: str, name: str, folder: Path = Path()) -> Protocol:
    """The protocol a text states.

    Args:
        text: TOML.
        name: of the file, for messages.
        folder: where relative input paths start.

    Raises:
        InputError: where a key or value is not right.
    """
    top = Table(parse_toml(text, name), name)
    version = top.take("schema_version", int, 1)
    if version != 1:
        top.refuse("schema_version", f"got {version}", "this wbcval reads version 1")
    mode = top.choice("mode", MODES)
    if mode is None:
        top.refuse("mode", "is missing", f"say what is compared: {', '.join(MODES)}")
    inputs = _inputs(top.table("inputs"), folder)
    per_role = {}
    for key in ("columns", "units"):
        table = top.table(key)
        per_role[key] = {role: table.mapping(role, str) for role in ROLES}
        table.done()
    mix = top.mapping("clinical_mix", (float, int))
    model = top.table("model")
    card_checked = model.take("card_checked", bool, False)
    protocol = Protocol(
        mode=str(mode),
        title=top.take("title", str, ""),
        intended_use=top.take("intended_use", str, ""),
        rollup=top.choice("rollup", tuple(ROLLUPS)),
        seed=top.take("seed", int, 1),
        measurands=top.texts("measurands"),
        strata=top.texts("strata"),
        missing=str(top.choice("missing", ("outside", "excluded"), "outside")),
        minimum_cells=top.take("minimum_cells", int, 1),
        duplicates=top.choice("duplicates", ("first", "last")),
        error_ratio=top.number("error_ratio"),
        model=_product(model),
        card_checked=card_checked,
        analyzer=_product(top.table("analyzer")),
        inputs=inputs,
        columns=per_role["columns"],
        units=per_role["units"],
        sheets=top.mapping("sheets", str),
        class_map=top.mapping("class_map", str),
        resolution=top.mapping("resolution", (float, int)),
        reference_cv=top.mapping("reference_cv", (float, int)),
        clinical_mix=mix,
        exclusions=tuple(_exclusion(row) for row in top.tables("exclusion")),
        accepted=_accepts(top),
        criteria=criterion_file.criteria(top, str(mode), mix=bool(mix)),
        gate=gate_file.gate(top.table("gate")),
        signers=tuple(_signer(row) for row in top.tables("signer")),
        report_without=top.texts("report_without"),
        source=text,
    )
    top.done()
    _check_values(protocol, top)
    return protocol


def as_file(protocol: Protocol) -> Protocol:
    """A protocol that no file holds, as the one is read that states it: held to the same rules.

    Raises:
        InputError: for what no file may state.
    """
    read = parse(write(protocol), "the protocol")
    return replace(read, inputs=protocol.inputs, source="")


def write(protocol: Protocol) -> str:
    """The text of a protocol: ``parse(write(p))`` is ``p`` but for its source, and for its inputs.

    Of these it names the files and no folder. What is as by default is left out, but for mode,
    roll-up, seed, strata, and where and by which rule a criterion is judged.
    """
    named, gate = stated(protocol), stated(protocol.gate)
    for key in ("model", "analyzer"):
        named[key] = stated(getattr(protocol, key))
    if named.pop("card_checked", False):
        named["model"]["card_checked"] = True
    named["inputs"] = {
        name: [path.name for path in paths] if ROLES[name].many else paths[0].name
        for name, paths in protocol.inputs.items()
        if paths
    }
    named["gate"] = gate
    for table, key, rows in (
        (named, "exclusion", "exclusions"), (named, "accept", "accepted"),
        (named, "criterion", "criteria"), (gate, "criterion", "margins"),
        (named, "signer", "signers"),
    ):  # fmt: skip
        if found := table.pop(rows, ()):
            table[key] = [*map(stated, found)]
    for row, criterion in zip(named.get("criterion", ()), protocol.criteria, strict=True):
        row |= {"stratum": criterion.stratum, "rule": criterion.rule}
    named.pop("source", None)
    always = {key: getattr(protocol, key) for key in ("mode", "rollup", "seed", "strata")}
    return "\n".join(lines({"schema_version": 1, **always, **named})) + "\n"


def _inputs(table: Table, folder: Path) -> dict[str, tuple[Path, ...]]:
    """Role → paths."""
    named = {
        name: table.texts(name) if role.many else filter(None, [table.take(name, str)])
        for name, role in ROLES.items()
    }
    table.done()
    return {name: tuple(folder / text for text in texts) for name, texts in named.items()}


def _product(table: Table) -> Product:
    product = Product(table.take("name", str, ""), table.take("version", str, ""))
    table.done()
    return product


def _exclusion(table: Table) -> StatedExclusion:
    found = StatedExclusion(
        table.need("sample_id", str),
        table.need("reason", str),
        str(table.choice("subject", ("all", *MEASURANDS), "all")),
    )
    table.done()
    return found


def _accepts(top: Table) -> tuple[AcceptedFlag, ...]:
    found = tuple(_accepted(row) for row in top.tables("accept"))
    names = [(a.flag, a.subject) for a in found]
    for flag, subject in names:
        if names.count((flag, subject)) > 1:
            top.refuse("accept", f"{flag} of {subject} stands twice", "give it once")
    return found


def _accepted(table: Table) -> AcceptedFlag:
    found = AcceptedFlag(
        table.need("flag", str), table.need("subject", str), table.need("reason", str).strip()
    )
    table.done()
    known = tuple(name for name, flag in FLAGS.items() if flag.acceptable)
    if found.flag not in FLAGS:
        table.refuse("flag", f"got {found.flag!r}", nearest(found.flag, known))
    if found.flag not in known:
        about = FLAGS[found.flag]
        table.refuse(
            "flag",
            f"got {found.flag!r}, which no protocol can accept: {about.words}",
            about.instead or f"these can be accepted: {', '.join(known)}",
        )
    subjects = (*MEASURANDS, "all", *COUNTABLE, OTHER)
    if found.subject not in subjects:
        table.refuse("subject", f"got {found.subject!r}", nearest(found.subject, subjects))
    if not found.reason:
        table.refuse(
            "reason", "is empty", "say why it does no harm: it is printed with the verdict"
        )
    return found


def _signer(table: Table) -> Signer:
    signer = Signer(
        table.need("role", str), table.take("name", str, ""), table.take("meaning", str, "")
    )
    table.done()
    return signer


def _check_values(protocol: Protocol, top: Table) -> None:
    numbers = {"resolution": protocol.resolution, "reference_cv": protocol.reference_cv}
    named = {
        "measurands": (protocol.measurands, MEASURANDS),
        "report_without": (protocol.report_without, OPTIONAL_SECTIONS),
        "sheets": (protocol.sheets, tuple(ROLES)),
    }
    for key, (names, right) in (named | {k: (v, MEASURANDS) for k, v in numbers.items()}).items():
        for name in names:
            if name not in right:
                top.refuse(key, f"got {name!r}", nearest(name, right))
    for key, values in numbers.items():
        for name, number in values.items():
            if number < 0:
                top.refuse(key, f"{name} = {number}", "write a number of at least 0")
    if protocol.error_ratio is not None and protocol.error_ratio <= 0:
        top.refuse("error_ratio", f"got {protocol.error_ratio:g}", "write a number above 0")
    if protocol.minimum_cells < 1:
        top.refuse("minimum_cells", f"got {protocol.minimum_cells}", "write at least 1")
    mix = protocol.clinical_mix
    if mix and (min(mix.values()) < 0 or abs(sum(mix.values()) - 1) > 1e-6):
        top.refuse("clinical_mix", f"sums to {sum(mix.values()):g}", "shares must sum to 1")
