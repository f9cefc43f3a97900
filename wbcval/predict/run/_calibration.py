"""One-vs-all scores made probabilities: Platt's scaling, from a table of scores and true classes.

Platt, Probabilistic outputs for support vector machines (1999), with his smoothed targets, so that
classes that the scores separate wholly keep a finite slope.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from wbcval.machine import input_files
from wbcval.predict.cards import CardStage
from wbcval.values.classes import canonical
from wbcval.values.errors import InputError

Floats = NDArray[np.float64]
_EDGE = 1e-6  # scores are written with six decimals
_FEWEST = 5  # cells of a class, and cells of the others


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a table of scores says of the scores of each class.

    Attributes:
        file, sha256: of the table.
        cells: that it holds.
        slope, intercept: shape (classes,): chance = logistic(slope · logit(score) + intercept).
    """

    file: str
    sha256: str
    cells: int
    slope: tuple[float, ...]
    intercept: tuple[float, ...]

    def apply(self, scores: Floats) -> Floats:
        """Scores as chances of each class against the rest; both of shape (n, classes)."""
        return np.asarray(special.expit(np.array(self.slope) * _logit(scores) + self.intercept))

    def record(self) -> dict[str, Any]:
        """As it stands in the record of origin."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "cells": self.cells,
            "slope": list(self.slope),
            "intercept": list(self.intercept),
        }


def calibrate(stage: CardStage, path: Path, data: bytes) -> Calibration:
    """Fit the scores of each class of a stage to the true classes.

    Args:
        stage: a calibrated one.
        path: CSV or Parquet as ``wbcval predict`` writes it: ``true_class`` and the columns
            ``probability_<stage>_<class>``.
        data: its bytes, as they were hashed; the file is not read again.

    Raises:
        InputError: where the table cannot be read, misses a column, or holds too few cells.
    """
    frame = _read(path, data)
    names = [f"probability_{stage.name}_{c}" for c in stage.classes]
    for name in ("true_class", *names):
        if name not in frame:
            raise InputError(
                str(path),
                f"has no column {name!r}",
                'predict the calibration images with one_vs_all = "maximum", true classes given',
            )
    frame = frame[frame["true_class"].notna()]
    with input_files.border(str(path), "scores", "give the models' own scores"):
        scores = frame[names].to_numpy(np.float64)
    if not np.all((scores >= 0) & (scores <= 1)):
        raise InputError(str(path), "holds scores outside 0 to 1", "give the models' own scores")
    truth = (
        frame["true_class"]
        .astype(str)
        .map({name: _named(path, name, stage.classes) for name in frame["true_class"].astype(str)})
    )
    fits = [_fit(path, c, scores[:, i], truth) for i, c in enumerate(stage.classes)]
    slope, intercept = zip(*fits, strict=True)
    return Calibration(path.name, hashlib.sha256(data).hexdigest(), len(frame), slope, intercept)


def _fit(path: Path, name: str, scores: Floats, truth: pd.Series) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    own = (truth == name).to_numpy()
    n_own, n_rest = int(own.sum()), int((~own).sum())
    if min(n_own, n_rest) < _FEWEST:
        raise InputError(
            str(path),
            f"holds {n_own} cells of class {name!r} and {n_rest} others",
            f"calibrate on at least {_FEWEST} of each, better hundreds",
        )
    # each cell counts with its smoothed target for the class, and with the rest against it
    target = np.where(own, (n_own + 1) / (n_own + 2), 1 / (n_rest + 2))
    x = np.tile(_logit(scores), 2)[:, None]
    y = np.repeat([1, 0], len(scores))
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    model.fit(x, y, sample_weight=np.concatenate([target, 1 - target]))
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        raise InputError(
            str(path),
            f"scores of {name!r} fall where they should rise (slope {slope:.3g})",
            "is this the table of these models?",
        )
    return round(slope, 9), round(intercept, 9)


def _named(path: Path, label: str, classes: tuple[str, ...]) -> str:
    """The class of the stage that a label names, if any: by its own name first."""
    if label in classes or (known := canonical(label)) is None:
        return label
    found = [name for name in classes if canonical(name) == known]
    if len(found) > 1:
        raise InputError(
            f"{path} true_class", f"{label!r} may be {' or '.join(map(repr, found))}",
            "write the true classes as the card names them",
        )  # fmt: skip
    return found[0] if found else label


def _read(path: Path, data: bytes) -> pd.DataFrame:
    read = pd.read_parquet if path.suffix == ".parquet" else pd.read_csv
    with input_files.border(str(path), "a table", "give a table that `wbcval predict` wrote"):
        return read(io.BytesIO(data))


def _logit(scores: Floats) -> Floats:
    return np.asarray(special.logit(np.clip(scores, _EDGE, 1 - _EDGE)))
