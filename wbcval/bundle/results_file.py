"""``results.json``: what report and gate write, and what is read of it again, without loss.

Version 3 tells what was seen apart from what was declared, and the marks of the whole study.
Version 2 holds what a criterion asked, what its outcome rests on, and signs of infinite numbers.
Version 1 did not: what one does not tell is absent in what is read of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from wbcval.bundle import _keys
from wbcval.bundle._form import RESULTS
from wbcval.judge.outcomes import Decision, Outcome, Verdict
from wbcval.judge.scope import Scope
from wbcval.machine import input_files, input_json
from wbcval.measure.results import Measurement, statistic_of
from wbcval.protocol.types import AcceptedFlag
from wbcval.stats.metric import Better
from wbcval.values.findings import Exclusion

NAME = "results.json"
VERSION = 3
_ADVICE = "give the folder that `wbcval report` or `wbcval gate` wrote"


@dataclass(frozen=True)
class ResultsFile:
    """What a ``results.json`` tells.

    Attributes:
        verdict: with its scope, and each criterion's outcome.
        measurements: every number.
        provenance: of the run.
        exclusions: what was left out.
        comparison: of a gate, as it stands there; else ``None``.
        rows: of a gate, criterion → what else its row tells of the change.
        version: that it was read as.
    """

    verdict: Verdict
    measurements: tuple[Measurement, ...]
    provenance: Mapping[str, Any]
    exclusions: tuple[Exclusion, ...] = ()
    comparison: Mapping[str, Any] | None = None
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: int = VERSION

    def text(self) -> str:
        """The file, by ``schemas/results.schema.json``: numbers, or null with a reason."""
        verdict, more = self.verdict, self.rows
        document = {
            "schema_version": VERSION,
            "wbcval_version": self.provenance["wbcval_version"],
            "created": self.provenance["created"],
            "verdict": str(verdict.decision),
            "reason": verdict.reason,
            "notes": list(verdict.notes),
            "scope": verdict.scope.to_json(),
            "accepted_flags": [asdict(a) for a in verdict.accepted],
            "measurements": [m.to_json() for m in self.measurements],
            "outcomes": [o.to_json() | {**more.get(o.criterion.id, {})} for o in verdict.outcomes],
            "exclusions": [
                {"sample_id": e.sample_id, "subject": e.subject, "reason": e.reason}
                for e in self.exclusions
            ],
            **({} if self.comparison is None else {"comparison": dict(self.comparison)}),
            "provenance": dict(self.provenance),
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """What the JSON object of a file tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none.
        """
        version = found["schema_version"]
        found = _upgraded(found)
        RESULTS.check(found)
        accepted = [AcceptedFlag(**row) for row in found["accepted_flags"]]
        outcomes = tuple(Outcome.from_json(row, accepted) for row in found["outcomes"])
        criteria = [o.criterion for o in outcomes]
        pairs = zip(outcomes, found["outcomes"], strict=True)
        return cls(
            Verdict(
                Decision(found["verdict"]), found["reason"], outcomes,
                tuple(found["notes"]), Scope.from_json(found["scope"], criteria),
            ),
            tuple(map(Measurement.from_json, found["measurements"])),
            found["provenance"],
            tuple(
                Exclusion(e["sample_id"], e["subject"], e["reason"]) for e in found["exclusions"]
            ),
            found.get("comparison"),
            {o.criterion.id: more for o, row in pairs if (more := _more(row, o.to_json()))},
            version,
        )  # fmt: skip


def read(data: bytes, where: str, advice: str = _ADVICE) -> ResultsFile:
    """A file as it stands in a bundle.

    Args:
        data: of ``results.json``.
        where: the file, for messages. advice: what to do about one that is none.

    Raises:
        InputError: where it is no results of any version.
    """
    found = input_json.loads(data, where, advice)
    with input_files.border(where, "results of wbcval", advice):
        return ResultsFile.of(found)


def _more(row: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What a row tells besides."""
    return {key: value for key, value in row.items() if key not in known}


def _upgraded(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """An older version as the newest, what it does not tell left open."""
    version = found["schema_version"]
    if version not in range(1, VERSION + 1) or not isinstance(version, int):
        raise ValueError(f"schema_version is {version!r:.20}, and 1 to {VERSION} are known")
    _keys.check(found)
    found = _of_version_1(found) if version == 1 else found
    return {**found, "schema_version": VERSION, "scope": _NOT_SEEN | found["scope"]}


_NOT_SEEN: Mapping[str, Any] = {"seen": [], "marks": []}


def _of_version_1(found: Mapping[str, Any]) -> Mapping[str, Any]:
    sizes = {
        (row["subject"], row["statistic"]): row["n"]
        for row in found["measurements"]
        if row["stratum"] == "all" and row["measure"] in ("error", "classification")
    }
    not_judged = [
        u | {"n": sizes.get((u["subject"], u["statistic"]))} for u in found["scope"]["not_judged"]
    ]
    return {
        **found,
        "notes": [],
        "scope": found["scope"] | {"not_judged": not_judged},
        "measurements": [_measurement(row) for row in found["measurements"]],
        "outcomes": [{**_UNTOLD, **row, "asked": _asked(row)} for row in found["outcomes"]],
    }


_UNTOLD: Mapping[str, Any] = {
    "hits": None, "attainable_note": "", "both_rules": None, "suspicious": False, "notes": [],
}  # fmt: skip


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    open_ = {"min_n": None, "confidence": 0.95, "or_within": None, "limits": None}
    return open_ | {"statistic": row["statistic"]}


def _measurement(row: Mapping[str, Any]) -> dict[str, Any]:
    about = statistic_of(row["measure"], row["statistic"])
    said = {"title": about.title, "better": about.better} if about else {}
    return {"title": "", "better": Better.NONE, "deff": None, "icc": None, **said, **row}
