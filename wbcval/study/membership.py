"""Which samples a study is of, and why others are left out."""

from __future__ import annotations

from wbcval.protocol.types import Protocol
from wbcval.study import accounts, cross_checks, unread
from wbcval.study.inputs import Inputs
from wbcval.values.errors import InputError
from wbcval.values.findings import Exclusion, Kind


def samples(inputs: Inputs) -> tuple[tuple[str, ...], list[Exclusion]]:
    """The samples under study, sorted, and those left out whole."""
    protocol = inputs.protocol
    model: set[str] = set(inputs.cells.sample_ids) if inputs.cells else set()
    if inputs.counts is not None:
        model |= set(inputs.counts.frame["sample_id"])
    if protocol.mode == "same-cells":
        cells = inputs.cells
        assert cells is not None  # noqa: S101 (build has refused)
        labelled = cells.confusion.sum(axis=(1, 2)) > 0
        under = {name for name, has in zip(cells.sample_ids, labelled, strict=True) if has}
    else:
        assert inputs.reference is not None  # noqa: S101 (read_inputs has refused)
        under = set(inputs.reference.frame["sample_id"])
        if not under & model:
            raise InputError(
                "sample_id",
                f"no id in common: predictions have {cross_checks.some(model)}, "
                f"the reference {cross_checks.some(under)}",
                "check [columns.*] and leading zeros; ids are compared as text",
            )
    missing, kind = alone(protocol)
    unpaired = sorted(model - under, key=cross_checks.natural)
    left_out = [Exclusion(name, "all", missing, kind) for name in unpaired]
    left_out += [
        Exclusion(name, "all", "in the list of samples alone", kind)
        for name in sorted(
            accounts.listed(inputs) - model - under - cross_checks.unseen(inputs),
            key=cross_checks.natural,
        )
    ]
    stated = {e.sample_id: e.reason for e in protocol.exclusions if e.subject == "all"}
    left_out += [
        Exclusion(name, "all", f"protocol: {reason}", Kind.EXCLUDED)
        for name, reason in stated.items()
        if name in under
    ]
    alike = unread.no_samples(inputs)
    left_out += [
        Exclusion(name, "all", "by its name no sample, and a result on both sides", Kind.NO_SAMPLE)
        for name in alike
    ]
    left_out += [
        Exclusion(name, "all", said, Kind.UNREAD)
        for name, said in unread.unread(inputs, accounts.listed(inputs) | {*alike}).items()
    ]
    invalid = {} if inputs.samples is None else inputs.samples.invalid
    invalid = {i: said for i, said in invalid.items() if i in under and i not in stated}
    left_out += [
        Exclusion(name, "all", f"in the samples table: {said}", Kind.INVALID)
        for name, said in invalid.items()
    ]
    outside = sorted(cross_checks.unlisted(inputs) - stated.keys(), key=cross_checks.natural)
    left_out += [Exclusion(name, "all", "not in the samples table", Kind.UNLISTED)
                 for name in outside]  # fmt: skip
    kept = sorted(under - stated.keys() - {*outside} - invalid.keys(), key=cross_checks.natural)
    if not kept:
        raise InputError("sample_id", "no sample is left to compare", "look at the exclusions")
    return tuple(kept), left_out


def alone(protocol: Protocol) -> tuple[str, Kind]:
    """Why a sample that the model has alone is left out."""
    if protocol.mode == "same-cells":
        return "no cell of it has a true class", Kind.UNLABELLED
    return "not in the reference", Kind.UNREFERENCED
