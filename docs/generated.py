"""The parts of the reference that are made from the program: one function per part.

A page names the function in a comment, and the build puts its Markdown there (``conf.py``).
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import wbcval
from wbcval import cli, stats
from wbcval.bundle.tables import SAMPLE_COLUMNS
from wbcval.door.tables import _rules
from wbcval.machine import plugins, resources
from wbcval.selftest import run as selftest
from wbcval.stats import functions
from wbcval.stats.metric import StatisticUnit
from wbcval.values.flags import FLAGS
from wbcval.values.reasons import REASONS

_TABLES = {
    "cells": "one row per cell, as a classifier labelled it",
    "labels": "one row per cell, its true class, beside predictions that have none",
    "counts": "one row per sample, the model's own counts",
    "reference": "one row per sample, the counts of the analyzer or the expert",
    "samples": "one row per sample, what is known beside the measurements",
    "replicates": "one row per repeated result of the model, with `day`, `run` and `replicate`",
}
_MEANS = {
    "sample_id": "the sample's name; compared as text, so that leading zeros count",
    "cell_id": "the cell's name, once per sample; or `image`",
    "image": "the cell's image; joins where neither file has a `cell_id`",
    "predicted_class": "the class the model gave",
    "true_class": "the class an expert gave the same cell",
    "stage": "of a cascade: the stage that decided last, or that abstained",
    "^probability_.+$": "the model's probability of a class, from 0 to 1",
    "WBC": "white blood cells, 10⁹/L",
    "^(NEUT|LYMPH|MONO|EO|BASO)#$": "absolute count of a class, 10⁹/L",
    "^(NEUT|LYMPH|MONO|EO|BASO)%$": "share of a class, percent of the countable leukocytes",
    "n_cells": "cells the result rests on",
}
_WRITTEN = {
    "^probability_.+$": "`probability_<class>`",
    "^(NEUT|LYMPH|MONO|EO|BASO)#$": "`NEUT#` `LYMPH#` `MONO#` `EO#` `BASO#`",
    "^(NEUT|LYMPH|MONO|EO|BASO)%$": "`NEUT%` `LYMPH%` `MONO%` `EO%` `BASO%`",
}
_DERIVED = {  # made for the check
    "total_probability", "label_gap", "percent_gap", "count_gap", "class_gap",
}  # fmt: skip


def command_line() -> str:
    """Every command with its usage, options and exit codes, from the parser itself."""
    parser = cli._parser()
    commands = dict(_commands(parser))
    does = {name: str(sub.description) for name, sub in commands.items()}
    overview = _table(("command", "does"), ([f"`{n}`", text] for n, text in does.items()))
    parts = [overview, parser.epilog or ""]
    for name, sub in commands.items():
        parts += [f"## {name}", f"{does[name]}.".replace("?.", "?"), _fence(sub.format_usage())]
        rows = [
            (_spelled(action), (action.help or "") % {"default": action.default})
            for action in sub._actions
        ]
        parts += [_table(("argument", "meaning"), rows), _fence(sub.epilog or "")]
    return "\n\n".join(parts)


def _commands(parser: argparse.ArgumentParser) -> Iterable[tuple[str, argparse.ArgumentParser]]:
    """Every command that can be given, with its full name; of one with steps, the steps."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _commands(sub)
            return
    yield parser.prog, parser


def _spelled(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar}`"
    value = action.metavar or ("" if action.nargs == 0 else "{" + ",".join(action.choices) + "}")
    return f"`{', '.join(action.option_strings)}{' ' * bool(value)}{value}`"


def input_tables() -> str:
    """Columns and rules of each table, from ``schemas/*.yaml``."""
    parts = []
    for name, what in _TABLES.items():
        schema = _rules._document(name)
        columns = [
            (
                _WRITTEN.get(column, f"`{column}`"),
                "yes" if rule.get("required", True) else "no",
                _MEANS[column],
                _checks(rule.get("checks", ())),
            )
            for column, rule in schema["columns"].items()
            if column not in _DERIVED
        ]
        rules = [
            (f"`{rule}`", said.severity, said.advice)
            for rule, said in _rules.findings(name).items()
        ]
        parts += [
            f"## {name}: {what}",
            _table(("column", "required", "meaning", "checks"), columns),
            _table(("rule", "severity", "advice"), rules),
        ]
    return "\n\n".join(parts)


def _checks(checks: Iterable[Mapping[str, Any]]) -> str:
    said = {
        "str_length": "not blank",
        "isin": "one of {value}",
        "in_range": "from {min_value:g} to {max_value:g}",
        "greater_than_or_equal_to": "at least {value:g}",
        "less_than_or_equal_to": "at most {value:g}",
    }
    texts = []
    for check in checks:
        options, value = check["options"], check.get("value")
        shown = {**check, "value": ", ".join(value) if isinstance(value, list) else value}
        texts.append(f"{said[options['check_name']].format(**shown)} (`{options['error']}`)")
    return "; ".join(texts)


_UNITS = {
    StatisticUnit.FRACTION: "fraction",
    StatisticUnit.PERCENT: "%",
    StatisticUnit.POINTS: "points",
    StatisticUnit.COUNT: "samples",
    StatisticUnit.MEASURAND: "the measurand's",
    StatisticUnit.DIFFERENCE: "points or 10⁹/L",
    StatisticUnit.PERCENT_PER_DIFFERENCE: "% per point or per 10⁹/L",
}
_BETTER = {"zero": "nearer to 0", "one": "nearer to 1", "none": "descriptive"}


def statistic_rows() -> list[tuple[str, str, str, str, str]]:
    """Measure, statistic, words, unit, and which way is better: everything that is measured."""
    return [
        (
            f"`{measure}`",
            f"`{name}`",
            of.title,
            "" if of.score else _UNITS[of.unit],
            _BETTER.get(of.better, of.better),
        )
        for metric in plugins.load("wbcval.stats.functions", "METRIC")
        for measure, statistics in metric.measures.items()  # type: ignore[attr-defined]
        for name, of in statistics.items()
    ]


def measures() -> str:
    """Every statistic a criterion can name, from the plug-ins of ``wbcval.stats.functions``."""
    return _table(("measure", "statistic", "in words", "unit", "better"), statistic_rows())


_KEYS = {  # what the schema does not say; the build ends on a key that is missing here
    "schema_version": "version of this format",
    "wbcval_version": "the program that wrote the file",
    "created": "when, in UTC; `SOURCE_DATE_EPOCH` fixes it",
    "verdict": "on all required criteria together",
    "notes": "what else a reader must know, in sentences",
    "reason": "why, in words; of a measurement: why a number is null",
    "reason_code": "what the reason is called, to be looked up among [the reasons](reasons.md)",
    "reason_values": "what its sentence is filled with; a value that is a reason itself is written "
    "as reason, code and values, and several reasons of one number as a list of those",
    "scope": "what the verdict covers",
    "judged": "subjects of the required criteria; `… in column=value` where only there; of an "
    "account: how many",
    "declared": "what the protocol declares and could hide errors: classes counted as one, "
    "columns read as others",
    "seen": "what the data show beside the criteria: failing sites that nothing judges, biases by "
    "the level, what columns say that nobody reads",
    "marks": "flags that every number of the study carries, or every one of its cells",
    "looser": "required bounds that are wider than the default ones, and confidence below 95 %",
    "assumed": "what is taken for granted, since no column tells it",
    "ledger": "where every sample and cell went: listed = judged + lost + left out",
    "accounts": "of all samples, each measurand, all cells and each class (by true label)",
    "of": "`samples`, `cells` or `fields`",
    "left_out": "`excluded` by the protocol, `unreferenced`, `unlisted`, `copied`, `invalid`, "
    "`no_sample`, `unread`, `unlabelled`, `unusable`",
    "superseded": "judged samples of which one of several differing results counts",
    "called": "the model's cells by what it called them",
    "label": "class after the roll-up",
    "selected": "whether the cells without a true class are called otherwise than chance allows",
    "uncompared": "leukocytes that no compared percentage holds: `percent` of the model's by what "
    "they were called; `reference`: percent of the reference's that are of no class it names; "
    "`beside`: classes beside the five, on whichever side, with the means in percent",
    "much": "samples in which a side has more than 5 % of it",
    "apart": "of these, those in which the other side has less than half of it, beyond counting "
    "noise, or does not count it",
    "false_findings": "pathological classes in samples that have none, or nobody knows",
    "found": "of these, those of which the model calls so many so that a differential is positive, "
    "and two cells or more",
    "missed_findings": "blasts and plasma cells that samples have, 1 % or more and two cells or "
    "more, and the model calls fewer",
    "missed": "samples in which the model calls fewer",
    "likely": "as many as a model that finds 80 % of the cells misses at most in 99 % of studies",
    "beyond": "those that chance does not explain: all, where they are more than that, else such "
    "as miss so many cells that one of all samples does in 1 % of the studies",
    "known": "whether true classes, or the reference, tell that the samples have none",
    "unlabelled": "of these, without a true class",
    "leukocytes": "of these, judged, and truly a leukocyte of a countable class",
    "not_judged": "figures that no required criterion holds, the worst first, then what was not "
    "compared",
    "not_shown": "what was judged by criteria that a dummy passes too: `subject` as among the "
    "`judged`",
    "miscounted": "labels of no leukocyte of which more than 5 % of the cells were called one",
    "dummy": "the first of those that pass",
    "bounds": "of the gate: both lower bounds of a change",
    "spread": "if losses are spread over the cells",
    "whole_samples": "if losses strike whole samples",
    "unseen": "share of the samples that could have failed without one being drawn",
    "measurably": "whether a change is `lower` or `higher` after Holm's adjustment",
    "equal_model_needs": "what an equal model needs to pass, from the baseline alone",
    "margin": "Δ of the gate",
    "disagree": "share of the cells on which the two models disagree",
    "power": "chance to pass",
    "needed": "samples for a chance of 80 %; null where no number of samples is enough",
    "measurements": "every number",
    "outcomes": "every criterion, judged",
    "exclusions": "what was left out",
    "provenance": "where the numbers come from",
    "measure": "the kind of statistic, see [Measures](measures.md)",
    "subject": "measurand, class or `all`",
    "stratum": "`all`, or `column=value`",
    "statistic": "its name, with parameters: `share_within:10`",
    "title": "the statistic in words",
    "value": "the number",
    "deff": "design effect that widened the interval",
    "icc": "correlation of the cells of one sample that the interval rests on",
    "low": "lower bound of the two-sided interval",
    "high": "upper bound of the two-sided interval",
    "level": "confidence of that interval",
    "method": "how value and interval were obtained",
    "n": "what it rests on: cells for `classification` and `cascade`, else samples; of `failures`, "
    "images",
    "unit": "`1` is a fraction or a pure number, `pp` percentage points (of a difference of "
    "percentages too), `%/pp` and `%/10*9/L` percent per point and per 10⁹/L",
    "flags": "marks, such as `assumed_deff`",
    "criterion": "its `id` in the protocol",
    "status": "what became of it",
    "observed": "the value that was judged",
    "bound": "what had to hold",
    "asked": "what the criterion asks besides: its `statistic` as written, fewest samples or cells "
    "(`min_n`), `confidence` of one-sided bounds, absolute floor (`or_within`), `limits` declared "
    "normal",
    "min_n": "null: as the rule has it",
    "confidence": "of the one-sided bounds",
    "or_within": "in the measurand's unit",
    "limits": "`normal` where the differences are declared to be",
    "allowable": "the published scheme that the limit is of, where one is named",
    "hits": "k and n of a share of samples",
    "attainable_note": "why, and what to ask instead",
    "both_rules": "what each rule would decide",
    "demonstrated": "by the one-sided bounds",
    "suspicious": "whether it passed where a perfect classifier most likely would not",
    "min": "least good value",
    "max": "greatest good value",
    "rule": "what decided: the value, or the one-sided bounds",
    "optional": "shown, never counted",
    "attainable": "whether a perfect classifier could meet it; null where that cannot be said",
    "dummies": "models that must fail and would meet it: `never` calls a cell so; `constant`: "
    "one answer to every sample, the one that passes most easily; the `commonest` class; "
    "labels `permuted` within samples; reference × 0.6 (`low`), × 1.4 (`high`), `shifted` by two "
    "fifths of its mean; `rare`: fewer than 20 samples have the class",
    "accepted_flags": "doubts that the protocol accepted by name and a judged number needed; of a "
    "criterion: their names",
    "flag": "as under `flags` of a measurement",
    "message": "the outcome in one sentence",
    "sample_id": "the sample",
    "mode": "what was compared",
    "rollup": "how classes were grouped",
    "label_depths": "classes that labels and model name at different depth, compared as one",
    "seed": "of every bootstrap",
    "inputs": "every file that was read",
    "role": "predictions, reference or samples",
    "file": "its base name",
    "sha256": "of its bytes",
    "dialect": "how it was understood",
    "rows": "records that were read",
    "versions": "Python and the packages that numbers depend on",
    "predicted_by": "of each file of predictions that `wbcval predict` wrote, how it was made",
    "model": "what predicted; its `sha256` is of all its files and cards together",
    "files": "of the model",
    "backend": "what ran the file",
    "card": "what went in and what the outputs mean, as it was used",
    "card_from": "where its card was found",
    "name": "its name",
    "version": "its version",
    "stages": "the decisions, as a tree, its root first; one of a plain model",
    "classes": "what is decided between",
    "refined_by": "which of these a further stage refines",
    "one_vs_all": "how the models of the classes were put together; null: one model for all",
    "abstain_below": "least probability for a class; below it a cell is `unclassified`",
    "calibration": "of `calibrated` models",
    "device": "what it ran on",
    "precision": "of its arithmetic",
    "micro_batch": "images that the model took at once",
    "decimals": "to which probabilities were rounded",
    "images": "what was looked at; `sha256` is of all contents",
    "kind": "of the images; each is a cell, but for `fields`",
    "listed": "samples, cells or images that there are, or were asked for",
    "predicted": "images that were scored",
    "agreement": "a lower precision against full precision, on some of the images",
    "labels_differing": "of these cells",
    "largest_difference": "of two probabilities",
    "card_check": "the run's own answers against those of the user's pipeline; absent where the "
    "card was not checked",
    "images_sha256": "of the lines `sha256  image` of its images, in its order",
    "content": "what the table said when it was predicted, whatever the order of its rows",
    "columns": "of the table, which the digest covers",
    "digest": "of all rows in these columns",
    "training": "images that the list of images calls training data",
    "repeated": "images with the bytes of one listed before, under whatever name",
    "failures": "images that could not be scored",
    "share": "of all images listed",
    "reasons": "how many for which reason",
    "samples": "samples that lost images, worst first",
    "first": "the first 100 of them",
    "failed": "images of the sample that could not be scored",
    "cells": "cells that the table holds, of the sample or with that label; null of `fields`",
    "cell_id": "the cell",
    "image": "the image, by its path in the folder, manifest or zip",
    "detail": "what was met, in words",
    "abstained": "cells that the model left `unclassified`",
    "remarks": "what was done to how many images",
    "digests": "of what each side says, whatever the order of rows or the format",
    "predictions": "of the model's labels and values",
    "reference": "of the true labels and the reference's values",
    "comparison": "of the gate alone: how the two models were compared",
    "word": "of the gate: not worse, worse, inconclusive or identical",
    "before": "value of the other side",
    "after": "value of the candidate",
    "detectable": "smallest true loss that would not have passed, with a chance of 80 %",
    "moved": "samples that lost, worst first",
    "lost": "cells, or 1 for a sample; of an account: without a model result",
    "paired": "whether sample by sample",
    "identical": "whether both models said the same of everything",
    "waived": "differences that an option let pass",
    "aloud": "what every output says beside the verdict, in sentences: what the candidate lacks "
    "alone, strata in which it is measurably worse, what is known of the sides besides",
    "judged_before": "how often this reference set was judged before; null: not recorded",
    "flips": "samples that crossed the limit",
    "what": "in which way the two differ",
    "said": "the difference in words",
    "limit": "of the share of samples: `10`",
    "outside_now": "within before, outside now",
    "errors": "signed-rank test of the samples' errors; null: not made",
    "p": "two-sided",
    "better": "which direction is good: `higher`, `lower`, nearer to `zero` or `one`, `none`; of "
    "`errors`: samples whose error fell",
    "worse": "samples whose error rose",
    "unchanged": "samples whose error stayed",
    "infinite": "sign of each number that is infinite, and null above; of `errors`: samples whose "
    "error is infinite on one side alone",
    "within_now": "outside before, within now",
}


def reasons() -> str:
    """Every reason of a number that is missing, infinite or without interval."""
    rows = ([f"`{r.code}`", re.sub(r"\{(\w+)[^}]*\}", r"*\1*", r.sentence), r.help]
            for r in REASONS.values())  # fmt: skip
    return _table(("code", "sentence", "what it means, what to do"), rows)


def acceptable_flags() -> str:
    """The flags that ``[[accept]]`` lifts, each with the doubt that is accepted, and what helps."""
    rows = [
        (f"`{flag.name}`", flag.words, flag.instead)
        for flag in sorted(FLAGS.values(), key=lambda flag: flag.name)
        if flag.acceptable
    ]
    return _table(("flag", "what is accepted", "what helps instead"), rows)


def results_schema() -> str:
    """Every key of ``results.json``, from its JSON Schema."""
    return _keys_of("results.schema.json")


def selftest_checks() -> str:
    """Every computation of a self-test and its source, from the checks."""
    rows = (
        (family.title, check.name, str(len(check.expected)), check.source)
        for family in selftest.families()
        for check in family.checks
    )
    return _table(("family", "computation", "figures", "source"), rows)


def selftest_schema() -> str:
    """Every key of ``selftest.json``, from its JSON Schema."""
    return _keys_of("selftest.schema.json")


def _keys_of(name: str) -> str:
    schema = json.loads((resources.root() / "schemas" / name).read_text(encoding="utf-8"))
    parts = []
    for title, of in {"top of the file": schema, **schema["$defs"]}.items():
        if "properties" in of:
            keys = {**{key: {} for key in of.get("required", ())}, **of["properties"]}
            rows = [
                (f"`{key}`", _type(rule, schema), rule.get("description") or _KEYS[key])
                for key, rule in keys.items()
            ]
            parts += [f"### {title}", _table(("key", "type", "meaning"), rows)]
    return "\n\n".join(parts)


def _type(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        found = schema["$defs"][name]
        return name if "properties" in found else _type(found, schema)
    if "oneOf" in rule:
        return " or ".join(_type(one, schema) for one in rule["oneOf"])
    if "const" in rule or "enum" in rule:
        return " or ".join(f"`{json.dumps(v)}`" for v in rule.get("enum", [rule.get("const")]))
    kinds = rule.get("type", "any")
    text = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"{text} of {_type(rule['items'], schema)}" if "items" in rule else text


def samples_columns() -> str:
    """The columns of ``samples.csv``, in order."""
    return ", ".join(f"`{column}`" for column in SAMPLE_COLUMNS)


def python_api() -> str:
    """The verbs and the types: all that ``wbcval`` exports."""
    names = {name: getattr(wbcval, name) for name in wbcval.__all__}
    functions = [f"wbcval.{name}" for name, value in names.items() if inspect.isfunction(value)]
    types = [f"wbcval.{name}" for name, value in names.items() if inspect.isclass(value)]
    return "\n\n".join(["## Verbs", _autodoc(functions), "## Types", _autodoc(types)])


def statistics_api() -> str:
    """The statistics that ``wbcval.stats`` exports, each with the result it returns."""
    parts = []
    for info in pkgutil.iter_modules(functions.__path__):
        name, home = info.name, f"{functions.__name__}.{info.name}"
        module = importlib.import_module(home)
        if not hasattr(module, name):
            continue
        results = [
            f"{home}.{key}"
            for key, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == home and not key.startswith("_")
        ]
        parts += [f"### {name}", _autodoc([f"{stats.__name__}.{name}", *results])]
    return "\n\n".join(parts)


def _autodoc(names: Iterable[str]) -> str:
    lines = []
    for name in names:
        home, _, last = name.rpartition(".")
        value = getattr(importlib.import_module(home), last)
        if inspect.isclass(value):
            lines += [f".. autoclass:: {name}", "   :members:", ""]
        else:
            lines += [f".. autofunction:: {name}", ""]
    return _fence("\n".join(lines), "{eval-rst}")


def _fence(text: str, language: str = "text") -> str:
    return f"````{language}\n{text.rstrip()}\n````" if text.strip() else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )
