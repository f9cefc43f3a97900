"""What codes mean, in words a reader signs under."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from wbcval._format import fixed, places_of, unit_text, with_unit
from wbcval.criteria import Decision, Outcome, Status
from wbcval.estimate import Estimate
from wbcval.protocol import Criterion, Product, Signer
from wbcval.render._numbers import interval, numerals, value
from wbcval.render._select import Agreement, Apart, Noise, Verification
from wbcval.stats._classification import Classification

MODES: Mapping[str, tuple[str, str]] = {
    "same-cells": (
        "the very same cells, labelled on both sides",
        "No counting noise separates the two sides: every difference is a classification "
        "difference.",
    ),
    "same-slide": (
        "the same slide, counted again",
        "The two sides may have seen different cells of one slide; part of every difference is "
        "chance in which cells were counted, and how far the cells overlap is unknown.",
    ),
    "different-aliquot": (
        "another aliquot, counted by an analyzer",
        "The two sides saw different cells. Every difference holds the counting noise of the "
        "model's cells and the analyzer's own imprecision, besides any error of classification.",
    ),
}

_STATUS: Mapping[Status, tuple[str, str]] = {
    Status.PASS: ("✓", "pass"),
    Status.FAIL: ("✗", "fail"),
    Status.INCONCLUSIVE: ("?", "inconclusive"),
    Status.NOT_ESTIMABLE: ("–", "not estimable"),
}
DECISIONS: Mapping[Decision, tuple[str, str]] = {
    Decision.ACCEPTED: ("✓", "Accepted"),
    Decision.REJECTED: ("✗", "Rejected"),
    Decision.INCONCLUSIVE: ("?", "Inconclusive"),
}
_ATTAINABLE: Mapping[str | None, tuple[str, str]] = {
    "yes": ("✓", "yes"),
    "marginal": ("?", "marginal"),
    "no": ("✗", "no, not at this cell count"),
    None: ("–", "cannot be said"),
}
_STATISTICS: Mapping[str, str] = {
    "covering_error": "covering error",
    "n_outside": "samples outside",
    "sd": "SD",
    "lower": "lower limit of agreement",
    "upper": "upper limit of agreement",
    "ppv": "PPV",
    "npv": "NPV",
    "f1": "F1",
    "mcc": "MCC",
    "kappa": "Cohen's κ",
    "macro_f1": "macro-F1",
}
SIGNERS = (
    Signer("prepared", meaning="I prepared this report from the inputs named in it."),
    Signer("reviewed", meaning="I reviewed the data, the exclusions and the conclusion."),
    Signer("approved", meaning="I approve the conclusion for the stated intended use."),
)


def status(found: Status | None) -> Markup:
    """A status as symbol, word and class of colour."""
    if found is None:
        return Markup("–")
    symbol, word = _STATUS[found]
    return Markup('<span class="status {}"><span aria-hidden="true">{}</span> {}</span>').format(
        found.value, symbol, word
    )


def attainable(found: str | None) -> Markup:
    """Whether a perfect classifier could meet a criterion, in a word."""
    symbol, word = _ATTAINABLE[found]
    kind = {"yes": "pass", "no": "fail", "marginal": "inconclusive"}.get(found or "", "none")
    return Markup('<span class="status {}"><span aria-hidden="true">{}</span> {}</span>').format(
        kind, symbol, word
    )


def statistic(name: str) -> str:
    """A statistic's name with its parameter, in words."""
    base, *rest = name.split(":")
    if base == "share_within":
        return f"samples within {rest[0]} %"
    shown = _STATISTICS.get(base, base.replace("_", " "))
    if base == "n_outside":
        return f"{shown} {rest[0]} %"
    if base == "covering_error":
        return f"{shown} of {fixed(100 * float(rest[0]), places_of(float(rest[0]), significant=1))} %"
    return " ".join([shown, *rest])


def _amount(number: float, unit: str) -> str:
    if unit == "1":
        return f"{100 * number:.6g} %"
    return with_unit(f"{number:.6g}".replace("-", "−"), unit)


def required(outcome: Outcome) -> str:
    """The bound of a criterion: ``at least 95 % of samples within 10 %``."""
    c = outcome.criterion
    unit = outcome.unit or ("1" if c.measure in ("error", "classification") else "")
    parts = []
    if c.min is not None:
        parts.append(f"at least {_amount(c.min, unit)}")
    if c.max is not None:
        parts.append(f"at most {_amount(c.max, unit)}")
    text = " and ".join(parts)
    base, _, limit = c.statistic.partition(":")
    if base == "share_within":
        floor = ""
        if c.or_within is not None:
            step = with_unit(f"{c.or_within:g}", "pp" if c.subject.endswith("%") else "10*9/L")
            floor = f" or {step}"
        return f"{text} of samples within {limit}\N{NO-BREAK SPACE}%{floor}"
    return f"{text} ({statistic(c.statistic)})"


def rule(criterion: Criterion) -> str:
    """The decision rule in words."""
    if criterion.rule == "observed":
        return "observed: the value itself decides"
    return f"demonstrated: the one-sided {100 * criterion.confidence:g} % bound decides"


def product(found: Product, absent: str) -> str:
    """Name and version of the model or the analyzer, or that neither was given."""
    return " ".join(part for part in (found.name, found.version) if part) or absent


def plural(count: int, one: str, many: str = "") -> str:
    """``1 sample``, ``2 samples``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def signer_meaning(signer: Signer) -> str:
    """What a signature means: as the protocol says, else the usual meaning of the role."""
    known = {s.role: s.meaning for s in SIGNERS}
    return signer.meaning or known.get(signer.role, "")


def listing(names: list[str] | tuple[str, ...], most: int = 8) -> str:
    """Names joined, the rest counted."""
    shown = list(names[:most])
    if len(names) > most:
        return ", ".join(shown) + f" and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "none"


def caution(found: Sequence[Outcome]) -> str:
    """What page one says of criteria that even a perfect classifier would hardly meet."""
    never = [o.criterion for o in found if o.attainable == "no"]
    hardly = [o.criterion for o in found if o.attainable == "marginal"]
    said = []
    for criteria, what in (
        (never, "is not attainable at this cell count: even a perfect classifier would fail it in most such studies"),
        (hardly, "is hardly attainable at this cell count: a perfect classifier would fail it in some 20 to 50 % of such studies"),
    ):
        if criteria:
            names = listing([f"{c.subject} ({c.id})" for c in criteria])
            said.append(f"{names}: the criterion {what}.")
    said.append("A failure there is no sign of a fault of the model by itself.")
    return " ".join(said)


def chance(part: float | None) -> str:
    """A chance in percent, never rounded to certainty."""
    if part is None:
        return "–"
    if 0 < part < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= part < 1 else f"{100 * part:.0f} %"


def sentences(text: str) -> str:
    """Clauses joined by full stops, as sentences."""
    parts = [part[:1].upper() + part[1:] for part in text.rstrip(". ").split(". ")]
    return ". ".join(parts) + "." if text else "–"


def verification_sentence(found: Sequence[Verification]) -> str:
    """How many samples lie within their limits: each, or the best and the worst of many."""

    def said(v: Verification) -> str:
        return f"{v.acceptance.k} of {v.acceptance.n} samples within ±{v.acceptance.limit:g} % for {v.where}"

    if not found:
        return "No measurand under a criterion has a sample to draw."
    if len(found) <= 3:
        return "; ".join(said(v) for v in found) + "."
    ordered = sorted(found, key=lambda v: v.acceptance.share.value or 0.0)
    return f"From {said(ordered[0])} to {said(ordered[-1])}."


def confusion_sentence(found: Classification) -> str:
    """The main finding of the confusion matrix."""
    agree = f"{_percent(found.accuracy)} of {plural(found.n_cells, 'cell')} in "
    agree += f"{plural(found.n_samples, 'sample')} were called by their true class"
    wrong = found.confusion.copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return agree + "; no cell was called otherwise."
    true, called = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return (
        f"{agree}; the most frequent confusion is {found.labels[true]} called "
        f"{found.labels[called]} ({plural(int(wrong[true, called]), 'cell')})."
    )


def class_sentence(found: Classification) -> str:
    """The main finding of the table of classes: the class recognised worst."""
    known = [c for c in found.classes if c.sensitivity.value is not None]
    if not known:
        return "No class has a true cell."
    worst = min(known, key=lambda c: c.sensitivity.value or 0.0)
    return (
        f"Of the classes, {worst.name} is recognised least: {interval(worst.sensitivity, True)} "
        f"of its {plural(worst.sensitivity.n or 0, 'true cell')}; overall accuracy is "
        f"{interval(found.accuracy, True)}."
    )


def _percent(estimate: Estimate) -> str:
    return value(estimate, percent=True)


def error_sentence(judged: Sequence[Verification]) -> str:
    """The main finding on the errors of the samples."""
    parts = []
    for v in judged:
        covering = v.covering
        if covering is None or covering.value is None:
            continue
        if math.isinf(covering.value):
            parts.append(f"no finite error covers {100 * v.share:g} % of the samples for {v.where}")
        else:
            shown, *_ = numerals(covering, False, v.acceptance.limit)
            parts.append(f"{100 * v.share:g} % of the samples lie within ±{shown} % for {v.where}")
    if not parts:
        return "Relative errors of all measurands; none stands under a criterion."
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def bias_sentence(found: Sequence[Agreement]) -> str:
    """For which measurands the model is biased, the judged ones if any."""
    shown = [a for a in found if a.judged] or list(found)
    biased, free, unknown = [], [], []
    for a in shown:
        m = a.rows["bias"]
        low, high = m.estimate.low, m.estimate.high
        if low is None or high is None:
            unknown.append(a.subject)
        elif low <= 0 <= high:
            free.append(a.subject)
        else:
            biased.append(f"{a.subject} {interval(m, unit=unit_text(a.unit))}")
    parts = []
    if biased:
        parts.append(f"The bias differs from zero for {listing(biased)}")
    if free:
        parts.append(f"no bias is shown for {listing(free)}")
    if unknown:
        parts.append(f"no interval of the bias for {listing(unknown)}")
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def limits_to_read(a: Agreement) -> str:
    """Which limits of agreement to read, and they themselves where they are not in the row."""
    if a.detail is None or a.limits is None:
        return "none is reliable"
    if a.detail.recommended == "parametric":
        return "as in this row"
    lower, upper = (value(m) for m in a.limits)
    return f"nonparametric: {lower} to {upper}"


def agreement_caption(a: Agreement, grouped: bool) -> str:
    """What the Bland–Altman plot shows."""
    said = ["Each dot is one sample. Blue: the bias. Bands: two-sided 95 % intervals."]
    if a.limits is None:
        said.append("No limits of agreement are drawn: none is reliable here.")
    elif a.detail is not None:
        said.append(f"Dashed red: the {a.detail.recommended} limits of agreement.")
        if a.detail.proportional.limits is not None:
            said.append("Dotted purple: bias and limits that change with the level.")
    if grouped:
        said.append("Colours of the dots: strata.")
    return " ".join(said)


def strata_sentence(found: Sequence[Apart]) -> str:
    """Which strata stand apart from all samples."""
    if not found:
        return (
            "No stratum stands apart: every interval of a stratum holds the figure of all samples."
        )
    names = listing(list(dict.fromkeys(a.stratum for a in found)))
    first = found[0]
    percent = first.part is not None and first.part.unit == "1"
    more = f" (and {len(found) - 1} more such figures below)" if len(found) > 1 else ""
    return (
        f"Standing apart from all samples: {names}. The {first.what} is "
        f"{interval(first.part, percent)} in {first.stratum}, against "
        f"{value(first.whole, percent)} in all{more}."
    )


def noise_sentence(rows: Sequence[Noise]) -> str:
    """Whether counting noise alone explains the differences, for the measurand it does least."""
    known = [r for r in rows if r.expected is not None and None not in (r.inside.estimate.high, r.expected.estimate.value)]
    if not known:
        return "The share of samples inside counting noise is not estimable; the reasons stand below."
    beyond = [r for r in known if r.inside.estimate.high < r.expected.estimate.value]
    if not beyond:
        return (
            "The differences are no larger than counting noise alone explains: for each measurand "
            "the share of samples inside the noise agrees with its expectation."
        )
    names = listing([r.subject for r in beyond])
    worst = min(beyond, key=lambda r: r.inside.estimate.value)
    return (
        f"For {names} the differences exceed what counting noise explains; {worst.subject}: "
        f"{interval(worst.inside, True)} of the samples lie inside it, where chance alone would "
        f"put {value(worst.expected, True)}."
    )


def verification_caption(v: Verification, grouped: bool, funnel: bool) -> str:
    """What the verification plot shows, and what it cannot."""
    limit = f"the limit, ±{v.acceptance.limit:g} %"
    if v.acceptance.floor:
        floor = with_unit(f"{v.acceptance.floor:g}", "pp" if v.unit == "%" else v.unit)
        limit += f" or {floor}, whichever allows more"
    said = [f"Each dot is one sample. Dashed red: {limit}. Ringed: outside."]
    if v.covering is not None and v.covering.value is not None:
        if math.isfinite(v.covering.value):
            said.append(f"Dotted blue: the error that covers {100 * v.share:g} % of the samples.")
        else:
            said.append(
                f"No finite error covers {100 * v.share:g} % of the samples, so no blue line."
            )
    if v.infinite:
        said.append(
            f"{plural(v.infinite, 'sample')} with a reference of 0 and a model result above it: "
            "an infinite error, a triangle at the upper edge."
        )
    if v.failures:
        said.append(f"{plural(v.failures, 'sample')} without a model result: outside, not drawn.")
    if v.unresolvable:
        said.append(
            f"{plural(v.unresolvable, 'sample')} whose reference is given too coarsely to resolve "
            "the limit."
        )
    if grouped:
        said.append("Colours: strata.")
    if funnel:
        said.append("Grey dashes: the range that counting noise alone explains, at each sample’s own cell count (95 %).")
    elif v.error.pairs.mode == "same-cells":
        said.append("No counting noise lies between the same cells, so no funnel.")
    elif v.error.pairs.model_cells is None:
        said.append("Cell counts are not known, so no counting-noise funnel.")
    return " ".join(said)


FILTERS: dict[str, Callable[..., Any]] = {
    "status": status,
    "attainable": attainable,
    "statistic": statistic,
    "required": required,
    "rule": rule,
    "plural": plural,
    "listing": listing,
    "chance": chance,
    "sentences": sentences,
}
