"""The card of a composition: stages that form a tree."""

from __future__ import annotations

import re
from typing import cast

from wbcval.machine.toml_tables import Table
from wbcval.predict.cards._types import ONE_VS_ALL, ROLES, CardStage, Composition, OneVsAll, Role
from wbcval.predict.cards._words import class_names, text, threshold
from wbcval.values.classes import canonical

# a stage's name stands between two underscores in a column name
_MOST = 50
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")


def composition(top: Table, name: str, version: str) -> Composition:
    """The rest of a card with ``[[stage]]`` tables.

    Raises:
        InputError: where a key or value is not right, or the stages form no tree.
    """
    tables = top.tables("stage")
    top.done()
    stages = [_stage(table) for table in tables]
    return Composition(name, version, tuple(_from_the_root(top, _root(top, stages), stages)))


def _stage(table: Table) -> CardStage:
    name = text(table, "name")
    if not _NAME.fullmatch(name):
        table.refuse("name", f"got {name!r}", "write letters, digits and hyphens")
    role = cast("Role | None", table.choice("role", ROLES))
    if role is None:
        table.refuse("role", "is missing", f"write one of: {', '.join(ROLES)}")
    classes = class_names(table, table.need("classes", list))
    for label in classes:  # the column of both would be taken for that class's
        if both := canonical(f"{name}_{label}"):
            table.refuse("name", f"with {label!r} names {both!r}", "name the stage otherwise")
    one_vs_all = cast("OneVsAll | None", table.choice("one_vs_all", ONE_VS_ALL))
    models, cards = _models(table, classes, one_vs_all)
    calibration = table.take("calibration", str)
    if (one_vs_all == "calibrated") != (calibration is not None):
        table.refuse(
            "calibration",
            'goes with one_vs_all = "calibrated", and only with it',
            'calibration = "scores.csv": true classes, and scores as `predict` writes them',
        )
    refined = table.mapping("refined_by", str)
    for group in refined:
        if group not in classes:
            table.refuse("refined_by", f"names {group!r}", f"write one of: {', '.join(classes)}")
    abstain = table.number("abstain_below")
    threshold(table, abstain, 1 if one_vs_all else len(classes))
    table.done()
    return CardStage(name, role, classes, models, cards, one_vs_all, calibration, refined, abstain)


def _models(
    table: Table, classes: tuple[str, ...], one_vs_all: str | None
) -> tuple[dict[str, str], dict[str, str]]:
    if len(classes) < 2:
        table.refuse("classes", f"got {list(classes)}", "a stage decides between two or more")
    models, cards = table.mapping("models", str), table.mapping("cards", str)
    if one_vs_all is None:
        if models or cards:
            table.refuse("one_vs_all", "is missing", f"write one of: {', '.join(ONE_VS_ALL)}")
        card = table.take("card", str)
        return {"": table.need("model", str)}, {} if card is None else {"": card}
    if set(models) != set(classes):
        table.refuse("models", f"names {sorted(models)}", f"one for each of: {', '.join(classes)}")
    if not set(cards) <= set(classes):
        table.refuse("cards", f"names {sorted(cards)}", f"at most one for each of: {classes}")
    return models, cards


def _root(top: Table, stages: list[CardStage]) -> CardStage:
    """The root; refuses what is no tree, and a class that two stages decide."""
    if len(stages) > _MOST:
        top.refuse("stage", f"stands {len(stages)} times", f"at most {_MOST} stages are run")
    names = [stage.name for stage in stages]
    refining = [name for stage in stages for name in stage.refined_by.values()]
    for name in names:
        if names.count(name) > 1:
            top.refuse("stage", f"{name!r} stands twice", "name each stage once")
        if refining.count(name) > 1:
            top.refuse("stage", f"{name!r} refines two groups", "a stage refines one group")
    for name in refining:
        if name not in names:
            top.refuse("refined_by", f"there is no stage {name!r}", f"one of: {', '.join(names)}")
    roots = [stage for stage in stages if stage.name not in refining]
    if len(roots) != 1:
        what = ", ".join(s.name for s in roots) or "none: they refine each other"
        top.refuse("stage", f"the first stage is not clear ({what})",
                   "all stages but one refine a group of another")  # fmt: skip
    leaves = [c for s in stages for c in s.classes if c not in s.refined_by]
    for leaf in leaves:
        if leaves.count(leaf) > 1:
            top.refuse("classes", f"two stages decide {leaf!r}", "each class is decided once")
    return roots[0]


def _from_the_root(top: Table, root: CardStage, stages: list[CardStage]) -> list[CardStage]:
    """Every stage after the one it refines."""
    by_name = {stage.name: stage for stage in stages}
    found = [root]
    for stage in found:
        found += [by_name[name] for name in stage.refined_by.values()]
    for stage in stages:
        if stage not in found:
            top.refuse("stage", f"{stage.name!r} is in a circle", "stages form a tree")
    return found
