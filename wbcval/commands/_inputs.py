"""Inputs of a study: from options to a protocol, and what was read of them in words."""

from __future__ import annotations

import argparse
from pathlib import Path

from wbcval.commands._shared import MOST, given, say_findings
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Protocol
from wbcval.study.inputs import Inputs
from wbcval.values.errors import InputError
from wbcval.values.findings import Severity
from wbcval.verbs import road


def protocol_of(args: argparse.Namespace) -> Protocol:
    """The protocol that is named, or that the options make."""
    inputs = given(args)
    if args.protocol is None:
        return road.protocol_of(inputs, args.mode)
    if inputs or args.mode:
        raise InputError(
            "usage", "a protocol and input options together", "write the inputs into the protocol"
        )
    return load(Path(args.protocol))


def say_inputs(inputs: Inputs) -> int:
    """What was read, left out and found; returns how many findings are errors."""
    for file in inputs.files:
        print(f"{file.role}: {file.file}, {file.dialect}, {file.rows} rows")
    for exclusion in inputs.exclusions[:MOST]:
        print(f"left out: {exclusion.sample_id} {exclusion.subject}: {exclusion.reason}")
    if len(inputs.exclusions) > MOST:
        print(f"… and {len(inputs.exclusions) - MOST} more left out")
    say_findings(inputs.findings)
    errors = sum(f.severity is Severity.ERROR for f in inputs.findings)
    print(f"{errors} errors, {len(inputs.findings) - errors} other findings")
    return errors
