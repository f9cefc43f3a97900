"""The rules of the border tables: ``schemas/<name>.yaml``, pandera's part and the findings'."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from wbcval.machine import resources
from wbcval.values.findings import Severity

if TYPE_CHECKING:
    import pandera.pandas as pa


_OURS = ("findings", "include", "role")


@dataclass(frozen=True, slots=True)
class Rule:
    """How far a rule reaches and what to do about it."""

    severity: Severity
    advice: str


@cache
def findings(name: str) -> Mapping[str, Rule]:
    """The ``findings:`` block of a table: severity and advice of each rule, in its order.

    A rule without a text of its own has the one of ``shared.yaml``.
    """
    document, shared = _document(name), _loaded("shared")["findings"]
    texts = {rule: own or shared[rule] for rule, own in document["findings"].items()}
    return {
        rule: Rule(Severity(text["severity"]), text["advice"].replace("{role}", document["role"]))
        for rule, text in texts.items()
    }


@cache
def schema(name: str) -> pa.DataFrameSchema:
    """Pandera's part of a table's rules, which knows nothing of the findings."""
    # pandera takes half a second to import, and a gate that reads bundles has no use for it
    from pandera.io.pandas_io import deserialize_schema

    own = {key: value for key, value in _document(name).items() if key not in _OURS}
    # pandera takes things out of what it reads, and a YAML anchor is one object used twice
    return deserialize_schema(json.loads(json.dumps(own)))


def _document(name: str) -> Mapping[str, Any]:
    """The file of a table, with what it includes; its own findings keep the place of those."""
    own = _loaded(name)
    base = _loaded(own["include"]) if "include" in own else {"findings": {}}
    return {**base, **own, "findings": {**base["findings"], **own["findings"]}}


@cache
def _loaded(name: str) -> Mapping[str, Any]:
    text = (resources.root() / "schemas" / f"{name}.yaml").read_text(encoding="utf-8")
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, ten times as fast
    document: Mapping[str, Any] = yaml.load(text, fast)  # noqa: S506 (both are safe)
    return document
